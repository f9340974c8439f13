"""`gateway demo`: a small legacy app, and the gate before it."""

from __future__ import annotations


def run(listen: str = "127.0.0.1:8080") -> int:
    """Serve both until Ctrl-C. Returns an exit code: 0 stopped, 1 something would not start."""
    from gateway.demo.runner import serve

    return serve(listen)
