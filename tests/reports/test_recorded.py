"""What real tools and real browsers reported, scored: each signal fires for whom it should.

The files in `recorded/` are whole reports as `templates/` sends them, with the request's headers;
`record.py` makes them again. `known` has visitors that can't be recorded here.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gateway.model import Answer, Score
from gateway.risk import score_answer
from gateway.signals import OF_BROWSERS, SIGNALS
from tests.reports.known import KNOWN
from tests.reports.ranked import KEPT, LEFT_OUT
from tests.samples import CALLER, TICKET
from tests.test_risk import names

RECORDED = {
    path.stem: json.loads(path.read_text("utf-8"))
    for path in sorted(Path(__file__).parent.glob("recorded/*.json"))
}
CLEAN = {name: report for name, report in RECORDED.items() if name.startswith("clean")} | KNOWN
SLIDE = replace(TICKET, kind="slider", work={"number": 40_000}, caller=CALLER.prefix)

DRIVEN = {"driver_called", "log_read"}
HEADLESS = {"agent_headless", "webdriver", "window_bare"}
STEALTH = {
    *("frame_patched", "native_patched", "worker_disagrees", "page_disagrees"),
    *("permission_disagrees", "flat_press", "between_pixels", "no_pointer"),
}
FIRED = {
    "puppeteer": DRIVEN | HEADLESS | {"flat_press", "between_pixels", "no_pointer", "ruled_drag"},
    "puppeteer_stealth": DRIVEN | STEALTH | {"ruled_drag"},
    "puppeteer_touch": {
        *("webdriver", "driver_called", "log_read", "thin_touch", "software_drawn", "ruled_drag"),
    },
    "ghost_cursor": DRIVEN | STEALTH | {"points_uncoalesced"},
    "playwright": DRIVEN | HEADLESS | {"between_pixels", "ruled_drag"},
    "playwright_hidden": {
        *(*DRIVEN, "versions_hollow", "between_pixels", "ruled_drag"),
    },
    "playwright_mobile": {
        *(*DRIVEN, "webdriver", "hints_disagree", "software_drawn", "ruled_drag"),
    },
    "patchright": {
        *("agent_headless", "window_bare", "between_pixels", "ruled_drag"),
    },
    "patchright_headed": {"between_pixels", "ruled_drag"},
    "rebrowser": {  # quiet, and all its defaults show
        *(*HEADLESS, "flat_press", "between_pixels", "no_pointer"),
    },
    "pydoll": {"agent_headless", "no_pointer"},  # nothing but that it has no pointer
    "hand_made": {
        *("worker_disagrees", "navigator_patched", "system_disagrees"),
        *("language_disagrees", "versions_hollow", "utc_abroad", "window_oversized"),
        *("far_press", "log_read", "ruled_drag"),
    },
    "selenium": {
        *("agent_headless", "webdriver", "automation", "driver_called", "log_read"),
        *("no_pointer", "jumped_drag"),
    },
}


def scored(report: dict[str, Any]) -> Score:
    headers = tuple((name.encode(), value.encode()) for name, value in report["headers"])
    answer = Answer(report["answer"], {"number": 40_000}, report["trace"], report["signals"])
    return score_answer(SLIDE, answer, headers, CALLER, SLIDE.issued_s + 4.0)


@pytest.mark.parametrize("name", CLEAN)
def test_nothing_fires_for_people(name: str) -> None:
    assert names(scored(CLEAN[name])) == set()


@pytest.mark.parametrize("name", FIRED)
def test_what_fires_for_tools(name: str) -> None:
    """Header signals vary with what a tool sends; those of the page are as they were measured."""
    assert names(scored(RECORDED[name])) >= FIRED[name]


def test_every_signal_of_browsers_has_a_tool_that_fires_it() -> None:
    no_browser = {"layout_wrong"}  # of what lays nothing out: tests/test_layout.py
    assert OF_BROWSERS.keys() - no_browser <= set().union(*FIRED.values())


@pytest.mark.parametrize(("check", "signal", "tools"), KEPT, ids=[row[0] for row in KEPT])
def test_what_still_tells_is_a_signal(check: str, signal: str, tools: tuple[str, ...]) -> None:
    """Recorded tools fire it, and no recorded person does."""
    assert signal in SIGNALS
    for tool in tools:
        assert signal in names(scored(RECORDED[tool])), tool
    assert not any(signal in names(scored(report)) for report in CLEAN.values())
    assert tools or signal == "untrusted_events"  # tests/browser/test_reports.py


def test_what_is_left_out_is_said_with_the_reason() -> None:
    readme = (Path(__file__).parents[2] / "README.md").read_text("utf-8")
    assert [check for check in LEFT_OUT if f"*{check}*" not in readme.replace("\n", " ")] == []


def test_every_recording_is_looked_at() -> None:
    assert {name for name in RECORDED if not name.startswith("clean")} == FIRED.keys()


def test_a_report_is_small_and_says_nothing_long() -> None:
    """Every value is a number, a verdict, a word or a short list; nothing is a fingerprint."""
    for report in RECORDED.values():
        told = report["signals"]
        assert len(json.dumps(told)) < 1500
        short = {name for name, value in told.items() if len(str(value)) > 80}
        assert short <= {"agent", "brands", "full"}  # which the headers say as well


def test_the_readme_shows_what_fires() -> None:
    """`python -m tests.reports.matrix` prints its lines."""
    from tests.reports.matrix import rows

    readme = (Path(__file__).parents[2] / "README.md").read_text("utf-8")
    assert [row for row in rows() if row not in readme] == []
