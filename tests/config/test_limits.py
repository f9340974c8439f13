"""Every bound of the wire is set by one setting, within bounds of its own."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import annotated_types
import pytest

from gateway.config import ConfigError, load
from gateway.config.fields import Size, Span
from gateway.config.limits import WirePart
from gateway.config.settings import AnswerSettings, WireSettings
from gateway.limits import WireLimits
from gateway.model import FusionRule, LimitRule, Route, Whence
from tests.config.reference import settings_reference

TAIL = "upstreams: {app: http://127.0.0.1:1}\nsites: [{name: s}]\n"


def wire_of(tmp_path: Path, text: str) -> WireSettings:
    path = tmp_path / "gateway.yaml"
    path.write_text(f"limits: {{wire: {{{text}}}}}\n{TAIL}")
    return load(path, {}).limits.wire


def flat(wire: WireSettings) -> dict[str, Any]:
    own = {field.name: getattr(wire, field.name) for field in fields(wire)}
    bounds = own.pop("bounds")
    return own | {field.name: getattr(bounds, field.name) for field in fields(bounds)}


SET: dict[str, tuple[str, str, Any]] = {  # setting: what is written, what it sets, to what
    "connections": ("7", "max_connections", 7),
    "client_connections": ("7", "max_client_connections", 7),
    "exempt": ("[10.0.0.0/8, unix]", "exempt", ("10.0.0.0/8", "unix")),
    "reserved": ("7", "reserved_connections", 7),
    "target": ("1KiB", "max_line_bytes", 1024),
    "head": ("17KiB", "max_head_bytes", 17 * 1024),
    "header_count": ("11", "max_headers", 11),
    "body": ("1MB", "max_body_bytes", 10**6),
    "match_body": ("1MiB", "match_body_bytes", 2**20),
    "head_timeout": ("1s", "header_s", 1),
    "body_timeout": ("1s", "body_idle_s", 1),
    "body_rate": ("1kB", "body_rate", 1000),
    "body_rate_grace": ("1s", "body_grace_s", 1),
    "body_total_timeout": ("1m", "body_total_s", 60),
    "idle_timeout": ("1s", "keep_alive_s", 1),
    "write_timeout": ("1s", "write_idle_s", 1),
    "connect_timeout": ("1s", "connect_s", 1),
    "reply_timeout": ("1s", "reply_head_s", 1),
    "reply_idle_timeout": ("1s", "reply_idle_s", 1),
    "upgrade_idle_timeout": ("1s", "upgrade_idle_s", 1),
    "linger": ("1MiB", "linger_bytes", 2**20),
    "linger_timeout": ("1s", "linger_s", 1),
    "pool_size": ("7", "pool_size", 7),
    "pool_idle_timeout": ("1s", "pool_idle_s", 1),
    "sweep": ("2s", "sweep_s", 2),
    "tick": ("50ms", "tick_s", 0.05),
    "drain": ("1s", "drain_s", 1),
}


def test_every_bound_can_be_set() -> None:
    settable = {what for _, what, _ in SET.values()}
    assert {field.name for field in fields(WireLimits)} <= settable
    assert len(settable) == len(SET)
    listed = [row.key.rpartition(".")[2] for row in settings_reference() if ".wire." in row.key]
    assert listed == list(SET)


def test_defaults_are_those_of_the_wire(tmp_path: Path) -> None:
    assert wire_of(tmp_path, "").bounds == WireLimits()


@pytest.mark.parametrize("setting", SET)
def test_each_sets_one_thing(tmp_path: Path, setting: str) -> None:
    written, what, value = SET[setting]
    before, after = flat(wire_of(tmp_path, "")), flat(wire_of(tmp_path, f"{setting}: {written}"))
    assert {name: now for name, now in after.items() if now != before[name]} == {what: value}


def unit_of(name: str) -> tuple[str, float]:
    """How a number is written, and the smallest step."""
    annotation = WirePart.model_fields[name].annotation
    metadata = WirePart.model_fields[name].metadata
    if Span.__metadata__[0] in metadata:
        return "s", 0.001
    return ("B" if Size.__metadata__[0] in metadata else "", 1) if annotation is int else ("", 0)


def edges() -> list[tuple[str, float, bool]]:
    found = []
    for name, field in WirePart.model_fields.items():
        _, step = unit_of(name)
        for bound in field.metadata:
            if isinstance(bound, annotated_types.Ge):
                found += [(name, bound.ge, True)]
                found += [(name, bound.ge - step, False)] if bound.ge > 0 else []  # type: ignore[operator]
            elif isinstance(bound, annotated_types.Le):
                found += [(name, bound.le, True), (name, bound.le + step, False)]  # type: ignore[operator]
    return found


def test_every_number_has_both_bounds() -> None:
    assert len(edges()) >= 3 * (len(SET) - 1)


@pytest.mark.parametrize("name, value, good", edges())
def test_both_sides_of_every_bound(tmp_path: Path, name: str, value: float, good: bool) -> None:
    text = f"{name}: {value:.3f}".rstrip("0").rstrip(".") + unit_of(name)[0]
    text = f"{name}: {value:g}{unit_of(name)[0]}" if value < 1 else text
    if "." not in text:
        text = f"{name}: {value:.0f}{unit_of(name)[0]}"
    more = ", head: 1MiB" if name == "target" else ", target: 256B" if name == "head" else ""
    if good:
        wire_of(tmp_path, text + more)
    else:
        with pytest.raises(ConfigError) as caught:
            wire_of(tmp_path, text + more)
        assert "limits.wire" in str(caught.value)


@pytest.mark.parametrize(
    "written, what",
    [
        ("[10.0.0.1/8]", "has bits set beyond its length"),
        ("[0.0.0.0/0]", "would trust everybody"),
        ("[localhost]", "is not an address or CIDR"),
    ],
)
def test_who_is_exempt_is_an_address(tmp_path: Path, written: str, what: str) -> None:
    with pytest.raises(ConfigError, match=what):
        wire_of(tmp_path, f"exempt: {written}")


# --- What one prefix may answer, and what routes count ---------------------------------------


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("", AnswerSettings(120, 60, 30, 600)),
        ("answers: 7", AnswerSettings(7, 60, 30, 600)),
        ("window: 2m", AnswerSettings(120, 120, 30, 600)),
        ("accessible: 7", AnswerSettings(120, 60, 7, 600)),
        ("accessible_window: 2m", AnswerSettings(120, 60, 30, 120)),
    ],
)
def test_what_one_prefix_may_answer(tmp_path: Path, written: str, expected: AnswerSettings) -> None:
    path = tmp_path / "gateway.yaml"
    path.write_text(f"limits: {{answers: {{{written}}}}}\n{TAIL}")
    assert load(path, {}).limits.answers == expected


FIELD = "per: field, field: phone, most: 5, within: 1h"
PLAIN = LimitRule("field-phone-1h", "field", 5, 3600, field="phone")
PHONE = replace(PLAIN, normalise="e164")
RANGE = replace(PHONE, name="number_prefix-phone-1h", per="number_prefix")
CALLS = LimitRule("address-1h", "address", 5, 3600)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("{per: address, most: 5, within: 1h}", CALLS),
        ("{per: address, most: 6, within: 2d, then: deny}",
         LimitRule("address-2d", "address", 6, 2 * 86400, "deny")),
        ("{per: address, most: 5, within: 1h, name: calls}", replace(CALLS, name="calls")),
        ("{per: address, most: 5, within: 1h, then: delay, delay: 2s}",
         replace(CALLS, then="delay", delay_s=2.0)),
        ("{per: address, most: 5, within: 1h, distinct: phone}",
         replace(CALLS, name="address-distinct-phone-1h", distinct="phone")),
        (f"{{{FIELD}}}", PLAIN),
        (f"{{{FIELD}, normalise: email}}", replace(PLAIN, normalise="email")),
        (f"{{{FIELD}, normalise: e164, region: CN}}", replace(PHONE, region="CN")),
        (f"{{{FIELD}, normalise: e164, countries: [CN, HK]}}",
         replace(PHONE, countries=frozenset({"CN", "HK"}))),
        ("{per: number_prefix, field: phone, most: 5, within: 1h}", RANGE),
        ("{per: number_prefix, field: phone, most: 5, within: 1h, digits: 6}",
         replace(RANGE, digits=6)),
    ],
)  # fmt: skip
def test_what_a_route_counts(tmp_path: Path, written: str, expected: LimitRule) -> None:
    assert route_of(tmp_path, f"limits: [{written}]").limits == (expected,)


def test_what_a_route_may_cost(tmp_path: Path) -> None:
    hour = LimitRule("budget-hour", "route", 7, 3600, "deny", budget=True, alert=0.5)
    day = replace(hour, name="budget-day", most=9, window_s=86400)
    assert route_of(tmp_path, "budget: {hour: 7, day: 9, alert: 0.5}").limits == (hour, day)
    assert route_of(tmp_path, "budget: {hour: 7}").limits == (replace(hour, alert=0.8),)


def test_how_an_app_names_kinds(tmp_path: Path) -> None:
    written = "flow: fusion, fusion: {key: 0123456789abcdef, query: kind, ttl: 2m, kinds: {a: pow}}"
    rule = route_of(tmp_path, written).fusion
    whence = Whence("query", "kind")
    assert rule == FusionRule(whence, {"pow": "pow", "a": "pow"}, 120, b"0123456789abcdef")


def route_of(tmp_path: Path, written: str) -> Route:
    path = tmp_path / "gateway.yaml"
    route = f"{{name: r, match: {{path: /r}}, ladder: [pow], {written}}}"
    path.write_text(
        "upstreams: {app: http://127.0.0.1:1}\n"
        f"sites: [{{name: s, hosts: ['*'], upstream: app, routes: [{route}]}}]\n"
    )
    (site,) = load(path, {}).sites
    (found,) = site.routes
    return found
