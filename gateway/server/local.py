"""Counters and spent-sets of this process alone, for while the store can't be asked. Bounded."""

from __future__ import annotations

MAX_ENTRIES = 100_000  # about 15 MB; when full, the answer is "no", never forgetting
LOOK_EVERY_S = 1.0  # looking through all of them takes milliseconds


class LocalCounts:
    """Amounts by key until they expire. What finds no room counts as over every limit."""

    def __init__(self, max_entries: int = MAX_ENTRIES) -> None:
        self._entries: dict[str, tuple[int, float]] = {}
        self._max_entries = max_entries
        self._looked_s = 0.0

    def bump(self, key: str, ttl_s: float, now_s: float) -> int | None:
        """Count one more and say how many; None when there is no room for another key."""
        count, ends_s = self._entries.get(key, (0, 0.0))
        if not now_s < ends_s:
            count, ends_s = 0, now_s + ttl_s
            if key not in self._entries and not self._make_room(now_s):
                return None
        self._entries[key] = (count + 1, ends_s)
        return count + 1

    def spend(self, key: str, ttl_s: float, now_s: float) -> bool:
        """True for the first caller until it expires."""
        return self.bump(key, ttl_s, now_s) == 1

    def _make_room(self, now_s: float) -> bool:
        if len(self._entries) < self._max_entries:
            return True
        if now_s - self._looked_s < LOOK_EVERY_S:
            return False
        self._looked_s = now_s
        self._entries = {k: entry for k, entry in self._entries.items() if now_s < entry[1]}
        return len(self._entries) < self._max_entries
