"""The gate before nginx and php-fpm, by config/nginx/behind-php.conf: PHP must not notice."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio

from tests.front.conftest import CONFIG, Caller
from tests.front.programs import filled_in, nginx, opens, php_fpm
from tests.gatekeeper import GateProcess, config, free_port
from tests.visitor import CHROME, Reply, Visitor

pytestmark = pytest.mark.asyncio(loop_scope="module")
SITE = Path(__file__).parent / "php"
ROUTES = [
    {
        "name": "upload",
        "match": {"path": "/index.php", "form": {"do": "upload"}},
        "params": "php",
        "ladder": ["pow"],
        "work": 1000,
    }
]
FILE = hashlib.shake_128(b"document").digest(3 * 2**20)
FORM = (
    b'--Xy9\r\nContent-Disposition: form-data; name="do"\r\n\r\nupload\r\n'
    b'--Xy9\r\nContent-Disposition: form-data; name="tags[]"\r\n\r\nZo\xc3\xab\r\n'
    b'--Xy9\r\nContent-Disposition: form-data; name="tags[]"\r\n\r\n\r\n'
    b'--Xy9\r\nContent-Disposition: form-data; name="document"; filename="r\xc3\xa9sum\xc3\xa9.pdf"'
    b"\r\nContent-Type: application/pdf\r\n\r\n" + FILE + b"\r\n"
    b'--Xy9\r\nContent-Disposition: form-data; name="empty"; filename="empty.txt"'
    b"\r\nContent-Type: text/plain\r\n\r\n\r\n--Xy9--\r\n"
)
MULTIPART = "multipart/form-data; boundary=Xy9"
SHOP = "https://shop.example"
# What the TLS proxy before the gate says; the test stands where that proxy would.
TOLD = {"Host": "shop.example", "X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "https"}


class Shopper(Visitor):
    """Asks the shop by its name, and reaches it through the gate."""

    gate_url = ""

    async def ask(self, method, target, data=None, headers=None, base="") -> Reply:
        return await super().ask(method, target, data, headers, self.gate_url)


@dataclass
class Behind:
    gate: GateProcess
    port: int  # nginx's own


@pytest_asyncio.fixture(loop_scope="module", scope="module", params=["loopback", "unix"])
async def behind(request, tmp_path_factory) -> AsyncIterator[Behind]:
    folder = tmp_path_factory.mktemp("behind")
    port, unix = free_port(), folder / "shop.sock"
    with php_fpm(folder) as socket:
        listen = f"listen 127.0.0.1:{port};" + (
            f" listen unix:{unix};" if request.param == "unix" else ""
        )
        site = filled_in(
            "nginx/behind-php.conf",
            {
                "listen 127.0.0.1:8000;": listen,
                "/var/www/shop": str(SITE),
                "/run/php/php-fpm.sock": str(socket),
            },
        )
        with nginx(folder, site, lambda: opens(port)):
            app = f"unix:{unix}" if request.param == "unix" else f"http://127.0.0.1:{port}"
            trusted = {"include": [str(CONFIG / "nginx" / "in-front.yaml")]}
            gate = GateProcess(folder, config(app, ROUTES, **trusted))
            await gate.start()
            yield Behind(gate, port)
            await gate.stop()


@pytest_asyncio.fixture(loop_scope="module")
async def visitor(behind):
    async with Shopper(SHOP, {**CHROME, **TOLD}) as visitor:
        visitor.gate_url = behind.gate.url
        yield visitor


@pytest_asyncio.fixture(loop_scope="module")
async def direct(behind):
    """Straight to nginx, from an address that is nobody's proxy."""
    async with Caller(f"http://127.0.0.1:{behind.port}") as visitor:
        yield visitor


async def test_an_upload_is_finished_as_if_it_had_been_direct(visitor, direct):
    target = "/index.php/more?a%5B%5D=1&b=%E4%B8%AD+"
    met = await visitor.post(target, FORM, content_type=MULTIPART)
    assert met.challenged
    seen = (await visitor.through(met)).json()
    plain = (await direct.post(target, FORM, content_type=MULTIPART)).json()
    for what in ("post", "files", "get"):
        assert seen[what] == plain[what]
    assert seen["files"]["document"]["sha256"] == hashlib.sha256(FILE).hexdigest()
    assert seen["post"] == {"do": "upload", "tags": ["Zoë", ""]}
    for name in ("REQUEST_METHOD", "REQUEST_URI", "SCRIPT_NAME", "PATH_INFO", "CONTENT_LENGTH"):
        assert seen["server"][name] == plain["server"][name]
    assert seen["server"]["CONTENT_TYPE"] == plain["server"]["CONTENT_TYPE"] == MULTIPART
    assert seen["server"]["HTTP_X_GATEWAY_ROUTE"] == "upload"


async def test_php_sees_the_visitor(visitor):
    server = (await visitor.get("/index.php")).json()["server"]
    assert server["REMOTE_ADDR"] == "203.0.113.9"
    assert server["HTTPS"] == "on"
    assert server["HTTP_HOST"] == server["SERVER_NAME"] == "shop.example"
    assert (server["SERVER_PORT"], server["REQUEST_SCHEME"]) == ("443", "https")


async def test_plain_http_is_not_https(behind):
    async with Visitor(behind.gate.url) as visitor:
        server = (await visitor.get("/index.php")).json()["server"]
    assert "HTTPS" not in server
    assert (server["SERVER_PORT"], server["REQUEST_SCHEME"]) == ("80", "http")
    assert server["HTTP_HOST"] == f"127.0.0.1:{behind.gate.port}"


async def test_a_stranger_is_not_believed_through_the_gate(behind):
    async with Caller(behind.gate.url, {**CHROME, **TOLD, "X-Real-IP": "203.0.113.9"}) as visitor:
        server = (await visitor.get("/index.php")).json()["server"]
    assert server["REMOTE_ADDR"] == "127.0.0.3"
    assert "HTTPS" not in server


async def test_nor_without_it(direct):
    forged = {"X-Real-IP": "203.0.113.9", "X-Forwarded-For": "203.0.113.9"}
    server = (await direct.get("/index.php", headers=forged)).json()["server"]
    assert server["REMOTE_ADDR"] == "127.0.0.3"


async def test_redirects_of_nginx_stay_on_the_site(visitor):
    reply = await visitor.get("/folder")
    assert (reply.status, reply.headers["Location"]) == (301, "/folder/")
    assert (await visitor.get("/folder/")).text == "a folder\n"


async def test_other_paths_are_the_front_controllers(visitor):
    server = (await visitor.get("/some/where?x=1")).json()["server"]
    assert (server["SCRIPT_NAME"], server["REQUEST_URI"]) == ("/index.php", "/some/where?x=1")


async def test_no_script_no_php(visitor):
    assert (await visitor.get("/folder/index.html/x.php")).status == 404
