"""What a trusted proxy may tell, as configured."""

from __future__ import annotations

import pytest

from gateway.config import ConfigError, load
from gateway.signals.of_hints import Hints

HEAD = "upstreams: {app: http://127.0.0.1:8000}\nsites: [{name: s}]\n"
JA3, JA4 = "e7d705a3286e19ea42f587b344ee6865", "t13d1516h2_8daaf6152771_02713d6af862"


@pytest.fixture
def read(tmp_path):
    def read(text):
        (tmp_path / "gateway.yaml").write_text(HEAD + text)
        return load(tmp_path / "gateway.yaml", {})

    return read


def test_none_by_default(read):
    assert read("").hints == Hints()


def test_all_of_them(read, tmp_path):
    (tmp_path / "tls.txt").write_text(f"# tools\n{JA3}  # curl\n\n{JA4.upper()}\n")
    text = (
        "trusted_proxies: [10.0.0.1]\nhints: {ja4: X-JA4, ja3: X-Ja3, file: tls.txt, order: kept}\n"
    )
    assert read(text).hints == Hints(b"x-ja4", b"x-ja3", frozenset({JA3, JA4}), True)


@pytest.mark.parametrize("line", ["abc", JA3[:-1], JA4 + "0", "t13d1516h2_8daaf6152771"])
def test_a_bad_line_is_named(read, tmp_path, line):
    (tmp_path / "tls.txt").write_text(f"{JA3}\n{line}\n")
    with pytest.raises(ConfigError) as caught:
        read("trusted_proxies: [10.0.0.1]\nhints: {ja3: X-JA3, file: tls.txt}\n")
    (fault,) = caught.value.faults
    assert str(fault).startswith(f"{tmp_path / 'tls.txt'}:2:1: ")
