"""CF-Connecting-IP by config/cloudflare.yaml: only from trusted addresses, else it is removed."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.conftest import forgetful_app, gates
from tests.front.conftest import CONFIG, ROUTES, VISITOR, Caller, recorded
from tests.gatekeeper import GateProcess
from tests.visitor import CHROME, Visitor

pytestmark = pytest.mark.asyncio(loop_scope="module")
THEIRS = "203.0.113.9"
SENT = {"CF-Connecting-IP": THEIRS, "X-Forwarded-For": "198.51.100.7", "CF-Ray": "8a1b2c3d4e5f"}

app = forgetful_app()


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def gate(tmp_path_factory, recorder) -> AsyncIterator[GateProcess]:
    """127.0.0.1 stands for one of Cloudflare's addresses, by a second file; 127.0.0.3 does not."""
    folder = tmp_path_factory.mktemp("gate")
    (folder / "more.yaml").write_text(json.dumps({"trusted_proxies": ["127.0.0.1/32"]}))
    include = [str(CONFIG / "cloudflare.yaml"), "more.yaml"]
    async with gates(folder, recorder) as start:
        yield await start(ROUTES, include=include, log={"addresses": "full"})


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def strict(tmp_path_factory, recorder) -> AsyncIterator[GateProcess]:
    """As the file stands: nothing on this machine is Cloudflare."""
    async with gates(tmp_path_factory.mktemp("strict"), recorder) as start:
        yield await start(ROUTES, include=[str(CONFIG / "cloudflare.yaml")])


async def ask(url: str, headers: dict[str, str], kind: type[Visitor] = Visitor) -> None:
    async with kind(url, {**CHROME, **headers}) as visitor:
        assert (await visitor.get("/")).status == 200


async def test_from_a_trusted_address_it_counts(app, gate):
    await ask(gate.url, SENT)
    (seen,) = app.seen
    assert seen.get("x-real-ip") == THEIRS
    assert seen.get("cf-connecting-ip") == THEIRS
    assert seen.get("cf-ray") == SENT["CF-Ray"]


@pytest.mark.parametrize(
    "said, address", [("2001:DB8::1", "2001:db8::1"), ("::ffff:203.0.113.9", THEIRS)]
)
async def test_in_any_spelling(app, gate, said, address):
    await ask(gate.url, {"CF-Connecting-IP": said})
    assert app.seen[0].get("x-real-ip") == address


@pytest.mark.parametrize("said", ["somebody", "", "203.0.113.9, 203.0.113.10", "203.0.113.900"])
async def test_what_is_no_address_is_not_believed(app, gate, said):
    """The last address in X-Forwarded-For is; Cloudflare sends both."""
    await ask(
        gate.url,
        {**SENT, "CF-Connecting-IP": said} if said else {"X-Forwarded-For": "198.51.100.7"},
    )
    assert app.seen[0].get("x-real-ip") == "198.51.100.7"


@pytest.mark.parametrize("spelling", ["CF-Connecting-IP", "cf-connecting-ip", "CF_Connecting_IP"])
async def test_from_elsewhere_it_is_removed(app, gate, strict, spelling):
    await ask(gate.url, {spelling: THEIRS, "X-Forwarded-For": THEIRS}, Caller)
    await ask(strict.url, {spelling: THEIRS, "X-Forwarded-For": THEIRS})
    for seen, address in zip(app.seen, (VISITOR, "127.0.0.1"), strict=True):
        assert seen.get("x-real-ip") == seen.get("x-forwarded-for") == address
        assert spelling.lower() not in seen.names()
        assert THEIRS not in {value.decode() for _, value in seen.headers}


async def test_visitors_are_told_apart_by_it(app, gate):
    for address in (THEIRS, "198.51.100.20"):
        async with Visitor(gate.url, {**CHROME, "CF-Connecting-IP": address}) as visitor:
            assert (await visitor.post("/register", b"a=1")).challenged
        await recorded(gate, "decision", caller=address)
