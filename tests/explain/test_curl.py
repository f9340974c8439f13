"""Command lines as browsers and people write them, and what is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.explain.curl import parse_curl, split_words

CHROME = """curl 'https://shop.example/register?a=1' \\
  -H 'accept: text/html' \\
  -H 'accept-language: en-GB,en;q=0.9' \\
  -b 'sid=1; gateway_pass=x' \\
  -H 'user-agent: Mozilla/5.0 (X11)' \\
  --data-raw $'do=register&name=O\\'Neill\\u0021&q=\\n' \\
  --compressed --insecure ;"""


def test_as_chrome_copies_it() -> None:
    sketch = parse_curl(CHROME.removesuffix(" ;"))
    assert (sketch.method, sketch.scheme, sketch.host) == ("POST", "https", "shop.example")
    assert sketch.target == b"/register?a=1"
    assert sketch.body == b"do=register&name=O'Neill!&q=\n"
    assert dict(sketch.headers) == {
        b"Host": b"shop.example",
        b"Accept-Encoding": b"deflate, gzip",
        b"Content-Type": b"application/x-www-form-urlencoded",
        b"accept": b"text/html",
        b"accept-language": b"en-GB,en;q=0.9",
        b"Cookie": b"sid=1; gateway_pass=x",
        b"user-agent": b"Mozilla/5.0 (X11)",
    }
    assert sketch.head.get(b"cookie") == b"sid=1; gateway_pass=x"


@pytest.mark.parametrize(
    ("command", "method", "target", "body"),
    [
        ("curl http://a.example", "GET", b"/", b""),
        ("curl a.example/x", "GET", b"/x", b""),
        ("curl -I http://a.example/", "HEAD", b"/", b""),
        ("curl -XPUT http://a.example/", "PUT", b"/", b""),
        ("curl -X DELETE --url http://a.example/1", "DELETE", b"/1", b""),
        ("curl -sSkL http://a.example/", "GET", b"/", b""),
        ("curl -d a=1 -d b=2 http://a.example/", "POST", b"/", b"a=1&b=2"),
        ("curl -da=1 http://a.example/", "POST", b"/", b"a=1"),
        ("curl --data '' http://a.example/", "POST", b"/", b""),
        ("curl --data-urlencode 'q=a b&c' http://a.example/", "POST", b"/", b"q=a+b%26c"),
        ("curl --data-urlencode 'a b' http://a.example/", "POST", b"/", b"a+b"),
        ("curl --data-raw @x http://a.example/", "POST", b"/", b"@x"),
        ("curl -G -d a=1 -d b=2 'http://a.example/?c=3'", "GET", b"/?c=3&a=1&b=2", b""),
        ("curl --json '{\"a\":1}' http://a.example/", "POST", b"/", b'{"a":1}'),
        ("curl --request=PATCH http://a.example/", "PATCH", b"/", b""),
        ("/usr/bin/curl -m 3 -o out http://a.example/", "GET", b"/", b""),
        ("curl 'http://a.example/a b'", "GET", b"/a b", b""),
        ('curl "http://a.example/\\"x" -d "$a\\n"', "POST", b'/"x', b"$a\\n"),
        ("curl http://a.example/ -d $'\\x41\\102\\t\\''", "POST", b"/", b"AB\t'"),
    ],
)
def test_a_command_is_a_request(command: str, method: str, target: bytes, body: bytes) -> None:
    sketch = parse_curl(command)
    assert (sketch.method, sketch.target, sketch.body) == (method, target, body)


@pytest.mark.parametrize(
    ("options", "name", "value"),
    [
        ("-A me", b"user-agent", b"me"),
        ("", b"user-agent", b"curl/8"),
        ("-H 'User-Agent: you'", b"user-agent", b"you"),
        ("-H 'User-Agent:'", b"user-agent", None),
        ("-H 'X-Empty;'", b"x-empty", b""),
        ("-e http://b.example/x", b"referer", b"http://b.example/x"),
        ("-u ann:secret", b"authorization", b"Basic YW5uOnNlY3JldA=="),
        ("-b 'a=1; b=2'", b"cookie", b"a=1; b=2"),
        ("-H 'Host: c.example'", b"host", b"c.example"),
        ("-d a=1", b"content-type", b"application/x-www-form-urlencoded"),
        ("-d a=1 -H 'content-type: text/plain'", b"content-type", b"text/plain"),
        ("--compressed", b"accept-encoding", b"deflate, gzip"),
        ("", b"accept-encoding", None),
    ],
)
def test_options_become_headers(options: str, name: bytes, value: bytes | None) -> None:
    sketch = parse_curl(f"curl http://a.example/ {options}")
    assert sketch.head.get(name) == value
    assert len(sketch.head.all(name)) <= 1


def test_the_host_header_names_the_site() -> None:
    assert parse_curl("curl http://127.0.0.1:8080/ -H 'Host: c.example'").host == "c.example"


def test_a_form_is_multipart_and_no_file_is_read() -> None:
    sketch = parse_curl(
        "curl http://a.example/ -F do=register -F 'pic=@/etc/passwd;type=image/png'"
    )
    assert sketch.method == "POST"
    assert (sketch.head.get(b"content-type") or b"").startswith(b"multipart/form-data; boundary=")
    assert sketch.body is not None
    assert b'name="do"\r\n\r\nregister\r\n' in sketch.body
    assert b'name="pic"; filename="file"\r\n\r\n\r\n' in sketch.body
    assert b"root" not in sketch.body


@pytest.mark.parametrize(
    ("command", "fault"),
    [
        ("", "begins with curl"),
        ("wget http://a.example/", "begins with curl"),
        ("curl", "no address"),
        ("curl http://a.example/ http://b.example/", "two addresses"),
        ("curl ftp://a.example/", "no http or https"),
        ("curl http://a.example/ --frobnicate", "--frobnicate is not known"),
        ("curl http://a.example/ -Z", "-Z is not known"),
        ("curl http://a.example/ -d @/etc/passwd", "names a file"),
        ("curl http://a.example/ --data-binary @x", "names a file"),
        ("curl http://a.example/ --data-urlencode a@x", "names a file"),
        ("curl http://a.example/ -b jar.txt", "names a file"),
        ("curl http://a.example/ -H nothing", "Name: value"),
        ("curl http://a.example/ -F nothing", "name=value"),
        ("curl http://a.example/ -H", "wants a value"),
        ("curl 'http://a.example/", "not closed"),
        ('curl "http://a.example/', "not closed"),
        ("curl $'http://a.example/", "not closed"),
        ("curl 'http://[x/'", ""),
    ],
)
def test_what_cannot_be_read_is_said(command: str, fault: str) -> None:
    with pytest.raises(ValueError) as raised:
        parse_curl(command)
    assert fault in str(raised.value)


@given(st.text(max_size=60))
def test_any_command_is_read_or_refused(text: str) -> None:
    try:
        parse_curl(f"curl {text}")
    except ValueError:
        return


@given(st.lists(st.text(st.characters(exclude_characters="'"), min_size=1), max_size=4))
def test_words_in_single_quotes_are_as_they_stand(words: list[str]) -> None:
    assert list(split_words(" ".join(f"'{word}'" for word in words))) == words
