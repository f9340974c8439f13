"""Subjects that everyone knows, each so large that it fills its frame and unlike in all its parts.

A subject is a function that draws into a `Sketch`: its front at the left, its measures a little
other each time.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from gateway.art.sketch import Sketch
from gateway.art.subjects import animals, things, vehicles

SUBJECTS: Mapping[str, Callable[[Sketch], None]] = MappingProxyType(
    {
        draw.__name__: draw
        for draw in (
            *(animals.cat, animals.dog, animals.elephant),
            *(animals.fish, animals.snail, animals.duck),
            *(vehicles.locomotive, vehicles.car, vehicles.sailboat),
            *(vehicles.helicopter, vehicles.aeroplane),
            *(things.house, things.castle, things.teapot, things.shoe, things.watering_can),
        )
    }
)
