"""Exit codes. They are part of the interface."""

from __future__ import annotations

OK = 0
FAILED = 1
USAGE = 2
CONFIG = 3
