"""What a run measures, and how it is printed: a table, JSON, Markdown."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

GATE, NGINX, LOGGING = "gateway", "nginx", "nginx+log"


@dataclass(frozen=True, slots=True)
class Run:
    """One round of wrk against one proxy."""

    cpu_us: float  # per request, of the process under test
    per_s: float
    p50_ms: float
    p99_ms: float


@dataclass(frozen=True, slots=True)
class Costs:
    """A row of runs by proxy, and the CPU of ours over that of another that was promised."""

    by: Mapping[str, Run]
    most: float | None = None
    over: str = NGINX
    ours: str = GATE

    def ratio(self, name: str, over: str) -> float | None:
        other = self.by.get(over)
        return self.by[name].cpu_us / other.cpu_us if other else None

    @property
    def kept(self) -> bool:
        ratio = self.ratio(self.ours, self.over)
        return self.most is None or (ratio is not None and ratio <= self.most)


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured number; `most` and `least` are what was promised of it."""

    name: str
    value: float
    unit: str = ""
    most: float | None = None
    least: float | None = None

    @property
    def kept(self) -> bool:
        above = self.least is None or self.value >= self.least
        return above and (self.most is None or self.value <= self.most)

    @property
    def promise(self) -> str:
        if self.most is not None:
            return f"≤ {self.most:g}"
        return f"≥ {self.least:g}" if self.least is not None else ""


Row = Costs | list[Figure]


def median(runs: Iterable[Run]) -> Run:
    """Of each column by itself."""
    columns = zip(*((getattr(run, f.name) for f in fields(Run)) for run in runs), strict=True)
    return Run(*map(statistics.median, columns))


def percentile(values: Iterable[float], percent: float) -> float:
    """The nearest rank; 0 of nothing."""
    ranked = sorted(values)
    return ranked[min(len(ranked) - 1, int(len(ranked) * percent / 100))] if ranked else 0.0


# --- Printing ------------------------------------------------------------------------------


def as_table(rows: Mapping[str, Row]) -> str:
    lines = []
    costs = {name: row for name, row in rows.items() if isinstance(row, Costs)}
    if costs:
        heads = ("CPU µs", "req/s", "p50 ms", "p99 ms", "/nginx", "/+log")
        lines.append(f"{'':18}{'':14}" + "".join(f"{head:>9}" for head in heads))
    for name, row in costs.items():
        lines += [_cost_line(name, proxy, row) for proxy in row.by]
    figures = {name: row for name, row in rows.items() if isinstance(row, list)}
    for name, found in figures.items():
        lines += [_figure_line(name, figure) for figure in found]
    return "\n".join(lines)


def _cost_line(name: str, proxy: str, row: Costs) -> str:
    run = row.by[proxy]
    figures = f"{run.cpu_us:9.1f}{run.per_s:9.0f}{run.p50_ms:9.2f}{run.p99_ms:9.2f}"
    bases = (NGINX, LOGGING) if row.over == NGINX else (row.over,)
    ratios = "".join(f"{ratio:9.2f}" if (ratio := row.ratio(proxy, b)) else "" for b in bases)
    missed = "" if proxy != row.ours or row.kept else f"   promised: ≤ {row.most:g}"
    return f"{name:18}{proxy:14}{figures}{ratios}{missed}"


def _figure_line(name: str, figure: Figure) -> str:
    missed = "" if figure.kept else f"   promised: {figure.promise}"
    return f"{name:18}{figure.name:42}{figure.value:10.2f} {figure.unit}{missed}"


def as_json(rows: Mapping[str, Row]) -> dict[str, Any]:
    """`{row: {proxy: run}}`, or `{row: {figure: {value, unit, promised}}}`."""
    return {
        name: {k: asdict(v) for k, v in row.by.items()}
        if isinstance(row, Costs)
        else {f.name: {"value": f.value, "unit": f.unit, "promised": f.promise} for f in row}
        for name, row in rows.items()
    }


def as_markdown(rows: Mapping[str, Row]) -> str:
    """The README's two tables."""
    costs = {name: row for name, row in rows.items() if isinstance(row, Costs)}
    nginx = {name: row for name, row in costs.items() if row.over == NGINX}
    lines = []
    if nginx:
        lines += [
            "| request | nginx, CPU µs | with its log | gateway, CPU µs"
            " | over nginx | over nginx with its log | promised | req/s | p99 ms |",
            "|---|---|---|---|---|---|---|---|---|",
            *(_cost_cells(name, row) for name, row in nginx.items()),
            "",
        ]
    others = {name: row for name, row in costs.items() if row.over != NGINX}
    figures = [(n, f) for n, row in rows.items() if isinstance(row, list) for f in row]
    if others or figures:
        lines += ["| what | measured | promised |", "|---|---|---|"]
    for name, row in others.items():
        ratio = row.ratio(row.ours, row.over) or 0
        lines.append(
            f"| {name}: CPU of {row.ours} over {row.over} | {ratio:.2f} | ≤ {row.most:g} |"
        )
    for name, figure in figures:
        lines.append(
            f"| {name}: {figure.name} | {figure.value:.3g} {figure.unit} | {figure.promise} |"
        )
    return "\n".join(lines)


def _cost_cells(name: str, row: Costs) -> str:
    ours, plain, logged = (row.by.get(proxy) for proxy in (GATE, NGINX, LOGGING))
    cells = [name]
    cells += [f"{run.cpu_us:.1f}" if run else "" for run in (plain, logged, ours)]
    for over in (NGINX, LOGGING):
        ratio = row.ratio(GATE, over) if ours else None
        cells.append(f"{ratio:.2f}" if ratio else "")
    cells.append(f"≤ {row.most:g}" if row.most else "")
    cells += [f"{ours.per_s:,.0f}", f"{ours.p99_ms:.2f}"] if ours else ["", ""]
    return "| " + " | ".join(cells) + " |"
