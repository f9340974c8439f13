"""What a first visit costs: every byte of it, gzipped, within the promised bounds."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from gateway.files import data_dir
from gateway.pages import Pages
from gateway.server.replies import GZIP_LEVEL

FIRST_VISIT_BYTES = 30_000
WIDGET_BYTES = 4_000
SHARED = (
    "page.css",
    "page.js",
    "prove.js",
    "loops.js",
    "record.js",
    "probe.js",
    "layout.js",
    "work.js",
)
TOKEN = "A1b2_" * 160  # sealed tokens do not compress: as long as a long one
KINDS = sorted(path.stem for path in (data_dir("templates") / "kinds").glob("*.js"))
LANGUAGES = sorted(path.stem for path in (data_dir("templates") / "texts").glob("*.json"))


def gzipped(data: bytes) -> int:
    return len(gzip.compress(data, 9, mtime=0))


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("kind", KINDS)
def test_first_visit(kind: str, lang: str) -> None:
    pages = Pages(data_dir("templates"), "/_gateway/")
    work = {"algorithm": "SHA-256", "challenge": "0f" * 32, "salt": "0f" * 12, "maxnumber": 10**6}
    challenge = {"ticket": TOKEN, "kind": kind, "view": {}, "work": work}
    data = {
        "visit": TOKEN,
        "challenge": challenge | {"expires_in_s": 120, "ways": ["accessible"], "rung": 0},
        "target": "/wp-login.php?action=register",
        "finish": "post",
        "method": "POST",
        "site": "An Example of a Site",
        "reference": "0193f6c0-7d3e-7a41-8000-000000000000",
        "loops_key": "gateway_loops_register",
        "mode": "page",
        "now_s": 1_790_000_000,
    }
    html = pages.render("interstitial.html", lang=lang, nonce="n" * 24, data=data, wait=None)
    sizes = {"html": len(gzip.compress(html.encode(), GZIP_LEVEL))}
    own = f"kinds/{kind}.js"
    for url in (*(pages.urls[name] for name in (*SHARED, own)), *pages.needs[own]):
        name = url.rpartition("/")[2]
        asset = pages.asset(name)
        assert asset is not None
        sizes[name.partition(".")[2]] = len(asset.gzipped)
    assert sum(sizes.values()) <= FIRST_VISIT_BYTES, sizes


def test_every_script_of_the_page_is_counted() -> None:
    found = {path.name for path in data_dir("templates").glob("*.js")}
    assert found == {name for name in SHARED if name.endswith(".js")} | {"gateway.js", "verdict.js"}


def test_widget() -> None:
    asset = Pages(data_dir("templates"), "/_gateway/").named("gateway.js")
    assert asset is not None
    assert len(asset.gzipped) <= WIDGET_BYTES


def test_dev_tools_name_no_private_registry() -> None:
    lock = json.loads((Path(__file__).parent.parent / "js/package-lock.json").read_text("utf-8"))
    resolved = [package.get("resolved", "") for package in lock["packages"].values()]
    assert not [url for url in resolved if url and "registry.npmjs.org" not in url]
