"""The files that travel with the gate: each loads, and does what it says and no more."""

from __future__ import annotations

import datetime
from ipaddress import ip_network

import pytest

from gateway.config import ConfigError, load
from gateway.config.presets import load_presets, read_trusted, trusted_files
from gateway.files import data_dir
from gateway.model import NoBody, RequestHead
from gateway.routing import Matched, Router

TRUSTED = sorted((data_dir("config") / "trusted").glob("*.yaml"))
SITES = """
upstreams: {{app: http://127.0.0.1:8000}}
sites:
  - name: s
    presets: {presets}
    routes:
      - {{name: all, match: {{path: /**}}, ladder: [slider]}}
"""


@pytest.fixture
def meets(tmp_path):
    """Which action a request meets on a site that protects everything else."""

    def meets(presets, method, target):
        path = tmp_path / "gateway.yaml"
        path.write_text(SITES.format(presets=presets))
        (site,) = load(path, {}).sites
        head = RequestHead(method, target.encode(), (1, 1), (), NoBody(), "x", keep_alive=True)
        found = Router([site], "/_gateway/").match(site, head, None)
        assert isinstance(found, Matched)
        assert found.route is not None
        return found.route.action

    return meets


def test_the_presets_are_those_of_the_readme():
    assert sorted(load_presets()) == ["feeds", "payments", "webhooks", "well-known"]


@pytest.mark.parametrize("name", sorted(load_presets()))
def test_presets_only_allow(name):
    assert {route.action for route in load_presets()[name].part.routes} == {"allow"}
    assert load_presets()[name].part.about


@pytest.mark.parametrize(
    "preset, method, target, action",
    [
        ("well-known", "GET", "/robots.txt", "allow"),
        ("well-known", "HEAD", "/robots.txt", "allow"),
        ("well-known", "POST", "/robots.txt", "challenge"),
        ("well-known", "GET", "/.well-known/acme-challenge/x", "allow"),
        ("well-known", "GET", "/sitemap_index.xml.gz", "allow"),
        ("well-known", "GET", "/.well-known/../admin", "challenge"),
        ("well-known", "GET", "/.well-known/%2e%2e/admin", "challenge"),
        ("well-known", "GET", "/x/robots.txt", "challenge"),
        ("feeds", "GET", "/feed", "allow"),
        ("feeds", "GET", "/blog/feed/", "allow"),
        ("feeds", "GET", "/news.atom", "allow"),
        ("feeds", "GET", "/blog/index.xml", "allow"),
        ("feeds", "POST", "/feed", "challenge"),
        ("feeds", "GET", "/feedback", "challenge"),
        ("feeds", "GET", "/register.php/x.rss", "challenge"),
        ("feeds", "GET", "/register.php/feed/", "challenge"),
        ("feeds", "GET", "/register.php%2Ffeed", "challenge"),
        ("webhooks", "POST", "/webhooks/stripe", "allow"),
        ("webhooks", "GET", "/webhooks/stripe", "challenge"),
        ("webhooks", "POST", "/webhooked", "challenge"),
        ("payments", "POST", "/payment/notify", "allow"),
        ("payments", "POST", "/wc-api/WC_Gateway_Paypal", "allow"),
        ("payments", "POST", "/paypal/ipn/", "allow"),
        ("payments", "POST", "/fr/module/stripe/validation", "allow"),
        ("payments", "POST", "/checkout", "challenge"),
        ("payments", "GET", "/?wc-api=WC_Gateway", "allow"),
        ("payments", "GET", "/", "challenge"),
    ],
)
def test_presets(meets, preset, method, target, action):
    assert meets(f"[{preset}]", method, target) == action


@pytest.mark.parametrize("path", TRUSTED, ids=[path.stem for path in TRUSTED])
def test_trusted_files_are_dated(path):
    part = read_trusted(path)
    assert datetime.date.fromisoformat(part.date)
    assert part.source
    assert len(part.addresses) == len(set(part.addresses))
    for address in part.addresses:
        assert ip_network(address).is_global is (path.stem != "private")


def test_presets_of_addresses_are_unfolded(tmp_path):
    path = tmp_path / "gateway.yaml"
    listed = "trusted_proxies: [private, unix, 192.0.2.1, 10.0.0.0/8]\n"
    path.write_text(listed + SITES.format(presets="[]"))
    trusted = load(path, {}).trusted
    assert trusted[:2] == ("127.0.0.0/8", "10.0.0.0/8")
    assert trusted[-2:] == ("unix", "192.0.2.1/32")
    assert len(trusted) == len(set(trusted))


def test_a_list_beside_the_file_wins(tmp_path):
    folder = tmp_path / "trusted"
    folder.mkdir()
    text = 'about: x\ndate: "2026-01-01"\nsource: [y]\naddresses: [192.0.2.0/24]\n'
    (folder / "cloudflare.yaml").write_text(text)
    assert trusted_files(tmp_path)["cloudflare"].parent == folder
    path = tmp_path / "gateway.yaml"
    path.write_text("trusted_proxies: cloudflare\n" + SITES.format(presets="[]"))
    assert load(path, {}).trusted == ("192.0.2.0/24",)
    (folder / "cloudflare.yaml").write_text(text.replace("addresses", "adresses"))
    with pytest.raises(ConfigError, match="unknown key 'adresses'; did you mean 'addresses'"):
        load(path, {})
