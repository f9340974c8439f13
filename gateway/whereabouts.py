"""Where in the gate something broke: told to the log instead of messages, which may quote input."""

from __future__ import annotations

import traceback

_PACKAGE = __file__.removesuffix("whereabouts.py")


def place_of(fault: BaseException) -> str:
    """The innermost line of ours that was running, as `file:number`; "" if none was."""
    frames = traceback.extract_tb(fault.__traceback__)
    ours = [frame for frame in frames if frame.filename.startswith(_PACKAGE)]
    return f"{ours[-1].filename.removeprefix(_PACKAGE)}:{ours[-1].lineno}" if ours else ""
