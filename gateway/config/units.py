"""What operators write in text, as values: spans, sizes, numbers, addresses.

Each reader takes text and raises ValueError with a sentence that says what to write instead.
"""

from __future__ import annotations

import re
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

_SPAN_S = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_SPAN = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)")
_SIZE_BYTES = {
    "B": 1,
    "kB": 10**3,
    "KB": 10**3,
    "MB": 10**6,
    "GB": 10**9,
    "KiB": 2**10,
    "MiB": 2**20,
    "GiB": 2**30,
    "TiB": 2**40,
}
_SIZE = re.compile(r"(\d+(?:\.\d+)?) ?([A-Za-z]+)")
_TRUE, _FALSE = ("yes", "on", "y", "true"), ("no", "off", "n", "false")
_MEANT = {**dict.fromkeys(_TRUE, "true"), **dict.fromkeys(_FALSE, "false")}
MAX_UNIX_PATH_BYTES = 107  # sun_path of Linux, less the closing NUL


def span_s(text: str) -> float:
    """`30m`, `1h30m`, `900s`, `250ms` in seconds."""
    if re.fullmatch(r"\d+(\.\d+)?", text):
        raise ValueError(f"a span needs a unit: write '{text}s' for seconds, or use ms, m, h, d")
    if not re.fullmatch(rf"(?:{_SPAN.pattern})+", text):
        raise ValueError(f"'{text}' is not a span: write it like 900s, 30m or 1h30m")
    return float(sum(float(number) * _SPAN_S[unit] for number, unit in _SPAN.findall(text)))


def whole_span_s(text: str) -> int:
    """A span of whole seconds."""
    seconds = span_s(text)
    if seconds != int(seconds):
        raise ValueError(f"'{text}' is not a whole number of seconds")
    return int(seconds)


def size_bytes(text: str) -> int:
    """`10MiB`, `64KiB`, `512B` in bytes; `MB` is 1000 × 1000."""
    if re.fullmatch(r"\d+", text):
        raise ValueError(f"a size needs a unit: write '{text}B', or use KiB, MiB, GiB")
    found = _SIZE.fullmatch(text)
    if found is None or found[2] not in _SIZE_BYTES:
        raise ValueError(f"'{text}' is not a size: write it like 512B, 64KiB or 10MiB")
    return int(float(found[1]) * _SIZE_BYTES[found[2]])


def in_terms_of(text: str, bound: float) -> str:
    """A bound in seconds or bytes as `text` is written: a span, a size, or else a plain number."""
    if re.fullmatch(rf"(?:{_SPAN.pattern})+", text):
        least, units = "s", [(name, round(size * 1000)) for name, size in _SPAN_S.items()]
        bound *= 1000
    elif _SIZE.fullmatch(text):
        binary = [(name, size) for name, size in _SIZE_BYTES.items() if name.endswith("iB")]
        least, units = "B", [("B", 1), *binary]
    else:
        return f"{bound:.15g}"
    fitting = [(size, name) for name, size in units if bound and round(bound) % size == 0]
    size, name = max(fitting, default=(1, least))
    return f"{bound / size:.15g}{name}"


def whole(text: str) -> int:
    """A whole number in plain decimal digits; YAML's other spellings are refused by name."""
    if re.fullmatch(r"[+-]?\d{1,18}", text):
        return int(text)
    plain = text.replace("_", "").replace(",", "")
    if plain != text and re.fullmatch(r"[+-]?\d{1,18}", plain):
        raise ValueError(f"'{text}' has separators: write {int(plain)}")
    if re.fullmatch(r"0[xob][0-9A-Fa-f_]+", text):
        raise ValueError(f"'{text}' is not decimal: write the number in plain digits")
    raise ValueError(f"'{text}' is not a whole number")


def number(text: str) -> float:
    """A number in plain decimal notation, or a percentage."""
    if re.fullmatch(r"\d{1,12}(\.\d{1,12})?%", text):
        return float(text[:-1]) / 100
    if not re.fullmatch(r"[+-]?\d{1,12}(\.\d{1,12})?", text):
        raise ValueError(f"'{text}' is not a number: write it like 0.3")
    return float(text)


def truth(text: str) -> bool:
    """`true` or `false`, and nothing else that YAML has taken for them."""
    if text in ("true", "false"):
        return text == "true"
    if word := _MEANT.get(text.lower()):
        raise ValueError(f"'{text}' is only text here: write {word}")
    raise ValueError(f"'{text}' is neither true nor false")


def network(
    text: str, everybody: str = "would trust everybody: list the proxies' own addresses"
) -> str:
    """A CIDR or a single address, as a CIDR in its shortest form; `everybody`: why not all."""
    try:
        found = ip_network(text)
    except ValueError:
        raise ValueError(_not_a_network(text)) from None
    if found.prefixlen == 0:
        raise ValueError(f"'{text}' {everybody}")
    return str(found)


def _not_a_network(text: str) -> str:
    try:
        meant: IPv4Network | IPv6Network = ip_network(text, strict=False)
    except ValueError:
        return f"'{text}' is not an address or CIDR: write it like 10.0.0.0/8 or 2001:db8::/32"
    return f"'{text}' has bits set beyond its length: write {meant}"


def host_port(text: str) -> tuple[str, int]:
    """`127.0.0.1:8080`, `[::1]:8080`, `localhost:8080`."""
    found = re.fullmatch(r"(?:\[([0-9A-Fa-f:.]+)\]|([^\[\]:/\s]*)):(\d{1,5})", text)
    if found is None:
        raise ValueError(_not_host_port(text))
    host, port = found[1] or found[2], int(found[3])
    if not host:
        raise ValueError(f"'{text}' names no address: write 0.0.0.0{text} for all of them")
    if port > 65535:
        raise ValueError(f"port {port} is beyond 65535")
    if found[1]:
        ip_address(host)
    return host, port


def _not_host_port(text: str) -> str:
    if re.fullmatch(r"\d{1,5}", text):
        return f"'{text}' is only a port: write 127.0.0.1:{text}"
    if text.count(":") > 1 and "[" not in text:
        return f"'{text}' is ambiguous: put an IPv6 address in brackets, like [::1]:8080"
    return f"'{text}' is not an address with a port: write it like 127.0.0.1:8080"


def unix_path(text: str) -> str:
    """The path in `unix:/run/app.sock`."""
    path = text.removeprefix("unix:")
    if not path or path.startswith("//"):
        raise ValueError("a unix socket is written unix:/run/app.sock or unix:./app.sock")
    if len(path.encode()) > MAX_UNIX_PATH_BYTES:
        raise ValueError(f"a socket's path may have {MAX_UNIX_PATH_BYTES} bytes at most")
    return path


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach the address."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
