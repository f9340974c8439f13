"""What Prometheus sees: names `gateway_…`, base units, few labels, none that a stranger can fill.

Labels are what the operator wrote (site, route, scope, upstream, its address), closed enums, status
classes.
With several workers the master sets PROMETHEUS_MULTIPROC_DIR to an empty folder before this module
is imported; every worker then writes there, and `render` in any process gives the sum.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import NamedTuple

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead
from prometheus_client.registry import Collector

from gateway import __version__
from gateway.model import Challenge, Decision, Deny, Forward, Preflight, Reason, Resume
from gateway.tally import CODES, REPLY_S, Tally

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
MULTIPROC_DIR = "PROMETHEUS_MULTIPROC_DIR"

_SOLVE_S = (0.5, 1, 2, 3, 5, 8, 13, 20, 30, 60, 120)

disable_created_metrics()  # type: ignore[no-untyped-call]  # twice the series, for a time nobody asks


class _Counts:
    """A counter whose label children are found once: `labels()` costs 20 µs, a dict look-up 0.1."""

    def __init__(self, name: str, text: str, labels: tuple[str, ...], registry: CollectorRegistry):
        self._counter = Counter(name, text, labels, registry=registry)
        self._children: dict[tuple[str, ...], Counter] = {}

    def __call__(self, *values: str, amount: float = 1) -> None:
        child = self._children.get(values)
        if child is None:
            child = self._children[values] = (
                self._counter.labels(*values) if values else self._counter
            )
        child.inc(amount)


class _Times:
    """A histogram of seconds, with its children found once."""

    def __init__(
        self,
        name: str,
        text: str,
        labels: tuple[str, ...],
        buckets: tuple[float, ...],
        registry: CollectorRegistry,
    ):
        self._histogram = Histogram(name, text, labels, buckets=buckets, registry=registry)
        self._children: dict[tuple[str, ...], Histogram] = {}

    def __call__(self, seconds: float, *values: str) -> None:
        child = self._children.get(values)
        if child is None:
            child = self._children[values] = self._histogram.labels(*values)
        child.observe(seconds)

    def add(self, counts: list[int], sum_s: float, *values: str) -> None:
        """Many observations at once: how many in each bucket. The library has no call for that."""
        child = self._histogram.labels(*values)
        for bucket, count in zip(child._buckets, counts, strict=True):
            if count:
                bucket.inc(count)
        child._sum.inc(sum_s)


class _Sort(NamedTuple):
    """What a tally is about."""

    site: str
    route: str
    action: str
    reason: str
    would: str
    by: str
    upstream: str  # "": none answered


class _Flush(Collector):
    """Asked first at each scrape of a registry: what was added up goes where it is read."""

    def __init__(self, flush: Callable[[], None]) -> None:
        self._flush = flush

    def collect(self) -> Iterable[Metric]:
        self._flush()
        return ()


class _Open(Collector):
    """Asked for at each scrape, and known to every process: nothing is counted twice."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics

    def collect(self) -> Iterator[Metric]:
        text = "Open client connections of all workers."
        yield GaugeMetricFamily(
            "gateway_connections_open", text, value=self._metrics.open_connections()
        )


class Metrics:
    """Every metric of one process, in a registry of its own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._tallies: dict[_Sort, Tally] = {}
        self.registry.register(_Flush(self.flush))
        self.open_connections: Callable[[], int] = lambda: 0  # of all workers
        self.stock_ready: Callable[[], Mapping[str, int]] = dict  # of this process, by kind
        self._open = _Open(self)
        self.registry.register(self._open)
        self._requests()
        self._challenges()
        self._stock()
        self._effects()

    def _requests(self) -> None:
        made = self.registry
        self._request = _Counts(
            "gateway_requests",
            "Requests by what was decided.",
            ("site", "route", "action", "reason"),
            made,
        )
        self._would = _Counts(
            "gateway_shadowed",
            "Requests forwarded in shadow mode, by what enforcing would have done.",
            ("site", "route", "would"),
            made,
        )
        self._replies = _Counts(
            "gateway_replies", "Replies by who made them and their class.", ("by", "code"), made
        )
        self.limited = _Counts(
            "gateway_limited",
            "Requests over a limit of their route, by what it makes of them.",
            ("site", "route", "limit", "then"),
            made,
        )
        self.budget_alerts = _Counts(
            "gateway_budget_alerts",
            "Budgets of which the share was used that the operator is told of.",
            ("site", "route", "budget"),
            made,
        )
        self._seconds = _Times(
            "gateway_request_duration_seconds",
            "From the request's head to the end of its reply.",
            ("action",),
            REPLY_S,
            made,
        )
        self._refused = _Counts(
            "gateway_refused", "Messages refused as HTTP, by status.", ("status",), made
        )
        self._errors = _Counts("gateway_gate_errors", "Own pages that broke (500).", (), made)

    def _challenges(self) -> None:
        made = self.registry
        by_kind = ("site", "route", "kind")
        self.issued = _Counts("gateway_challenges_issued", "Questions asked.", by_kind, made)
        self.solved = _Counts("gateway_challenges_solved", "Questions solved.", by_kind, made)
        self.attempts = _Counts(
            "gateway_challenge_attempts", "Answers by result.", ("kind", "result"), made
        )
        self.solve_seconds = _Times(
            "gateway_challenge_solve_seconds",
            "From question to right answer.",
            ("kind",),
            _SOLVE_S,
            made,
        )
        self.loops = _Counts(
            "gateway_loops", "Pages that gave up since passes did not stick.", ("why",), made
        )
        self.passes_issued = _Counts("gateway_passes_issued", "Passes set.", ("scope",), made)
        self.passes_rejected = _Counts(
            "gateway_passes_rejected", "Passes sent that did not count.", ("why",), made
        )

    def _stock(self) -> None:
        made = self.registry
        self._stock_items = Gauge(
            "gateway_stock_items",
            "Questions that are ready.",
            ("kind",),
            registry=made,
            multiprocess_mode="livesum",
        )
        self.stock_made = _Counts("gateway_stock_made", "Questions made ahead.", ("kind",), made)
        self.stock_missed = _Counts(
            "gateway_stock_missed",
            "Questions asked for that the stock did not give: work was asked in their place.",
            ("kind", "why"),
            made,
        )
        self.stock_makers_ended = _Counts(
            "gateway_stock_makers_ended", "Processes that make questions and ended.", (), made
        )

    def _effects(self) -> None:
        made = self.registry
        self.holds_kept = _Counts("gateway_holds_kept", "Requests held.", (), made)
        self.holds_refused = _Counts(
            "gateway_holds_refused", "Requests not held.", ("reason",), made
        )
        self.holds_delivered = _Counts(
            "gateway_holds_delivered", "Held requests the app answered.", (), made
        )
        self.held_bytes = _Counts("gateway_holds_kept_bytes", "Bytes of bodies held.", (), made)
        self._upstream_seconds = _Times(
            "gateway_upstream_duration_seconds",
            "From the first byte sent to the app to the end of its reply.",
            ("upstream",),
            REPLY_S,
            made,
        )
        self._upstream_errors = _Counts(
            "gateway_upstream_errors",
            "Requests an app did not answer.",
            ("upstream", "reason"),
            made,
        )
        self.upstream_events = _Counts(
            "gateway_upstream_events",
            "What became of an app's addresses, and who waited for it.",
            ("event", "upstream", "address"),
            made,
        )
        self.store_errors = _Counts(
            "gateway_store_errors", "Store calls that failed.", ("op",), made
        )
        self.log_lost = _Counts("gateway_log_lines_lost", "Records not written.", (), made)
        self._decisions_lost = _Counts(
            "gateway_decisions_not_kept", "Decisions not kept for explaining.", ("why",), made
        )
        self._traces_lost = _Counts(
            "gateway_traces_not_kept", "Answers whose paths were not kept.", ("why",), made
        )
        build = Gauge(
            "gateway_build_info",
            "Always 1.",
            ("version",),
            registry=made,
            multiprocess_mode="max",
        )
        build.labels(__version__).set(1)

    # --- verbs ---------------------------------------------------------------------------

    def tally(self, decision: Decision | None, *, ours: bool, upstream: str = "") -> Tally:
        """Where replies to this decision add up; None: an endpoint of our own.

        `upstream`: the app that answers. Decisions with the same labels share one.
        """
        sort = _Sort(*labels_of(decision), "gate" if ours else "app", "" if ours else upstream)
        return self._tallies.setdefault(sort, Tally())

    def forwards(self, decision: Decision, upstream: str) -> Tally:
        """The same for what the app answers."""
        return self.tally(decision, ours=False, upstream=upstream)

    def request(
        self,
        decision: Decision | None,
        status: int,
        seconds: float,
        *,
        ours: bool,
        upstream: str = "",
    ) -> None:
        """One reply ended; `status` 0: it broke off, which says nothing of the app's time."""
        answered = upstream if status else ""
        self.tally(decision, ours=ours, upstream=answered).add(status, seconds)

    def flush(self) -> None:
        """Hand on what was added up. Every second, so that other processes can read it."""
        for kind, count in self.stock_ready().items():
            self._stock_items.labels(kind).set(count)
        for sort, tally in self._tallies.items():
            total = sum(tally.codes)
            if not total:
                continue
            self._request(sort.site, sort.route, sort.action, sort.reason, amount=total)
            if sort.would:
                self._would(sort.site, sort.route, sort.would, amount=total)
            for code, count in zip(CODES, tally.codes, strict=True):
                if count:
                    self._replies(sort.by, code, amount=count)
            self._seconds.add(tally.buckets, tally.sum_s, sort.action)
            if sort.upstream:
                self._upstream_seconds.add(tally.buckets, tally.sum_s, sort.upstream)
            tally.clear()

    def refused(self, status: int) -> None:
        """A message was refused as HTTP."""
        self._refused(str(status))

    def upstream_error(self, upstream: str, reason: str) -> None:
        """An app did not answer; `reason` is a `model.Reason`."""
        self._upstream_errors(upstream, reason)

    def decisions_lost(self, why: str, count: int) -> None:
        """Decisions that could not be kept for explaining: `busy`, `long` or `store`."""
        self._decisions_lost(why, amount=count)

    def traces_lost(self, why: str, count: int) -> None:
        """Answers whose paths could not be kept: `busy`, `long` or `store`."""
        self._traces_lost(why, amount=count)

    def gate_error(self) -> None:
        """A page of ours broke."""
        self._errors()

    def collect(self, collector: Collector) -> None:
        """Add a collector of another room (asked at each scrape; this process only)."""
        self.registry.register(collector)

    def render(self) -> bytes:
        """The text for `/metrics`: of this process, or of all when they share a folder."""
        self.flush()
        if MULTIPROC_DIR not in os.environ:
            return generate_latest(self.registry)
        summed = CollectorRegistry()
        MultiProcessCollector(summed)  # type: ignore[no-untyped-call]
        summed.register(self._open)
        return generate_latest(summed)


def labels_of(decision: Decision | None) -> tuple[str, str, str, str, str]:
    """(site, route, action, reason, would) of a decision."""
    match decision:
        case None:
            return "", "", "own", str(Reason.OWN), ""
        case Forward():
            action, reason, would = "forward", decision.reason, decision.would
        case Resume():
            action, reason, would = "resume", Reason.SOLVED, ""
        case Challenge():
            action, reason, would = "challenge", decision.reason, ""
        case Deny():
            action, reason, would = "deny", decision.reason, ""
        case Preflight():
            action, reason, would = "preflight", Reason.PREFLIGHT, ""
    route = decision.route
    site, name = (route.site, route.name) if route else ("", "")
    return site, name, action, str(reason), would


def worker_ended(pid: int) -> None:
    """For the master: a worker is gone, so its gauges no longer count."""
    if MULTIPROC_DIR in os.environ:
        mark: Callable[[int], None] = mark_process_dead
        mark(pid)
