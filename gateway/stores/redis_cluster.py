"""Finding the node of a key in a Redis Cluster, for commands with one key.

redis-py has a client for Clusters, but with several commands at once it closes connections under
commands that are in flight and then tries these again (8.1, `disconnect_free_connections`), so that
counters count twice. This one only chooses a node and follows what nodes say; each node has an
ordinary client of its own, with the limits and retries of a single Redis.

The map of slots is learned at first use, corrected by each MOVED, and learned anew after a node was
lost: by one task, for all that wait. A command is sent at most `HOPS` times, and again only when
the node said that it did not do it (MOVED, ASK).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from redis.crc import key_slot
from redis.exceptions import AskError, ClusterDownError, MovedError, RedisError, ResponseError
from redis.exceptions import ConnectionError as ConnectionLost
from redis.exceptions import TimeoutError as ReplyLate

from gateway.model import Slid, Slide

HOPS = 5

Address = tuple[str, int]


class ClusterClient:
    """`connect` makes a client of one node; `nodes` are asked for the others."""

    def __init__(self, nodes: Sequence[Address], connect: Callable[[Address], Any]) -> None:
        self._first = tuple(nodes)
        self._connect = connect
        self._clients: dict[Address, Any] = {}
        self._homes: dict[int, Address] = {}
        self._outdated = True
        self._lost: Address | None = None  # asked last
        self._learning = asyncio.Lock()

    async def execute_command(self, *words: Any) -> Any:
        """Raises redis.exceptions."""
        slot = key_slot(_key(words).encode())
        await self._learn_if_needed(slot)
        address, asking = self._home(slot), False
        for _ in range(HOPS):
            try:
                return await self._send(address, words, asking)
            except AskError as error:
                address, asking = (error.host or address[0], error.port), True
            except MovedError as error:
                address, asking = (error.host or address[0], error.port), False
                self._homes[slot] = address
            except (ConnectionLost, ReplyLate, ClusterDownError):
                self._outdated, self._lost = True, address
                raise
        raise ResponseError(f"sent from node to node {HOPS} times")

    async def aclose(self) -> None:
        for client in self._clients.values():
            await client.aclose()

    async def _send(self, address: Address, words: Sequence[Any], asking: bool) -> Any:
        client = self._client(address)
        if not asking:
            return await client.execute_command(*words)
        pipe = client.pipeline(transaction=False)
        pipe.execute_command("ASKING")
        pipe.execute_command(*words)
        return (await pipe.execute())[1]

    def _client(self, address: Address) -> Any:
        if address not in self._clients:
            self._clients[address] = self._connect(address)
        return self._clients[address]

    def _home(self, slot: int) -> Address:
        home = self._homes.get(slot)
        if home is None:
            raise ClusterDownError(f"no node has slot {slot}")
        return home

    async def _learn_if_needed(self, slot: int) -> None:
        if not self._outdated and slot in self._homes:
            return
        async with self._learning:
            if self._outdated or slot not in self._homes:  # nobody did while this one waited
                await self._learn()

    async def _learn(self) -> None:
        """Ask one node after the other. Raises the last one's error."""
        failure: RedisError = ClusterDownError("there are no nodes")
        known = dict.fromkeys((*self._homes.values(), *self._first))
        for address in sorted(known, key=lambda one: one == self._lost):
            try:
                ranges = await self._client(address).execute_command("CLUSTER SLOTS")
            except RedisError as error:
                failure = error
                continue
            self._homes = _homes(ranges, address[0])
            self._outdated = False
            return
        raise failure


def _key(words: Sequence[Any]) -> str:
    return str(words[3] if words[0] in ("EVAL", "EVALSHA") else words[1])


def _homes(ranges: Any, asked: str) -> dict[int, Address]:
    """Slot → master, of CLUSTER SLOTS. A node that doesn't know its own address sends none."""
    homes: dict[int, Address] = {}
    for first, last, master, *_ in ranges:
        host = master[0].decode() if isinstance(master[0], bytes) else master[0]
        address = (host or asked, int(master[1]))
        homes.update(dict.fromkeys(range(int(first), int(last) + 1), address))
    return homes


def by_key(asks: Sequence[Slide]) -> list[list[Slide]]:
    """Those of one key together: one node does them in one step."""
    groups: dict[str, list[Slide]] = {}
    for ask in asks:
        groups.setdefault(ask.key, []).append(ask)
    return list(groups.values())


def in_order(
    asks: Sequence[Slide], found: Iterable[tuple[Sequence[Slide], Sequence[Slid]]]
) -> list[Slid]:
    """The answers to `asks`, from those to each key's; without those of keys that failed."""
    answers = {group[0].key: iter(slid) for group, slid in found}
    return [next(answers[ask.key]) for ask in asks if ask.key in answers]
