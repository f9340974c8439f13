"""A report as a table for a terminal, and as Markdown for the README."""

from __future__ import annotations

from collections.abc import Iterator

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from gateway.bench.report import AttackReport, KindReport, Report
from gateway.bench.shares import Share

NOTHING = "–"


def print_report(report: Report, console: Console) -> None:
    """One table of what challenges cost, one of what attackers reach."""
    console.print(_costs(report))
    console.print(_attacks(report))


def _costs(report: Report) -> Table:
    table = Table(
        *("kind", "challenges", "CPU ms", "worst", "kB", "most", "blind", "as stated"),
        *("white box, salt known", "not known"),
        box=SIMPLE_HEAD,
        title="What a challenge costs, and what guessing and learning reach",
    )
    for kind in report.kinds:
        making, box = kind.making, kind.white_box
        table.add_row(
            *(kind.kind, str(kind.count), f"{making.median_ms:.0f}", f"{making.worst_ms:.0f}"),
            *(_kb(making.median_bytes), _kb(making.most_bytes)),
            *(_finely(kind.blind.rate), _finely(kind.chance)),
            *((str(box.salt_known), str(box.salt_unknown)) if box else (NOTHING, NOTHING)),
        )
    return table


def _attacks(report: Report) -> Table:
    table = Table(
        *("kind", "attack", "made for us", "solves", "budget", "naive twin", "asked"),
        *("CPU ms", ""),
        box=SIMPLE_HEAD,
        title="What attackers solve (95 % interval)",
    )
    for kind in report.kinds:
        for attack in kind.attacks:
            table.add_row(kind.kind, *_cells(attack), _verdict(attack))
        table.add_section()
    return table


def _cells(attack: AttackReport) -> tuple[str, ...]:
    asked = NOTHING if attack.least_on_naive is None else f"≥ {attack.least_on_naive:.0%}"
    return (
        attack.attack,
        "yes" if attack.made_for_us else "no",
        _share(attack.solved),
        f"≤ {attack.most:.0%}",
        _share(attack.naive) if attack.naive else NOTHING,
        asked,
        f"{attack.cpu_ms:.0f}",
    )


def _verdict(attack: AttackReport) -> Text:
    if attack.missing:
        return Text(f"needs {attack.missing}", style="dim")
    if attack.errors:
        return Text("raised", style="bold red")
    if attack.fails_control:
        return Text("fails its control", style="bold red")
    if attack.is_over:
        return Text("over" if attack.is_surely_over else "over, maybe by chance", style="bold red")
    if not attack.solved.of:
        return Text("only in full runs", style="dim")
    return Text("holds", style="green")


def markdown(report: Report) -> str:
    """One row a kind, as the README publishes it."""
    return "\n".join(_markdown_lines(report))


def _markdown_lines(report: Report) -> Iterator[str]:
    yield (
        "| kind | tried | CPU, size | blind | best off the shelf | best made for us | "
        "naive twin | learned: salt known / not |"
    )
    yield "|---|---|---|---|---|---|---|---|"
    for kind in report.kinds:
        box = kind.white_box
        yield " | ".join(
            (
                f"| `{kind.kind}`",
                str(kind.count),
                f"{kind.making.median_ms:.0f} ms, {_kb(kind.making.median_bytes)} kB",
                _finely(kind.blind.rate),
                _best(kind.best(False)),
                _best(kind.best(True)),
                _best_control(kind),
                f"{_percent(box.salt_known)} / {_percent(box.salt_unknown)} |" if box else "– |",
            )
        )


def _best(attack: AttackReport | None) -> str:
    return f"{_percent(attack.solved)} ({attack.attack})" if attack else NOTHING


def _best_control(kind: KindReport) -> str:
    tried = [a for a in kind.attacks if a.naive is not None and a.naive.of]
    if not tried:
        return NOTHING
    best = max(tried, key=lambda a: a.naive.rate if a.naive else 0.0)
    return f"{_percent(best.naive)} ({best.attack})" if best.naive else NOTHING


def _share(share: Share | None) -> str:
    return str(share) if share is not None and share.of else NOTHING


def _percent(share: Share) -> str:
    return f"{100 * share.rate:.0f} %"


def _finely(rate: float) -> str:
    return f"{100 * rate:.1f} %"


def _kb(size_bytes: int) -> str:
    return f"{size_bytes / 1000:.0f}"
