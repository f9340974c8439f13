import pytest

from gateway.model import Caller
from gateway.selfcheck import FIRST_REQUESTS, MIN_REQUESTS, FirstCallers


def caller(trusted: bool = False) -> Caller:
    return Caller("x", "x", "http", trusted)


def seen(*peers: tuple[str, int], trusted: bool = False) -> FirstCallers:
    first = FirstCallers()
    for address, count in peers:
        for _ in range(count):
            first.see(address, caller(trusted))
    return first


@pytest.mark.parametrize(
    "peers, trusted, warns",
    [
        ([("10.0.0.1", MIN_REQUESTS)], False, True),
        ([("unix", MIN_REQUESTS)], False, True),
        ([("10.0.0.1", MIN_REQUESTS - 1)], False, False),
        ([("10.0.0.1", MIN_REQUESTS)], True, False),
        ([("198.41.128.1", MIN_REQUESTS)], False, False),
        ([("10.0.0.1", 80), ("10.0.0.2", 20)], False, False),
        ([("10.0.0.2", 19), ("10.0.0.1", 81)], False, True),
        ([("8.8.8.8", FIRST_REQUESTS), ("10.0.0.1", 5000)], False, False),
        ([], False, False),
    ],
)
def test_warns_of_a_proxy_nobody_trusts(peers, trusted, warns):
    first = seen(*peers, trusted=trusted)
    assert bool(first.warning) is warns
    assert first.addresses_tell_people_apart is not warns


def test_says_which_address_and_what_to_do():
    warning = seen(("10.0.0.1", 50)).warning
    assert "50 of the first 50 requests came from 10.0.0.1" in warning
    assert "trusted_proxies" in warning


def test_speaks_up_once():
    first = FirstCallers()
    news = [first.see("10.0.0.1", caller()) for _ in range(FIRST_REQUESTS + 50)]
    assert news.index(True) == MIN_REQUESTS - 1
    assert news.count(True) == 1
