"""What Prometheus scrapes: names, labels, and the sum over workers."""

from __future__ import annotations

import math
import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from gateway import __version__
from gateway.metrics import Metrics, labels_of
from gateway.model import Challenge, Decision, Deny, Forward, Reason, Resume
from gateway.tally import REPLY_S
from tests.samples import ROUTE, VISIT


def value(metrics: Metrics, name: str, **labels: str) -> float | None:
    return metrics.registry.get_sample_value(name, labels)


@pytest.mark.parametrize(
    ("decision", "labels"),
    [
        (None, ("", "", "own", "own", "")),
        (Forward(Reason.NO_ROUTE), ("", "", "forward", "no_route", "")),
        (Forward(Reason.PASS, ROUTE), ("shop", "register", "forward", "pass", "")),
        (
            Forward(Reason.SHADOW, ROUTE, would="deny"),
            ("shop", "register", "forward", "shadow", "deny"),
        ),
        (Resume(ROUTE, VISIT), ("shop", "register", "resume", "solved", "")),
        (Challenge(Reason.NO_PASS, ROUTE), ("shop", "register", "challenge", "no_pass", "")),
        (Deny(Reason.UNKNOWN_SITE, 421), ("", "", "deny", "unknown_site", "")),
    ],
)
def test_labels_of_each_decision(decision: Decision | None, labels: tuple[str, ...]) -> None:
    assert labels_of(decision) == labels
    metrics = Metrics()
    metrics.request(decision, 200, 0.1, ours=False)
    site, route, action, reason, would = labels
    of_route = {"site": site, "route": route}
    total = value(metrics, "gateway_requests_total", **of_route, action=action, reason=reason)
    assert total == 1
    if would:
        assert value(metrics, "gateway_shadowed_total", **of_route, would=would) == 1


@pytest.mark.parametrize(
    ("status", "code"),
    [(0, "broke"), (101, "1xx"), (200, "2xx"), (304, "3xx"), (499, "4xx"), (599, "5xx")],
)
@pytest.mark.parametrize("ours", [True, False])
def test_replies_by_class(status: int, code: str, ours: bool) -> None:
    metrics = Metrics()
    metrics.request(None, status, 0.1, ours=ours)
    by = "gate" if ours else "app"
    assert value(metrics, "gateway_replies_total", by=by, code=code) == 1


@pytest.mark.parametrize("status", [600, 999, 70_000])
def test_a_status_beyond_all_is_counted_too(status: int) -> None:
    metrics = Metrics()
    metrics.request(None, status, 0.1, ours=False)
    assert value(metrics, "gateway_replies_total", by="app", code="5xx") == 1


def every_metric() -> Metrics:
    metrics = Metrics()
    metrics.request(
        Forward(Reason.SHADOW, ROUTE, would="deny"), 200, 0.1, ours=False, upstream="app"
    )
    metrics.refused(400)
    metrics.limited("shop", "register", "field-phone-1h", "deny")
    metrics.budget_alerts("shop", "register", "budget-day")
    metrics.issued("shop", "register", "slider")
    metrics.solved("shop", "register", "slider")
    metrics.attempts("slider", "wrong")
    metrics.solve_seconds(2.5, "slider")
    metrics.loops("cookies")
    metrics.passes_issued("site")
    metrics.passes_rejected("expired")
    metrics.holds_kept()
    metrics.holds_refused("quota")
    metrics.holds_delivered()
    metrics.held_bytes(amount=1000)
    metrics.upstream_error("app", "app_timeout")
    metrics.upstream_events("out", "app", "127.0.0.1:8000")
    metrics.stock_ready = lambda: {"puzzle": 3}
    metrics.stock_made("puzzle")
    metrics.stock_missed("puzzle", "empty")
    metrics.stock_makers_ended()
    metrics.store_errors("spend")
    metrics.log_lost()
    metrics.decisions_lost("full", 2)
    metrics.traces_lost("long", 1)
    metrics.gate_error()
    return metrics


def test_names_follow_the_rules() -> None:
    families = list(text_string_to_metric_families(every_metric().render().decode()))
    assert len(families) >= 18
    for family in families:
        assert re.fullmatch(r"gateway_[a-z_]+", family.name), family.name
        assert family.documentation
        assert len(family.samples) > 0, family.name
        names = {sample.name for sample in family.samples}
        match family.type:
            case "counter":
                assert names == {f"{family.name}_total"}
            case "histogram":
                assert family.name.endswith("_seconds")
            case kind:
                assert kind == "gauge"
                known = ("gateway_build_info", "gateway_connections_open", "gateway_stock_items")
                assert family.name in known


def test_open_connections_are_asked_for_when_somebody_wants_to_know() -> None:
    metrics = Metrics()
    assert value(metrics, "gateway_connections_open") == 0
    metrics.open_connections = lambda: 7
    assert value(metrics, "gateway_connections_open") == 7


def test_what_is_in_stock_is_asked_for_at_each_scrape() -> None:
    metrics = Metrics()
    metrics.stock_ready = lambda: {"puzzle": 7, "icon": 0}
    assert b'gateway_stock_items{kind="puzzle"} 7.0' in metrics.render()
    metrics.stock_ready = lambda: {"puzzle": 6, "icon": 1}
    assert b'gateway_stock_items{kind="icon"} 1.0' in metrics.render()


def test_no_label_is_the_strangers_to_fill() -> None:
    """Paths, visitors, hosts and references are no labels; `address` is an app's, as configured."""
    families = text_string_to_metric_families(every_metric().render().decode())
    labels = {label for family in families for sample in family.samples for label in sample.labels}
    assert labels == {
        *("site", "route", "action", "reason", "would", "by", "code", "status", "kind", "result"),
        *("why", "scope", "upstream", "address", "event", "op", "version", "le"),
        *("limit", "then", "budget"),
    }


def test_build_info_names_the_version() -> None:
    assert value(Metrics(), "gateway_build_info", version=__version__) == 1


def test_two_gates_in_one_process_share_nothing() -> None:
    one, other = Metrics(), Metrics()
    one.gate_error()
    assert value(other, "gateway_gate_errors_total") == 0


WORKER = """
from gateway.metrics import Metrics
metrics = Metrics()
metrics.refused(400)
metrics.solve_seconds(2.5, "slider")
"""
SCRAPE = WORKER + "print(metrics.render().decode())"


def test_workers_are_summed(tmp_path: Path) -> None:
    """Two processes that ended, and a third that counts and is scraped."""
    environment = os.environ | {"PROMETHEUS_MULTIPROC_DIR": str(tmp_path)}
    for _ in range(2):
        subprocess.run([sys.executable, "-c", WORKER], env=environment, check=True)
    scraped = subprocess.run(
        [sys.executable, "-c", SCRAPE], env=environment, check=True, capture_output=True, text=True
    ).stdout
    assert 'gateway_refused_total{status="400"} 3.0' in scraped
    assert 'gateway_challenge_solve_seconds_count{kind="slider"} 3.0' in scraped
    assert f'gateway_build_info{{version="{__version__}"}} 1.0' in scraped


APP_OF = {True: "", False: "app"}
COUNTED = st.tuples(
    st.sampled_from(
        (None, Forward(Reason.NO_ROUTE), Forward(Reason.PASS, ROUTE),
         Deny(Reason.DENIED, 403, ROUTE), Forward(Reason.SHADOW, ROUTE, would="deny"),
         Challenge(Reason.NO_PASS, ROUTE))
    ),
    st.sampled_from((0, 101, 200, 204, 302, 404, 503, 999)),
    st.sampled_from((0.0, 0.0005, 0.001, 0.0010001, 0.05, 1, 59.9, 60, 61.0, 1e6)),
    st.booleans(),
    st.sampled_from(("one by one", "kept", "flush")),
)  # fmt: skip


@given(st.lists(COUNTED, max_size=30))
@settings(deadline=None, derandomize=True)
def test_what_is_added_up_is_what_counting_one_by_one_comes_to(replies) -> None:
    """Whenever it is handed on, and also by tallies that somebody kept."""
    metrics, expected = Metrics(), Counter[str]()
    for decision, status, seconds, ours, how in replies:
        if how == "kept" and status:
            metrics.tally(decision, ours=ours, upstream=APP_OF[ours]).add(status, seconds)
        else:
            metrics.request(decision, status, seconds, ours=ours, upstream=APP_OF[ours])
        if how == "flush":
            metrics.flush()
        site, route, action, reason, would = labels_of(decision)
        code = f"{min(status // 100, 5)}xx" if status else "broke"
        expected[f"requests {site} {route} {action} {reason}"] += 1
        expected[f"replies {'gate' if ours else 'app'} {code}"] += 1
        if would:
            expected[f"shadowed {would}"] += 1
        for bound in (*REPLY_S, math.inf):
            expected[f"{action} {float(bound)}"] += seconds <= bound
            expected[f"app {float(bound)}"] += seconds <= bound and not ours and status > 0
    assert counted(metrics) == +expected
    assert counted(metrics) == +expected  # and is not handed on twice


def test_seconds_add_up() -> None:
    metrics = Metrics()
    tally = metrics.tally(Forward(Reason.NO_ROUTE), ours=False, upstream="app")
    for seconds in (0.5, 0.25, 2.0):
        tally.add(200, seconds)
    text = metrics.render().decode()
    assert 'gateway_request_duration_seconds_sum{action="forward"} 2.75' in text
    assert 'gateway_upstream_duration_seconds_sum{upstream="app"} 2.75' in text


def counted(metrics: Metrics) -> Counter[str]:
    found: Counter[str] = Counter()
    for family in text_string_to_metric_families(metrics.render().decode()):
        for name, labels, amount, *_ in family.samples:
            match name:
                case "gateway_requests_total":
                    key = "requests {site} {route} {action} {reason}"
                case "gateway_replies_total":
                    key = "replies {by} {code}"
                case "gateway_shadowed_total":
                    key = "shadowed {would}"
                case "gateway_request_duration_seconds_bucket":
                    key = "{action} " + str(float(labels["le"]))
                case "gateway_upstream_duration_seconds_bucket":
                    key = "{upstream} " + str(float(labels["le"]))
                case _:
                    continue
            found[key.format(**labels)] += int(amount)
    return +found
