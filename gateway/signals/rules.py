"""What a signal is, and what its rule may look at."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from gateway.model import JSON
from gateway.trace import ABSENT, Features

MOST_WORDS = 16  # of a reported list


@dataclass(frozen=True, slots=True)
class Seen:
    """What the rules look at. An answer's parts are absent while a request is scored."""

    headers: Mapping[str, str]
    https: bool
    recent: int = 0
    names: tuple[str, ...] = ()  # of `headers`, in lower case, in the order they came
    lower: bool = False  # … and were all written so
    direct: bool = False  # they came as the client sent them
    kind: str = ""
    elapsed_s: float = -1.0  # from the ticket's issue; negative: unknown
    work: int = 0  # the number found
    moved: bool = False  # asked elsewhere than answered
    stepped: bool = False  # by keys or taps, it says
    hand: Features = ABSENT
    scripted: float | None = None  # of the pointer's paths, 0 to 1; None: there are none
    replayed: bool = False  # another visit drew the last of them
    reported: Mapping[str, JSON] = field(default_factory=dict)
    silent: bool = False  # the page's own report is missing
    mislaid: bool = False  # it tells other places of boxes than browsers find, or none

    @property
    def agent(self) -> str:
        return self.headers.get("user-agent", "")

    def count(self, name: str) -> float:
        """A reported number; 0 for anything else, NaN and infinities included."""
        value = self.reported.get(name)
        if isinstance(value, bool) or not isinstance(value, int | float):
            return 0.0
        return float(value) if abs(value) <= 1e9 else 0.0

    def words(self, name: str) -> frozenset[str]:
        """A reported list of words; empty for anything else."""
        value = self.reported.get(name)
        if not isinstance(value, list):
            return frozenset()
        return frozenset(word for word in value[:MOST_WORDS] if isinstance(word, str))

    def pair(self, name: str) -> tuple[float, float]:
        value = self.reported.get(name)
        if not isinstance(value, list) or len(value) != 2:
            return (0.0, 0.0)
        inner = Seen({}, False, reported={"0": value[0], "1": value[1]})
        return (inner.count("0"), inner.count("1"))


@dataclass(frozen=True, slots=True)
class Rule:
    """One signal: the risk it carries alone, what it means, how it is seen."""

    weight: float
    doc: str
    see: Callable[[Seen], float | bool]
