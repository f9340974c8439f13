"""Requests of a HAR 1.2 file, as browsers save them.

Source: http://www.softwareishard.com/blog/har-12-spec/
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from gateway.explain.sketch import MAX_BODY_BYTES, Sketch, split_url

_NOT_SENT = frozenset({"content-length", "transfer-encoding", "connection"})


def parse_har(text: str) -> list[Sketch]:
    """Its requests in order. Raises ValueError on what is no HAR file."""
    try:
        entries = json.loads(text)["log"]["entries"]
        return [_sketch(entry["request"]) for entry in entries]
    except RecursionError:
        raise ValueError("not a HAR file: nested too deeply") from None
    except (KeyError, TypeError, AttributeError, json.JSONDecodeError) as fault:
        raise ValueError(f"not a HAR file: {type(fault).__name__} {fault}"[:200]) from None


def _sketch(request: dict[str, Any]) -> Sketch:
    scheme, host, target = split_url(request["url"])
    headers = tuple(_headers(request.get("headers", [])))
    said = next((value.decode() for name, value in headers if name.lower() == b"host"), host)
    body, known = _body(request.get("postData"), request.get("bodySize", 0))
    if not any(name.lower() == b"host" for name, _ in headers):
        headers = ((b"Host", said.encode()), *headers)
    return Sketch(request["method"].upper(), scheme, said, target, headers, body if known else None)


def _headers(listed: list[dict[str, str]]) -> Iterator[tuple[bytes, bytes]]:
    """Without HTTP/2's pseudo-fields, and what frames the message."""
    for each in listed:
        name = each["name"]
        if not name.startswith(":") and name.lower() not in _NOT_SENT:
            yield name.encode("utf-8", "replace"), each["value"].encode("utf-8", "replace")


def _body(data: dict[str, Any] | None, size_bytes: int) -> tuple[bytes, bool]:
    """(the body, whether it is all there): files are often left out."""
    if not data:
        return b"", not size_bytes > 0
    text = data.get("text")
    if text is None:
        return b"", False
    raw = str(text).encode("utf-8", "replace")
    return raw[:MAX_BODY_BYTES], len(raw) <= MAX_BODY_BYTES
