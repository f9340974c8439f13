"""What a day's requests cost each class of attacker: `python -m tests.drivers.cost [FILE.json …]`.

From visits that were measured (`python -m tests.drivers … --json FILE`): the share that passes, the
CPU and seconds of a visit, the requests that one solve lets through. The rest is arithmetic, stated
here: a machine of so many cores that does nothing else, so many addresses, each in a network of its
own; the gate's own bound on answers, then the limits that `gateway init` writes, then a budget.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.drivers import summary
from tests.drivers.stage import Visited, default_route

MEASURED = Path(__file__).with_name("measured.json")  # what the README tells of
DAY_S = 86_400
CORES = 8
WORKERS = 10  # of a farm, each at one screen
ADDRESSES = (1, 100, 10_000)
ANSWERS = 120 * 24 * 60  # of one network: `limits.answers`, 120 a minute by default
ACCESSIBLE = 30 * 24 * 6  # … `limits.answers.accessible`, 30 in ten minutes
COUNTED = {"keyboard": 1, "ghost_bare+accessible": 2}  # how often a visit counts in that
BUDGET = 1_000  # requests of all visitors in a day
NAMES = {
    "naive": "naive script",
    "http": "HTTP-only client, report made up",
    "http_ported": "HTTP-only client, our scripts ported",
    "ghost": "stealth plug-in and ghost-cursor",
    "ghost_bare": "ghost-cursor, headed, nothing patched",
    "ghost_bare+accessible": "… by the accessible way",
    "patched": "patchright, headed, scripted hand",
    "patched_ghost": "patchright, headed, ghost-cursor",
    "keyboard": "keyboard automation",
    "replayer": "replayed people",
    "people": "human farm",
}


@dataclass(frozen=True)
class Measured:
    """One class, as it was measured."""

    name: str
    visits: int
    passed: int
    cpu_s: float  # of a visit, on average
    seconds: float  # that a visit takes
    solve_cpu_s: float  # of all visits, for each that passed

    def uses(self, policy: Policy) -> float:
        """Requests for a solve: the accessible way is good for one."""
        return 1 if self.name.endswith("+accessible") else policy.uses

    def of_network(self, policy: Policy) -> float:
        """Visits that one network may make in a day."""
        return ACCESSIBLE / COUNTED[self.name] if self.name in COUNTED else policy.answers

    @property
    def share(self) -> float:
        return self.passed / self.visits


@dataclass(frozen=True)
class Policy:
    """What bounds a class."""

    uses: float  # requests that one solve lets through
    answers: int  # of one network, a day
    of_address: int  # requests of one address, a day
    budget: int  # requests of all, a day


def measured(visits: Iterable[Mapping[str, Any]]) -> list[Measured]:
    """By class, in the order of `NAMES`."""
    by: dict[str, list[Mapping[str, Any]]] = {}
    for visit in visits:
        by.setdefault(visit["driver"], []).append(visit)
    return [_measure(name, by[name]) for name in NAMES if name in by]


def _measure(name: str, visits: Sequence[Mapping[str, Any]]) -> Measured:
    passed, cpu_s = sum(visit["delivered"] > 0 for visit in visits), [v["cpu_s"] for v in visits]
    seconds = sum(visit["seconds"] for visit in visits) / len(visits)
    mean_s = sum(cpu_s) / len(visits)
    each_s = sum(cpu_s) / passed if passed else 0.0
    return Measured(name, len(visits), passed, mean_s, seconds, each_s)


def policy_of(route: Mapping[str, Any], visits: Sequence[Mapping[str, Any]] = ()) -> Policy:
    """What `gateway init` writes; the uses as they were measured, where a client tried."""
    most = {limit["per"]: limit["most"] for limit in route["limits"] if limit["then"] == "deny"}
    tried = [visit["delivered"] for visit in visits if visit["driver"] == "http_ported"]
    used = [each for each in tried if each]
    uses = sum(used) / len(used) if used else route["pass"]["uses"]
    return Policy(uses, ANSWERS, most["address"], BUDGET)


def visits_a_day(of: Measured, cores: int = CORES, workers: int = WORKERS) -> float:
    """A farm is bound by its people's time, all others by CPU."""
    if of.name == "people":
        return workers * DAY_S / of.seconds
    return cores * DAY_S / max(of.cpu_s, 0.01)


def deliveries(of: Measured, policy: Policy, addresses: int) -> tuple[int, int, int]:
    """A day's: without limits of the route, with those of `init`, and with a budget beside."""
    tried = min(visits_a_day(of), addresses * of.of_network(policy))
    free = int(tried * of.share * of.uses(policy))
    limited = min(free, addresses * policy.of_address)
    return free, limited, min(limited, policy.budget)


def table(found: Sequence[Measured], policy: Policy) -> str:
    """Markdown, a row a class; numbers of addresses stand side by side."""
    told = " / ".join(f"{count:,}" for count in ADDRESSES)
    lines = [
        f"| class | passed | CPU s a delivery | solves | a day from {told} addresses | … limits "
        f"| … budget of {policy.budget:,} |",
        "|---|---|---|---|---|---|---|",
    ]
    return "\n".join([*lines, *(_row(each, policy) for each in found)])


def _row(of: Measured, policy: Policy) -> str:
    days = [deliveries(of, policy, count) for count in ADDRESSES]
    cpu = f"{of.solve_cpu_s / of.uses(policy):.3f}" if of.passed and of.name != "people" else "–"
    cells = [
        NAMES[of.name],
        f"{of.passed} of {of.visits}",
        cpu,
        f"{1 / of.uses(policy):.2g}" if of.passed else "–",
        *(" / ".join(short(day[at]) for day in days) for at in range(3)),
    ]
    return "| " + " | ".join(cells) + " |"


def tables(visits: Sequence[Mapping[str, Any]]) -> list[str]:
    """The lines of both tables, as the README shows them: what passed, and what it costs."""
    found = [Visited(**visit) for name in NAMES for visit in visits if visit["driver"] == name]
    costs = table(measured(visits), policy_of(default_route(), visits))
    return [*summary.table(found).splitlines(), "", *costs.splitlines()]


def short(count: int) -> str:
    """As 1,234 or 5.6 M."""
    return f"{count / 1e6:.1f} M" if count >= 1e6 else f"{count:,}"


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.drivers.cost", description=__doc__)
    parser.add_argument("files", nargs="*", type=Path, default=[MEASURED])
    visits = [
        visit
        for file in parser.parse_args(arguments).files
        for visit in json.loads(file.read_text())
    ]
    print("\n".join(tables(visits)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
