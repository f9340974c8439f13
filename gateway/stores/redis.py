"""Redis, for gates on several machines: single, behind Sentinel, or a Cluster. Redis 6.2 to 7.0's
commands, so Valkey too.

Every verb is one command or one short Lua script; in a Cluster, one for each key it touches, all on
their way at the same time. Times are Redis's own.

Deadlines: redis-py's defaults keep a request waiting for a minute when Redis is stuck. Here a
command has `deadline_s` to connect and as much for its reply, and an outer limit holds for whatever
else the client may do (asking Sentinel, finding the nodes of a Cluster). A lost connection is tried
anew once. A late reply is asked for again only where doing it twice is the same as once (get, put,
delete, counts): a `spend` tried again would call a right answer spent, a `bump` count twice. If a
connection is lost just when `unslide` was done, the second try gives the same back once more.

Cancellation: commands run in tasks of their own. A visitor who goes away cancels only the waiting,
so a reply is always read by the command it belongs to, and no connection is thrown away for it.

Replication is asynchronous: after a failover Redis may have forgotten the last moments. Memory
limits must refuse (`maxmemory-policy noeviction`), or Redis forgets what it likes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any, TypeVar

from redis.asyncio import BlockingConnectionPool, Redis, Sentinel
from redis.asyncio.connection import Connection, SSLConnection
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as ConnectionLost
from redis.exceptions import NoScriptError, OutOfMemoryError, ReadOnlyError
from redis.exceptions import TimeoutError as ReplyLate

from gateway.model import Slid, Slide, is_refused
from gateway.stores.base import Book, Entry, StoreDown, StoreError, StoreFull, Sums
from gateway.stores.breaker import Breaker
from gateway.stores.redis_cluster import Address, ClusterClient, by_key, in_order
from gateway.stores.redis_scripts import BUMP, JOURNAL, SLIDE, SWAP, UNSLIDE, Script
from gateway.stores.redis_url import RedisUrl

T = TypeVar("T")

PREFIX = "gateway:"
JOURNAL_KEYS: Mapping[Book, str] = {"decisions": "journal", "traces": "traces"}
CONNECTIONS = 32  # commands under way at one time
POOL_WAIT_S = 0.05  # the pool's own limit; only a leak could reach it, we count before it does
QUEUE_S = 1.0  # how long a command may wait for its turn
TRIES = 2


class RedisStore(Sums):
    """Make it in any process; it connects in the loop that first uses it."""

    def __init__(self, url: RedisUrl) -> None:
        self._url = url
        topology = 0 if url.mode == "single" else len(url.nodes) + 1
        self._outer_s = url.deadline_s * (TRIES + 1 + topology)
        self._client: Any = None
        self._sentinel: Sentinel | None = None
        self._slots = asyncio.Semaphore(CONNECTIONS)
        self._breaker = Breaker(self._probe)
        self._running: set[asyncio.Task[Any]] = set()
        self._closed = False

    def __repr__(self) -> str:
        return f"RedisStore({self._url})"

    async def get(self, key: str) -> bytes | None:
        value: bytes | None = await self._command("GET", PREFIX + key)
        return value

    async def put(self, key: str, value: bytes, ttl_s: float) -> None:
        await self._command("SET", PREFIX + key, value, "PX", _ms(ttl_s))

    async def delete(self, *keys: str) -> None:
        names = [PREFIX + key for key in keys]
        if self._url.mode == "cluster":
            await _each(self._command("UNLINK", name) for name in names)
        elif names:
            await self._command("UNLINK", *names)

    async def spend(self, key: str, ttl_s: float) -> bool:
        words = ("SET", PREFIX + key, b"1", "NX", "PX", _ms(ttl_s))
        return bool(await self._command(*words, once=True))

    async def swap(self, key: str, old: bytes, new: bytes, ttl_s: float) -> bool:
        return bool(await self._script(SWAP, [key], old, new, _ms(ttl_s)))

    async def bump(self, key: str, ttl_s: float, amount: int = 1) -> int:
        return int(await self._script(BUMP, [key], amount, _ms(ttl_s)))

    async def counts(self, keys: Sequence[str]) -> list[int]:
        names = [PREFIX + key for key in keys]
        if self._url.mode == "cluster":
            found = await _each(self._command("GET", name) for name in names)
        else:
            found = await self._command("MGET", *names) if names else []
        return [int(value or 0) for value in found]

    async def slide(self, asks: Sequence[Slide], *, all_or_none: bool = False) -> list[Slid]:
        if self._url.mode != "cluster":
            return await self._slide(asks, all_or_none) if asks else []
        groups = by_key(asks)
        rounds = await _all(self._slide(group, all_or_none) for group in groups)
        whole = [(g, r) for g, r in zip(groups, rounds, strict=True) if isinstance(r, list)]
        found = in_order(asks, whole)
        if len(found) == len(asks) and not (all_or_none and is_refused(asks, found)):
            return found
        taken = [group for group, found in whole if not is_refused(group, found)]
        await _all(self._unslide(group) for group in taken)
        _raised(rounds)
        return found

    async def unslide(self, asks: Sequence[Slide]) -> None:
        groups = by_key(asks) if self._url.mode == "cluster" else [asks] if asks else []
        await _each(self._unslide(group) for group in groups)

    async def _slide(self, asks: Sequence[Slide], all_or_none: bool) -> list[Slid]:
        words: list[str | bytes | int] = [int(all_or_none)]
        for ask in asks:
            limit = -1 if ask.limit is None else ask.limit
            words += [int(ask.window_s * 1000), ask.amount, limit, ask.member]
        found = (await self._script(SLIDE, [ask.key for ask in asks], *words)).split()
        return [
            Slid(int(n), int(left) / 1000) for n, left in zip(found[::2], found[1::2], strict=True)
        ]

    async def _unslide(self, asks: Sequence[Slide]) -> None:
        words = [word for ask in asks for word in (ask.amount, ask.member)]
        await self._script(UNSLIDE, [ask.key for ask in asks], *words)

    async def journal(
        self, entries: Sequence[Entry], most: int, ttl_s: float, book: Book = "decisions"
    ) -> None:
        members = [_member(entry) for entry in entries]
        await self._script(JOURNAL, [JOURNAL_KEYS[book]], most, _ms(ttl_s), *members)

    async def entries(
        self, first: str = "", last: str = "~", most: int = 1000, book: Book = "decisions"
    ) -> list[Entry]:
        words = (f"[{first}", f"({last}!", "LIMIT", 0, most)
        found = await self._command("ZRANGEBYLEX", PREFIX + JOURNAL_KEYS[book], *words)
        parts = (member.partition(b" ") for member in found)
        return [Entry(id.decode(), text) for id, _, text in parts]

    async def strike(self, entries: Sequence[Entry], book: Book = "decisions") -> None:
        if entries:
            members = [_member(entry) for entry in entries]
            await self._command("ZREM", PREFIX + JOURNAL_KEYS[book], *members)

    async def ping(self) -> None:
        await self.put("ping", b"1", 1.0)

    async def close(self) -> None:
        self._closed = True
        await self._breaker.close()
        if self._running:
            await asyncio.wait(self._running)
        if self._client is not None:
            with suppress(Exception):  # what can't be closed is gone already
                await self._client.aclose()
        if self._sentinel is not None:
            with suppress(Exception):
                await self._sentinel.aclose()

    # --- a trip ---

    async def _command(self, *words: str | bytes | int, once: bool = False) -> Any:
        async def run(client: Any) -> Any:
            try:
                return await client.execute_command(*words)
            except ReplyLate:
                if once:
                    raise
            return await client.execute_command(*words)

        return await self._trip(run)

    async def _script(self, script: Script, keys: Sequence[str], *values: str | bytes | int) -> Any:
        words = (len(keys), *(PREFIX + key for key in keys), *values)

        async def run(client: Any) -> Any:
            try:
                return await client.execute_command("EVALSHA", script.sha, *words)
            except NoScriptError:  # restarted, failed over, or never seen
                return await client.execute_command("EVAL", script.text, *words)

        return await self._trip(run)

    async def _trip(self, run: Callable[[Any], Awaitable[T]]) -> T:
        self._breaker.check()
        if self._closed:
            raise StoreDown("the store was closed")
        return await self._apart(self._in_turn(run))

    async def _apart(self, work: Coroutine[None, None, T]) -> T:
        """In a task that a cancelled visitor doesn't take along."""
        task = asyncio.create_task(work)
        self._running.add(task)
        task.add_done_callback(self._done)
        return await asyncio.shield(task)

    def _done(self, task: asyncio.Task[Any]) -> None:
        self._running.discard(task)
        if not task.cancelled():
            task.exception()  # seen, also if nobody waits any more

    async def _in_turn(self, run: Callable[[Any], Awaitable[T]]) -> T:
        try:
            async with asyncio.timeout(QUEUE_S):
                await self._slots.acquire()
        except TimeoutError:
            raise StoreDown(f"{CONNECTIONS} commands are under way") from None
        try:
            self._breaker.check()  # it may have opened meanwhile
            return await self._counted(run)
        finally:
            self._slots.release()

    async def _counted(self, run: Callable[[Any], Awaitable[T]]) -> T:
        try:
            result = await self._bounded(run)
        except StoreDown:
            self._breaker.failed()
            raise
        except StoreFull:
            self._breaker.succeeded()
            raise
        self._breaker.succeeded()
        return result

    async def _bounded(self, run: Callable[[Any], Awaitable[T]]) -> T:
        try:
            if self._client is None:
                self._client = self._connected()
            async with asyncio.timeout(self._outer_s):
                return await run(self._client)
        except TimeoutError:
            raise StoreDown(f"{self._url}: no answer in {self._outer_s:.1f} s") from None
        except Exception as error:  # the client raises far more than its own errors
            raise self._failure(error) from None

    def _failure(self, error: Exception) -> StoreError:
        text = str(error)[:200]
        for secret in (self._url.password, self._url.sentinel_password):
            text = text.replace(secret, "***") if secret else text
        if isinstance(error, OutOfMemoryError) or "OOM command not allowed" in text:
            return StoreFull(f"{self._url}: {text}")
        return StoreDown(f"{self._url}: {type(error).__name__}: {text}")

    async def _probe(self) -> None:
        async def run(client: Any) -> None:
            await client.execute_command("SET", PREFIX + "ping", b"1", "PX", 1000)

        await self._apart(self._bounded(run))

    # --- connecting ---

    def _connected(self) -> Any:
        match self._url.mode:
            case "single":
                return self._node(self._url.nodes[0])
            case "sentinel":
                return self._behind_sentinel()
            case "cluster":
                return ClusterClient(self._url.nodes, self._node)

    def _options(self) -> dict[str, Any]:
        return {
            "username": self._url.username,
            "password": self._url.password,
            "socket_timeout": self._url.deadline_s,
            "socket_connect_timeout": self._url.deadline_s,
            "protocol": 2,
            "driver_info": None,  # saves a trip for each connection
        }

    def _retry(self) -> dict[str, Any]:
        """For lost connections, and READONLY: a new one may find the server that is master now."""
        return {"retry": Retry(NoBackoff(), TRIES - 1, (ConnectionLost, ReadOnlyError))}

    def _node(self, address: Address) -> Redis:
        tls: dict[str, Any] = {**self._url.ssl} if self._url.tls else {}
        pool = BlockingConnectionPool(
            max_connections=CONNECTIONS,
            timeout=POOL_WAIT_S,
            connection_class=SSLConnection if self._url.tls else Connection,
            host=address[0],
            port=address[1],
            db=self._url.db,
            **self._options(),
            **self._retry(),
            **tls,
        )
        return Redis.from_pool(pool)

    def _behind_sentinel(self) -> Redis:
        tls: dict[str, Any] = {"ssl": True, **self._url.ssl} if self._url.tls else {}
        self._sentinel = Sentinel(  # type: ignore[no-untyped-call]
            list(self._url.nodes),
            sentinel_kwargs={
                **self._options(),
                "username": self._url.sentinel_username,
                "password": self._url.sentinel_password,
                "retry": Retry(NoBackoff(), 0),
                **tls,
            },
        )
        master: Redis = self._sentinel.master_for(
            self._url.service, db=self._url.db, **self._options(), **self._retry(), **tls
        )
        return master


def _member(entry: Entry) -> bytes:
    return entry.id.encode() + b" " + entry.text


def _ms(ttl_s: float) -> int:
    return max(1, int(ttl_s * 1000))


async def _all(work: Iterable[Awaitable[T]]) -> list[T | BaseException]:
    """All of them at once: their results, or what they raised."""
    return await asyncio.gather(*work, return_exceptions=True)


def _raised(results: Sequence[object]) -> None:
    """Raise the first failure among them."""
    for result in results:
        if isinstance(result, BaseException):
            raise result


async def _each(work: Iterable[Awaitable[Any]]) -> list[Any]:
    """All of them at once; the first failure, when all have ended."""
    results = await _all(work)
    _raised(results)
    return results
