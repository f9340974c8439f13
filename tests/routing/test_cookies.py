"""Which cookies rules look at: those that PHP apps may find in `$_REQUEST`."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gateway.model import LimitRule, Match, Site, Upstream
from gateway.routing import ReadCookies
from tests.samples import ROUTE

ASKED = Match(paths=("/i.php",), query={"mod": None}, form={"do": "signup", "a.b[x]": None})
PHONE = LimitRule("number", "field", 3, 60, "deny", field="phone", normalise="e164")
PHP = replace(ROUTE, match=ASKED, params="php", limits=(PHONE,))


def site(*routes: object) -> Site:
    return Site("shop", ("*",), Upstream("app", ()), routes=routes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "read"),
    [
        (b"mod", True),
        (b"do", True),
        (b"do[]", True),
        (b"do[x][y]", True),
        (b" do", True),
        (b"phone", True),
        (b"phone[0]", True),
        (b"a_b[x]", True),
        (b"a.b[x]", True),
        (b"a_b", False),
        (b"Do", False),
        (b"sid", False),
        (b"", False),
        (b"[", False),
    ],
)
def test_by_name(name: bytes, read: bool) -> None:
    assert (name in ReadCookies(site(PHP))) is read


def test_where_no_rule_reads_as_php_none_is() -> None:
    assert b"do" not in ReadCookies(site(replace(PHP, params="strict")))
    assert b"do" in ReadCookies(site(ROUTE, replace(PHP, match=Match(), challenge_on=ASKED)))
