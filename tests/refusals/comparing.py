"""Our reading of a message beside that of others: the same, or we refuse.

Each comparison returns what came of it as a short word; `DIVERGES …` is the one that must not be.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable

from gateway.headers import to_app
from gateway.heads import END, read_request
from gateway.model import Caller, Chunked, NoBody, Refusal, RequestHead
from gateway.reply_heads import UNTIL_CLOSE, ResponseHead, read_response
from gateway.wire.bodies import (
    BodyError,
    ChunkReader,
    CloseReader,
    LengthReader,
    reply_reader,
    request_reader,
)
from tests.refusals import oracles
from tests.refusals.fuzzing import Message
from tests.refusals.oracles import Read
from tests.refusals.parsers import PARSERS, Got, RefusedError

CALLER = Caller("203.0.113.7", "203.0.113.0/24", "http", False)
STATUSES = {400, 405, 501, 505}
ABSOLUTE = re.compile(rb"https?://[^/?]*", re.IGNORECASE)

FRAMING = (b"content-length", b"transfer-encoding")

# Replies that we take and h11 does not, and why nobody is harmed.
ALONE = "DIVERGES h11 refuses"
EXCEPTIONS: dict[str, Callable[[Read], bool]] = {
    # RFC 9112 §6.3: to HEAD, and with 204 and 304, there is no body whatever the fields say.
    "odd framing of no body": lambda ours: not ours.body and bool(_said(ours, *FRAMING)),
    # … and chunks override a length, even a malformed one, which does not go on.
    "odd length beside chunks": lambda ours: _said(ours, *FRAMING) == [b"chunked"],
}


def request(message: Message) -> str:
    """A request, ours against h11's."""
    return _verdict(our_request(message), oracles.request(message.raw), _same_request)


def chunks(message: Message) -> str:
    """A chunked body, as of a request without the rule about names of trailers."""
    head = b"PUT / HTTP/1.1\r\nHost: site\r\nTransfer-Encoding: chunked\r\n\r\n"
    read = _body(ChunkReader(guarded=False), message.raw, message.cuts)
    ours = read if isinstance(read, Refusal) else Read((), [], read[0], read[1])
    theirs = oracles.request(head + message.raw)
    if theirs is not None and theirs.ends >= 0:
        theirs = theirs._replace(ends=theirs.ends - len(head))
    return _verdict(ours, theirs, _same_body)


def reply(message: Message, method: str) -> str:
    """A reply to `method`, ours against h11's."""
    ours = _our_reply(message, method)
    theirs = oracles.reply(message.raw, method)
    if isinstance(ours, Read) and ours.ends < 0 and theirs is None:
        return "broken off"
    verdict = _verdict(ours, theirs, _same_reply)
    if verdict == ALONE and isinstance(ours, Read):
        return next((name for name, fits in EXCEPTIONS.items() if fits(ours)), verdict)
    return verdict


def _verdict(
    ours: Read | Refusal | None, theirs: Read | None, same: Callable[[Read, Read], str]
) -> str:
    if ours is None:
        return "waits"
    if isinstance(ours, Refusal):
        if ours.status not in STATUSES | {502}:
            return f"DIVERGES status {ours.status}"
        return "both refuse" if theirs is None else "we refuse"
    if theirs is None:
        if ours.ends < 0:
            return "waits"
        return ALONE
    if (ours.ends, ours.body) != (theirs.ends, theirs.body):
        return f"DIVERGES end {ours.ends} against {theirs.ends}"
    differs = same(ours, theirs)
    return f"DIVERGES {differs}" if differs else "both take"


def _same_body(ours: Read, theirs: Read) -> str:
    return ""


def _same_request(ours: Read, theirs: Read) -> str:
    method, target = theirs.first
    absolute = ABSOLUTE.match(target)
    if absolute:
        rest = target[absolute.end() :]
        bare = b"*" if method == b"OPTIONS" and not rest else b"/" + rest
        target = rest if rest[:1] == b"/" else bare
    if ours.first != (method, target):
        return "line"
    return "" if _stripped(ours) == _stripped(theirs) else "fields"


def _same_reply(ours: Read, theirs: Read) -> str:
    if ours.first != theirs.first:
        return "line"
    # h11 makes one length of equal ones; that they frame alike was seen before.
    kept, said = (
        [field for field in _stripped(read) if field[0].lower() != FRAMING[0]]
        for read in (ours, theirs)
    )
    return "" if kept == said else "fields"


def _said(read: Read, *names: bytes) -> list[bytes]:
    return [value for name, value in _stripped(read) if name.lower() in names]


def _stripped(read: Read) -> list[tuple[bytes, bytes]]:
    """As h11 gives them: without blanks around, the coding in lower case."""
    fields = [(name, value.strip(b" \t")) for name, value in read.headers]
    coding = b"transfer-encoding"
    return [(name, value.lower() if name.lower() == coding else value) for name, value in fields]


# --- Ours ----------------------------------------------------------------------------------


def our_request(message: Message) -> Read | Refusal | None:
    """None: the head has not come to its end."""
    raw = message.raw
    end = raw.find(END) + 4
    if end == 3:
        return None
    head = read_request(raw[:end])
    if isinstance(head, Refusal):
        return head
    reader = request_reader(head.framing)
    first = (head.method.encode(), head.target)
    if reader is None:
        return Read(first, list(head.headers), b"", end)
    cuts = tuple(cut - end for cut in message.cuts if cut > end)
    read = _body(reader, raw[end:], cuts)
    if isinstance(read, Refusal):
        # h11 has no opinion on which names may stand in trailers
        return read
    body, size = read
    return Read(first, list(head.headers), body, -1 if size < 0 else end + size)


def _our_reply(message: Message, method: str) -> Read | Refusal | None:
    raw, at = message.raw, 0
    while True:
        end = raw.find(END, at) + 4
        if end == 3:
            return None
        head = read_response(raw[at:end], method)
        if isinstance(head, Refusal):
            return head
        if head.shape.status == 101:
            return None  # never without being asked for, and then nothing is read any more
        at = end
        if head.shape.status >= 200:
            return _replied(message, head, end)


def _replied(message: Message, head: ResponseHead, end: int) -> Read | Refusal:
    first, fields = (b"%d" % head.shape.status, head.shape.reason), list(head.headers)
    reader = reply_reader(head.shape.framing)
    if reader is None:
        return Read(first, fields, b"", end)
    cuts = tuple(cut - end for cut in message.cuts if cut > end)
    read = _body(reader, message.raw[end:], cuts)
    if isinstance(read, Refusal):
        return read
    body, size = read
    if head.shape.framing is UNTIL_CLOSE:
        size = len(message.raw) - end
    return Read(first, fields, body, -1 if size < 0 else end + size)


def _body(
    reader: LengthReader | ChunkReader | CloseReader, stream: bytes, cuts: tuple[int, ...]
) -> tuple[bytes, int] | Refusal:
    """The payload and how many bytes the body takes (-1: more are to come), fed in pieces."""
    payload, waiting, passed = b"", b"", 0
    edges = sorted({0, len(stream), *(cut for cut in cuts if 0 < cut < len(stream))})
    try:
        for start, stop in itertools.pairwise(edges):
            waiting += stream[start:stop]
            size = reader.feed(waiting)
            payload += reader.payload(waiting[:size])
            waiting, passed = waiting[size:], passed + size
            if reader.done:
                return payload, passed
    except BodyError as fault:
        return Refusal(400, str(fault))
    return payload, -1


# --- What we send on -----------------------------------------------------------------------


def sent_on(message: Message) -> tuple[RequestHead, bytes, bytes] | None:
    """What an app is sent of an accepted, whole request: its head as we read it, bytes, payload."""
    end = message.raw.find(END) + 4
    ours = our_request(message)
    if not isinstance(ours, Read) or ours.ends < 0:
        return None
    head = read_request(message.raw[:end])
    assert isinstance(head, RequestHead)
    sent = to_app(head, CALLER, (), host=b"" if head.host else b"site")
    return head, sent + message.raw[end : ours.ends], ours.body


def stays(head: RequestHead) -> bool:
    """Whether another request may follow on the app's connection."""
    return isinstance(head.framing, NoBody) and not head.upgrade


# What others are stricter about, harmlessly: nothing of it says where a message ends.
REFUSALS = {"aiohttp": ("Duplicate 'User-Agent' header",)}
NEXT = b"GET /next HTTP/1.1\r\nHost: site\r\n\r\n"


def behind(message: Message) -> list[str]:
    """What the parsers of PARSERS take from what we send on, followed by the next request."""
    sent = sent_on(message)
    if sent is None:
        return []
    head, raw, body = sent
    following = stays(head)
    want = [Got(head.method.encode(), head.target, body, True)]
    if following:
        want.append(Got(b"GET", b"/next", b"", True))
    verdicts = []
    for name, reads in PARSERS.items():
        expected = want
        if name == "http.server" and isinstance(head.framing, Chunked):
            expected = [want[0]._replace(body=b"")]
        if name == "http.server":  # shortens `//` to `/` since CVE-2021-28861
            expected = [each._replace(target=_one_slash(each.target)) for each in expected]
        try:
            got = reads(raw + NEXT if following else raw)
            same = got == expected
            verdicts.append(f"{name} agrees" if same else f"DIVERGES {name} reads {got}")
        except RefusedError as fault:
            known = next((why for why in REFUSALS.get(name, ()) if why in str(fault)), "")
            verdicts.append(f"{name} refuses: {known}" if known else f"DIVERGES {name}: {fault}")
    return verdicts


def _one_slash(target: bytes) -> bytes:
    return b"/" + target.lstrip(b"/") if target.startswith(b"//") else target
