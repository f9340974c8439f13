"""The checks that are usual against driven browsers, as tried on Chromium 156: what became of each.

One that still tells is a signal, and named here with the recordings that fire it. The others are
left out, for the reason that the README gives.
"""

from __future__ import annotations

from typing import Final

# What is looked at, the signal, and who fires it: recordings, or a page of `tests/browser`.
KEPT: Final[tuple[tuple[str, str, tuple[str, ...]], ...]] = (
    ("HeadlessChrome in the User-Agent", "agent_headless", ("puppeteer", "pydoll", "selenium")),
    ("navigator.webdriver", "webdriver", ("puppeteer", "playwright", "selenium")),
    ("names of chromedriver in the window", "automation", ("selenium",)),
    ("worker against window", "worker_disagrees", ("puppeteer_stealth", "hand_made")),
    ("the getter of an iframe's window", "frame_patched", ("puppeteer_stealth", "ghost_cursor")),
    ("brands against the User-Agent", "page_disagrees", ("puppeteer_stealth",)),
    ("… their full versions", "versions_hollow", ("playwright_hidden", "hand_made")),
    ("Notification against permissions", "permission_disagrees", ("puppeteer_stealth",)),
    ("pressure 0 with the button down", "flat_press", ("puppeteer", "rebrowser", "ghost_cursor")),
    ("places between pixels", "between_pixels", ("playwright", "patchright_headed")),
    ("moves that are never joined", "points_uncoalesced", ("ghost_cursor",)),
    ("Error.prepareStackTrace through the console", "log_read", ("puppeteer", "selenium")),
    ("a window larger than its screen", "window_oversized", ("hand_made",)),
    ("no pointing device on a desktop", "no_pointer", ("puppeteer", "selenium", "pydoll")),
    ("SwiftShader where none belongs", "software_drawn", ("puppeteer_touch",)),
    ("a press far from the last place", "far_press", ("hand_made",)),
    ("… a drag in next to no moves", "jumped_drag", ("selenium",)),
    ("touches that are all alike", "thin_touch", ("puppeteer_touch",)),
    ("events that are not trusted", "untrusted_events", ()),  # test_a_script_that_presses_…
    ("drivers in the stack", "driver_called", ("puppeteer", "playwright", "selenium")),
    ("a clock at UTC, and another language", "utc_abroad", ("hand_made",)),
)
LEFT_OUT: Final[tuple[str, ...]] = (
    "a getter on what is logged",
    "a getter of a logged error's name",
    "screen places in a frame of another origin",
    "no plugins, no `window.chrome`, no languages, `rtt` 0",
    "no WebGL, no voices, no media devices",
    "the clock against the address",
)
