"""Every bound of the wire is set by one setting, within bounds of its own."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Any

import annotated_types
import pytest

from gateway.config import ConfigError, load
from gateway.config.fields import Size, Span
from gateway.config.limits import WirePart
from gateway.config.settings import WireSettings
from gateway.limits import WireLimits
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
