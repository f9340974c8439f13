"""Identifiers: UUIDv7 (RFC 9562 §5.7), sortable by time. Clock and chance are arguments."""

from __future__ import annotations


def uuid7(now_s: float, random_10_bytes: bytes) -> str:
    """A UUIDv7 of `now_s` (Unix seconds, kept to the millisecond) and ten random bytes."""
    value = (int(now_s * 1000) & (2**48 - 1)) << 80 | int.from_bytes(random_10_bytes)
    value = value & ~(0xF << 76) | 0x7 << 76  # version
    value = value & ~(0x3 << 62) | 0x2 << 62  # variant
    text = f"{value:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
