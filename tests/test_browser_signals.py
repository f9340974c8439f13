"""Each signal of the page's browser alone: what fires it, and its honest neighbours."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.signals import SIGNALS
from tests.test_risk import CHROME, CLICK, FIREFOX, answering, names

BRANDS = [["Google Chrome", "141"], ["Not?A_Brand", "8"], ["Chromium", "141"]]
HINTS = {"system": "Windows", "brands": BRANDS, "full": BRANDS[::-1]}
LEAP = [[0, 0.1, 0.1, "m", "m"], [9, 0.7, 0.1, "m", "m"], [20, 0.7, 0.1, "d", "m"]]


def moves(gap_ms: int) -> list[list[Any]]:
    """A hand that is told of so often."""
    return [[n * gap_ms, n % 7 / 9, n % 5 / 8, "m", "m"] for n in range(60)]


LONE = {"moved": 60, "coalesced": 1, "trace": moves(17)}


def other(number: int, name: str, version: str) -> list[list[str]]:
    """The brands with one of another name or version."""
    return [[name, version] if at == number else pair for at, pair in enumerate(BRANDS)]


@pytest.mark.parametrize(
    "report, expected",
    [
        ({"differs": []}, None),
        ({"differs": "platform"}, None),
        ({"differs": ["planet", 7, None]}, None),
        ({"differs": ["renderer"]}, 1.0),
        ({"differs": ["cores", "platform"]}, 1.0),
        ({"differs": ["cores"]}, 0.5),
        ({"differs": ["platform", "agent"]}, 0.5),  # a switcher of user agents
        ({"differs": ["agent"]}, 0.4),
        ({"differs": ["languages"]}, 0.4),
        ({"differs": ["zone"]}, 0.4),
        ({"differs": ["x"] * 16 + ["renderer"]}, None),  # beyond what is looked at
    ],
)
def test_the_worker(report: dict[str, Any], expected: float | None) -> None:
    found = {signal.name: signal.value for signal in answering(**report).signals}
    assert found == ({} if expected is None else {"worker_disagrees": expected})


@pytest.mark.parametrize(
    "report, expected",
    [
        ({"automation": True}, {"automation"}),
        ({"called": True}, {"driver_called"}),
        ({"called": 1}, set()),
        ({"tampered": ["iframe"]}, {"frame_patched"}),
        ({"tampered": ["native"]}, {"native_patched"}),
        ({"tampered": ["navigator"]}, {"navigator_patched"}),
        ({"tampered": ["navigator", "native"]}, {"navigator_patched", "native_patched"}),
        ({"tampered": {"iframe": 1}}, set()),
        ({"console": True}, {"log_read"}),
        ({"console": "yes"}, set()),
        # what the page sees against what the request says
        (HINTS, set()),
        ({"agent": CHROME["User-Agent"]}, set()),
        ({"agent": CHROME["User-Agent"] + " "}, {"page_disagrees"}),
        ({"agent": ""}, {"page_disagrees"}),
        ({"agent": None}, set()),
        (HINTS | {"system": "Linux"}, {"page_disagrees"}),
        (HINTS | {"system": ""}, set()),
        (HINTS | {"brands": other(1, " Not A;Brand", "99")}, {"page_disagrees"}),
        (HINTS | {"brands": other(2, "Chromium", "140")}, {"page_disagrees"}),
        (HINTS | {"full": other(2, "Chromium", "140")}, {"page_disagrees"}),
        (HINTS | {"full": BRANDS[:2]}, {"page_disagrees"}),
        (HINTS | {"full": []}, {"versions_hollow"}),
        (HINTS | {"brands": [], "full": []}, set()),
        (HINTS | {"brands": "x", "full": [7]}, set()),
        (HINTS | {"headers": FIREFOX | {"User-Agent": CHROME["User-Agent"]}}, {"no_hints"}),
        ({"platform": "Win32"}, set()),
        ({"platform": "Linux x86_64"}, {"system_disagrees"}),
        ({"platform": "MacIntel"}, {"system_disagrees"}),
        ({"platform": "Linux armv81", "headers": FIREFOX}, set()),
        ({"platform": "FreeBSD amd64"}, set()),
        ({"platform": ""}, set()),
        ({"language": "de-AT"}, set()),
        ({"language": "de"}, set()),
        ({"language": "en-US"}, {"language_disagrees"}),
        ({"language": "e"}, {"language_disagrees"}),
        ({"language": ""}, set()),
        ({"language": "fr", "headers": CHROME | {"Accept-Language": "*"}}, set()),
        ({"language": "fr", "headers": CHROME | {"Accept-Language": "de, fr;q=.1"}}, set()),
        # notifications
        ({"notifications": "default/prompt"}, set()),
        ({"notifications": "denied/denied"}, set()),
        ({"notifications": "default/denied"}, {"permission_disagrees"}),
        ({"notifications": "denied/prompt"}, {"permission_disagrees"}),
        ({"notifications": "undefined/prompt"}, set()),
        ({"notifications": ["default/denied"]}, set()),
        ({"notifications": "default/denied", "headers": FIREFOX}, set()),
        # renderers and clocks
        ({"drawn": "software"}, {"software_drawn"}),
        ({"drawn": "hardware"}, set()),
        ({"drawn": "software", "headers": FIREFOX}, set()),  # Linux has it
        ({"utc": True, "language": "de"}, {"utc_abroad"}),
        ({"utc": True, "language": "de", "headers": FIREFOX | {"Accept-Language": "de"}}, set()),
        (
            {"utc": True, "language": "en-GB", "headers": CHROME | {"Accept-Language": "en"}},
            set(),
        ),
        ({"utc": False, "language": "de"}, set()),
        ({"utc": True}, set()),
        # the pointer
        (LONE, {"points_uncoalesced"}),
        (LONE | {"moved": 59}, set()),
        (LONE | {"coalesced": 2}, set()),
        (LONE | {"touched": 1}, set()),
        (LONE | {"headers": FIREFOX}, set()),
        (LONE | {"trace": moves(12)}, {"points_uncoalesced"}),
        (LONE | {"trace": moves(20)}, {"points_uncoalesced"}),
        (LONE | {"trace": moves(11)}, set()),  # a screen faster than its mouse
        (LONE | {"trace": moves(21)}, set()),  # a mouse slower than its screen
        (LONE | {"trace": None}, set()),
        ({"touched": 10, "thin": 10, "shapes": 1}, {"thin_touch"}),
        ({"touched": 9, "thin": 9, "shapes": 1}, set()),
        ({"touched": 10, "thin": 9, "shapes": 1}, set()),
        ({"touched": 10, "thin": 10, "shapes": 2}, set()),
        ({"trace": LEAP, "ticket": CLICK}, {"far_press"}),
        # windows
        ({"tab": True, "outer": [1280, 720], "inner": [1280, 720]}, {"window_bare"}),
        ({"tab": True, "outer": [780, 580], "inner": [800, 600]}, {"window_bare"}),
        ({"tab": True, "outer": [1280, 721], "inner": [1280, 720]}, set()),
        ({"tab": True, "outer": [1281, 720], "inner": [1280, 720]}, set()),
        ({"tab": False, "outer": [1280, 720], "inner": [1280, 720]}, set()),
        ({"tab": True, "outer": [640, 400], "inner": [1280, 720]}, set()),  # zoomed out
        ({"tab": True, "outer": [800, 600], "inner": [800, 600], "dpr": 2}, set()),
        ({"tab": True, "outer": [800, 600], "inner": [800, 600], "touch_points": 5}, set()),
        ({"tab": True, "outer": [800, 600], "inner": [800, 600], "headers": FIREFOX}, set()),
        ({"tab": True, "outer": [0, 0], "inner": [0, 0]}, set()),
        # a Mac's pointer rests between points
        (
            {
                "moved": 60,
                "fractional": 60,
                "headers": FIREFOX | {"User-Agent": "Mozilla/5.0 (Macintosh) Firefox/140.0"},
            },
            set(),
        ),
    ],
)
def test_signals_of_the_page(report: dict[str, Any], expected: set[str]) -> None:
    assert names(answering(**report)) == expected


def test_what_decides_alone_and_what_does_not() -> None:
    """The default `refuse_above` is 0.8: only what no lawful visitor shows reaches it by itself."""
    alone = {name for name, rule in SIGNALS.items() if rule.weight > 0.8}
    assert alone == {
        "agent_headless",
        "webdriver",
        "automation",
        "reported_nothing",
        "layout_wrong",
    }
