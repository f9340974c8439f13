"""What a guard remembers of a client's usual fields: nothing that could be another's."""

from gateway import standing
from gateway.heads import read_request
from gateway.model import Peer, RequestHead
from tests.test_guard import Scene

PEER = Peer("192.0.2.7")


def asked(target: bytes = b"/", *fields: bytes, method: bytes = b"GET") -> RequestHead:
    lines = (method + b" " + target + b" HTTP/1.1", b"Host: shop.example", *fields, b"", b"")
    head = read_request(b"\r\n".join(lines))
    assert isinstance(head, RequestHead)
    return head


def known(head: RequestHead) -> dict:
    assert head.block is not None
    return head.block.known


# --- Bounds --------------------------------------------------------------------------------


def test_all_that_is_remembered_is_bounded(monkeypatch):
    """By blocks, by peers and by both: what was first goes first."""
    monkeypatch.setattr(standing, "MAX_STANDINGS", 10)
    guard = Scene().guard
    heads = [asked(b"/", b"X-Any: bounded %d" % number) for number in range(4)]
    for number in range(6):
        for head in heads:
            guard.plan(head, Peer(f"192.0.2.{number}"), None)
    assert [[address for _, address in known(head)] for head in heads] == [
        ["192.0.2.4", "192.0.2.5"], ["192.0.2.4", "192.0.2.5"],
        ["192.0.2.3", "192.0.2.4", "192.0.2.5"], ["192.0.2.3", "192.0.2.4", "192.0.2.5"],
    ]  # fmt: skip


def test_targets_of_one_client_are_bounded():
    guard, head = Scene().guard, asked(b"/never", b"X-Any: targets")
    for number in range(3 * standing.MAX_TARGETS):
        guard.plan(asked(b"/never?%d" % number, b"X-Any: targets"), PEER, None)
    guard.plan(asked(b"/never?" + b"x" * standing.MAX_TARGET_BYTES, b"X-Any: targets"), PEER, None)
    (found,) = known(head).values()
    assert 0 < len(found.routed) <= standing.MAX_TARGETS
    assert all(len(target) <= standing.MAX_TARGET_BYTES for _, target in found.routed)
