"""`python -m gateway.demo.legacy PORT`: serve the app on loopback; port 0 takes any free one."""

from __future__ import annotations

import sys

from gateway.demo.legacy.app import serve

if __name__ == "__main__":
    serve(int(sys.argv[1]) if len(sys.argv) > 1 else 8000)
