"""nginx before the gate, by config/nginx/in-front.conf: TLS and HTTP/2 end there."""

from __future__ import annotations

import asyncio
import hashlib
import ssl
import subprocess

import pytest
import pytest_asyncio

from tests.front.conftest import VISITOR, recorded, standing

pytestmark = pytest.mark.asyncio(loop_scope="module")
FORGED = {
    "X-Forwarded-For": "203.0.113.66",
    "X-Real-IP": "203.0.113.66",
    "X-Forwarded-Proto": "http",
    "X-Forwarded-Host": "evil.example",
    "Forwarded": "for=203.0.113.66",
    "CF-Connecting-IP": "203.0.113.66",
    "X-Gateway-Route": "register",
    "X-Gateway-Decision": "mine",
    "X-Gateway-Risk": "0.123",
    "X-Gateway-Kind": "slider",
    "X-Gateway-Pass-Id": "mine",
    "X-Gateway-Would": "no",
    "X-Gateway-Store": "down",
}


@pytest_asyncio.fixture(loop_scope="module")
async def front(in_front):
    in_front.app.got.clear()
    in_front.glass.unlink(missing_ok=True)
    return in_front


@pytest_asyncio.fixture(loop_scope="module")
async def visitor(front):
    async with front.visitor() as visitor:
        yield visitor


async def test_a_held_post_is_finished(front, visitor):
    met = await visitor.post("/register?from=form", b"name=Zo%C3%AB")
    assert met.challenged
    assert front.app.got == []
    reply = await visitor.through(met)
    assert (reply.status, reply.text) == (200, "the app's own page")
    (got,) = front.app.got
    assert (got.method, got.target, got.body) == ("POST", "/register?from=form", b"name=Zo%C3%AB")
    assert got.all("x-gateway-route") == ["register"]
    assert got.all("host") == [f"shop.example:{front.port}"]


async def test_the_pass_is_for_https_and_counts(front, visitor):
    await visitor.through(await visitor.post("/register", b"a=1"))
    (cookie,) = visitor.session.cookie_jar
    assert cookie.key == "__Host-gateway_pass_register"
    assert cookie["secure"]
    assert (await visitor.post("/register", b"a=2")).text == "the app's own page"
    assert [got.body for got in front.app.got] == [b"a=1", b"a=2"]


async def test_the_app_is_told_who_asks(front, visitor):
    await visitor.through(await visitor.post("/register", b"a=1", headers=FORGED))
    (got,) = front.app.got
    assert got.all("x-real-ip") == [VISITOR]
    assert got.all("x-forwarded-for") == [f"{VISITOR}, 127.0.0.1"]
    assert got.all("x-forwarded-proto") == ["https"]
    assert got.all("x-forwarded-host") == [f"shop.example:{front.port}"]
    assert not {"mine", "0.123", "203.0.113.66"} & {value for _, value in got.headers}
    assert not {"x-gateway-would", "x-gateway-store", "forwarded"} & got.names()


async def test_visitors_are_told_apart(front, visitor):
    await visitor.post("/register", b"a=1")
    await recorded(front.gate, "decision", caller=VISITOR)
    assert not front.gate.records("proxy_unknown")


async def test_everything_else_goes_straight_to_the_app(front, visitor):
    reply = await visitor.get("/a%2Fb//c?x=%zz", headers=FORGED)
    assert reply.text == "the app's own page"
    (got,) = front.app.got
    assert got.target == "/a%2Fb//c?x=%zz"
    assert got.all("x-forwarded-for") == [VISITOR]  # so it came from nginx itself
    assert got.all("x-real-ip") == [VISITOR]
    assert got.all("x-forwarded-proto") == ["https"]
    assert got.all("x-forwarded-host") == [f"shop.example:{front.port}"]
    assert not {name for name in got.names() if name.startswith("x-gateway")}
    assert "forwarded" not in got.names()


@pytest.mark.parametrize(
    "target",
    [
        *("/register", "/register/", "/REGISTER", "//register", "/%72egister", "/x/../register"),
        *("/register;a=b", "/./register?x", "/register%2f", "/Vote"),
    ],
)
async def test_however_it_is_spelt(front, visitor, target):
    assert (await visitor.post(target, b"a=1")).challenged
    assert front.app.got == []


async def test_the_scripts_of_the_page_come_from_the_gate(front, visitor):
    reply = await visitor.get("/_gateway/gateway.js")
    assert reply.status == 200
    assert "javascript" in reply.headers["Content-Type"]
    assert front.app.got == []


async def test_a_large_file_is_finished(front, visitor):
    body = hashlib.shake_128(b"file").digest(9 * 2**20)
    met = await visitor.post("/register", body, content_type="application/octet-stream")
    assert (await visitor.through(met)).status == 200
    (got,) = front.app.got
    assert got.sha256 == hashlib.sha256(body).hexdigest()


async def test_what_is_too_large_to_hold_is_asked_all_the_same(front, visitor):
    """The gate answers before the body has come; the visitor sees the page, not a reset."""
    met = await visitor.post("/register", bytes(30 * 2**20), content_type="application/pdf")
    assert met.challenged


async def test_it_is_asked_before_its_body_has_come(front):
    reader, writer = await asyncio.open_connection(
        "127.0.0.1", front.port, ssl=front.trust, server_hostname="shop.example"
    )
    head = f"POST /register HTTP/1.1\r\nHost: shop.example:{front.port}\r\nAccept: text/html\r\n"
    writer.write(f"{head}Content-Length: {30 * 2**20}\r\n\r\nthe first few".encode())
    line = await asyncio.wait_for(reader.readline(), 20)
    assert line.startswith(b"HTTP/1.1 403")
    writer.transport.abort()


def curl(front, *more: str) -> str:
    command = ["curl", "-sS", "--interface", VISITOR, "--cacert", str(front.certificate)]
    command += ["--resolve", f"shop.example:{front.port}:127.0.0.1", "-m", "20", *more]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


@pytest.mark.parametrize("path, status", [("/register", "403"), ("/other", "200")])
async def test_http_2(front, path, status):
    command = ["--http2", "-o", "/dev/null", "-w", "%{http_version} %{http_code}", "-d", "a=1"]
    url = front.url + path
    assert await asyncio.to_thread(curl, front, *command, url) == f"2 {status}"
    hosts = [got.all("host") for got in front.app.got]
    assert hosts == ([] if status == "403" else [[f"shop.example:{front.port}"]])


async def test_plain_http_is_sent_to_https(front):
    command = ["-o", "/dev/null", "-w", "%{http_code} %{redirect_url}", "-H", "Host: shop.example"]
    found = await asyncio.to_thread(
        curl, front, *command, f"http://127.0.0.1:{front.plain_port}/a?b"
    )
    assert found == "308 https://shop.example/a?b"


async def test_websocket(front, visitor):
    async with visitor.session.ws_connect(front.url + "/vote/live") as socket:
        await socket.send_str("hello")
        assert await socket.receive_str(timeout=10) == "you said hello"


async def test_other_upgrades_are_not_passed_on(front, visitor):
    offer = {"Connection": "Upgrade, HTTP2-Settings", "Upgrade": "h2c", "HTTP2-Settings": "AAMA"}
    for path in ("/other", "/register"):
        assert (await visitor.get(path, headers=offer)).text == "the app's own page"
    for got in front.app.got:
        assert "upgrade" not in got.names()


async def test_events_arrive_as_they_are_sent(front, visitor):
    async with visitor.session.get(front.url + "/vote/events") as reply:
        for number in range(3):  # the app sends none before it is told to
            line = await asyncio.wait_for(reply.content.readuntil(b"\n\n"), 10)
            assert line == b"data: %d\n\n" % number
            front.app.go_on.set()


async def test_break_glass(front, visitor):
    assert (await visitor.post("/register", b"a=1")).challenged
    front.glass.touch()
    assert (await visitor.post("/register", b"a=2", headers=FORGED)).text == "the app's own page"
    front.nginx.reload()  # and it lasts
    async with front.visitor() as another:  # on a connection that the reload did not end
        assert (await another.post("/vote", b"a=3")).text == "the app's own page"
    first, second = front.app.got
    assert (first.body, second.body) == (b"a=2", b"a=3")
    assert first.all("x-forwarded-for") == [VISITOR]  # straight from nginx
    assert not {name for name in first.names() if name.startswith("x-gateway")}
    front.glass.unlink()
    assert (await visitor.post("/register", b"a=4")).challenged
    assert len(front.app.got) == 2


async def test_without_the_gate(front, visitor):
    """Dead, it takes the protected places with it and nothing else; the glass is there for that."""
    await front.gate.stop()
    try:
        assert (await visitor.post("/register", b"a=1")).status == 502
        assert (await visitor.get("/other")).status == 200
        front.glass.touch()
        assert (await visitor.post("/register", b"a=2")).status == 200
        assert [got.body for got in front.app.got] == [b"", b"a=2"]
    finally:
        await front.gate.start()


async def test_the_whole_site_through_the_gate(tmp_path):
    async with (
        standing(tmp_path, {"proxy_pass http://app;": "proxy_pass http://$guarded;"}) as front,
        front.visitor() as visitor,
    ):
        assert (await visitor.get("/a%2Fb//c?x=%zz")).status == 200
        assert front.app.got[0].target == "/a%2Fb//c?x=%zz"
        assert front.app.got[0].all("x-forwarded-for") == [f"{VISITOR}, 127.0.0.1"]
        front.glass.touch()
        assert (await visitor.get("/other")).status == 200
        assert front.app.got[1].all("x-forwarded-for") == [VISITOR]


async def test_tls_ends_there_with_http_2(front):
    context = ssl.create_default_context(cafile=str(front.certificate))
    context.set_alpn_protocols(["h2", "http/1.1"])
    _, writer = await asyncio.open_connection(
        "127.0.0.1", front.port, ssl=context, server_hostname="shop.example"
    )
    assert writer.get_extra_info("ssl_object").selected_alpn_protocol() == "h2"
    writer.transport.abort()  # nginx speaks HTTP/2 to the end, which a polite close would mind
