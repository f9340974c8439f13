"""What an answer tells beside: the page's report, the pointer's paths, the time it took."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from gateway.signals.rules import Rule, Seen

TOOL_HASHES_PER_S = 20e6  # several browser threads reach a third of it
HASTE_S: Final = {"one_click": 0.35, "slider": 0.6}  # page shown, seen, hand there
LONE_MOVES = 60
FRAME_MS = (12.0, 20.0)  # of screens at 50 to 83 Hz
SCRIPTED_FROM = 0.5  # `gateway.hand.model.THRESHOLD`; some one in a hundred hands lie above


def _hasty(seen: Seen) -> bool:
    """A clock that jumped back is no haste."""
    return 0.0 <= seen.elapsed_s < HASTE_S.get(seen.kind, 0.0)


def _tireless(seen: Seen) -> bool:
    return 0.0 <= seen.elapsed_s < seen.work / TOOL_HASHES_PER_S


def _flat(seen: Seen) -> bool:
    return seen.count("pressed") >= 1 and seen.count("flat") >= seen.count("pressed")


def _between_pixels(seen: Seen) -> bool:
    """A mouse rests on whole device pixels; touch, zoomed pages and macOS do not."""
    mouse = seen.count("dpr") == 1 and seen.count("touch_points") == 0
    mouse = mouse and "Macintosh" not in seen.agent
    return (
        mouse and seen.count("moved") >= 10 and seen.count("fractional") > 0.9 * seen.count("moved")
    )


def _one_by_one(seen: Seen) -> bool:
    """One point in each frame, never two, many times over: who waits for each frame draws so.

    Chrome tells moves once a frame, so a mouse that reports oftener has points joined, and one that
    reports more rarely leaves frames out. A screen faster than its mouse never joins any.
    """
    mouse = seen.count("touched") == 0 and "Chrome/" in seen.agent
    lone = seen.count("moved") >= LONE_MOVES and seen.count("coalesced") == 1
    return mouse and lone and FRAME_MS[0] <= seen.hand.pace_ms <= FRAME_MS[1]


def _thin_touch(seen: Seen) -> bool:
    """A finger is some ten pixels wide and never twice the same."""
    touched = seen.count("touched")
    return touched >= 10 and seen.count("thin") >= touched and seen.count("shapes") == 1


def _far_press(seen: Seen) -> float:
    """Tools that help to point (eye trackers, voice) leap as well: never more than a doubt."""
    return seen.hand.leaps / seen.hand.mouse_presses if seen.hand.mouse_presses else 0.0


def _oversized(seen: Seen) -> bool:
    (width, height), (most_wide, most_high) = seen.pair("outer"), seen.pair("screen")
    known = most_wide > 0 and most_high > 0 and seen.count("touch_points") == 0
    return known and (width > 1.2 * most_wide or height > 1.2 * most_high)


def _bare(seen: Seen) -> bool:
    """A tab has a frame and bars around it, unless zoomed out, full screen or an app's."""
    (width, height), (inside, inside_high) = seen.pair("outer"), seen.pair("inner")
    tab = seen.reported.get("tab") is True and "Chrome/" in seen.agent
    known = width > 0 and height > 0 and seen.count("dpr") == 1 and seen.count("touch_points") == 0
    return tab and known and width <= inside < 1.5 * width and inside_high >= height


def _no_pointer(seen: Seen) -> bool:
    """A desktop browser that knows of no pointing device, though something pointed."""
    none = seen.reported.get("fine") is False and seen.reported.get("hover") is False
    return none and seen.count("touch_points") == 0 and seen.hand.presses > 0


def _ruled(seen: Seen) -> bool:
    """Straight to a tenth of a pixel and even in step or pace: a ruler, not a hand."""
    drag = seen.hand.drag
    if drag is None or drag.moves < 8 or not drag.length > 0.05:
        return False
    return drag.bend < 2e-4 and min(drag.step_cv, drag.pace_cv) < 0.1


def _scripted(seen: Seen) -> float:
    """Below the model's threshold paths say nothing, for or against; at it half, at 1 all."""
    if seen.scripted is None or seen.scripted <= SCRIPTED_FROM:
        return 0.0
    return min(seen.scripted, 1.0) if seen.scripted == seen.scripted else 1.0  # NaN is no innocence


def _jumped(seen: Seen) -> bool:
    """Dragged in next to no moves. Keys and taps on the step button drag nothing."""
    dragged = seen.kind == "slider" and seen.hand.presses > 0 and not seen.stepped
    return dragged and seen.count("touch_points") == 0 and seen.hand.moves < 3


OF_ANSWERS: Final[Mapping[str, Rule]] = MappingProxyType(
    {
        "address_changed": Rule(
            0.2, "asked at one address prefix, answered from another", lambda s: s.moved
        ),
        "too_fast": Rule(0.6, "answered before a hand could have", _hasty),
        "work_too_fast": Rule(0.6, "the work was done faster than browsers can", _tireless),
        "reported_nothing": Rule(
            0.95, "the report that our page always sends is missing", lambda s: s.silent
        ),
        "untrusted_events": Rule(
            0.7, "input events made by a script of the page", lambda s: s.count("untrusted") >= 1
        ),
        "flat_press": Rule(0.7, "every press of mouse or pen had no pressure", _flat),
        "between_pixels": Rule(
            0.7, "a mouse that moved between device pixels nine times of ten", _between_pixels
        ),
        "points_uncoalesced": Rule(
            0.25, "sixty moves of a mouse in Chrome, one in each frame and never two", _one_by_one
        ),
        "far_press": Rule(
            0.35, "a mouse pressed far from where it was, after two moves at most", _far_press
        ),
        "thin_touch": Rule(
            0.25, "fingers one pixel wide, all touches of one shape and pressure", _thin_touch
        ),
        "window_oversized": Rule(0.45, "a window larger than its screen", _oversized),
        "window_bare": Rule(0.3, "a browser's tab as large as its window, or larger", _bare),
        "no_pointer": Rule(0.5, "pressed by pointer where the browser knows of none", _no_pointer),
        "trace_malformed": Rule(
            0.5, "a trace that our page never sends", lambda s: s.hand.malformed
        ),
        "trace_disordered": Rule(
            0.5, "a trace whose clock runs backwards", lambda s: s.hand.disordered > 0
        ),
        "scripted_hand": Rule(
            0.6, "the pointer's paths look like a script's, by the model of gateway/hand", _scripted
        ),
        "replayed_hand": Rule(
            0.6, "another visit of the last hour drew the very same path", lambda s: s.replayed
        ),
        "ruled_drag": Rule(0.6, "a drag perfectly straight and even", _ruled),
        "jumped_drag": Rule(0.5, "a drag by mouse with next to no moves", _jumped),
    }
)
