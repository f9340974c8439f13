"""What a row of the tables is: one raw visit, and the exceptions that may change it."""

from __future__ import annotations

from dataclasses import dataclass

Edit = tuple[bytes, bytes]

HOST = b"Host: site.test\r\n"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

# The target of requests that turn out to be malformed when some of them may have left already.
MALFORMED = b" /malformed "

# Everything that may differ, by a short name; each is a line of the README's list.
EXCEPTIONS = {
    "hop-by-hop": "`Connection`, the fields it names, `Keep-Alive`, `Proxy-Connection`",
    "connection": "`Connection: close` or `keep-alive` where the client has to be told",
    "forwarded": "`X-Forwarded-*`, `X-Real-IP`, `Forwarded` and their kin from untrusted peers",
    "in our name": "`X-Gateway-*`, in any spelling",
    "rerouting": "`Script-Name`, `Path-Info`, `X-Original-URL`, `X-Rewrite-URL`",
    "proxy": "`Proxy` (httpoxy)",
    "te": "`TE` other than `trailers`",
    "expect": "`Expect: 100-continue` is answered by the gate",
    "version": "always HTTP/1.1",
    "absolute-form": "Absolute-form targets go on in origin-form",
    "host": "an HTTP/1.0 request without Host gets the upstream's",
    "blanks": "Blanks around a value",
    "empty lines": "Empty lines before a request are skipped",
    "method": "methods outside llhttp's table (501)",
    "target": "raw non-ASCII targets (400)",
    "trailer names": "trailers that name deciding headers (400)",
    "upgrade": "`Upgrade` to anything but WebSocket",
    "http/1.0 clients": "HTTP/1.0 clients get chunked replies unchunked and no 1xx",
    "until close": "a reply until close says so",
    "both framings": "a reply with both framings loses its Content-Length",
    "no content": "1xx and 204 replies lose framing headers",
    "our cookies": "`Set-Cookie` of a name that starts with `gateway_`",
    "continue": "the app's own `100 Continue`",
    "handshake": "of a WebSocket handshake are written anew, last",
    "early": "Once the app has replied, what is left of a body is not sent on",
    "malformed": "Refused before anything reaches the app",
    "unusable": "a reply that can't be understood (502)",
}


def cut(line: bytes) -> Edit:
    """This is taken out."""
    return line, b""


@dataclass(frozen=True)
class Pair:
    """One request, raw, and what the app says to it, raw.

    Without edits both must arrive as they were sent. `request` in parts: the next part is sent
    when the first bytes of a reply have come. `reply` in parts: written one after the other.
    """

    name: str
    request: bytes | tuple[bytes, ...] = b""
    reply: bytes | tuple[bytes, ...] = OK
    told: tuple[Edit, ...] = ()  # how what reaches the app differs from `request`
    said: tuple[Edit, ...] = ()  # how what reaches the client differs from the replies
    why: tuple[str, ...] = ()  # keys of EXCEPTIONS, where there is any edit
    refused: int = 0  # the gate's own answer: nothing reaches the app
    at_head: bytes = b""  # what the app says as soon as the head is there
    more: tuple[bytes, ...] = ()  # replies to the requests that follow in `request`
    ends: bool = False  # the app closes after the reply
    resets: bool = False  # … by a reset
    breaks_off: bool = False  # the reply is not whole
    tunnel: bytes = b""  # what the client says after a 101; `reply` is the app's answer to it

    @property
    def sent(self) -> bytes:
        return self.request if isinstance(self.request, bytes) else b"".join(self.request)

    @property
    def steps(self) -> tuple[bytes, ...]:
        return (self.request,) if isinstance(self.request, bytes) else self.request

    @property
    def all_sent(self) -> bytes:
        return self.sent + self.tunnel

    @property
    def parts(self) -> tuple[bytes, ...]:
        return (self.reply,) if isinstance(self.reply, bytes) else self.reply

    @property
    def replies(self) -> bytes:
        return self.at_head + b"".join(self.parts) + b"".join(self.more)


def edited(data: bytes, edits: tuple[Edit, ...]) -> bytes:
    """`data` with every edit made once. An edit that finds nothing is an error."""
    for old, new in edits:
        assert old in data, f"nothing to edit: {old!r}"
        data = data.replace(old, new, 1)
    return data


def get(target: bytes = b"/", *fields: bytes, method: bytes = b"GET") -> bytes:
    """A request without a body; `fields` without their line ends."""
    lines = b"".join(each + b"\r\n" for each in fields)
    return b"%b %b HTTP/1.1\r\n%b%b\r\n" % (method, target, HOST, lines)


def post(body: bytes, *fields: bytes, method: bytes = b"POST") -> bytes:
    """With Content-Length."""
    return get(b"/", b"Content-Length: %d" % len(body), *fields, method=method) + body


def chunked(*body: bytes, method: bytes = b"POST", fields: tuple[bytes, ...] = ()) -> bytes:
    """`body` is written as it is: chunks, their sizes and line ends included."""
    return get(b"/", b"Transfer-Encoding: chunked", *fields, method=method) + b"".join(body)


def reply(body: bytes, *fields: bytes, status: bytes = b"200 OK") -> bytes:
    """With Content-Length last."""
    lines = b"".join(each + b"\r\n" for each in fields)
    return b"HTTP/1.1 %b\r\n%bContent-Length: %d\r\n\r\n%b" % (status, lines, len(body), body)
