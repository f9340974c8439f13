"""The stock with real makers: filled, bounded, shared out, and replaced when they die."""

from __future__ import annotations

import asyncio
import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from gateway.kinds import Look
from gateway.log import DecisionLog
from gateway.metrics import Metrics
from gateway.model import Made
from gateway.stock import stock as stock_module
from gateway.stock.shelves import FEW, SHARE, WINDOW_S, Shares, Shelf, Wanted, shelves_for
from gateway.stock.stock import MOST_WAITING, WAIT_S, WAITING_OF_PREFIX, Missed, Sizes, Stock
from tests.makers import Params

COMMAND = (sys.executable, "-P", "-m", "tests.makers")
DOTS = Wanted("dots", Params())
OPEN = Callable[..., Awaitable[Stock]]


class Kept:
    """What a stock wrote and counted."""

    def __init__(self) -> None:
        self.lines = io.StringIO()
        self.metrics = Metrics()
        self.log = DecisionLog(self.lines, time.time)

    def events(self, name: str) -> list[dict[str, Any]]:
        told = [json.loads(line) for line in self.lines.getvalue().splitlines()]
        return [record for record in told if record["event"] == name]


@pytest.fixture
def kept() -> Kept:
    return Kept()


@pytest.fixture
async def opened(kept: Kept) -> AsyncIterator[OPEN]:
    """`await opened(*wanted, **sizes)`: a stock whose makers run; closed in the end.

    `warm`: each shelf has something, however busy the machine is.
    """
    stocks: list[Stock] = []

    async def start(*wanted: Wanted, look: Look = Look(), warm: bool = True, **sizes: Any) -> Stock:
        given = Sizes(**({"items": 8} | sizes))
        made = Stock(wanted or (DOTS,), look, given, kept.log, kept.metrics, command=COMMAND)
        stocks.append(made)
        made.open()
        if warm:
            await made.warm(20)
        return made

    yield start
    for stock in stocks:
        await stock.close()


async def until(true: Callable[[], object], within_s: float = 10.0) -> None:
    async with asyncio.timeout(within_s):
        while not true():
            await asyncio.sleep(0.01)


async def full(stock: Stock, items: int = 8) -> None:
    await until(lambda: stock.ready()["dots"] == items)


def taken(made: Made | Missed) -> Made:
    assert isinstance(made, Made), made
    return made


def makers() -> list[int]:
    """Processes of ours that make questions."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
            command = (path.parent / "cmdline").read_bytes()
        except OSError:
            continue
        if int(fields[1]) == os.getpid() and b"tests.makers" in command and fields[0] != "Z":
            found.append(int(path.parent.name))
    return found


# --- Taking ----------------------------------------------------------------------------------


async def test_questions_are_given_once(opened: OPEN) -> None:
    stock = await opened()
    seen = {taken(await stock.take("dots", Params(), "")).view["dots"] for _ in range(60)}
    assert len(seen) == 60


async def test_who_comes_first_waits_for_the_first(
    opened: OPEN, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stock_module, "WAIT_S", 20.0)  # a busy machine starts Python slowly
    stock = await opened(warm=False)
    assert stock.ready() == {"dots": 0}
    assert isinstance(await stock.take("dots", Params(), ""), Made)


async def test_it_is_filled_and_no_more(opened: OPEN) -> None:
    stock = await opened(makers=2)
    await full(stock)
    await asyncio.sleep(0.2)
    assert stock.ready() == {"dots": 8}


async def test_each_sort_has_a_shelf(opened: OPEN) -> None:
    other = Params(size_bytes=2000)
    stock = await opened(DOTS, Wanted("dots", other))
    sizes = [
        len(taken(await stock.take("dots", params, "")).view["filler"])
        for params in (Params(), other)
    ]
    assert sizes == [1000, 2000]


async def test_what_no_route_asks_is_not_there(opened: OPEN, kept: Kept) -> None:
    stock = await opened()
    assert await stock.take("dots", Params(size_bytes=1), "") == Missed("empty")
    assert await stock.take("other", None, "") == Missed("empty")
    missed = kept.metrics.registry.get_sample_value
    assert missed("gateway_stock_missed_total", {"kind": "dots", "why": "empty"}) == 1


async def test_pictures_have_the_look_and_low_priority(opened: OPEN) -> None:
    stock = await opened(look=Look(b"\x01salt", (b"one", b"other!" * 10_000)))
    view = taken(await stock.take("dots", Params(), "")).view
    assert view["salt"] == b"\x01salt".hex()
    assert view["pictures"] == [3, 60_000]
    assert view["nice"] >= 10


async def test_what_libraries_print_is_no_question(opened: OPEN) -> None:
    talks = Params(trouble="talks")
    stock = await opened(Wanted("dots", talks))
    for _ in range(3):
        assert isinstance(await stock.take("dots", talks, ""), Made)


# --- Bounds ----------------------------------------------------------------------------------


async def test_memory_is_bounded_whatever_is_made(opened: OPEN) -> None:
    """The second sort is ten times as large: it has fewer, and neither takes the other's part."""
    small, large = Params(size_bytes=10_000), Params(size_bytes=100_000)
    wanted = [Wanted("dots", params) for params in (small, large)]
    stock = await opened(*wanted, items=100, memory_bytes=1_000_000)
    await until(lambda: stock.size_bytes > 800_000)
    await asyncio.sleep(0.3)
    assert stock.size_bytes <= 1_000_000
    for params in (small, large):
        assert isinstance(await stock.take("dots", params, ""), Made)


async def test_what_is_too_large_for_its_shelf_is_told_and_dropped(
    opened: OPEN, kept: Kept
) -> None:
    stock = await opened(Wanted("dots", Params(size_bytes=50_000)), memory_bytes=20_000, warm=False)
    await until(lambda: kept.events("stock_fault"))
    await asyncio.sleep(0.2)
    (told,) = kept.events("stock_fault")
    assert (told["fault"], told["at"]) == ("TooLarge", "stock.memory")
    assert stock.size_bytes == 0


async def test_few_wait_at_once(opened: OPEN) -> None:
    slow = Params(make_s=100)
    stock = await opened(Wanted("dots", slow), warm=False)
    waits = [asyncio.create_task(stock.take("dots", slow, "")) for _ in range(MOST_WAITING + 3)]
    await asyncio.sleep(0.2)
    assert sum(wait.done() for wait in waits) == 3
    async with asyncio.timeout(WAIT_S):
        assert set(await asyncio.gather(*waits)) == {Missed("empty")}


async def test_few_of_one_prefix_wait_at_once(opened: OPEN) -> None:
    slow = Params(make_s=100)
    stock = await opened(Wanted("dots", slow), warm=False)
    waits = [
        asyncio.create_task(stock.take("dots", slow, "a")) for _ in range(WAITING_OF_PREFIX + 2)
    ]
    waits.append(asyncio.create_task(stock.take("dots", slow, "b")))
    await asyncio.sleep(0.2)
    assert sum(wait.done() for wait in waits) == 2
    for wait in waits:
        wait.cancel()
    await asyncio.gather(*waits, return_exceptions=True)


async def test_who_leaves_waits_no_more(opened: OPEN, monkeypatch: pytest.MonkeyPatch) -> None:
    """The question goes to the next."""
    monkeypatch.setattr(stock_module, "WAIT_S", 20.0)
    slow = Params(make_s=0.4)
    stock = await opened(Wanted("dots", slow), warm=False)
    gone = asyncio.create_task(stock.take("dots", slow, ""))
    stays = asyncio.create_task(stock.take("dots", slow, ""))
    await asyncio.sleep(0.1)
    gone.cancel()
    assert isinstance(await stays, Made)


async def test_two_that_come_at_once_are_given_to_two(opened: OPEN) -> None:
    """Who was given one is still in the line until the loop comes round to him."""
    slow = Params(make_s=100)
    stock = await opened(Wanted("dots", slow), warm=False)
    waits = [asyncio.create_task(stock.take("dots", slow, "")) for _ in range(2)]
    await asyncio.sleep(0.05)
    (shelf,) = stock._shelves.values()
    for number in range(2):
        assert stock._give(shelf, b'{"view": {"n": %d}, "secret": {}}' % number)
    given = [taken(await wait).view["n"] for wait in waits]
    assert given == [0, 1]
    assert len(shelf) == 0


# --- Shares ----------------------------------------------------------------------------------


async def test_one_prefix_leaves_the_others_theirs(opened: OPEN, kept: Kept) -> None:
    slow = Params(make_s=0.05)
    stock = await opened(Wanted("dots", slow), items=40)
    await full(stock, 40)
    greedy = [await stock.take("dots", slow, "greedy") for _ in range(60)]
    given = sum(isinstance(made, Made) for made in greedy)
    assert 10 <= given <= 25
    assert isinstance(greedy[-1], Missed)
    assert stock.ready()["dots"] >= 25
    others = [await stock.take("dots", slow, f"other-{n}") for n in range(25)]
    assert all(isinstance(made, Made) for made in others)
    assert Missed("share") in greedy


async def test_there_is_no_share_of_plenty(opened: OPEN) -> None:
    """A whole school behind one address: as long as the makers keep up, nobody is stopped."""
    stock = await opened(items=40)
    for _ in range(4):
        await full(stock, 40)
        given = [await stock.take("dots", Params(), "school") for _ in range(9)]
        assert all(isinstance(made, Made) for made in given)


def test_a_share_is_for_a_window() -> None:
    shares = Shares(2)
    for _ in range(2):
        assert not shares.is_spent("a", 100.0)
        shares.count("a", 100.0)
    assert shares.is_spent("a", 100.0 + WINDOW_S - 0.001)
    assert not shares.is_spent("b", 100.0)
    assert not shares.is_spent("a", 100.0 + WINDOW_S)
    shares.count("b", 100.0 + WINDOW_S)
    assert not shares.is_spent("a", 100.0 + WINDOW_S)


def test_nobody_in_particular_has_no_share() -> None:
    shares = Shares(1)
    for _ in range(5):
        shares.count("", 1.0)
    assert not shares.is_spent("", 1.0)


def test_a_shelf_is_low_below_what_is_to_spare() -> None:
    shelf = Shelf(DOTS, 8, 10**6)
    for _ in range(6):
        shelf.put(b"x")
    assert shelf.is_low
    shelf.put(b"x")
    assert not shelf.is_low
    assert SHARE == 0.25


@pytest.mark.parametrize("items, share", [(4, FEW), (20, FEW), (24, 6), (100, 25)])
def test_how_much_a_share_is(items: int, share: int) -> None:
    shares = Shelf(DOTS, items, 10**6).shares
    given = 0
    while not shares.is_spent("a", 1.0):
        shares.count("a", 1.0)
        given += 1
    assert given == share


@pytest.mark.parametrize(
    "there, coming, room", [(0, 0, True), (0, 1, True), (3, 4, True), (4, 4, False), (8, 0, False)]
)
def test_what_is_being_made_has_its_place(there: int, coming: int, room: bool) -> None:
    shelf = Shelf(DOTS, 8, 10**6)
    for _ in range(there):
        assert shelf.put(b"x")
    shelf.coming = coming
    assert shelf.has_room is room


@pytest.mark.parametrize("most_bytes, room", [(120_000, True), (119_999, False)])
def test_what_is_made_will_have_room(most_bytes: int, room: bool) -> None:
    """The next is taken to be as large as the largest."""
    shelf = Shelf(DOTS, 8, most_bytes)
    assert shelf.put(b"x" * 60_000)
    assert shelf.has_room is room


def test_a_shelf_holds_no_byte_too_many() -> None:
    shelf = Shelf(DOTS, 8, 100)
    assert shelf.put(b"x" * 60)
    assert shelf.put(b"x" * 40)
    assert not shelf.put(b"x")
    assert shelf.take() == b"x" * 60
    assert shelf.put(b"x" * 60)
    assert shelf.size_bytes == 100


def test_alike_rungs_share_a_shelf() -> None:
    other = Wanted("dots", Params(size_bytes=2))
    shelves = shelves_for([DOTS, other, DOTS], 5, 1000)
    assert [shelf.most_bytes for shelf in shelves.values()] == [500, 500]


# --- Makers that end -------------------------------------------------------------------------


async def test_a_killed_maker_is_replaced(opened: OPEN, kept: Kept) -> None:
    stock = await opened(items=20)
    (pid,) = makers()
    os.kill(pid, signal.SIGKILL)
    await until(lambda: kept.events("stock_maker_ended"))
    (told,) = kept.events("stock_maker_ended")
    assert (told["pid"], told["code"]) == (pid, -signal.SIGKILL)
    seen = [await stock.take("dots", Params(), "") for _ in range(40)]
    assert all(isinstance(made, Made) for made in seen)
    assert kept.metrics.registry.get_sample_value("gateway_stock_makers_ended_total") == 1


async def test_makers_that_die_again_and_again_come_later_each_time(
    opened: OPEN, kept: Kept
) -> None:
    dies = Params(trouble="dies")
    stock = await opened(Wanted("dots", dies), warm=False)
    await until(lambda: len(kept.events("stock_maker_ended")) == 3)
    assert [told["again_in_s"] for told in kept.events("stock_maker_ended")] == [0.1, 0.5, 2.0]
    async with asyncio.timeout(WAIT_S / 2):  # nobody waits for makers that are away
        assert await stock.take("dots", dies, "") == Missed("empty")


async def test_a_maker_that_cannot_start_is_no_error(kept: Kept) -> None:
    command = ("/nowhere/python",)
    stock = Stock([DOTS], Look(), Sizes(), kept.log, kept.metrics, command=command)
    stock.open()
    assert await stock.take("dots", Params(), "") == Missed("empty")
    assert "pid" not in kept.events("stock_maker_ended")[0]
    await stock.close()


async def test_a_kind_that_fails_rests_and_quotes_nothing(opened: OPEN, kept: Kept) -> None:
    raises = Params(trouble="raises")
    stock = await opened(Wanted("dots", raises), DOTS, warm=False)
    await full(stock)
    (told,) = kept.events("stock_fault")
    assert (told["kind"], told["fault"]) == ("dots", "RuntimeError")
    assert told["at"].startswith("makers.py:")
    assert "hunter2" not in kept.lines.getvalue()


async def test_a_maker_that_hangs_is_killed(
    opened: OPEN, kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.stock.makers.MAKE_WITHIN_S", 0.5)
    monkeypatch.setattr("gateway.stock.makers.END_WITHIN_S", 0.2)
    await opened(Wanted("dots", Params(make_s=100)), warm=False)
    await until(lambda: kept.events("stock_maker_ended"))
    assert kept.events("stock_maker_ended")[0]["code"] == -signal.SIGKILL


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
async def test_signals_to_a_whole_group_are_the_gates(opened: OPEN, number: int) -> None:
    stock = await opened()
    (pid,) = makers()
    os.kill(pid, number)
    for _ in range(20):
        assert isinstance(await stock.take("dots", Params(), ""), Made)
    assert makers() == [pid]


# --- The end ---------------------------------------------------------------------------------


async def test_makers_end_with_the_stock(opened: OPEN) -> None:
    stock = await opened(makers=2)
    await full(stock)
    assert len(makers()) == 2
    await stock.close()
    assert makers() == []
    assert isinstance(await stock.take("dots", Params(), ""), Made), "what is there may be taken"


async def test_who_waits_when_it_closes_is_told(opened: OPEN) -> None:
    slow = Params(make_s=1)
    stock = await opened(Wanted("dots", slow), warm=False)
    wait = asyncio.create_task(stock.take("dots", slow, ""))
    await asyncio.sleep(0.3)
    await stock.close()
    assert await wait == Missed("empty")


async def test_nothing_to_draw_costs_nothing(kept: Kept) -> None:
    stock = Stock([], Look(), Sizes(), kept.log, kept.metrics, command=COMMAND)
    stock.open()
    async with asyncio.timeout(WAIT_S):
        await stock.warm(60)
    assert makers() == []
    await stock.close()


PARENT = """
import asyncio, sys
from gateway.kinds import Look
from gateway.stock.makers import start_maker
from tests.makers import Params
from gateway.stock.shelves import Wanted

async def main():
    maker = await start_maker(Look(), tuple(sys.argv[1:]))
    await maker.make(Wanted("dots", Params()))
    print(maker.pid, flush=True)
    await asyncio.sleep(60)

asyncio.run(main())
"""


def test_a_maker_does_not_outlive_a_gate_that_is_killed() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", PARENT, *COMMAND], stdout=subprocess.PIPE, text=True
    ) as gate:
        assert gate.stdout is not None
        pid = int(gate.stdout.readline())
        gate.kill()
    for _ in range(200):
        if not Path(f"/proc/{pid}").exists():
            return
        time.sleep(0.01)
    raise AssertionError("it lives on")


def test_a_maker_knows_no_secret_and_holds_no_socket() -> None:
    """What it gets of the environment, and what it has open: its pipes, and where errors go."""
    script = (
        PARENT.replace("await asyncio.sleep(60)", "await asyncio.sleep(1)")
        .replace(
            "print(",
            "print(sorted(map(__import__('os').path.basename, __import__('os').listdir("
            "f'/proc/{maker.pid}/fd'))), open(f'/proc/{maker.pid}/environ').read(), ",
        )
        .replace(
            "async def main():",
            "import socket\nasync def main():\n    s = socket.create_server(('127.0.0.1', 0))",
        )
    )
    done = subprocess.run(
        [sys.executable, "-c", script, *COMMAND],
        capture_output=True,
        text=True,
        env={**os.environ, "GATEWAY_PASSWORD": "hunter2"},
        check=True,
    )
    assert "hunter2" not in done.stdout
    assert "['0', '1', '2', '3']" in done.stdout  # 3: our end of what was standard output


def test_a_visitor_waits_no_longer_than_is_said() -> None:
    assert stock_module.WAIT_S == 1.5
