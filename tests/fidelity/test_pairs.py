"""Every pair of the tables straight to the app and through the gate: byte for byte the same.

What may differ is written in the pair, and each exception is a line of the README. nginx is asked
too: see `note.py`, which lists where it differs.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.fidelity.conftest import Ways
from tests.fidelity.note import PATIENCE_S, Differs, compare_all, note
from tests.fidelity.pair import EXCEPTIONS, MALFORMED, Pair, edited
from tests.fidelity.tables import PAIRS
from tests.fidelity.ways import Seen, visit

README = Path(__file__).parents[2] / "README.md"
_HOST = re.compile(rb"\r\nhost:[ \t]*([^\r]*)", re.I)

pytestmark = pytest.mark.asyncio(loop_scope="module")


def additions(request: bytes, sent: bytes) -> bytes:
    """What the gate adds at the end of a head, and nothing else."""
    head = request.partition(b"\r\n\r\n")[0].lower()
    framed = b"\r\ncontent-length:" in head or b"\r\ntransfer-encoding:" in head
    host = _HOST.search(sent.partition(b"\r\n\r\n")[0])
    about = b"X-Forwarded-For: 127.0.0.1\r\nX-Real-IP: 127.0.0.1\r\nX-Forwarded-Proto: http\r\n"
    if host:
        about += b"X-Forwarded-Host: %b\r\n" % host[1].lower()
    return (b"Connection: close\r\n" if framed else b"") + about


def without_additions(request: bytes, sent: bytes) -> bytes:
    """What reached the app, as the client must have sent it."""
    added = additions(request, sent)
    head, end, body = request.partition(b"\r\n\r\n")
    head += b"\r\n"
    assert head.endswith(added), head
    return head[: len(head) - len(added)] + end[2:] + body


async def test_straight(ways: Ways, pair: Pair) -> None:
    """The tables say what the app really gets and gives."""
    if not pair.refused:
        seen = await visit(ways.app, ways.direct, pair)
        assert b"".join(seen.app) == pair.all_sent
        assert seen.client == pair.replies


async def test_through_the_gate(ways: Ways, pair: Pair) -> None:
    seen = await visit(ways.app, ways.gate, pair)
    if pair.refused:
        return check_refused(pair, seen)
    check_told(pair, seen, ways.authority)
    assert seen.client == edited(pair.replies, pair.said)
    closes = b"connection: close\r\n" in seen.client.lower()
    assert seen.stays is not (closes or pair.breaks_off or pair.tunnel != b"")
    return None


def check_told(pair: Pair, seen: Seen, authority: str) -> None:
    """Several requests are compared together: each carries the additions."""
    host = authority.encode()
    got = b"".join(without_additions(each, pair.sent).replace(host, b"APP") for each in seen.app)
    expected = edited(pair.all_sent, pair.told)
    if "blanks" in pair.why:
        got, expected = trimmed(got), trimmed(expected)
    assert got == expected


def trimmed(head: bytes) -> bytes:
    """Without blanks around values."""
    return re.sub(rb":[ \t]*([^\r]*?)[ \t]*(?=\r)", rb":\1", head)


def check_refused(pair: Pair, seen: Seen) -> None:
    assert seen.client.startswith(b"HTTP/1.1 %d " % pair.refused), seen.client[:200]
    if pair.refused == 502:
        assert len(seen.app) in (1, 2)  # once more where a kept connection said nothing at all
    else:
        assert not seen.app or MALFORMED in pair.sent
        assert not any(each.endswith(b"0\r\n\r\n") for each in seen.app)
    assert not seen.was_reset


async def test_through_nginx(ways: Ways, tmp_path: Path) -> None:
    """Asked the same; how it differs is written down and fails nothing (see nginx.md)."""
    found = await compare_all(ways.app, ways.nginx, PATIENCE_S / 10)
    (tmp_path / "nginx.md").write_text(note(found))
    assert sum(isinstance(each, Differs) for _, each in found) > len(PAIRS) / 2


@pytest.fixture(params=PAIRS, ids=lambda pair: pair.name)
def pair(request: pytest.FixtureRequest) -> Pair:
    found: Pair = request.param
    return found


# --- The tables themselves -----------------------------------------------------------------


async def test_there_are_enough_of_them() -> None:
    assert len(PAIRS) >= 150
    assert len({each.name for each in PAIRS}) == len(PAIRS)


async def test_every_exception_is_named_and_in_the_readme() -> None:
    readme = " ".join(README.read_text().split())
    for each in PAIRS:
        differs = each.told or each.said or each.refused or "blanks" in each.why
        assert bool(differs) == bool(each.why), each.name
        assert set(each.why) <= set(EXCEPTIONS), each.name
    used = {why for each in PAIRS for why in each.why}
    assert used == set(EXCEPTIONS)
    missing = [words for words in EXCEPTIONS.values() if words not in readme]
    assert not missing
