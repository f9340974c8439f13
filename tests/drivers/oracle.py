"""Who knows the right answer: it opens tickets with the gate's keys, as nobody outside can.

What is left to a driver is to be believed: its hand, its browser, its work and its patience.
`gestures` says what a hand must do with the control on the page, `answer` what is sent in the end.
"""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gateway.keys import load_keys
from gateway.tokens import open_ticket
from tests.drivers.relay import Relay

PASSIVE = frozenset({"invisible", "pow", "wait"})
# What a driver looks up on the page, by what it is called here.
SELECTORS = {
    "tick": ".tick",
    "handle": ".handle",
    "track": ".track",
    "step": "button.step",
    "room": ".stage",
    "confirm": ".control button.primary",
    "another": "#another",
}

Place = tuple[float, float]
Box = tuple[float, float, float, float]  # left, top, width, height, px of the viewport


@dataclass(frozen=True)
class Gesture:
    """A press at `start`, dragged to `end` if there is one."""

    start: Place
    end: Place | None = None


class Oracle:
    """Sees the questions of the visit that goes through the relay."""

    def __init__(self, keys: Path, relay: Relay) -> None:
        self._keys, self._relay = keys, relay

    async def question(self, after: int = 0, most_s: float = 60.0) -> dict[str, Any]:
        """The newest question with something to answer, once `after` of them are known."""
        for _ in range(int(most_s / 0.05)):
            shown = [each for each in self._relay.told.questions if each["view"] is not None]
            if len(shown) > after:
                return shown[-1]
            await asyncio.sleep(0.05)
        raise TimeoutError("the gate asked nothing")

    def secret(self, question: Mapping[str, Any]) -> dict[str, Any]:
        ticket = open_ticket(load_keys(self._keys), question["ticket"])
        assert ticket is not None
        return {"kind": ticket.kind, "secret": ticket.secret, "work": ticket.work}

    def answer(self, question: Mapping[str, Any]) -> Any:
        """As the page would send it."""
        kind = question["kind"]
        if kind in PASSIVE:
            return None
        if kind == "one_click":
            return True
        if kind == "slider":
            return {"reached": 1, "steps": 0}
        solve = importlib.import_module(f"tests.kinds.test_{kind}").solve
        return solve(self.secret(question)["secret"])

    def gestures(self, question: Mapping[str, Any], boxes: Mapping[str, Box]) -> list[Gesture]:
        """What a hand does with this question. `boxes`: where what `SELECTORS` name is.

        Raises ValueError for kinds that no driver answers.
        """
        match question["kind"]:
            case kind if kind in PASSIVE:
                return []
            case "one_click":
                return [Gesture(middle(boxes["tick"]))]
            case "slider":
                (left, _, wide, _), handle = boxes["track"], boxes["handle"]
                x = left + question["view"]["start"] * (wide - handle[2]) + handle[2] / 2
                start = (x, middle(handle)[1])
                return [Gesture(start, (left + wide + 6, start[1] + 3))]
            case "puzzle":
                return self._carry(question, boxes)
            case other:
                raise ValueError(f"no driver has a hand for {other}: ask another kind")

    def _carry(self, question: Mapping[str, Any], boxes: Mapping[str, Box]) -> list[Gesture]:
        left, top, wide, _ = boxes["room"]
        view, found = question["view"], []
        high = wide / view["aspect"]  # of the picture: pieces wait below it
        for piece, place in zip(view["pieces"], self.answer(question), strict=True):
            start = (left + wide * piece["x"], top + high * piece["y"])
            found.append(Gesture(start, (left + wide * place[0], top + high * place[1])))
        return [*found, Gesture(middle(boxes["confirm"]))]


def middle(box: Box) -> Place:
    return box[0] + box[2] / 2, box[1] + box[3] / 2
