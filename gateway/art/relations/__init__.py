"""Small scenes that fit a relation, or nearly: a thing behind another, inside it, joined to it …

Each relation draws both from the same distribution of things, sizes, places and colours, so that
only the relation tells them apart: no class of things, no colour, no place does.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from gateway.art.relations.enclosing import inside
from gateway.art.relations.hiding import behind
from gateway.art.relations.joining import joined
from gateway.art.relations.likeness import same
from gateway.art.relations.pointing import points
from gateway.art.relations.tile import Habits, Tile

__all__ = ["RELATIONS", "Habits", "Relation", "Tile"]

Relation = Callable[[Tile, bool], None]  # draws onto the tile; True: what fits

RELATIONS: Mapping[str, Relation] = MappingProxyType(
    {
        "behind": behind,
        "inside": inside,
        "joined": joined,
        "points": points,
        "same": same,
    }
)
