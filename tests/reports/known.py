"""Visitors that can't be recorded here, as their browsers are documented to report.

Each is what `probe.js` and `record.js` would send; what a browser does not have is left out.
"""

from __future__ import annotations

from typing import Any

from tests.test_trace import drag

_FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
_TOR = "Mozilla/5.0 (Windows NT 10.0; rv:140.0) Gecko/20100101 Firefox/140.0"
_CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/156.0.0.0 Safari/537.36"
)
_PIXEL = (
    "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/156.0.0.0 Mobile Safari/537.36"
)
_IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_7 like Mac OS X) AppleWebKit/605.1.15 "
    "(KHTML, like Gecko) Version/26.0 Mobile/15E148 Safari/604.1"
)
_MAC = (
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/156.0.0.0 Safari/537.36"
)
_HAND = [[*point, "m"] for point in drag(bend=0.01, shake=0.008)]
_FINGER = [[*point[:4], "t"] for point in _HAND]


def _report(agent: str, language: str = "en-US", **signals: Any) -> dict[str, Any]:
    return {
        "headers": [
            ["User-Agent", agent],
            ["Accept-Language", f"{language},en;q=0.5"],
            ["Accept-Encoding", "gzip, deflate, br, zstd"],
            ["Sec-Fetch-Site", "same-origin"],
            ["Sec-Fetch-Mode", "cors"],
            ["Sec-Fetch-Dest", "empty"],
        ],
        "answer": {"reached": 1, "steps": 0},
        "trace": _HAND,
        "signals": {
            "webdriver": False,
            "languages": 2,
            "touch_points": 0,
            "fine": True,
            "hover": True,
            "dpr": 1,
            "outer": [1280, 900],
            "inner": [1280, 760],
            "screen": [1920, 1080],
            "tab": True,
            "reduced_motion": False,
            "pressed": 1,
            "flat": 0,
            "moved": 60,
            "fractional": 0,
            "coalesced": 3,
            "untrusted": 0,
            "keys": 0,
            "touched": 0,
            "thin": 0,
            "shapes": 0,
            "agent": agent,
            "platform": "Linux x86_64",
            "language": language,
            "automation": False,
            "tampered": [],
            "console": False,
            "utc": False,
            "drawn": "hardware",
            "differs": [],
            "notifications": "default/prompt",
            "cookies": True,
            **signals,
        },
    }


def _hints(report: dict[str, Any], system: str, *brands: list[str]) -> dict[str, Any]:
    named = [*brands, ["Chromium", "156"], ["Not:A-Brand", "8"]]
    text = ", ".join(f'"{brand}";v="{version}"' for brand, version in named)
    report["headers"] += [["sec-ch-ua", text], ["sec-ch-ua-platform", f'"{system}"']]
    report["signals"] |= {"system": system, "brands": named, "full": named[::-1]}
    return report


def _touch(report: dict[str, Any], **signals: Any) -> dict[str, Any]:
    report["trace"] = _FINGER
    report["signals"] |= {
        "touch_points": 5,
        "fine": False,
        "hover": False,
        "dpr": 2.625,
        "fractional": 55,
        "outer": [412, 915],
        "inner": [412, 785],
        "screen": [412, 915],
        "coalesced": 2,
        "touched": 61,
        "thin": 0,
        "shapes": 9,
        **signals,
    }
    return report


def _slow(report: dict[str, Any], gap_ms: int) -> dict[str, Any]:
    """No frame has two points of it, however long it moves."""
    moves = [point[1:] for point in _HAND if point[3] == "m"] * 4
    report["trace"] = [[n * gap_ms, *point] for n, point in enumerate(moves)]
    report["signals"] |= {"coalesced": 1, "moved": len(moves)}
    return report


def _without_hand(report: dict[str, Any], keys: int) -> dict[str, Any]:
    report["trace"] = [[300 * i, 0, 0, "k"] for i in range(1, keys + 1)]
    report["answer"] = {"reached": 1, "steps": 6}
    report["signals"] |= {"pressed": 0, "moved": 0, "coalesced": 1, "keys": keys}
    return report


KNOWN: dict[str, dict[str, Any]] = {
    "firefox": _report(_FIREFOX, "de"),
    # privacy.resistFingerprinting: UTC, en-US, two processors, the window's inside for its outside,
    # in workers too; WebGL is asked for first, so nothing is drawn
    "firefox_hardened": _report(
        _TOR, platform="Win32", utc=True, drawn="", outer=[1200, 700], inner=[1200, 700]
    ),
    # makes up the processor, the renderer and a few pixels of the window, alike in workers
    "brave": _hints(
        _report(_CHROME, platform="Win32", drawn="", outer=[1286, 763], inner=[1280, 760]),
        "Windows",
        ["Brave", "156"],
    ),
    "edge": _hints(
        _report(f"{_CHROME} Edg/156.0.0.0", platform="Win32"), "Windows", ["Microsoft Edge", "156"]
    ),
    # pinned to whole points by no documentation: places lie between pixels, also at one to one
    "chrome_mac": _hints(
        _report(_MAC, platform="MacIntel", fractional=60), "macOS", ["Google Chrome", "156"]
    ),
    "chrome_full_screen": _hints(
        _report(_CHROME, platform="Win32", tab=False, outer=[1920, 1080], inner=[1920, 1080]),
        "Windows",
        ["Google Chrome", "156"],
    ),
    # some sixty reports a second, as of a touchpad, on a screen that draws more often
    "chrome_fast_screen": _slow(
        _hints(_report(_CHROME, platform="Win32"), "Windows", ["Google Chrome", "156"]), gap_ms=7
    ),
    # … and forty, as over a network
    "chrome_slow_mouse": _slow(
        _hints(_report(_CHROME, platform="Win32"), "Windows", ["Google Chrome", "156"]), gap_ms=25
    ),
    "chrome_virtual_machine": _hints(
        _report(
            _CHROME.replace("Windows NT 10.0; Win64; x64", "X11; Linux x86_64"),
            utc=True,
            drawn="software",
        ),
        "Linux",
    ),
    "android": _touch(
        _hints(_report(_PIXEL, "ja", platform="Linux armv81"), "Android", ["Google Chrome", "156"])
    ),
    "android_alike_touches": _touch(  # some devices tell no width and no pressure
        _hints(_report(_PIXEL, platform="Linux aarch64"), "Android"), thin=0, shapes=1
    ),
    "iphone": _touch(_report(_IPHONE, "fr-FR", platform="iPhone", notifications=None)),
    # as Chrome speaks to NVDA and JAWS: the click is the browser's own, no pointer moves
    "screen_reader": _without_hand(
        _hints(_report(_CHROME, platform="Win32"), "Windows", ["Google Chrome", "156"]), 0
    ),
    "keyboard": _without_hand(_report(_FIREFOX), 9),
}
