"""Filled gaps give the page that the template would have written, whatever is put into them."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway import kinds
from gateway.files import data_dir
from gateway.pages import Pages
from gateway.pages.skeleton import Skeleton, as_json, json_mark, plain, text_mark

PAGES = Pages(data_dir("templates"), "/_gateway/")
TOKENS = st.from_regex(r"[A-Za-z0-9_-]{1,80}", fullmatch=True)
QUESTIONS = st.fixed_dictionaries(
    {
        "ticket": TOKENS,
        "kind": st.sampled_from(sorted(kinds.load())),
        "view": st.dictionaries(st.text(max_size=9), st.text(max_size=20), max_size=3),
        "expires_in_s": st.integers(0, 10**6),
        "ways": st.lists(st.sampled_from(["another", "accessible"])),
    }
)
DATA = st.fixed_dictionaries(
    {
        "site": st.text(max_size=30),
        "method": st.sampled_from(["GET", "HEAD", "POST", "DELETE"]),
        "finish": st.sampled_from(["post", "reload"]),
        "loops_key": TOKENS,
        "mode": st.just("page"),
        "reference": TOKENS,
        "visit": TOKENS,
        "challenge": QUESTIONS,
        "now_s": st.integers(0, 2**40),
        "target": st.text(max_size=40),
    }
)
WAITS = st.none() | st.fixed_dictionaries({"ticket": TOKENS, "seconds": st.integers(0, 600)})


@given(
    data=DATA,
    wait=WAITS,
    nonce=st.from_regex(r"[A-Za-z0-9+/]{24}", fullmatch=True),
    lang=st.sampled_from(sorted(PAGES.texts)),
)
def test_same_as_rendered(data, wait, nonce, lang):
    rendered = PAGES.render("interstitial.html", lang=lang, nonce=nonce, data=data, wait=wait)
    filled = PAGES.interstitial(lang=lang, nonce=nonce, data=data, wait=wait)
    assert filled == rendered.encode("utf-8", "replace")


def test_visitors_share_nothing_of_theirs():
    """Two visitors of one skeleton: each page has its own words, and none of the other's."""
    one, two = (
        {
            **dict.fromkeys(("site", "method", "finish", "loops_key", "mode"), "same"),
            **{name: f"{name}-{who}" for name in ("reference", "visit", "target")},
            "challenge": {"kind": "slider", "ticket": f"ticket-{who}"},
            "now_s": now_s,
        }
        for who, now_s in (("anna", 1), ("berta", 2))
    )
    wait = {"ticket": "wait-anna", "seconds": 5}
    first = PAGES.interstitial(lang="en", nonce="nonce-anna", data=one, wait=wait)
    wait = {"ticket": "wait-berta", "seconds": 5}
    second = PAGES.interstitial(lang="en", nonce="nonce-berta", data=two, wait=wait)
    assert b"berta" not in first and b"anna" not in second
    assert first.count(b"nonce-anna") == second.count(b"nonce-berta") > 5


@pytest.mark.parametrize("value", ["<", ">", "&", "'", '"', "\\", " ", "é", "\n", "{{", "a<b"])
def test_what_needs_escaping_is_not_plain(value):
    with pytest.raises(ValueError, match="escaping"):
        plain(value)
    data = {"site": "s", "method": "GET", "finish": "post", "loops_key": "k", "mode": "page"}
    data |= {"challenge": {"kind": "slider"}, "now_s": 1, "target": "/", "reference": "r"}
    with pytest.raises(ValueError, match="escaping"):
        PAGES.interstitial(lang="en", nonce="n", data=data | {"visit": value}, wait=None)
    with pytest.raises(ValueError, match="escaping"):
        PAGES.interstitial(lang="en", nonce=value, data=data | {"visit": "v"}, wait=None)


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists, max_leaves=9))
def test_json_ends_no_script(value):
    written = as_json(value)
    assert json.loads(written) == value
    assert not set(b"<>&'") & set(written)


def test_gaps():
    skeleton = Skeleton(f'<p a="{text_mark("one")}">"{json_mark("two")}"</p>{text_mark("one")}')
    assert skeleton.filled({"one": b"1", "two": b'{"x": 2}'}) == b'<p a="1">{"x": 2}</p>1'
    with pytest.raises(KeyError):
        skeleton.filled({"one": b"1"})
    assert Skeleton("no gap").filled({}) == b"no gap"


def test_a_host_can_not_be_a_mark():
    """Hosts are lower case; a mark that a stranger could write would show another's value."""
    assert (
        Skeleton(f"{text_mark('visit').lower()}").filled({}) == text_mark("visit").lower().encode()
    )
