"""What a stock costs: memory when full, how fast it fills, and a toll: python tests/bench/stock.py

Fills the stock of one worker with every kind that is drawn, as `stock` is by default (100 of each,
64 MiB, one maker at low priority), and prints for each kind how many are there, the kB of one and
the milliseconds of one core that it takes to make; then the memory of the whole, that of the maker
(its largest), how long all took, and what a verified toll costs: unseal it, compare the proof.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from random import Random

sys.path.insert(0, str(Path(__file__).parents[2]))

from gateway import kinds
from gateway.keys import _new_key
from gateway.kinds import Look
from gateway.log import DecisionLog
from gateway.metrics import Metrics
from gateway.model import Ticket
from gateway.ring import KeyRing
from gateway.stock.makers import Maker, start_maker
from gateway.stock.shelves import Wanted
from gateway.stock.stock import Sizes, Stock
from gateway.tokens import open_ticket, seal_ticket
from gateway.work import check_work, make_work

TOLLS = 2_000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, default=Sizes().items, help="of each kind")
    parser.add_argument("--each", type=int, default=20, help="made of each kind to time it")
    options = parser.parse_args()
    drawn = [Wanted(name, kind.params()) for name, kind in kinds.load().items() if kind.drawn]
    asyncio.run(_measure(drawn, options))
    print(f"a verified toll: {_toll_us():.0f} µs")


async def _measure(drawn: Sequence[Wanted], options: argparse.Namespace) -> None:
    look = Look(b"bench")
    maker = await start_maker(look)
    print(f"{'kind':12}{'kB':>7}{'CPU ms':>8}{'/s a core':>11}")
    for wanted in drawn:
        await _time(maker, wanted, options.each)
    print(f"the maker: {_peak_kib(maker.pid) / 1024:.0f} MiB at most")
    await maker.end()
    metrics = Metrics()
    stock = Stock(drawn, look, Sizes(options.items), DecisionLog(sys.stderr, time.time), metrics)
    began_s = time.monotonic()
    stock.open()
    before = -1
    while (now := sum(stock.ready().values())) != before or not now:
        before = now
        await asyncio.sleep(5)
    took_s = time.monotonic() - began_s - 5
    print(f"full: {dict(stock.ready())}")
    print(f"full: {stock.size_bytes / 2**20:.1f} MiB in {took_s:.0f} s")
    await stock.close()


async def _time(maker: Maker, wanted: Wanted, count: int) -> None:
    await maker.make(wanted)  # brings the libraries along
    began_s, sizes = _cpu_s(maker.pid), []
    for _ in range(count):
        made = await maker.make(wanted)
        assert isinstance(made, bytes), made
        sizes.append(len(json.dumps(json.loads(made)["view"])))
    each_s = (_cpu_s(maker.pid) - began_s) / count
    mean_kb = sum(sizes) / count / 1000
    print(f"{wanted.kind:12}{mean_kb:7.1f}{each_s * 1000:8.1f}{1 / max(each_s, 1e-9):11.1f}")


def _cpu_s(pid: int) -> float:
    """User and system time (proc(5): fields 14 and 15 of `stat`, in ticks)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _peak_kib(pid: int) -> int:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1])
    return 0


def _toll_us() -> float:
    """µs of CPU to open a ticket and compare the proof that came with it."""
    now_s, rng = time.time(), Random(1)
    ring = KeyRing((_new_key(now_s, now_s),))
    _, secret = make_work(rng, 1000)
    ticket = Ticket(
        "t", "v", "site", "route", 0, "view", 1, 1.0, {}, secret, 0.1, "192.0.2.0/24", now_s,
        now_s + 120, toll=True,
    )  # fmt: skip
    sealed = seal_ticket(ring, ticket, os.urandom(12))
    began_s = time.process_time()
    for _ in range(TOLLS):
        opened = open_ticket(ring, sealed)
        assert opened is not None and check_work(opened.work, secret)
    return (time.process_time() - began_s) / TOLLS * 1e6


if __name__ == "__main__":
    main()
