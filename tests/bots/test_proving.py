"""Which proof lets which bot by, and that nothing is asked for anybody else."""

from __future__ import annotations

import pytest

from gateway.addresses import Ranges
from gateway.addresses.ranges import read_span
from gateway.asked import Asked
from gateway.bots import Bot, ConfirmedNames, GoodBots, SignedBots
from gateway.bots.names import Answer, LookupFailed
from gateway.model import Caller, Facts, Listing, Match, NoBody, Peer, RequestHead, Route
from gateway.stores import StoreError
from gateway.stores.memory import MemoryStore
from tests.bots.test_signatures import CREATED_S, KEYID, PUBLIC, WITHOUT_AGENT

NOW_S = CREATED_S + 5.0
ROUTE = Route("page", "shop", Match(), good_bots="forward")
BOTS = (
    Bot("google", ("Googlebot",), (".googlebot.com",), Ranges([read_span("66.249.64.0/19")])),
    Bot("bing", ("bingbot",), (".search.msn.com",)),
    Bot("tester", (), keys=(PUBLIC,)),
)


class Book:
    """A resolver that reads from a table and counts; None: no answer."""

    def __init__(self, names: dict[str, str | None]) -> None:
        self._names = names
        self.asked = 0

    async def names(self, address: str) -> Answer:
        self.asked += 1
        name = self._names.get(address, "")
        if name is None:
            raise LookupFailed("silence")
        return Answer((name,) if name else (), 60)

    async def addresses(self, name: str, version: int) -> Answer:
        return Answer(tuple(a for a, n in self._names.items() if n == name), 60)


NAMES = {
    "66.249.70.1": "crawl.googlebot.com",
    "157.55.39.1": "msnbot-1.search.msn.com",
    "192.0.2.66": None,
}


class Scene:
    def __init__(self, spend=None) -> None:
        self.book = Book(NAMES)
        names = ConfirmedNames(self.book, lambda: 0.0)
        keys = SignedBots({KEYID: ("tester", PUBLIC)})
        self.bots = GoodBots(BOTS, keys, names, spend or MemoryStore().spend)

    async def bot(self, agent: str, address: str, facts=None, **headers: str) -> str:
        fields = {"User-Agent": agent, **headers}
        raw = tuple((k.encode(), v.encode()) for k, v in fields.items())
        head = RequestHead("GET", b"/", (1, 1), raw, NoBody(), "example.com", True)
        caller = Caller(address, address, "https", False)
        asked = Asked(lambda: "ref", None, caller, head, Peer(address))
        facts = facts or Facts(NOW_S, caller, "GET")
        return (await self.bots.add(facts, asked, ROUTE, None)).bot


GOOGLE = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
BING = "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)"
CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/141.0.0.0 Safari/537.36"


@pytest.mark.parametrize(
    "agent, address, bot, lookups",
    [
        (GOOGLE, "66.249.64.1", "google", 0),  # of its ranges: nothing to look up
        (GOOGLE.lower(), "66.249.95.255", "google", 0),
        (GOOGLE, "66.249.96.1", "", 1),
        (GOOGLE, "192.0.2.1", "", 1),
        (GOOGLE, "192.0.2.66", "", 1),
        (BING, "157.55.39.1", "bing", 1),
        (BING, "66.249.64.1", "", 1),  # another bot's address
        (f"{GOOGLE} {BING}", "157.55.39.1", "bing", 1 + 1),
        (GOOGLE, "unix", "", 0),
        (GOOGLE, "unknown", "", 0),
        # nobody else costs a lookup, whatever their address is
        (CHROME, "66.249.64.1", "", 0),
        (CHROME, "157.55.39.1", "", 0),
        ("", "157.55.39.1", "", 0),
        ("x" * 512 + "bingbot", "157.55.39.1", "", 0),
    ],
)
async def test_claims_and_proofs(agent, address, bot, lookups):
    scene = Scene()
    assert await scene.bot(agent, address) == bot
    assert scene.book.asked == lookups


async def test_a_signature_speaks_for_itself_and_once():
    scene = Scene()
    assert await scene.bot(CHROME, "192.0.2.1", **WITHOUT_AGENT) == "tester"
    assert await scene.bot(CHROME, "192.0.2.1", **WITHOUT_AGENT) == ""
    assert scene.book.asked == 0


async def test_two_gates_on_one_store_take_it_once():
    store = MemoryStore()
    first, second = Scene(store.spend), Scene(store.spend)
    found = [await s.bot(CHROME, "192.0.2.1", **WITHOUT_AGENT) for s in (first, second)]
    assert found == ["tester", ""]


async def test_how_long_it_is_remembered():
    spent = []

    async def spend(key: str, ttl_s: float) -> bool:
        spent.append((key, ttl_s))
        return True

    await Scene(spend).bot(CHROME, "192.0.2.1", **WITHOUT_AGENT)
    ((key, ttl_s),) = spent
    assert key.startswith("bot:") and len(key) < 80
    assert ttl_s == 86_400 - 5 + 60  # a gate with a slower clock takes it for good until then


async def test_a_store_that_is_away_is_no_proof():
    async def away(key: str, ttl_s: float) -> bool:
        raise StoreError("away")

    assert await Scene(away).bot(CHROME, "192.0.2.1", **WITHOUT_AGENT) == ""
    assert await Scene(away).bot(GOOGLE, "66.249.64.1", **WITHOUT_AGENT) == "google"


async def test_who_is_decided_upon_already_is_not_looked_up():
    scene = Scene()
    caller = Caller("157.55.39.1", "157.55.39.0/24", "https", False)
    for facts in (
        Facts(NOW_S, caller, "GET", listed=Listing("deny", "shop.deny.1")),
        Facts(NOW_S, caller, "POST", finishing=True),
    ):
        assert await scene.bot(BING, caller.address, facts) == ""
    assert scene.book.asked == 0


@pytest.mark.parametrize(
    "route, bots, concerned",
    [
        (ROUTE, BOTS, True),
        (Route("page", "shop", Match()), BOTS, False),
        (Route("page", "shop", Match(), action="deny", good_bots="forward"), BOTS, False),
        (ROUTE, (), False),
    ],
)
def test_which_routes_ask(route, bots, concerned):
    names = ConfirmedNames(Book({}), lambda: 0.0)
    spend = MemoryStore().spend
    assert GoodBots(bots, SignedBots({}), names, spend).concerns(route) is concerned
