"""Identifiers: UUIDv7 (RFC 9562 §5.7), sortable by time. Clock and chance are arguments."""

from __future__ import annotations

from collections.abc import Callable

_BATCH = 256  # identifiers for one call for chance


def uuid7(now_s: float, random_10_bytes: bytes) -> str:
    """A UUIDv7 of `now_s` (Unix seconds, kept to the millisecond) and ten random bytes."""
    chance = random_10_bytes.hex()
    time = f"{int(now_s * 1000) & 0xFFFFFFFFFFFF:012x}"
    variant = "89ab"[random_10_bytes[2] >> 4 & 3]
    return f"{time[:8]}-{time[8:]}-7{chance[1:4]}-{variant}{chance[5:8]}-{chance[8:]}"


class References:
    """UUIDv7s, one per call. `clock` gives Unix seconds; chance is fetched for many at once."""

    __slots__ = ("_chance", "_clock", "_random_bytes")

    def __init__(self, clock: Callable[[], float], random_bytes: Callable[[int], bytes]) -> None:
        self._clock = clock
        self._random_bytes = random_bytes
        self._chance: list[bytes] = []

    def __call__(self) -> str:
        if not self._chance:
            drawn = self._random_bytes(10 * _BATCH)
            self._chance = [drawn[at : at + 10] for at in range(0, len(drawn), 10)]
        return uuid7(self._clock(), self._chance.pop())
