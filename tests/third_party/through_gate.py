"""A pytest plugin for requests' own suite: its plain-http httpbin is met through the gate.

Loaded with `-p through_gate` in the suite's environment; GATE_URL says where the gate listens.
"""

from __future__ import annotations

import os

from pytest_httpbin import serve

_own_url = serve.Server.url


def _url(server: serve.Server) -> str:
    if isinstance(server, serve.SecureServer):  # TLS ends before the gate: not ours to carry
        return str(_own_url.fget(server))
    return os.environ["GATE_URL"]


serve.Server.url = property(_url)
