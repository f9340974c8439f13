"""`gateway bench kinds`: run every attack on every drawn kind, and on what peers draw today.

What is counted is what the gate would have said: each answer goes through the kind's own `check`.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from gateway.bench.attack import suite, suites
from gateway.bench.pool import Advance, Pool, open_pool
from gateway.bench.report import KindReport, Report, faults, joined, kind_report, read
from gateway.bench.table import markdown, print_report
from gateway.bench.trial import Outcome, Plan, trial, warm_up
from gateway.bench.whitebox import white_box

INSTALLS = 8  # salts, where none is named: the figures are of no single look
WIDE = 150  # columns


@dataclass(frozen=True, slots=True)
class Options:
    """What the command was asked."""

    kinds: tuple[str, ...] = ()  # all, if none
    count: int = 200
    seed: int = 1
    salt: str | None = None
    pictures: tuple[bytes, ...] = ()
    jobs: int = 1
    slow: bool = True
    train: int = 0  # challenges for the white box; 0: none
    most_s: float = 3600.0  # what is not begun by then is left out, and the counts say so
    given: Any = None  # the parameters of the one kind; None: the defaults

    @property
    def salts(self) -> tuple[str, ...]:
        if self.salt is not None:
            return (self.salt,)
        return tuple(f"install {n} of {self.seed}" for n in range(INSTALLS))


Begin = Callable[[str, int], Advance]  # (what, how many) to the function that counts them


def run(options: Options, begin: Begin) -> Report:
    """Everything asked, measured. Unknown kinds raise KeyError."""
    names = options.kinds or tuple(suites())
    with open_pool(options.jobs, time.monotonic() + options.most_s) as pool:
        reports = tuple(_kind(name, options, pool, begin) for name in names)
    return Report(options.seed, options.salts, reports)


def _kind(kind: str, options: Options, pool: Pool, begin: Begin) -> KindReport:
    plan = Plan(
        kind, options.seed, options.salts, options.pictures, slow=options.slow, given=options.given
    )
    warm_up(plan)
    ours = _trials(plan, options.count, pool, begin(plan.said, options.count))
    twins = (options.count + 1) // 2
    twin = replace(plan, naive=True)
    naive = _trials(twin, twins, pool, begin(f"{kind}, naive twin", twins))
    report = kind_report(plan.said, suite(kind), ours, naive)
    if not options.train:
        return report
    advance = begin(f"{plan.said}, white box", 2 * options.train + options.count)
    return replace(report, white_box=white_box(plan, pool, options.train, options.count, advance))


def _trials(plan: Plan, count: int, pool: Pool, advance: Advance) -> Sequence[Outcome]:
    return pool.run(partial(trial, plan), range(count), advance)


@contextmanager
def progress_on(console: Console) -> Iterator[Begin]:
    """A bar for each stretch of work, where somebody watches."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:

        def begin(what: str, how_many: int) -> Advance:
            task = progress.add_task(what, total=how_many)
            return lambda step: progress.advance(task, step)

        yield begin


def console_to_print() -> Console:
    """As wide as the terminal; what goes to a file is not cut to one."""
    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=WIDE)


def kept(files: Sequence[Path]) -> Report:
    """The runs that were written to these files, as one report. ValueError if one is none."""
    try:
        return joined([read(json.loads(file.read_text("utf-8"))) for file in files])
    except (KeyError, TypeError) as error:
        raise ValueError(f"not a report of this command: {error}") from error


def keep(report: Report, file: Path) -> None:
    """All of it, as JSON."""
    file.write_text(json.dumps(report.as_json(), indent=1, ensure_ascii=False), "utf-8")


def publish(report: Report, out: Console, as_markdown: bool) -> int:
    """Print it; how many budgets were broken."""
    if as_markdown:
        out.print(markdown(report), markup=False, soft_wrap=True)
    else:
        print_report(report, out)
    broken = faults(report)
    for fault in broken:
        Console(stderr=True, soft_wrap=True, highlight=False).print(
            f"broken: {fault}", markup=False
        )
    return len(broken)
