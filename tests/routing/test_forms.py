"""Bodies: what is read, and what counts as a match because it cannot be."""

from __future__ import annotations

import email
import email.policy
import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.model import BodySeen
from gateway.routing.forms import MAX_PARTS, form_items
from tests.routing.asking import FORM, name_of, post, route
from tests.routing.oddities import BODIES, MULTIPARTS, multipart, part

STRICT = [route("r", "/f", form={"do": "register"})]
PHP = [route("r", "/f", form={"do": "register"}, params="php")]
EXCEPT = [route("free", "/f", form={"do": "login"}, action="allow"), route("rest", "/f")]

MULTIPART = b"multipart/form-data; boundary=B"
JSON = b"application/json"
LOGIN = part(b'form-data; name="do"', b"login")


def both(body, kind=FORM, headers=()):
    asked = post("/f", body, kind, headers)
    return name_of(STRICT, asked, body) == "r", name_of(PHP, asked, body) == "r"


@pytest.mark.parametrize(
    "body, kind, strict, php",
    [
        (b"do=register", FORM, True, True),
        (b"do=login", FORM, False, False),
        (b"do=login", b"application/x-www-form-urlencoded; charset=UTF-8", False, False),
        (b"do=login", b'application/x-www-form-urlencoded; charset="gbk"', False, False),
        (b"do=login", b"application/x-www-form-urlencoded; charset=utf-16", True, True),
        (b"do=login", b"application/x-www-form-urlencoded; charset=ibm037", True, True),
        (b"do=login", b"application/x-www-form-urlencoded; x=y", True, True),
        (b"do=login\0", FORM, True, True),
        (b"do=login", None, False, False),
        (b"do=register", None, True, True),
        (b"do=login", b"", False, False),
        # other types: PHP makes no fields of them, others may
        (b"do=login", b"text/plain", True, False),
        (b"do=register", b"text/plain", True, True),
        (b"<do>login</do>", b"application/xml", True, False),
        (b'{"do": "register"}', b"text/plain", True, True),
        ("do=login".encode("utf-16"), b"text/plain", True, True),
        # JSON
        (b'{"do": "register"}', JSON, True, True),
        (b'{"do": "login"}', JSON, False, False),
        (b'{"x": {"do": "register"}}', JSON, False, False),
        (b'{"do": "login", "do": "register"}', JSON, True, True),
        (b'{"d\\u006f": "register"}', JSON, True, True),
        (b'{"Do": "register"}', JSON, True, False),
        (b'{"do": ["register"]}', JSON, True, True),
        (b'{"do": [["register"]]}', JSON, True, True),  # "" + it, in JS
        (b'{"do": {"x": "register"}}', JSON, True, True),  # as `do[x]=register`
        (b'{"do": {"register": "x"}}', JSON, False, False),
        (b'[{"do": "register"}]', JSON, True, True),
        (b'[{"do": "login"}]', JSON, False, False),
        (b'"do=register"', JSON, False, False),
        (b"", JSON, False, False),
        (b'\xef\xbb\xbf{"do": "register"}', JSON, True, True),
        (b'{"do": "login"} // x', JSON, True, True),
        (b"{'do': 'login'}", JSON, True, True),
        (b'{"do": "login"', JSON, True, True),
        ('{"do": "login"}'.encode("utf-16"), JSON, True, True),
        (b'{"do": "login\xff"}', JSON, True, True),
        (b'{"x":' + b"[" * 100_000, JSON, True, True),
        (b'{"x":' + b"9" * 10_000 + b"}", JSON, False, False),
        (b'{"do": "login"}', b"application/vnd.api+json", False, False),
        (b'{"do": "login"}', b"application/json; charset=utf-16", True, True),
        # multipart
        (multipart(part(b'form-data; name="do"')), MULTIPART, True, True),
        (multipart(LOGIN), MULTIPART, False, False),
        (multipart(part(b"form-data; name=do")), MULTIPART, True, True),
        (multipart(LOGIN), b'multipart/form-data; boundary="B"', False, False),
        (multipart(*[LOGIN] * 2), MULTIPART, False, False),
        (multipart(part(b'form-data; name="do"; filename="x"')), MULTIPART, True, True),
        (multipart(part(b'form-data; name="f"; filename="x"')), MULTIPART, False, False),
        (
            multipart(part(b"form-data; name=x; filename=x; filename*=utf-8''x")),
            MULTIPART,
            False,
            False,
        ),
        (multipart(part(b"form-data; name=x; name*=utf-8''do")), MULTIPART, True, True),
        (multipart(part(b'form-data; name="x"; name="do"')), MULTIPART, True, True),
        (multipart(part(b"form-data; name='do'")), MULTIPART, True, True),
        (multipart(LOGIN, end=b""), MULTIPART, True, True),
        (b"x" + multipart(LOGIN), MULTIPART, True, True),
        (multipart(LOGIN) + b"x", MULTIPART, True, True),
        (multipart(LOGIN).replace(b"\r\n", b"\n"), MULTIPART, True, True),
        (multipart(LOGIN + b"\n--Bx"), MULTIPART, True, True),
        (multipart(LOGIN), b"multipart/form-data", True, True),
        (multipart(LOGIN), b"multipart/form-data; boundary=B; boundary=C", True, True),
        (multipart(*[LOGIN] * MAX_PARTS), MULTIPART, True, True),
        (b"", MULTIPART, False, False),
    ],
)
def test_bodies(body, kind, strict, php):
    assert both(body, kind) == (strict, php)


@pytest.mark.parametrize(
    "headers, expected",
    [
        (((b"Content-Encoding", b"gzip"),), (True, True)),
        (((b"Content_Encoding", b"gzip"),), (True, True)),
        (((b"Content-Encoding", b"identity"),), (False, False)),
        (((b"Content-Type", b"application/json"),), (True, True)),
    ],
)
def test_headers_that_change_a_body(headers, expected):
    assert both(b"do=login", headers=headers) == expected


@pytest.mark.parametrize(
    "body, complete, expected",
    [
        (b"do=login", True, "free"),
        (b"do=login&do=register", True, "rest"),
        (b"do[]=login", True, "rest"),
        (b"do=Login", True, "rest"),
        (b"do=login", False, "rest"),
        (b"do=login\0", True, "rest"),
        (b"", True, "rest"),
    ],
)
def test_doubt_makes_no_exception(body, complete, expected):
    """An `allow` needs to be certain; whatever else could be meant goes on to the next route."""
    assert name_of(EXCEPT, post("/f", b"x"), BodySeen(body, complete)) == expected


@pytest.mark.parametrize(
    "target, expected",
    [("/f", "free"), ("/f?do=login", "free"), ("/f?do=register", "rest"), ("/f?do", "rest")],
)
def test_a_query_that_contradicts_the_form_makes_no_exception(target, expected):
    assert name_of(EXCEPT, post(target, b"do=login"), b"do=login") == expected


def test_a_file_is_no_sure_field():
    """PHP puts it into `$_FILES`, Go takes one with an empty file name for a field."""
    uploaded = multipart(part(b'form-data; name="do"; filename=""', b"login"))
    assert name_of(EXCEPT, post("/f", uploaded, MULTIPART), uploaded) == "rest"
    assert name_of(EXCEPT, post("/f", multipart(LOGIN), MULTIPART), multipart(LOGIN)) == "free"


@pytest.mark.parametrize(
    ("kind", "body"),
    [pair for pair in MULTIPARTS if pair[0].lower().startswith(b"multipart/form-data")],
)
def test_what_pythons_mail_parser_reads_is_a_match(kind, body):
    """Another reader that nobody here wrote, the ancestor of several web frameworks' own."""
    message = email.message_from_bytes(
        b"Content-Type: " + kind + b"\r\n\r\n" + body, policy=email.policy.compat32
    )
    parts = message.get_payload() if message.is_multipart() else []
    for piece in parts:
        name = piece.get_param("name", header="content-disposition")
        plain = email.utils.collapse_rfc2231_value(name) if name else ""
        if plain == "do" and piece.get_payload(decode=True).strip() == b"register":
            assert both(body, kind)[0]


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.just("register") | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(("do", "x")), inner),
    max_leaves=8,
)


@settings(deadline=None, derandomize=True)
@given(JSON_VALUES)
def test_any_json(value):
    body = json.dumps(value).encode()
    found = both(body, JSON)
    if isinstance(value, dict) and value.get("do") == "register":
        assert found == (True, True)


@settings(deadline=None, derandomize=True)
@given(
    st.binary(max_size=120) | st.sampled_from([body for _, body in MULTIPARTS]),
    st.binary(max_size=40) | st.sampled_from([kind for kind, _ in (*MULTIPARTS, *BODIES)]),
    st.booleans(),
)
def test_no_bytes_raise(body, kind, complete):
    for routes in (STRICT, PHP):
        name_of(routes, post("/f", b"x", kind), BodySeen(body, complete))


def test_a_body_is_read_once_for_the_headers_it_came_with():
    seen = BodySeen(b"do=login", True)
    form, text = post("/f", kind=FORM), post("/f", kind=b"text/plain")
    read = form_items(form, seen)
    assert form_items(replace(form, target=b"/other"), seen) is read
    assert form_items(text, seen) != read
    assert form_items(form, replace(seen, data=b"do=register")) != read
