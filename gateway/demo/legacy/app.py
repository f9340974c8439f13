"""The app: a community centre's site as people wrote them, one thread per request.

It counts what reaches it and shows the counts, so that anyone can see what came through a gate
and how often. `GET /counters` gives them as JSON.
"""

from __future__ import annotations

import html
import threading
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from http.server import ThreadingHTTPServer
from pathlib import Path
from string import Template
from urllib.parse import urlsplit

from gateway.demo.legacy.echo import accept_key, echo
from gateway.demo.legacy.forms import Form, read_form
from gateway.demo.legacy.talker import Talker

_SITE = Path(__file__).parent / "site"
_PAGES = {
    "/": "index",
    "/register": "register",
    "/sms": "sms",
    "/vote": "vote",
    "/guestbook": "guestbook",
    "/quotes": "quotes",
    "/live": "live",
}
_CHOICES = ("Library", "Playground", "Swimming pool")
_QUOTES = (
    "Whoever plants a tree knows that they will never sit in its shade.",
    "Measure twice, cut once.",
    "A good neighbour is better than a brother far off.",
)
_KEPT_ENTRIES = 50


@dataclass
class Book:
    """All the app remembers; gone when it stops."""

    counts: Counter[str] = field(default_factory=Counter)
    votes: Counter[str] = field(default_factory=Counter)
    entries: list[tuple[str, str]] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def count(self, what: str) -> int:
        with self.lock:
            self.counts[what] += 1
            return self.counts[what]


class Handler(Talker):
    """What each address does."""

    book: Book

    def do_GET(self) -> None:  # noqa: N802 - http.server names it
        path = urlsplit(self.path).path
        if path in _PAGES:
            self._page(_PAGES[path])
        elif path == "/style.css":
            self.reply(200, "text/css; charset=utf-8", (_SITE / "style.css").read_bytes())
        elif path == "/counters":
            self.json(200, dict(self.book.counts))
        elif path == "/events":
            self._clock()
        elif path == "/ws":
            self._echo()
        else:
            self._message(404, "Not here", "There is no such page.")

    do_HEAD = do_GET  # noqa: N815

    def do_POST(self) -> None:  # noqa: N802
        body = self.body()
        if body is None:
            return
        form = read_form(self.headers.get("Content-Type", ""), body)
        match urlsplit(self.path).path:
            case "/register":
                self._register(form)
            case "/sms":
                self._sms(form)
            case "/vote":
                self._vote(form)
            case "/guestbook":
                self._sign(form)
            case "/api/quote":
                count = self.book.count("quotes")
                self.json(200, {"quote": _QUOTES[count % len(_QUOTES)], "number": count})
            case _:
                self._message(404, "Not here", "There is no such form.")

    # --- what the forms do ---

    def _register(self, form: Form) -> None:
        name, upload = form.get("name"), form.uploads.get("document")
        if not name:
            return self._message(400, "Registration", "Please give your name.")
        count = self.book.count("registrations")
        text = f"Welcome, {name}. You are registration number {count}."
        if upload is not None and upload.filename:
            text += f"\nYour file: {upload.filename}, {upload.size_bytes} bytes"
            text += f"\nsha256 {upload.sha256}"
        return self._message(200, "Registered", text)

    def _sms(self, form: Form) -> None:
        phone = form.get("phone")
        if not phone:
            return self._message(400, "Phone", "Please give a number.")
        count = self.book.count("sms")
        return self._message(
            200, "Code sent", f"A code is on its way to {phone}. Messages sent so far: {count}."
        )

    def _vote(self, form: Form) -> None:
        choice = form.get("choice")
        if choice not in _CHOICES:
            return self._message(400, "Vote", "Please choose one.")
        with self.book.lock:
            self.book.votes[choice] += 1
        count = self.book.count("votes")
        return self._message(200, "Thank you", f"You voted: {choice}. Votes counted: {count}.")

    def _sign(self, form: Form) -> None:
        entry = form.get("name", "?")[:60], form.get("message")[:500]
        if not entry[1]:
            return self._message(400, "Guestbook", "Please write something.")
        self.book.count("entries")
        with self.book.lock:
            self.book.entries = [entry, *self.book.entries][:_KEPT_ENTRIES]
        return self._page("guestbook")

    # --- live connections ---

    def _clock(self) -> None:
        self.book.count("clocks")
        self.close_connection = True
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Cache-Control", "no-store")
        self.send_header("Connection", "close")
        self.end_headers()
        try:
            while True:
                self.wfile.write(time.strftime("data: %H:%M:%S\n\n").encode())
                self.wfile.flush()
                time.sleep(1)
        except OSError:  # the reader left
            return

    def _echo(self) -> None:
        key = self.headers.get("Sec-WebSocket-Key")
        if self.headers.get("Upgrade", "").lower() != "websocket" or not key:
            return self._message(400, "Echo", "This address speaks WebSocket only.")
        self.close_connection = True
        self.send_response(101)
        self.send_header("Upgrade", "websocket")
        self.send_header("Connection", "Upgrade")
        self.send_header("Sec-WebSocket-Accept", accept_key(key))
        self.end_headers()
        self.book.count("echoes")
        try:
            echo(self.rfile, self.wfile)
        except OSError:  # the other side left
            return None
        return None

    # --- pages ---

    def _page(self, name: str) -> None:
        with self.book.lock:
            counts, votes = dict(self.book.counts), dict(self.book.votes)
            entries = list(self.book.entries)
        body = Template((_SITE / f"{name}.html").read_text("utf-8")).substitute(
            counts=_rows(counts.items()) or "<tr><td>Nothing yet.</td></tr>",
            votes=_rows((choice, votes.get(choice, 0)) for choice in _CHOICES),
            choices="".join(
                f'<label><input type="radio" name="choice" value="{c}" required> {c}</label>'
                for c in _CHOICES
            ),
            entries="".join(
                f"<blockquote>{html.escape(text)}<footer>{html.escape(who)}</footer></blockquote>"
                for who, text in entries
            ),
        )
        self._html(200, body)

    def _message(self, status: int, title: str, text: str) -> None:
        lines = "<br>".join(html.escape(line) for line in text.split("\n"))
        self._html(status, f'<h1>{title}</h1><p id="result">{lines}</p><p><a href="/">Home</a></p>')

    def _html(self, status: int, content: str) -> None:
        frame = Template((_SITE / "frame.html").read_text("utf-8"))
        page = frame.substitute(content=content)
        self.reply(status, "text/html; charset=utf-8", page.encode())


def _rows(pairs: Iterable[tuple[str, int]]) -> str:
    return "".join(
        f"<tr><th>{html.escape(name)}</th><td>{number}</td></tr>" for name, number in pairs
    )


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


def serve(port: int) -> None:
    """Serve on loopback until killed; prints `listening on PORT` once it does."""
    handler = type("BoundHandler", (Handler,), {"book": Book()})
    with _Server(("127.0.0.1", port), handler) as server:
        print(f"listening on {server.server_address[1]}", flush=True)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            return
