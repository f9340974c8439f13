"""`gateway keys`."""

from __future__ import annotations

import json
import stat

import pytest

from gateway.cli.keys import longest_s
from gateway.config import load


@pytest.fixture
def keyed(gateway, file):
    assert gateway("keys", "create", file).code == 0
    return file


def files(file):
    return sorted(path.stem for path in (file.parent / "keys").glob("*.key"))


def test_create_makes_one_key_for_this_user_only(gateway, keyed):
    (kid,) = files(keyed)
    folder = keyed.parent / "keys"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / f"{kid}.key").stat().st_mode) == 0o600
    assert gateway("keys", "create", keyed).code == 0
    assert files(keyed) == [kid]


def test_list_shows_no_secret(gateway, keyed):
    (kid,) = files(keyed)
    secret = json.loads((keyed.parent / "keys" / f"{kid}.key").read_text())["secret"]
    said = gateway("keys", "list", keyed)
    assert kid in said.out
    assert "signs and verifies" in said.out
    assert secret not in said.out


def test_rotate_adds_one_that_signs_later(gateway, keyed):
    said = gateway("keys", "rotate", keyed)
    assert said.code == 0
    assert len(files(keyed)) == 2
    assert "Reload each gate (SIGHUP) within 5 minutes" in said.out
    listed = gateway("keys", "list", keyed).out
    assert "verifies; will sign" in listed
    assert "signs and verifies" in listed


def test_jwks_are_public_keys(gateway, keyed):
    said = gateway("keys", "jwks", keyed)
    (key,) = json.loads(said.out)["keys"]
    assert (key["kty"], key["crv"], "d" in key) == ("OKP", "Ed25519", False)
    assert "signing: EdDSA" in said.err


@pytest.mark.parametrize(
    "pass_ttl, hold_ttl, seconds", [("10m", "1h", 3600), ("2h", "1h", 7200), ("1h", "1h", 3600)]
)
def test_a_key_is_kept_while_anything_by_it_may_be_good(tmp_path, pass_ttl, hold_ttl, seconds):
    path = tmp_path / "gateway.yaml"
    path.write_text(
        "upstreams: {app: http://127.0.0.1:1}\nsites: [{name: s, routes: ["
        f"{{name: a, pass: {{ttl: {pass_ttl}}}, hold: {{ttl: {hold_ttl}}}}}]}}]\n"
    )
    assert longest_s(load(path, {})) == seconds


@pytest.mark.parametrize("command", ["list", "rotate", "jwks"])
def test_without_keys(gateway, file, command):
    said = gateway("keys", command, file)
    assert said.code == 1
    assert "gateway keys create" in said.err


def test_keys_that_others_can_read(gateway, keyed):
    (keyed.parent / "keys").chmod(0o755)
    said = gateway("keys", "list", keyed)
    assert said.code == 1
    assert "chmod 700" in said.err
