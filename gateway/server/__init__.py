"""What the gate itself answers, in aiohttp: challenges, refusals, answers, its own files.

app ── who may speak, what if it breaks
 ├── challenging   hold, start a visit, first question      ┐
 ├── denying       why not                                  ├── showing, replies
 └── own           our endpoints                            ┘
      ├── answering   open tokens, count, spend, judge      ┬─ opened, counting, local
      ├── exchanging  another question instead              ┘
      ├── asking      make and seal a question
      └── releasing   a pass, or one request; needs a Solved
"""

from __future__ import annotations

from gateway.server.app import RUNNER_OPTIONS, make_app
from gateway.server.keeping import KeptTraces
from gateway.server.local import LocalCounts
from gateway.server.parts import AnswerLimits, GateParts

__all__ = [
    "RUNNER_OPTIONS",
    "AnswerLimits",
    "GateParts",
    "KeptTraces",
    "LocalCounts",
    "make_app",
]
