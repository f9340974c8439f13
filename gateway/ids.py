"""Identifiers: UUIDv7 (RFC 9562 §5.7), sortable by time. Clock and chance are arguments."""

from __future__ import annotations

from collections.abc import Callable

_BATCH = 256  # identifiers for one call for chance


def uuid7(now_s: float, random_10_bytes: bytes) -> str:
    """A UUIDv7 of `now_s` (Unix seconds, kept to the millisecond) and ten random bytes."""
    return _time(int(now_s * 1000)) + _end(random_10_bytes)


def _time(now_ms: int) -> str:
    text = f"{now_ms & 0xFFFFFFFFFFFF:012x}"
    return f"{text[:8]}-{text[8:]}-"


def _end(random_10_bytes: bytes) -> str:
    chance = random_10_bytes.hex()
    variant = "89ab"[random_10_bytes[2] >> 4 & 3]
    return f"7{chance[1:4]}-{variant}{chance[5:8]}-{chance[8:]}"


class References:
    """UUIDv7s, one per call. `clock` gives Unix seconds; chance is fetched for many at once."""

    __slots__ = ("_clock", "_ends", "_ms", "_random_bytes", "_time")

    def __init__(self, clock: Callable[[], float], random_bytes: Callable[[int], bytes]) -> None:
        self._clock = clock
        self._random_bytes = random_bytes
        self._ends: list[str] = []  # what follows the time
        self._ms, self._time = -1, ""

    def __call__(self) -> str:
        if not self._ends:
            drawn = self._random_bytes(10 * _BATCH)
            self._ends = [_end(drawn[at : at + 10]) for at in range(0, len(drawn), 10)]
        now_ms = int(self._clock() * 1000)
        if now_ms != self._ms:
            self._ms, self._time = now_ms, _time(now_ms)
        return self._time + self._ends.pop()
