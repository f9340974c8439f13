"""What many visits come to, by driver: pure functions of what each came to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from statistics import median

from tests.drivers.stage import Visited

FIRED = 0.05  # a signal's value below it says next to nothing


def passed(visits: Sequence[Visited]) -> float:
    """The share that had anything delivered to the app."""
    return sum(visit.delivered > 0 for visit in visits) / len(visits)


def risk(visits: Sequence[Visited]) -> float | None:
    risks = [visit.risk for visit in visits if visit.risk is not None]
    return median(risks) if risks else None


def fired(visits: Sequence[Visited]) -> list[tuple[str, float]]:
    """Signals and the share of visits they fired in, the commonest first."""
    counts = Counter(
        name for visit in visits for name, value in visit.signals.items() if value >= FIRED
    )
    return [(name, count / len(visits)) for name, count in counts.most_common()]


def per_cpu_minute(visits: Sequence[Visited]) -> float:
    """Requests delivered for a minute of the driver's CPU; 0 without any."""
    spent_s = sum(visit.cpu_s for visit in visits)
    return sum(visit.delivered for visit in visits) * 60 / spent_s if spent_s > 0 else 0.0


def table(visits: Iterable[Visited]) -> str:
    """One row per driver."""
    by_driver: dict[str, list[Visited]] = {}
    for visit in visits:
        by_driver.setdefault(visit.driver, []).append(visit)
    rows = [
        "| driver | delivered | risk | CPU s | hashes | delivered per CPU minute | signals |",
        "|---|---|---|---|---|---|---|",
    ]
    return "\n".join([*rows, *(_row(name, each) for name, each in by_driver.items())])


def _row(name: str, visits: Sequence[Visited]) -> str:
    middle, count = risk(visits), len(visits)
    told = ", ".join(f"{signal} {share:.0%}" for signal, share in fired(visits)) or "none"
    cells = [
        name,
        f"{sum(visit.delivered > 0 for visit in visits)} of {count} ({passed(visits):.0%})",
        "none" if middle is None else f"{middle:.2f}",
        f"{median(visit.cpu_s for visit in visits):.1f}",
        f"{median(visit.hashes for visit in visits):,.0f}",
        f"{per_cpu_minute(visits):.1f}",
        told,
    ]
    return "| " + " | ".join(cells) + " |"
