"""Databases and lists made for tests."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mmdb_writer import MMDBWriter
from netaddr import IPSet

COUNTRIES = {
    "192.0.2.0/24": {"country": {"iso_code": "DE"}},
    "198.51.100.0/24": {"registered_country": {"iso_code": "CN"}},
    "203.0.113.0/24": {"continent": {"code": "EU"}},  # of no country
    "2001:db8::/32": {"country_code": "at"},
}
NETWORKS = {
    "192.0.2.0/24": {"autonomous_system_number": 64496},
    "2001:db8::/32": {"asn": "AS64497"},
}


def write_mmdb(
    path: Path, records: Mapping[str, Any], name: str = "Test", version: int = 6
) -> Path:
    """A database with these records, by network."""
    writer = MMDBWriter(version, name, ipv4_compatible=version == 6)
    for network, record in records.items():
        writer.insert_network(IPSet([network]), record)
    writer.to_db_file(str(path))
    return path
