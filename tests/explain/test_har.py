"""HAR files as browsers save them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from gateway.explain.har import parse_har


def har(*requests: dict[str, Any]) -> str:
    return json.dumps({"log": {"version": "1.2", "entries": [{"request": r} for r in requests]}})


GET: dict[str, Any] = {
    "method": "get",
    "url": "https://shop.example/a?b=1",
    "headers": [
        {"name": ":authority", "value": "shop.example"},
        {"name": "accept-language", "value": "en"},
        {"name": "Content-Length", "value": "3"},
    ],
}


def test_requests_in_order() -> None:
    form = {"mimeType": "application/x-www-form-urlencoded", "text": "do=register"}
    post = GET | {"method": "POST", "postData": form, "bodySize": 11}
    one, two = parse_har(har(GET, post))
    assert (one.method, one.scheme, one.host, one.target) == (
        "GET",
        "https",
        "shop.example",
        b"/a?b=1",
    )
    assert one.headers == ((b"Host", b"shop.example"), (b"accept-language", b"en"))
    assert (one.body, two.body) == (b"", b"do=register")


@pytest.mark.parametrize(
    "more", [{"postData": {"mimeType": "x"}}, {"bodySize": 7}, {"postData": {}, "bodySize": 9}]
)
def test_a_body_left_out_is_not_known(more: dict[str, Any]) -> None:
    (sketch,) = parse_har(har(GET | {"method": "POST"} | more))
    assert sketch.body is None
    assert sketch.seen is None


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"log": {"entries": [1]}}', '{"log": 1}', "[" * 100_000, har({})]
)
def test_what_is_no_har_file_is_said(text: str) -> None:
    with pytest.raises(ValueError, match="not a HAR file"):
        parse_har(text)
