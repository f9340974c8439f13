"""The few answers that the wire gives by itself, when nothing else can."""

from __future__ import annotations

from typing import Final

_WORDS: Final = {
    400: ("Bad Request", "The request could not be understood."),
    405: ("Method Not Allowed", "This method is not available here."),
    408: ("Request Timeout", "The request took too long to arrive."),
    413: ("Content Too Large", "The request is too large."),
    414: ("URI Too Long", "The address is too long."),
    429: ("Too Many Requests", "Too many connections from your network. Please try again soon."),
    431: ("Request Header Fields Too Large", "The request's headers are too large."),
    500: ("Internal Server Error", "Something went wrong here. Please try again."),
    501: ("Not Implemented", "This kind of request is not available here."),
    502: ("Bad Gateway", "The site gave no usable answer. Please try again."),
    503: ("Service Unavailable", "The site can't be reached just now. Please try again soon."),
    505: ("HTTP Version Not Supported", "This version of HTTP is not available here."),
}


def page(status: int, *, bodyless: bool = False) -> bytes:
    """A complete plain reply after which the connection ends. `bodyless`: to a HEAD."""
    phrase, words = _WORDS[status]
    text = f"{words}\n".encode()
    retry = "Retry-After: 5\r\n" if status in (429, 503) else ""
    allow = "Allow: GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS\r\n" if status == 405 else ""
    head = (
        f"HTTP/1.1 {status} {phrase}\r\nContent-Type: text/plain; charset=utf-8\r\n"
        f"Content-Length: {len(text)}\r\nCache-Control: no-store\r\n{retry}{allow}"
        "Connection: close\r\n\r\n"
    )
    return head.encode() + (b"" if bodyless else text)
