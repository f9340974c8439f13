"""Pages, files and keys as browsers get them: headers, policies, compression, languages."""

from __future__ import annotations

import gzip
import re
from typing import Any

import pytest

from tests.server.desk import BROWSER, PAGES, Desk, envelope, page_data

FIRST_VISIT_BYTES = 30_000  # everything but pictures, gzipped


async def interstitial(desk: Desk, **changes: Any) -> tuple[Any, str]:
    response = await desk.send("challenge", "/challenge", **changes)
    return response, await response.text()


async def test_the_page_bears_our_headers(desk: Desk) -> None:
    response, _ = await interstitial(desk)
    assert response.status == 403
    assert response.headers["Cache-Control"] == "no-store, no-transform"
    assert response.headers["Referrer-Policy"] == "same-origin"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["X-Robots-Tag"] == "noindex"
    assert response.headers["X-Gateway-Challenge"] == "1"
    assert "Server" not in response.headers


async def test_the_policy_allows_only_what_bears_the_nonce(desk: Desk) -> None:
    response, text = await interstitial(desk)
    policy = dict(
        part.split(" ", 1) for part in response.headers["Content-Security-Policy"].split("; ")
    )
    assert policy["default-src"] == "'none'"
    assert policy["base-uri"] == "'none'"
    assert policy["connect-src"] == "'self'"
    assert policy["frame-ancestors"] == "'self' https://app.example"
    nonce = policy["script-src"].removeprefix("'nonce-").removesuffix("'")
    assert policy["script-src"] == policy["style-src"] == f"'nonce-{nonce}'"
    for tag in re.findall(r"<(?:script|style|link)\b[^>]*>", text):
        assert f'nonce="{nonce}"' in tag
    again, _ = await interstitial(desk)
    assert nonce not in again.headers["Content-Security-Policy"]


@pytest.mark.parametrize("path", ["frame", "page"])
async def test_nothing_is_loaded_from_elsewhere(desk: Desk, path: str) -> None:
    if path == "frame":
        text = await (await desk.send("own", "/own/frame", verb="GET")).text()
    else:
        _, text = await interstitial(desk)
    assert re.findall(r'(?:src|href|action)="(?:[a-z]+:|//)[^"]*"', text) == []
    assert re.findall(r"\son\w+=", text) == []


async def test_every_asset_of_the_page_is_served_for_ever(desk: Desk) -> None:
    _, text = await interstitial(desk)
    linked = set(re.findall(r'(?:src|href)="(/_gateway/[^"]*)"', text))
    assert len(linked) > 4
    for url in linked | set(page_data(text)["assets"].values()):
        response = await desk.send("own", url.replace("/_gateway/", "/own/"), verb="GET")
        assert response.status == 200, url
        assert response.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert response.headers["Content-Encoding"] == "gzip"
        assert "Set-Cookie" not in response.headers


async def test_the_first_visit_is_small(desk: Desk) -> None:
    """The page and whatever it loads for its first question."""
    _, text = await interstitial(desk)
    loaded = ["page.css", "page.js", "prove.js", "work.js", "loops.js", "record.js"]
    sizes = [len(PAGES.named(name).gzipped) for name in [*loaded, "kinds/invisible.js"]]  # type: ignore[union-attr]
    assert len(gzip.compress(text.encode(), 6)) + sum(sizes) <= FIRST_VISIT_BYTES


async def test_pages_and_files_come_plain_to_who_reads_no_gzip(desk: Desk) -> None:
    url = PAGES.urls["page.js"].replace("/_gateway/", "/own/")
    for action, path, verb in (("own", url, "GET"), ("challenge", "/challenge", "POST")):
        headers = {"X-Gateway-Envelope": _sealed(action), "Accept-Encoding": "gzip;q=0, br"}
        response = await desk.client.request(verb, path, headers=headers)
        assert "Content-Encoding" not in response.headers
        assert len(await response.read()) > 1000


def _sealed(action: str) -> str:
    return envelope(action=action).seal().decode()


@pytest.mark.parametrize(
    "name", ["0000000000000000.page.js", "page.js", "..%2fpage.js", "..%2f..%2fpyproject.toml"]
)
async def test_no_other_file_is_served(desk: Desk, name: str) -> None:
    response = await desk.send("own", f"/own/assets/{name}", verb="GET")
    assert response.status == 404


@pytest.mark.parametrize("path", ["/own/unknown", "/own/", "/own/answer/x", "/own/metrics"])
async def test_unknown_endpoints_are_404(desk: Desk, path: str) -> None:
    response = await desk.send("own", path, verb="GET")
    assert response.status == 404
    assert 'data-reason="default"' in await response.text()


async def test_an_endpoint_has_its_methods(desk: Desk) -> None:
    refused = await desk.send("own", "/own/answer", verb="GET")
    assert (refused.status, refused.headers["Allow"]) == (405, "POST")
    assert (await desk.send("own", "/own/frame", verb="POST")).status == 405


async def test_the_widget_is_cached_for_minutes(desk: Desk) -> None:
    response = await desk.send("own", "/own/gateway.js", verb="GET")
    assert response.status == 200
    assert response.headers["Cache-Control"] == "public, max-age=300"
    assert response.content_type == "text/javascript"
    headers = {"X-Gateway-Envelope": _sealed("own"), "If-None-Match": response.headers["ETag"]}
    again = await desk.client.get("/own/gateway.js", headers=headers)
    assert (again.status, await again.read()) == (304, b"")


async def test_the_frame_asks_for_its_question(desk: Desk) -> None:
    response = await desk.send("own", "/own/frame", verb="GET", navigation=True)
    data = page_data(await response.text())
    assert response.status == 200
    assert (data["mode"], data["challenge"], data["visit"]) == ("frame", None, "")
    assert data["origins"] == ["https://app.example"]  # whom it tells what it found
    assert (
        "frame-ancestors 'self' https://app.example"
        in (response.headers["Content-Security-Policy"])
    )


async def test_apps_get_the_public_keys(desk: Desk) -> None:
    response = await desk.send("own", "/own/jwks.json", verb="GET")
    keys = (await response.json(content_type=None))["keys"]
    assert {(key["kty"], key["crv"], key["alg"]) for key in keys} == {("OKP", "Ed25519", "EdDSA")}
    assert not any("d" in key or "k" in key for key in keys)


@pytest.mark.parametrize(
    ("accept", "lang"),
    [(b"zh-CN,zh;q=0.9,en;q=0.8", "zh"), (b"en-GB", "en"), (b"tlh", "en"), (b"\xff", "en")],
)
async def test_pages_speak_the_visitors_language(desk: Desk, accept: bytes, lang: str) -> None:
    headers = (*BROWSER[:3], (b"Accept-Language", accept))
    _, text = await interstitial(desk, headers=headers)
    assert f'<html lang="{lang}" dir="ltr">' in text
    assert page_data(text)["lang"] == lang


async def test_what_the_page_says_is_escaped(desk: Desk) -> None:
    """The site's title and the target may hold anything; neither ends an element."""
    _, text = await interstitial(desk, target=b'/form?"></script><script>alert(1)</script>')
    assert "<script>alert" not in text
    assert "The <Shop>" not in text
    assert page_data(text)["site"] == "The <Shop>"


async def test_head_is_a_page_without_its_body(desk: Desk) -> None:
    response = await desk.send("challenge", "/challenge", verb="HEAD", method="HEAD")
    assert (response.status, await response.read()) == (403, b"")


async def test_a_long_head_arrives(desk: Desk) -> None:
    headers = (*BROWSER, (b"Cookie", b"a=" + b"\xff" * 60_000))
    response, text = await interstitial(desk, headers=headers)
    assert response.status == 403
    assert page_data(text)["challenge"]


async def test_a_target_too_long_to_seal_is_refused(desk: Desk) -> None:
    response, text = await interstitial(desk, target=b"/form?" + b"x" * 16_000)
    assert response.status == 414
    assert 'data-reason="too_large"' in text


async def test_a_route_that_a_reload_removed_breaks_nothing(desk: Desk) -> None:
    response, _ = await interstitial(desk, route="gone")
    assert response.status == 500
    assert desk.records() == []
