"""From outcomes to figures, and from figures to faults: which budgets were broken."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field, replace
from statistics import median
from typing import Any

from gateway.bench.attack import Attack, Suite
from gateway.bench.shares import Share
from gateway.bench.trial import BLIND_TRIES, Outcome, is_installed
from gateway.model import JSON

MOST_BYTES = 40_000
MOST_MEDIAN_MS = 30.0
MOST_MEDIAN_OF_ONE_MS = 60.0  # one kind may cost this much
BUSY = 2.0  # so much dearer is the same work on a machine whose cores are fought for
MOST_BLIND = 0.05


@dataclass(frozen=True, slots=True)
class Making:
    """What challenges cost us."""

    median_ms: float  # CPU
    worst_ms: float
    median_bytes: int  # the view as JSON
    most_bytes: int
    sizes: int  # different sets of picture sizes: more than one might tell something


@dataclass(frozen=True, slots=True)
class AttackReport:
    """One attack, on our challenges and on the naive twin."""

    attack: str
    made_for_us: bool
    most: float
    solved: Share
    cpu_ms: float  # median per challenge: what it costs the solver
    least_on_naive: float | None = None  # its control
    naive: Share | None = None
    errors: tuple[str, ...] = ()
    missing: str = ""  # the package that it lacks: not run
    slow: bool = False
    solved_indices: tuple[int, ...] = ()

    @property
    def is_over(self) -> bool:
        return self.solved.rate > self.most

    @property
    def is_surely_over(self) -> bool:
        """Even the low end of the interval is: few trials alone don't explain it."""
        return self.solved.interval[0] > self.most

    @property
    def fails_control(self) -> bool:
        asked, naive = self.least_on_naive, self.naive
        return asked is not None and naive is not None and naive.of > 0 and naive.rate < asked


@dataclass(frozen=True, slots=True)
class WhiteBox:
    """A model trained on our own output, tested on fresh challenges of one install."""

    trained_on: int  # challenges
    rows: int
    model: str  # the better one
    salt_known: Share
    salt_unknown: Share


@dataclass(frozen=True, slots=True)
class KindReport:
    kind: str
    count: int
    making: Making
    chance: float  # as the kind states it
    blind: Share
    attacks: tuple[AttackReport, ...]
    white_box: WhiteBox | None = None

    def best(self, made_for_us: bool) -> AttackReport | None:
        """The attack of its sort that solved most."""
        of_sort = [a for a in self.attacks if a.made_for_us is made_for_us and a.solved.of]
        return max(of_sort, key=lambda a: a.solved.rate, default=None)


@dataclass(frozen=True, slots=True)
class Report:
    seed: int
    salts: tuple[str, ...]
    kinds: tuple[KindReport, ...] = field(default=())

    def as_json(self) -> JSON:
        return asdict(self)


def read(text: JSON) -> Report:
    """What `as_json` gave, out of a file. Raises KeyError or TypeError for anything else."""
    kinds = tuple(_read_kind(kind) for kind in text["kinds"])
    return Report(text["seed"], tuple(text["salts"]), kinds)


def joined(reports: Sequence[Report]) -> Report:
    """The kinds of several runs, by name. Of a kind that is in two, the later one; the white box is
    the last that was run."""
    kinds: dict[str, KindReport] = {}
    for kind in (kind for report in reports for kind in report.kinds):
        before = kinds.get(kind.kind)
        box = kind.white_box or (before.white_box if before else None)
        kinds[kind.kind] = replace(kind, white_box=box)
    first = reports[0]
    return Report(first.seed, first.salts, tuple(kinds[name] for name in sorted(kinds)))


def _read_kind(kind: JSON) -> KindReport:
    parts: dict[str, Any] = {
        "making": Making(**kind["making"]),
        "blind": Share(**kind["blind"]),
        "attacks": tuple(_read_attack(attack) for attack in kind["attacks"]),
        "white_box": _read_box(kind["white_box"]) if kind["white_box"] else None,
    }
    return KindReport(**{**kind, **parts})


def _read_attack(attack: JSON) -> AttackReport:
    parts: dict[str, Any] = {
        "solved": Share(**attack["solved"]),
        "naive": Share(**attack["naive"]) if attack["naive"] else None,
        "errors": tuple(attack["errors"]),
        "solved_indices": tuple(attack["solved_indices"]),
    }
    return AttackReport(**{**attack, **parts})


def _read_box(box: JSON) -> WhiteBox:
    known, unknown = Share(**box["salt_known"]), Share(**box["salt_unknown"])
    return WhiteBox(**{**box, "salt_known": known, "salt_unknown": unknown})


def kind_report(
    kind: str, known: Suite, ours: Sequence[Outcome], naive: Sequence[Outcome]
) -> KindReport:
    """`ours` and `naive` as the trials gave them; the white box is added later."""
    return KindReport(
        kind,
        len(ours),
        _making(ours),
        known.chance,
        Share(sum(o.blind_hits for o in ours), BLIND_TRIES * len(ours)),
        tuple(_attack_report(attack, known, ours, naive) for attack in known.attacks),
    )


def _making(ours: Sequence[Outcome]) -> Making:
    times_ms = [1000 * o.make_s for o in ours] or [0.0]
    bytes_each = [o.size_bytes for o in ours] or [0]
    return Making(
        median(times_ms),
        max(times_ms),
        int(median(bytes_each)),
        max(bytes_each),
        len({o.sizes_px for o in ours}),
    )


def _attack_report(
    attack: Attack, known: Suite, ours: Sequence[Outcome], naive: Sequence[Outcome]
) -> AttackReport:
    tried = [(o.index, t) for o in ours for t in o.tried if t.attack == attack.name]
    on_naive = [t.solved for o in naive for t in o.tried if t.attack == attack.name]
    least = next((c.least for c in known.controls if c.attack == attack.name), None)
    return AttackReport(
        attack.name,
        attack.made_for_us,
        attack.most,
        Share(sum(t.solved for _, t in tried), len(tried)),
        median([1000 * t.cpu_s for _, t in tried] or [0.0]),
        least,
        Share(sum(on_naive), len(on_naive)) if least is not None else None,
        tuple(sorted({t.error for _, t in tried if t.error})),
        "" if is_installed(attack) else attack.needs,
        attack.slow,
        tuple(index for index, t in tried if t.solved),
    )


def faults(report: Report, surely: bool = False) -> list[str]:
    """Every broken budget in words. `surely`: leave out what few trials or a busy machine may
    explain.
    """
    found = [fault for kind in report.kinds for fault in _kind_faults(kind, surely)]
    return found + _dear_ones(report.kinds, BUSY if surely else 1.0)


def _kind_faults(kind: KindReport, surely: bool) -> Iterable[str]:
    making, name = kind.making, kind.kind
    if making.most_bytes > MOST_BYTES:
        yield f"{name}: a view of {making.most_bytes} bytes, over {MOST_BYTES}"
    if making.sizes > 1:
        yield f"{name}: pictures of {making.sizes} different sizes"
    if kind.blind.interval[0] > MOST_BLIND:
        yield f"{name}: blind answers are right at {kind.blind}, over {MOST_BLIND:.0%}"
    for attack in kind.attacks:
        if attack.is_surely_over or (attack.is_over and not surely):
            yield f"{name}: {attack.attack} solves {attack.solved}, over {attack.most:.0%}"
        if attack.fails_control:
            yield (
                f"{name}: {attack.attack} solves {attack.naive} of the naive twin, "
                f"less than {attack.least_on_naive:.0%}"
            )
        if attack.errors:
            yield f"{name}: {attack.attack} raised {attack.errors[0]}"


def _dear_ones(kinds: Sequence[KindReport], slack: float) -> list[str]:
    most_ms, most_of_one_ms = slack * MOST_MEDIAN_MS, slack * MOST_MEDIAN_OF_ONE_MS
    dear = sorted((k for k in kinds if k.making.median_ms > most_ms), key=_median_ms)
    if dear and dear[-1].making.median_ms <= most_of_one_ms:
        dear.pop()
    return [f"{k.kind}: {k.making.median_ms:.0f} ms of CPU a challenge" for k in dear]


def _median_ms(kind: KindReport) -> float:
    return kind.making.median_ms
