"""Texts, languages and assets as they are read at the start."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import TemplateError, UndefinedError

from gateway.files import data_dir
from gateway.pages import Pages, negotiate

HAVE = {"en", "zh", "pt", "pt-br", "ar"}


@pytest.mark.parametrize(
    ("accept", "lang"),
    [
        ("", "en"),
        ("zh", "zh"),
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        ("ZH-hant-TW", "zh"),
        ("pt-BR", "pt-br"),
        ("pt-PT", "pt"),
        ("de, zh;q=0.5", "zh"),
        ("en;q=0.1, zh;q=0.2", "zh"),
        ("zh;q=0, en", "en"),
        ("zh;q=0", "en"),
        ("ar;q=x, zh;q=0.1", "zh"),
        ("ar;q=nan, zh;q=0.1", "zh"),
        ("ar;q=2, zh", "zh"),
        ("*", "en"),
        ("e", "en"),
        ("../../etc/passwd", "en"),
        ("x" * 10_000, "en"),
        ("de," * 170 + "zh", "en"),  # beyond what is read
    ],
)
def test_negotiation(accept: str, lang: str) -> None:
    assert negotiate(accept, HAVE) == lang


@given(st.text(max_size=80))
def test_any_header_gives_a_language(accept: str) -> None:
    assert negotiate(accept, HAVE) in HAVE


def folder(tmp_path: Path, **texts: dict[str, dict[str, str]]) -> Path:
    (tmp_path / "texts").mkdir()
    (tmp_path / "kinds").mkdir()
    for lang, catalogue in texts.items():
        (tmp_path / "texts" / f"{lang}.json").write_text(json.dumps(catalogue), "utf-8")
    (tmp_path / "a.js").write_text("let a;")
    (tmp_path / "kinds" / "b.js").write_text("let b;")
    (tmp_path / "notes.txt").write_text("not served")
    (tmp_path / "page.html").write_text("{{ t.page.hi }}|{{ name }}|{{ dir }}|{{ assets['a.js'] }}")
    return tmp_path


EN = {"meta": {"dir": "ltr"}, "page": {"hi": "Hi", "bye": "Bye"}}
AR = {"meta": {"dir": "rtl"}, "page": {"hi": "مرحبا"}}


def test_missing_texts_come_from_english_and_are_known(tmp_path: Path) -> None:
    pages = Pages(folder(tmp_path, en=EN, ar=AR), "/_g/")
    assert pages.texts["ar"]["page"] == {"hi": "مرحبا", "bye": "Bye"}
    assert pages.missing == {"en": (), "ar": ("page.bye",)}


def test_direction_comes_with_the_language(tmp_path: Path) -> None:
    pages = Pages(folder(tmp_path, en=EN, ar=AR), "/_g/")
    assert "|rtl|" in pages.render("page.html", lang="ar", nonce="n", name="x")


def test_values_are_escaped_and_missing_ones_are_faults(tmp_path: Path) -> None:
    pages = Pages(folder(tmp_path, en=EN), "/_g/")
    assert "Hi|&lt;b&gt;|ltr|" in pages.render("page.html", lang="en", nonce="n", name="<b>")
    with pytest.raises(UndefinedError):
        pages.render("page.html", lang="en", nonce="n")


def test_assets_have_their_digest_in_the_name(tmp_path: Path) -> None:
    pages = Pages(folder(tmp_path, en=EN), "/_g/")
    assert set(pages.urls) == {"a.js", "kinds/b.js"}
    url = pages.urls["kinds/b.js"]
    assert url.startswith("/_g/assets/")
    found = pages.asset(url.removeprefix("/_g/assets/"))
    assert found is not None
    assert (found.body, found.content_type) == (b"let b;", "text/javascript; charset=utf-8")
    assert pages.named("notes.txt") is None
    (tmp_path / "kinds" / "b.js").write_text("let c;")
    assert Pages(tmp_path, "/_g/").urls["kinds/b.js"] != url


def test_a_page_may_load_what_a_script_imports(tmp_path: Path) -> None:
    (folder(tmp_path, en=EN) / "controls").mkdir()
    (tmp_path / "controls" / "c.js").write_text("export const c = 1;")
    (tmp_path / "kinds" / "b.js").write_text('import { c } from "../controls/c.js";')
    pages = Pages(tmp_path, "/_g/")
    assert pages.needs["kinds/b.js"] == (pages.urls["controls/c.js"],)
    assert pages.needs["a.js"] == ()
    found = pages.named("kinds/b.js")
    name = pages.urls["controls/c.js"].removeprefix("/_g/assets/")
    assert found is not None and found.body == f'import {{ c }} from "./{name}";'.encode()
    (tmp_path / "page.html").write_text("{{ loads | list | join(' ') }}")
    assert Pages(tmp_path, "/_g/").render("page.html", lang="en", nonce="n") == "a.js kinds/b.js"


def test_english_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"en\.json"):
        Pages(folder(tmp_path, ar=AR), "/_g/")


def test_a_broken_template_fails_at_the_start(tmp_path: Path) -> None:
    (folder(tmp_path, en=EN) / "page.html").write_text("{% if %}")
    with pytest.raises(TemplateError):
        Pages(tmp_path, "/_g/")


def test_every_shipped_language_is_complete() -> None:
    assert set(Pages(data_dir("templates"), "/").missing.values()) == {()}
