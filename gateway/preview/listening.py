"""Listen for people who try the kinds by hand, until Ctrl-C."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from pathlib import Path

from aiohttp import web

from gateway.config.units import host_port, is_loopback
from gateway.files import data_dir
from gateway.handless import PASSIVE
from gateway.kinds import Kind
from gateway.model import JSON
from gateway.pages import Pages
from gateway.preview.serving import PREFIX, Study, application

_OPEN = """\
Warning: whoever reaches {listen} can try, and each question costs this machine its drawing.
Nothing here asks for work or counts by address: open it to people you ask, for as long as they try.
"""


def listen_on(listen: str, kinds: Mapping[str, tuple[Kind, JSON]], notes: Path) -> int:
    """Serve until Ctrl-C. Raises ValueError for a wrong address or a bad line in `notes`."""
    host, port = host_port(listen)
    asking = {name: of for name, of in kinds.items() if name not in PASSIVE}
    if not asking:
        raise ValueError("these kinds ask nothing of a hand")
    study = Study(asking, Pages(data_dir("templates"), PREFIX), notes, time.monotonic)
    if not is_loopback(host):
        sys.stderr.write(_OPEN.format(listen=listen))
    sys.stdout.write(f"http://{listen}/ asks {', '.join(asking)}; tries are noted in {notes}\n")
    sys.stdout.flush()
    web.run_app(application(study), host=host, port=port, print=None)
    return 0
