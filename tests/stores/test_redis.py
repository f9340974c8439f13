"""What is special about Redis: it dies, hangs, fills up, fails over, and has a password."""

from __future__ import annotations

import asyncio
import datetime
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from ipaddress import IPv4Address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from gateway.ids import uuid7
from gateway.model import Slide
from gateway.stores import Entry, Store, StoreDown, StoreError, StoreFull, open_store
from tests.servers import (
    Cluster,
    Server,
    free_ports,
    redis_cluster,
    redis_sentinel,
    redis_server,
    wait_for,
)

Open = Callable[[str], Store]
SOON_S = 15.0  # generous: it takes about a second
DEADLINE = "?deadline_ms=500"  # five times the default: other tests run at the same time
STUCK_S = 3.0  # nominally two deadlines


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """One of one's own, to be harmed."""
    with redis_server(tmp_path) as server:
        yield server


@pytest.fixture
async def opened() -> AsyncIterator[Open]:
    stores: list[Store] = []

    def make(url: str) -> Store:
        stores.append(open_store(url))
        return stores[-1]

    yield make
    for store in stores:
        await store.close()


async def recovered(store: Store, within_s: float = SOON_S) -> None:
    ends_s = time.monotonic() + within_s
    while True:
        try:
            await store.ping()
        except StoreDown:
            assert time.monotonic() < ends_s, "it did not recover"
            await asyncio.sleep(0.05)
        else:
            return


async def fail_until_open(store: Store) -> list[float]:
    """How long each of the first calls took to fail."""
    took: list[float] = []
    for _ in range(3):
        began_s = time.monotonic()
        with pytest.raises(StoreDown):
            await store.get("key")
        took.append(time.monotonic() - began_s)
    return took


async def answers_at_once(store: Store) -> None:
    """1000 refusals in a time in which not even a few deadlines would fit."""
    began_s = time.monotonic()
    for _ in range(1000):
        with pytest.raises(StoreDown, match="lately"):
            await store.spend("key", 60)
    assert time.monotonic() - began_s < 0.5


async def test_killed_and_back(server: Server, opened: Open) -> None:
    store = opened(server.url + DEADLINE)
    assert await store.spend("before", 60)
    server.kill()
    assert max(await fail_until_open(store)) < STUCK_S
    await answers_at_once(store)
    server.start()
    await recovered(store)
    assert await store.swap("absent", b"a", b"b", 60) is False  # its scripts are forgotten too
    assert await store.bump("count", 60) == 1


async def test_stuck_and_back(server: Server, opened: Open) -> None:
    store = opened(server.url + DEADLINE)
    await store.put("key", b"x", 60)
    server.pause()
    try:
        assert max(await fail_until_open(store)) < STUCK_S
        await answers_at_once(store)
    finally:
        server.resume()
    await recovered(store)
    assert await store.get("key") == b"x"


async def test_many_wait_for_a_stuck_server_but_once(server: Server, opened: Open) -> None:
    store = opened(server.url + DEADLINE)
    await store.ping()
    server.pause()
    try:
        began_s = time.monotonic()
        found = await asyncio.gather(
            *[store.get(f"key:{i}") for i in range(300)], return_exceptions=True
        )
        assert {type(one) for one in found} == {StoreDown}
        assert time.monotonic() - began_s < STUCK_S  # not 300 / 32 deadlines
    finally:
        server.resume()
    await recovered(store)


async def test_never_there_then_there(server: Server, opened: Open) -> None:
    server.kill()
    store = opened(server.url + DEADLINE)
    await fail_until_open(store)
    server.start()
    await recovered(store)


async def test_late_replies_are_nobody_elses(server: Server, opened: Open) -> None:
    store = opened(server.url + "?deadline_ms=200")
    names = [f"key:{i}" for i in range(100)]
    for name in names:
        await store.put(name, name.encode(), 60)
    for _ in range(2):
        await asyncio.to_thread(server.cli, "client", "pause", "300", "all")
        found = await asyncio.gather(*[store.get(name) for name in names], return_exceptions=True)
        for name, value in zip(names, found, strict=True):
            assert isinstance(value, StoreDown) or value == name.encode()
        await recovered(store)
        assert [await store.get(name) for name in names] == [name.encode() for name in names]


async def test_a_late_spend_is_not_tried_again(server: Server, opened: Open) -> None:
    """It would find itself spent already."""
    store = opened(server.url + DEADLINE)
    await store.ping()
    assert await store.bump("count", 60) == 1
    server.pause()
    with pytest.raises(StoreDown):
        await store.bump("count", 60)
    server.resume()
    await asyncio.sleep(0.2)
    assert await store.counts(["count"]) == [2]


async def test_full_is_not_down(tmp_path: Path, opened: Open) -> None:
    limits = ("--maxmemory", "3mb", "--maxmemory-policy", "noeviction")
    with redis_server(tmp_path, *limits) as server:
        store = opened(server.url + DEADLINE)
        kept = 0
        with pytest.raises(StoreFull):
            for _ in range(1000):
                await store.put(f"key:{kept}", bytes(50_000), 60)
                kept += 1
        verbs: list[Callable[[str], Awaitable[object]]] = [
            lambda key: store.put(key, bytes(500), 60),
            lambda key: store.spend(key, 60),
            lambda key: store.reserve(key, 1, 9, 60),
            lambda key: store.bump(key, 60),
        ]
        for number, verb in enumerate(verbs):
            with pytest.raises(StoreFull):
                for index in range(10_000):
                    await verb(f"small:{number}:{index}")
        assert await store.get("key:0") == bytes(50_000)
        await store.delete(*[f"key:{i}" for i in range(kept)])
        await store.put("key:0", bytes(50_000), 60)


async def test_what_has_ended_takes_no_room(redis_one: Server, opened: Open) -> None:
    """Nor does it while something else keeps its key."""
    store = opened(redis_one.url + DEADLINE)
    await store.slide([Slide("busy", 60.0)])
    for _ in range(3):
        await store.slide([Slide("busy", 0.2)])
        await asyncio.sleep(0.3)
    assert redis_one.cli("hlen", "gateway:busy").split() == ["2"]  # what ended last, till then
    assert 50_000 < int(redis_one.cli("pttl", "gateway:busy")) <= 64_000  # and none stays for ever


async def test_a_journal_forgets_to_the_second(redis_one: Server, opened: Open) -> None:
    """Not to the minute that the first half of an id tells."""
    store, now_s = opened(redis_one.url + DEADLINE), time.time()
    ages = (18.0, 22.0, 30.0, 50.0, 80.0)
    dated = {age_s: Entry(uuid7(now_s - age_s, bytes(10)), b"{}") for age_s in ages}
    await store.journal([*dated.values()], 100, 20.0, "traces")
    left = {each.id for each in await store.entries(book="traces")}
    assert [age_s for age_s, each in dated.items() if each.id in left] == [18.0]
    await store.strike([*dated.values()], "traces")


async def test_a_server_that_became_a_replica_is_down_until_promoted(
    server: Server, opened: Open
) -> None:
    store = opened(server.url + DEADLINE)
    await store.put("key", b"x", 60)
    server.cli("replicaof", "127.0.0.1", "1")
    for _ in range(3):
        with pytest.raises(StoreDown, match="ReadOnlyError"):
            await store.put("key", b"y", 60)
    await asyncio.sleep(1.2)  # a probe found it answering, and still not writable
    with pytest.raises(StoreDown):
        await store.get("key")
    server.cli("replicaof", "no", "one")
    await recovered(store)


async def test_a_read_only_answer_makes_it_connect_anew(tmp_path: Path, opened: Open) -> None:
    """One address for whichever server is master, as load balancers and DNS names give."""
    with redis_server(tmp_path) as old, redis_server(tmp_path, port=free_ports(1)[0]) as new:
        target = old.port

        async def forward(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            there = await asyncio.open_connection("127.0.0.1", target)
            await asyncio.gather(_copy(reader, there[1]), _copy(there[0], writer))

        address = await asyncio.start_server(forward, "127.0.0.1", 0)
        port = address.sockets[0].getsockname()[1]
        store = opened(f"redis://127.0.0.1:{port}{DEADLINE}")
        await store.put("key", b"old", 60)
        old.cli("replicaof", "127.0.0.1", str(new.port))
        target = new.port
        await store.put("key", b"new", 60)
        assert new.cli("get", "gateway:key").strip() == "new"
        await store.close()
        address.close()
        await address.wait_closed()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65536):
        writer.write(data)
    writer.close()


async def test_impatient_cancelling_loses_no_connection(server: Server, opened: Open) -> None:
    store = opened(server.url + DEADLINE)
    await store.put("key", b"x", 60)
    await asyncio.gather(*[store.get("key") for _ in range(64)])  # all connections stand
    for steps in range(40):
        tasks = [asyncio.create_task(store.get("key")) for _ in range(32)]
        for _ in range(steps):
            await asyncio.sleep(0)
        for _ in range(3):
            for task in tasks:
                task.cancel()
            await asyncio.sleep(0)
        await asyncio.gather(*tasks, return_exceptions=True)
    assert await asyncio.gather(*[store.get("key") for _ in range(64)]) == [b"x"] * 64
    [made] = [line for line in server.cli("info", "stats").split() if "connections_rec" in line]
    assert int(made.partition(":")[2]) < 32 + 20  # the pool, and what this test asked by itself


@pytest.mark.parametrize("password", ["right", "wr0ng:@/%", ""])
async def test_passwords_are_used_and_never_shown(
    tmp_path: Path, opened: Open, password: str
) -> None:
    with redis_server(tmp_path, "--requirepass", "right") as server:
        quoted = password.replace("%", "%25").replace("/", "%2F").replace("@", "%40")
        store = opened(server.url.replace("://", f"://:{quoted}@") + DEADLINE)
        if password == "right":
            await store.ping()
        else:
            with pytest.raises(StoreDown) as caught:
                await store.ping()
            assert password == "" or password not in str(caught.value)
        assert password == "" or password not in repr(store)


def certificate(folder: Path) -> tuple[str, str]:
    """A certificate for 127.0.0.1 that signs itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    (folder / "cert.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return str(folder / "cert.pem"), str(folder / "key.pem")


async def test_tls_and_only_with_a_known_certificate(tmp_path: Path, opened: Open) -> None:
    cert, key = certificate(tmp_path)
    files = ("--tls-cert-file", cert, "--tls-key-file", key, "--tls-ca-cert-file", cert)
    port = free_ports(1)[0]
    tls = (*files, "--tls-port", str(port), "--tls-auth-clients", "no")
    with redis_server(tmp_path, *tls, port=free_ports(2)[1]):
        url = f"rediss://127.0.0.1:{port}"
        store = opened(f"{url}?deadline_ms=3000&ssl_ca_certs={cert}")
        assert await store.spend("key", 60)
        with pytest.raises(StoreDown, match="certificate"):
            await opened(f"{url}?deadline_ms=3000").ping()


# --- Cluster -------------------------------------------------------------------------------


async def test_keys_are_spread_over_the_cluster(redis_three: Cluster, opened: Open) -> None:
    store = opened(redis_three.url + DEADLINE)
    names = [f"spread:{i}" for i in range(60)]
    for name in names:
        await store.bump(name, 60)
    assert await store.counts(names) == [1] * 60
    for master in redis_three.masters:
        assert int(master.cli("dbsize").split()[-1]) > 5
    await store.delete(*names)
    assert await store.counts(names) == [0] * 60


async def test_slots_that_move_are_followed(redis_three: Cluster, opened: Open) -> None:
    """Asking in the middle of a move (ASK), and after it with an old map (MOVED)."""
    store = opened(redis_three.url + DEADLINE)
    await store.put("moving", b"x", 60)
    slot = redis_three.masters[0].cli("cluster", "keyslot", "gateway:moving").split()[-1]
    ids = {one.port: one.cli("cluster", "myid").strip() for one in redis_three.masters}
    holders = [one for one in redis_three.masters if "1" in one.cli(*_count(slot)).split()]
    [source] = holders
    target = next(one for one in redis_three.masters if one is not source)
    target.cli("cluster", "setslot", slot, "importing", ids[source.port])
    source.cli("cluster", "setslot", slot, "migrating", ids[target.port])
    source.cli("migrate", "127.0.0.1", str(target.port), "gateway:moving", "0", "5000")
    assert await store.get("moving") == b"x"
    assert await store.swap("moving", b"x", b"y", 60)
    for one in redis_three.masters:
        one.cli("cluster", "setslot", slot, "node", ids[target.port])
    assert await store.get("moving") == b"y"
    assert await store.bump("count", 60) == 1


def _count(slot: str) -> tuple[str, str, str]:
    return "cluster", "countkeysinslot", slot


async def test_a_cluster_node_dies_and_comes_back(tmp_path: Path, opened: Open) -> None:
    with redis_cluster(tmp_path) as cluster:
        store = opened(cluster.url + DEADLINE)
        names = [f"key:{i}" for i in range(30)]
        for name in names:
            await store.spend(name, 60)
        cluster.masters[0].kill()
        failures = 0
        for name in names:
            try:
                await store.get(name)
            except StoreDown:
                failures += 1
        assert failures > 0
        cluster.masters[0].start()
        await recovered_everywhere(store, names)


async def test_a_cluster_replaces_a_dead_master(tmp_path: Path, opened: Open) -> None:
    with redis_cluster(tmp_path, replicas=1) as cluster:
        store = opened(cluster.url + DEADLINE)
        names = [f"key:{i}" for i in range(30)]
        assert all([await store.spend(name, 600) for name in names])
        wait_for(cluster.masters[0].is_copied)
        cluster.masters[0].kill()
        await recovered_everywhere(store, names)
        assert not any([await store.spend(name, 600) for name in names])


async def recovered_everywhere(store: Store, names: list[str]) -> None:
    ends_s = time.monotonic() + SOON_S
    while True:
        try:
            await store.counts(names)
        except StoreError:
            assert time.monotonic() < ends_s, "it did not recover"
            await asyncio.sleep(0.1)
        else:
            return


async def test_a_stuck_cluster_node_costs_a_few_deadlines(tmp_path: Path, opened: Open) -> None:
    with redis_cluster(tmp_path) as cluster:
        store = opened(cluster.url + DEADLINE)
        names = [f"key:{i}" for i in range(30)]
        await store.counts(names)
        cluster.masters[1].pause()
        try:
            began_s = time.monotonic()
            found = await asyncio.gather(*[store.get(n) for n in names], return_exceptions=True)
            assert time.monotonic() - began_s < 10
            assert StoreDown in {type(one) for one in found}
        finally:
            cluster.masters[1].resume()
        await recovered_everywhere(store, names)


# --- Sentinel ------------------------------------------------------------------------------


async def test_a_failover_is_survived(tmp_path: Path, opened: Open) -> None:
    with redis_sentinel(tmp_path) as group:
        store = opened(group.url + DEADLINE)
        assert await store.spend("before", 60)
        await store.put("record", b"held", 60)
        wait_for(group.master.is_copied)  # what was not yet copied would be forgotten
        group.master.kill()
        await fail_until_open(store)
        await recovered(store)
        assert group.named_master() == group.replica.port
        assert await store.spend("before", 60) is False
        assert await store.swap("record", b"held", b"claimed", 60)
        assert await store.spend("after", 60)
        group.master.start()  # comes back as a replica of the new one
        await asyncio.sleep(0.5)
        assert await store.spend("after", 60) is False


async def test_a_demoted_master_is_left(tmp_path: Path, opened: Open) -> None:
    """As after a failover while the old master lives: its connections answer READONLY."""
    with redis_sentinel(tmp_path) as group:
        store = opened(group.url + DEADLINE)
        await asyncio.gather(*[store.bump("count", 60) for _ in range(40)])
        group.replica.cli("replicaof", "no", "one")
        for one in group.sentinels:
            one.cli("sentinel", "remove", group.service)
            new = ("127.0.0.1", str(group.replica.port), "2")
            one.cli("sentinel", "monitor", group.service, *new)
        group.master.cli("replicaof", "127.0.0.1", str(group.replica.port))
        await recovered(store)
        await store.put("key", b"x", 60)
        assert await opened(group.replica.url + DEADLINE).get("key") == b"x"


async def test_an_unknown_service_is_down(tmp_path: Path, opened: Open) -> None:
    with redis_sentinel(tmp_path) as group, pytest.raises(StoreDown):
        await opened(group.url.replace("mymaster", "other") + DEADLINE).ping()
