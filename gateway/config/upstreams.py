"""The apps: how they are written, and what is made of that."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field

from gateway.config import units
from gateway.config.fields import Span, Whole, Words
from gateway.config.nodes import Items, Loc
from gateway.config.part import Part, written
from gateway.config.shape import Faults
from gateway.model import Address, Upstream

MAX_ADDRESSES = 32


class UpstreamPart(Part):
    """An app."""

    url: Words = Field(
        min_length=1,
        description="`http://127.0.0.1:8000` or `unix:/run/app.sock`, or a list of addresses that "
        "serve alike.",
    )
    host: str = Field(
        default=written(""),
        description="The Host a client without one (HTTP/1.0) is taken to have asked.",
    )
    affinity: Literal["none", "cookie", "client"] = Field(
        default=written("none"),
        description="Whether a visitor stays with one of several addresses, as sessions on local "
        "disk need: by a cookie of the gate's, or by the visitor's address.",
    )
    connect_timeout: Span | None = Field(
        default=None,
        ge=0.01,
        le=600,
        description="Reaching the app; by default `limits.wire.connect_timeout`.",
    )
    reply_timeout: Span | None = Field(
        default=None,
        ge=0.1,
        le=86400,
        description="Until its reply begins; by default `limits.wire.reply_timeout`.",
    )
    reply_idle_timeout: Span | None = Field(
        default=None,
        ge=0.1,
        le=7 * 86400,
        description="Between two parts of it; by default `limits.wire.reply_idle_timeout`.",
    )
    wait: Span = Field(
        default=written("5s"),
        ge=0,
        le=300,
        description="How long a request waits while the app accepts nobody: it may be restarting.",
    )
    max_requests: Whole = Field(
        default=written("0"),
        ge=0,
        le=10**6,
        description="Requests it is given at once, WebSockets included, all workers together; "
        "0: any number.",
    )
    queue: Whole = Field(
        default=written("100"),
        ge=0,
        le=10**6,
        description="Requests, in each worker, that wait for their turn (beyond: 503), or for the "
        "app to return (beyond: 502).",
    )
    queue_timeout: Span = Field(
        default=written("10s"),
        ge=0.01,
        le=600,
        description="How long a request waits for its turn; then 503.",
    )
    eject_after: Whole = Field(
        default=written("3"),
        ge=1,
        le=1000,
        description="Failures in a row that leave one of several addresses out …",
    )
    eject_time: Span = Field(
        default=written("10s"),
        ge=0.1,
        le=3600,
        description="… for this long, twice as long each time until it answers; never all.",
    )


def compile_upstream(
    name: str, part: UpstreamPart, folder: Path, workers: int, faults: Faults
) -> Upstream:
    """The app, with every fault in it added. Relative paths of sockets begin at `folder`."""
    addresses = _addresses(name, part, folder, faults)
    alone = len(addresses) < 2
    if alone and part.affinity != "none":
        what = "changes nothing while there is one address"
        faults.warn(("upstreams", name, "affinity"), what)
    if 0 < part.max_requests < workers:
        what = f"is less than one for each of {workers} workers: {workers} may be under way"
        faults.warn(("upstreams", name, "max_requests"), what)
    return Upstream(
        name=name,
        addresses=addresses,
        host_header=part.host or _host_header(addresses),
        affinity="none" if alone else part.affinity,
        connect_s=part.connect_timeout or 0.0,
        reply_head_s=part.reply_timeout or 0.0,
        reply_idle_s=part.reply_idle_timeout or 0.0,
        wait_s=part.wait,
        max_requests=max(1, part.max_requests // workers) if part.max_requests else 0,
        queue=part.queue,
        queue_s=part.queue_timeout,
        eject_after=part.eject_after,
        eject_s=part.eject_time,
    )


def _addresses(name: str, part: UpstreamPart, folder: Path, faults: Faults) -> tuple[Address, ...]:
    found: list[Address] = []
    listed = isinstance(faults.at(("upstreams", name)), Items)  # the short form
    for index, url in enumerate(part.url):
        loc: Loc = ("upstreams", name, index) if listed else ("upstreams", name, "url", index)
        try:
            address = _address(url, folder)
        except ValueError as error:
            faults.add(loc, str(error))
            continue
        if address in found:
            faults.add(loc, f"'{url}' is listed twice")
        found.append(address)
    if len(found) > MAX_ADDRESSES:
        faults.add(("upstreams", name, "url"), f"has more than {MAX_ADDRESSES} addresses")
    return tuple(found)


def _address(url: str, folder: Path) -> Address:
    if url.startswith("unix:"):
        return Address(unix_path=str(folder / units.unix_path(url)))
    parts = urlsplit(url)
    if parts.scheme == "https":
        raise ValueError("apps are reached by plain http or a unix socket: write http://…")
    if parts.scheme != "http" or not parts.hostname:
        raise ValueError(f"'{url}' is not an app: write it like http://127.0.0.1:8000")
    if parts.username or parts.password:
        raise ValueError("credentials in an app's address are not sent: remove them")
    if parts.path not in ("", "/") or parts.query or parts.fragment:
        raise ValueError("an app has no path of its own: write only http://host:port")
    port = parts.netloc.rpartition("]")[2].partition(":")[2] or "80"
    if not re.fullmatch(r"\d{1,5}", port) or not 0 < int(port) < 2**16:
        raise ValueError(f"port '{port}' is none: it is a number from 1 to 65535")
    return Address(parts.hostname, int(port))


def _host_header(addresses: tuple[Address, ...]) -> str:
    named = [str(address) for address in addresses if address.host]
    return named[0] if named else "localhost"
