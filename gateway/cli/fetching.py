"""Published address lists: fetched when the operator asks, checked, written whole or not at all."""

from __future__ import annotations

import ipaddress
import json
import os
import ssl
import tempfile
import urllib.request
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from rich.console import Console
from rich.text import Text

from gateway.cli import exits
from gateway.config import units

FETCH_TIMEOUT_S = 15
MAX_LIST_BYTES = 256 * 1024
MIN_SHARE = 0.5  # of the old list's length; a shorter new one is taken for a broken page


def renew(
    name: str,
    urls: Iterable[str],
    target: Path,
    old: Collection[str],
    lines: Callable[[str, Sequence[str]], list[str]],
) -> int:
    """Fetch a list, check it, write it and say what changed; or leave it as it is and say why.

    `old`: its networks so far; `lines`: the file's, by the day (2026-11-20) and the new networks.
    """
    try:
        found = [network for url in urls for network in _fetch(url)]
    except (OSError, ValueError) as error:
        return failed(f"{name} stays as it is: {error}")
    if why := _too_few(found, old):
        return failed(f"{name} stays as it is: {why}")
    _write_whole(target, lines(datetime.now(UTC).strftime("%Y-%m-%d"), found))
    _show_changes(target, found, old)
    return exits.OK


def _fetch(url: str) -> list[str]:
    """The networks listed there: one a line, or as JSON. Raises OSError or ValueError."""
    parts = urlsplit(url)
    if parts.scheme != "https" and not units.is_loopback(parts.hostname or ""):
        raise ValueError(f"{url}: only https is believed")
    request = urllib.request.Request(url, headers={"User-Agent": "gateway"})  # noqa: S310
    context = ssl.create_default_context() if parts.scheme == "https" else None
    with urllib.request.urlopen(request, timeout=FETCH_TIMEOUT_S, context=context) as reply:  # noqa: S310
        data = reply.read(MAX_LIST_BYTES + 1)
    if len(data) > MAX_LIST_BYTES:
        raise ValueError(f"{url}: more than {MAX_LIST_BYTES // 1024} KiB")
    text = data.decode("ascii", "replace").strip()
    lines = _prefixes(text, url) if text.startswith("{") else text.splitlines()
    entries = [line.strip() for line in lines]
    return [_global(units.network(entry), url) for entry in entries if entry]


def _prefixes(text: str, url: str) -> list[str]:
    """`{"prefixes": [{"ipv4Prefix": "…"}, {"ipv6Prefix": "…"}]}`, as crawlers publish them."""
    try:
        listed = json.loads(text)["prefixes"]
        return [str(each.get("ipv4Prefix") or each["ipv6Prefix"]) for each in listed]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise ValueError(f"{url}: JSON, but not with prefixes as expected") from None


def _global(network: str, url: str) -> str:
    """A vendor's list that names private networks is not the vendor's list."""
    found = ipaddress.ip_network(network)
    if not found.is_global or found.prefixlen < (8 if found.version == 4 else 16):
        raise ValueError(f"{url}: {network} can't be theirs")
    return network


def _too_few(found: Collection[str], old: Collection[str]) -> str:
    """Why a list is too short to be true, or ""."""
    if len(found) >= MIN_SHARE * len(old) and found:
        return ""
    return f"only {len(found)} networks instead of {len(old)}"


def _write_whole(target: Path, lines: list[str]) -> None:
    """All of it or nothing."""
    target.parent.mkdir(exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.stem}-")
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")
    Path(name).chmod(0o644)
    Path(name).replace(target)


def _show_changes(target: Path, found: Collection[str], old: Collection[str]) -> None:
    """What is new and what is gone."""
    console = Console(soft_wrap=True, highlight=False)
    console.print(Text(f"{target}: {len(found)} networks"))
    for sign, style, some in (
        ("+", "green", set(found) - set(old)),
        ("-", "red", set(old) - set(found)),
    ):
        for network in sorted(some):
            console.print(Text(f"  {sign} {network}", style=style))
    console.print(Text("Reload each gate (SIGHUP) to use them."))


def failed(text: str) -> int:
    Console(stderr=True, soft_wrap=True, highlight=False).print(Text(text, style="red"))
    return exits.FAILED
