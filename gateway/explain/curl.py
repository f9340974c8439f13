"""A `curl` command line, as browsers write it with "copy as cURL", read as a request.

Nothing is run, and no file is read: `@file` is a fault. Options that change nothing of what is sent
are passed over by name; an unknown one is a fault, since it may change what is sent.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import quote_plus

from gateway.explain.sketch import MAX_BODY_BYTES, Sketch, split_url

MAX_CHARS = 8 * 2**20

_SAME = {  # short form → long form
    "X": "request", "H": "header", "d": "data", "b": "cookie", "F": "form", "u": "user",
    "A": "user-agent", "e": "referer", "k": "insecure", "s": "silent", "S": "show-error",
    "L": "location", "i": "include", "v": "verbose", "I": "head", "G": "get", "g": "globoff",
    "f": "fail", "o": "output", "m": "max-time", "x": "proxy", "N": "no-buffer", "0": "http1.0",
    "4": "ipv4", "6": "ipv6",
}  # fmt: skip
_DATA = {"data", "data-raw", "data-ascii", "data-binary", "data-urlencode", "json"}
_WITH_VALUE = _DATA | {
    "request",
    "header",
    "cookie",
    "form",
    "user",
    "user-agent",
    "referer",
    "url",
}
_PASSED_OVER = {
    "insecure", "compressed", "silent", "show-error", "location", "include", "verbose", "head",
    "get", "globoff", "fail", "no-buffer", "http1.0", "http1.1", "http2", "http3", "ipv4", "ipv6",
    "path-as-is", "no-progress-meter", "tlsv1.2", "tlsv1.3",
}  # fmt: skip
_PASSED_OVER_WITH_VALUE = {"output", "max-time", "proxy", "connect-timeout", "resolve"}
_ESCAPES = {
    "n": "\n",
    "t": "\t",
    "r": "\r",
    "a": "\a",
    "b": "\b",
    "f": "\f",
    "v": "\v",
    "e": "\x1b",
}
_CODE = re.compile(r"x([0-9A-Fa-f]{1,2})|u([0-9A-Fa-f]{1,4})|U([0-9A-Fa-f]{1,8})|([0-7]{1,3})")
_BOUNDARY = "gateway-explain"


@dataclass(slots=True)
class _Command:
    url: str = ""
    method: str = ""
    headers: list[tuple[str, str]] = field(default_factory=list)
    data: list[str] = field(default_factory=list)
    form: list[tuple[str, str]] = field(default_factory=list)
    flags: set[str] = field(default_factory=set)


def parse_curl(text: str) -> Sketch:
    """The request it would send. Raises ValueError, saying what can't be read."""
    if len(text) > MAX_CHARS:
        raise ValueError(f"longer than {MAX_CHARS} characters")
    words = list(split_words(text))
    if not words or words[0].rpartition("/")[2].removesuffix(".exe") != "curl":
        raise ValueError("a command that begins with curl is wanted")
    command = _Command()
    rest = iter(words[1:])
    for word in rest:
        if word == "--" or not word.startswith("-") or word == "-":
            _set_url(command, next(rest, "") if word == "--" else word)
        elif word.startswith("--"):
            _long(command, word[2:], rest)
        else:
            _short(command, word[1:], rest)
    return _sketch(command)


def _set_url(command: _Command, url: str) -> None:
    if command.url:
        raise ValueError(f"two addresses: {command.url[:60]} and {url[:60]}")
    command.url = url


def _long(command: _Command, name: str, rest: Iterator[str]) -> None:
    name, equals, value = name.partition("=") if name not in _WITH_VALUE else (name, "", "")
    if name in _WITH_VALUE | _PASSED_OVER_WITH_VALUE:
        _take(command, name, value if equals else _next(name, rest))
    elif name in _PASSED_OVER:
        command.flags.add(name)
    else:
        raise ValueError(f"the curl option --{name[:40]} is not known here")


def _short(command: _Command, letters: str, rest: Iterator[str]) -> None:
    """Several letters in one word; one that takes a value takes what follows it."""
    for at, letter in enumerate(letters):
        name = _SAME.get(letter)
        if name is None:
            raise ValueError(f"the curl option -{letter} is not known here")
        if name in _WITH_VALUE | _PASSED_OVER_WITH_VALUE:
            _take(command, name, letters[at + 1 :] or _next(name, rest))
            return
        command.flags.add(name)


def _next(name: str, rest: Iterator[str]) -> str:
    value = next(rest, None)
    if value is None:
        raise ValueError(f"--{name} wants a value")
    return value


def _take(command: _Command, name: str, value: str) -> None:
    match name:
        case "url":
            _set_url(command, value)
        case "request":
            command.method = value
        case "header":
            command.headers.append(_header(value))
        case "user-agent":
            command.headers.append(("User-Agent", value))
        case "referer":
            command.headers.append(("Referer", value.partition(";")[0]))
        case "cookie":
            if "=" not in value:
                raise ValueError("--cookie names a file: give the cookies themselves, name=value")
            command.headers.append(("Cookie", value))
        case "user":
            token = base64.b64encode(value.encode()).decode()
            command.headers.append(("Authorization", f"Basic {token}"))
        case "form":
            field_name, equals, content = value.partition("=")
            if not equals:
                raise ValueError(f"--form {value[:40]}: write it like name=value")
            command.form.append((field_name, content))
        case _ if name in _DATA:
            command.data.append(_data(name, value))
            if name == "json":
                command.headers += [
                    ("Content-Type", "application/json"),
                    ("Accept", "application/json"),
                ]


def _header(text: str) -> tuple[str, str]:
    """`Name: value`; `Name:` takes one of curl's own away, `Name;` sends it empty."""
    name, colon, value = text.partition(":")
    if not colon and text.endswith(";"):
        return text[:-1].strip(), " "
    if not colon:
        raise ValueError(f"--header {text[:40]}: write it like Name: value")
    return name.strip(), value.strip()


def _data(name: str, value: str) -> str:
    if name == "data-urlencode":
        left, equals, content = value.partition("=")
        if not equals and "@" in value:
            raise ValueError("--data-urlencode names a file: give the data itself")
        return f"{left}{'=' if left else ''}{quote_plus(content)}" if equals else quote_plus(value)
    if name != "data-raw" and value.startswith("@"):
        raise ValueError(f"--{name} names a file: give the data itself")
    return value


def _sketch(command: _Command) -> Sketch:
    if not command.url:
        raise ValueError("no address")
    scheme, host, target = split_url(command.url)
    body, kind = _body(command)
    if "get" in command.flags and body:
        target += (b"&" if b"?" in target else b"?") + body
        body, kind = b"", ""
    method = command.method or _usual_method(command)
    headers = {"Host": host, "User-Agent": "curl/8", "Accept": "*/*"}
    if "compressed" in command.flags:
        headers["Accept-Encoding"] = "deflate, gzip"
    if kind:
        headers["Content-Type"] = kind
    given = {name.lower() for name, _ in command.headers}
    sent = [(name, value) for name, value in headers.items() if name.lower() not in given]
    sent += [(name, value.strip()) for name, value in command.headers if value]
    said = next((value for name, value in sent if name.lower() == "host"), host)
    pairs = tuple((name.encode(), value.encode()) for name, value in sent)
    return Sketch(method, scheme, said, target, pairs, body)


def _usual_method(command: _Command) -> str:
    if "head" in command.flags:
        return "HEAD"
    return "POST" if (command.data or command.form) and "get" not in command.flags else "GET"


def _body(command: _Command) -> tuple[bytes, str]:
    if command.form:
        parts = [_part(name, content) for name, content in command.form]
        body = "".join(parts) + f"--{_BOUNDARY}--\r\n"
        kind = f"multipart/form-data; boundary={_BOUNDARY}"
    elif command.data:
        body, kind = "&".join(command.data), "application/x-www-form-urlencoded"
    else:
        return b"", ""
    raw = body.encode("utf-8", "surrogateescape")
    if len(raw) > MAX_BODY_BYTES:
        raise ValueError(f"a body of more than {MAX_BODY_BYTES} bytes")
    return raw, kind


def _part(name: str, content: str) -> str:
    """A file's content is not read: what matters is that there is one."""
    file = '; filename="file"' if content.startswith(("@", "<")) else ""
    said = "" if file else content.partition(";type=")[0]
    return f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"{file}\r\n\r\n{said}\r\n'


# --- the words of a command ----------------------------------------------------------------


def split_words(text: str) -> Iterator[str]:
    """As a POSIX shell splits them, with `$'…'` of bash. Raises ValueError on an open quote."""
    word: list[str] | None = None
    at = 0
    while at < len(text):
        char = text[at]
        if char in " \t\r\n":
            if word is not None:
                yield "".join(word)
            word, at = None, at + 1
            continue
        word = word if word is not None else []
        if char == "\\":
            if text[at + 1 : at + 3] == "\r\n":
                at += 3
            else:
                word += text[at + 1 : at + 2].replace("\n", "")
                at += 2
            if not word:
                word = None
        elif char == "'":
            at = _until(text, at + 1, word)
        elif char == '"':
            at = _double(text, at + 1, word)
        elif text.startswith("$'", at):
            at = _ansi(text, at + 2, word)
        else:
            word.append(char)
            at += 1
    if word is not None:
        yield "".join(word)


def _until(text: str, at: int, word: list[str]) -> int:
    end = text.find("'", at)
    if end < 0:
        raise ValueError("a quote ' is not closed")
    word.append(text[at:end])
    return end + 1


def _double(text: str, at: int, word: list[str]) -> int:
    while at < len(text):
        char = text[at]
        if char == '"':
            return at + 1
        if char == "\\" and text[at + 1 : at + 2] in ('"', "\\", "$", "`", "\n"):
            word.append(text[at + 1].replace("\n", ""))
            at += 2
        else:
            word.append(char)
            at += 1
    raise ValueError('a quote " is not closed')


def _ansi(text: str, at: int, word: list[str]) -> int:
    while at < len(text):
        char = text[at]
        if char == "'":
            return at + 1
        if char != "\\":
            word.append(char)
            at += 1
        elif (code := _CODE.match(text, at + 1)) is not None:
            digits = code[1] or code[2] or code[3]
            number = int(digits, 16) if digits else int(code[4], 8)
            word.append(chr(min(number, 0x10FFFF)))
            at = code.end()
        else:
            escaped = text[at + 1 : at + 2]
            word.append(_ESCAPES.get(escaped, escaped))
            at += 2
    raise ValueError("a quote $' is not closed")
