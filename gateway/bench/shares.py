"""Shares of trials, with the interval that so few trials leave open."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

Z = 1.959964  # two-sided 95 %


@dataclass(frozen=True, slots=True)
class Share:
    """`hits` out of `of` trials."""

    hits: int
    of: int

    @property
    def rate(self) -> float:
        """0..1; 0 where nothing was tried."""
        return self.hits / self.of if self.of else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson's 95 % interval (Wilson, J. Am. Stat. Assoc. 22, 1927); all of 0..1 if untried."""
        if not self.of:
            return 0.0, 1.0
        spread = Z * Z / self.of
        middle = (self.rate + spread / 2) / (1 + spread)
        half = sqrt(self.rate * (1 - self.rate) * spread + spread * spread / 4) / (1 + spread)
        return max(0.0, middle - half), min(1.0, middle + half)

    def __str__(self) -> str:
        low, high = self.interval
        return f"{100 * self.rate:.0f} % ({100 * low:.0f}–{100 * high:.0f})"
