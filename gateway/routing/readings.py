"""Every path an app might take a target to mean.

Servers, frameworks and file systems decode, clean and cut paths each in their own way, and a gate
that knows only one way can be walked around (GHSA-7rh7-c77v-6434, GHSA-pxq7-h93f-9jrg). So a
target is expanded into all its *readings*: the closure of the steps in `_STEPS`, on the raw path,
on it decoded once, and on it decoded twice. A target without a special byte has one reading, plus
what its script name alone suggests (`/i.php/x` runs `/i.php`). Letter case and a trailing slash are
no readings: the index compares without them. Nothing here changes what is forwarded.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

# Beyond these a target counts as unreadable: honest ones have 1 to 8 readings.
MAX_READINGS = 64
MAX_READING_BYTES = 64 * 1024  # of all readings together
MAX_ODD_BYTES = 4 * 1024  # of the path itself, if anything in it is special

_ODD = re.compile(rb"[^A-Za-z0-9/_~!$&'()*,=@.:-]|//|/\.|\./|\.\Z|::")
_SCRIPT = re.compile(
    rb"/[^/]*\.(?:php\d?|phtml|phar|cgi|fcgi|pl|py|rb|lua|sh|s?html?|aspx?|ashx|asmx|jspx?|do"
    rb"|action|cfm|dll|exe)(?=/)|^/cgi-bin/[^/]+(?=/)",
    re.IGNORECASE,
)
_INDEX = re.compile(
    rb"(?<=/)(?:index|default)\.(?:php\d?|phtml|s?html?|aspx?|jspx?|cgi|pl|py|cfm)/?\Z",
    re.IGNORECASE,
)
_SLASHES = re.compile(rb"/{2,}")
_AUTHORITY = re.compile(rb"(?:[A-Za-z][A-Za-z0-9+.-]*:)?//[^/]+")
_OVERLONG = re.compile(rb"[\xc0\xc1][\x80-\xbf]")
_PERCENT_U = re.compile(rb"%u([0-9A-Fa-f]{4})")
_BLANKS = b" \t\r\n\v\f\0+"  # trimmed by apps; a final `\n` also slips past `$` in their patterns


@dataclass(frozen=True, slots=True)
class Readings:
    """`paths` starts with the raw one. `scripts` are a plain path's readings by script name.

    `cut` holds those that end where a decoded `?` stood, so that their query is unknown.
    Not `complete`: too many or too long to list; the target must be taken to mean anything.
    """

    paths: tuple[bytes, ...]
    scripts: tuple[bytes, ...] = ()
    cut: frozenset[bytes] = frozenset()
    complete: bool = True


def readings(path: bytes) -> Readings:
    """All readings of a raw path (the target up to its first `?`)."""
    if _ODD.search(path) is None:
        return Readings((path,), _scripts_of(path))
    if len(path) > MAX_ODD_BYTES:
        return Readings((path,), complete=False)
    return _closure(path)


def decoded(path: bytes) -> bytes:
    """Percent-decoded once; broken escapes stay as they are."""
    return unquote_to_bytes(path) if b"%" in path else path


def folded(text: bytes) -> bytes:
    """Letters without accents or width, as lenient decoders and collations take them."""
    if text.isascii():
        return text
    plain = _OVERLONG.sub(_shortest, text)
    try:
        characters = plain.decode()
    except UnicodeDecodeError:
        characters = plain.decode("latin-1")
    parts = unicodedata.normalize("NFKD", characters)
    return "".join(c for c in parts if not unicodedata.combining(c)).encode()


def percent_u(text: bytes) -> bytes:
    """`%u0064` decoded, as IIS and classic ASP do."""
    if b"%u" not in text:
        return text
    return _PERCENT_U.sub(lambda m: chr(int(m[1], 16)).encode("utf-8", "replace"), text)


def _closure(path: bytes) -> Readings:
    seen = dict.fromkeys([path])
    wave: list[bytes] = [path]
    cut: set[bytes] = set()
    room = MAX_READING_BYTES - len(path)
    for _ in range(3):  # raw, decoded once, decoded twice
        while wave:
            current = wave.pop()
            for step in _STEPS:
                for found in step(current):
                    if step is _without_query or current in cut:
                        cut.add(found)
                    if found in seen:
                        continue
                    room -= len(found)
                    if room < 0 or len(seen) >= MAX_READINGS:
                        return Readings((path,), complete=False)
                    seen[found] = None
                    wave.append(found)
        wave = [once for known in seen if (once := decoded(known)) not in seen]
        cut.update(decoded(known) for known in tuple(cut))
        seen.update(dict.fromkeys(wave))
        room -= sum(map(len, wave))
        wave = list(dict.fromkeys(wave))
    return Readings(tuple(seen), cut=frozenset(cut))


def _scripts_of(path: bytes) -> tuple[bytes, ...]:
    if b"." not in path and path[:9].lower() != b"/cgi-bin/":
        return ()
    found: dict[bytes, None] = {}
    for reading in (*_script_name(path), *_index_file(path)):
        found[reading] = None
        found.update(dict.fromkeys(_index_file(reading)))
    found.pop(path, None)
    return tuple(found)


# --- The steps: each yields what one kind of app would make of a path ------------------------


def _without_backslashes(path: bytes) -> Iterator[bytes]:
    """Windows, IIS and browsers take `\\` for `/`."""
    if b"\\" in path:
        yield path.replace(b"\\", b"/")


def _single_slashes(path: bytes) -> Iterator[bytes]:
    """nginx `merge_slashes`, Apache."""
    if b"//" in path:
        yield _SLASHES.sub(b"/", path)


def _resolved(path: bytes) -> Iterator[bytes]:
    """Dot segments (RFC 3986 §5.2.4); an empty segment counts as one, as in the RFC."""
    if b"/." not in path:
        return
    kept: list[bytes] = []
    segments = path.split(b"/")
    for segment in segments[1:]:
        if segment == b"..":
            del kept[-1:]
        elif segment != b".":
            kept.append(segment)
    ends_in_folder = segments[-1] in (b".", b"..")
    yield b"/" + b"/".join(kept) + (b"/" if ends_in_folder and kept else b"")


def _without_parameters(path: bytes) -> Iterator[bytes]:
    """`/a;x=1/b`: Tomcat and Spring drop `;…` in each segment, others all that follows."""
    if b";" in path:
        yield b"/".join(segment.partition(b";")[0] for segment in path.split(b"/"))
        yield path.partition(b";")[0]


def _without_nul(path: bytes) -> Iterator[bytes]:
    """C strings end at NUL."""
    if b"\0" in path:
        yield path.partition(b"\0")[0]
        yield path.replace(b"\0", b"")


def _without_query(path: bytes) -> Iterator[bytes]:
    """A decoded `?` taken for the real one (Apache mod_rewrite, CVE-2024-38474)."""
    if b"?" in path:
        yield path.partition(b"?")[0]


def _without_fragment(path: bytes) -> Iterator[bytes]:
    if b"#" in path:
        yield path.partition(b"#")[0]


def _without_authority(path: bytes) -> Iterator[bytes]:
    """`//host/path` and `http://host/path` as `parse_url` and `urlsplit` split them."""
    if (start := _AUTHORITY.match(path)) is not None:
        yield path[start.end() :] or b"/"


def _trimmed(path: bytes) -> Iterator[bytes]:
    """Windows drops final dots, blanks and `::$DATA`; apps trim."""
    segments = path.split(b"/")
    clean = b"/".join(map(_trimmed_segment, segments))
    if clean != path:
        yield clean


def _trimmed_segment(segment: bytes) -> bytes:
    if segment in (b".", b".."):
        return segment
    return segment.partition(b"::")[0].strip(_BLANKS).rstrip(b". ")


def _without_accents(path: bytes) -> Iterator[bytes]:
    if not path.isascii():
        yield folded(path)


def _percent_u(path: bytes) -> Iterator[bytes]:
    if b"%u" in path:
        yield percent_u(path)


def _script_name(path: bytes) -> Iterator[bytes]:
    """`/i.php/x` runs `/i.php`; a front controller serves it as `/x`."""
    if (found := _SCRIPT.search(path)) is not None:
        yield path[: found.end()]
        yield path[found.end() :]


def _index_file(path: bytes) -> Iterator[bytes]:
    """`/forum/index.php` is what `/forum/` shows."""
    if (found := _INDEX.search(path)) is not None:
        yield path[: found.start()]


def _shortest(overlong: re.Match[bytes]) -> bytes:
    lead, trail = overlong[0]
    return bytes([(lead & 1) << 6 | (trail & 0x3F)])


_STEPS: tuple[Callable[[bytes], Iterable[bytes]], ...] = (
    _without_backslashes,
    _single_slashes,
    _resolved,
    _without_parameters,
    _without_nul,
    _without_query,
    _without_fragment,
    _without_authority,
    _trimmed,
    _without_accents,
    _percent_u,
    _script_name,
    _index_file,
)
