"""Pages, assets and texts, all read once when built; rendering touches no disk.

An asset's name bears the digest of its content (`linking`), so it may be cached for ever. Texts are
catalogues `texts/<lang>.json`; what a language lacks is taken from English, and counted as missing.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path, PurePosixPath
from types import MappingProxyType

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from gateway.model import JSON
from gateway.pages.linking import Linked, link
from gateway.pages.skeleton import Skeleton, as_json, json_mark, plain, text_mark

FALLBACK = "en"
MAX_ACCEPT_CHARS = 500  # of Accept-Language; no browser sends more
MAX_SKELETONS = 256  # pages that differ in more than gaps; 12 kB each
# Of the page's data: what is rendered, and what is put into gaps.
_ALIKE = ("site", "method", "finish", "loops_key", "mode")
_PLAIN = ("reference", "visit")
_AS_JSON = ("challenge", "now_s", "target")
_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".webp": "image/webp",
    ".woff2": "font/woff2",
}

Catalogue = Mapping[str, Mapping[str, str]]  # texts by section and key


@dataclass(frozen=True, slots=True)
class Asset:
    """One file as it is served."""

    body: bytes
    gzipped: bytes
    content_type: str
    etag: str


class Pages:
    """What `templates/` holds, ready to be served under `prefix`."""

    def __init__(self, folder: Path, prefix: str) -> None:
        self.prefix = prefix
        self.assets, self.urls, self.needs = _read_assets(folder, prefix)
        self._loads = {path: url for path, url in self.urls.items() if _is_loaded(path)}
        self.texts, self.missing = _read_texts(folder / "texts")
        self._environment = Environment(
            loader=FileSystemLoader(folder),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        for name in self._environment.list_templates(extensions=["html"]):
            self._environment.get_template(name)  # a broken template fails at the start
        self._skeleton = lru_cache(maxsize=MAX_SKELETONS)(self._make_skeleton)

    def asset(self, name: str) -> Asset | None:
        """The asset of a hashed name, as in `assets/<name>`."""
        return self.assets.get(name)

    def named(self, path: str) -> Asset | None:
        """The asset of a file in the folder, as `gateway.js`."""
        url = self.urls.get(path)
        return self.assets.get(url.rpartition("/")[2]) if url else None

    def language(self, accept: str) -> str:
        """The best language we have for an Accept-Language header (RFC 4647 §3.4, look-up)."""
        return negotiate(accept, self.texts.keys())

    def render(self, template: str, *, lang: str, nonce: str, **values: object) -> str:
        """One page. `t` is the catalogue, `assets` the URLs, `needs` those of the scripts that each
        script imports, `loads` those a page's script asks for itself, `prefix` our endpoints."""
        texts = self.texts[lang]
        return self._environment.get_template(template).render(
            t=texts,
            lang=lang,
            dir=texts["meta"].get("dir", "ltr"),
            nonce=nonce,
            prefix=self.prefix,
            assets=self.urls,
            needs=self.needs,
            loads=self._loads,
            **values,
        )

    def interstitial(
        self, *, lang: str, nonce: str, data: Mapping[str, JSON], wait: Mapping[str, JSON] | None
    ) -> bytes:
        """The page that asks: what `render` makes of `interstitial.html`, in a tenth of its time.

        Raises ValueError for tokens that are none of ours.
        """
        alike = tuple(data[name] for name in _ALIKE)
        kind, seconds = data["challenge"]["kind"], wait["seconds"] if wait else None
        values = {name: plain(data[name]) for name in _PLAIN} | {"nonce": plain(nonce)}
        values |= {name: as_json(data[name]) for name in _AS_JSON}
        values["wait"] = plain(wait["ticket"]) if wait else b""
        return self._skeleton(lang, kind, seconds, alike).filled(values)

    def _make_skeleton(
        self, lang: str, kind: str, seconds: int | None, alike: tuple[str, ...]
    ) -> Skeleton:
        """The page of all visitors who differ in nothing of this."""
        data = dict(zip(_ALIKE, alike, strict=True))
        data |= {name: text_mark(name) for name in _PLAIN}
        data |= {name: json_mark(name) for name in _AS_JSON}
        data["challenge"] = _Asked(json_mark("challenge"), kind)
        wait = None if seconds is None else {"ticket": text_mark("wait"), "seconds": seconds}
        nonce = text_mark("nonce")
        return Skeleton(
            self.render("interstitial.html", lang=lang, nonce=nonce, data=data, wait=wait)
        )


class _Asked(str):
    """A mark for a question, of which the template has to know the kind."""

    def __new__(cls, mark: str, kind: str) -> _Asked:
        made = super().__new__(cls, mark)
        made.kind = kind
        return made

    kind: str


def negotiate(accept: str, have: Collection[str]) -> str:
    """The language to answer in. Quality, then order; `zh-Hant-TW` falls back to `zh`."""
    for wanted in _ranges(accept):
        while wanted:
            if wanted in have:
                return wanted
            wanted = wanted.rpartition("-")[0]
    return FALLBACK


def _ranges(accept: str) -> list[str]:
    ranked = []
    for at, part in enumerate(accept[:MAX_ACCEPT_CHARS].lower().split(",")):
        name, _, parameter = part.partition(";")
        quality = _quality(parameter)
        if quality > 0:
            ranked.append((-quality, at, name.strip()))
    return [name for _, _, name in sorted(ranked)]


def _quality(parameter: str) -> float:
    name, _, value = parameter.strip().partition("=")
    if name.strip() != "q":
        return 1.0
    try:
        quality = float(value)
    except ValueError:
        return 0.0
    return quality if 0 <= quality <= 1 else 0.0


def _read_assets(
    folder: Path, prefix: str
) -> tuple[Mapping[str, Asset], Mapping[str, str], Mapping[str, tuple[str, ...]]]:
    """(assets by hashed name, URL by path in the folder, URLs of all it imports by path)."""
    paths = [path for path in sorted(folder.rglob("*")) if path.suffix in _TYPES and path.is_file()]
    linked = link({path.relative_to(folder).as_posix(): path.read_bytes() for path in paths})
    assets = {file.name: _asset(path, file) for path, file in linked.items()}
    urls = {path: f"{prefix}assets/{file.name}" for path, file in linked.items()}
    needs = {path: tuple(urls[need] for need in file.needs) for path, file in linked.items()}
    return MappingProxyType(assets), MappingProxyType(urls), MappingProxyType(needs)


def _is_loaded(path: str) -> bool:
    """Does the page's script import it by its URL? What only other scripts import, they name."""
    return path.endswith(".js") and not path.startswith("controls/")


def _asset(path: str, file: Linked) -> Asset:
    gzipped = gzip.compress(file.body, 9, mtime=0)
    digest = file.name.partition(".")[0]
    return Asset(file.body, gzipped, _TYPES[PurePosixPath(path).suffix], f'W/"{digest}"')


def _read_texts(folder: Path) -> tuple[Mapping[str, Catalogue], Mapping[str, tuple[str, ...]]]:
    """(catalogues by language, keys each lacks). Raises FileNotFoundError without English."""
    read = {p.stem.lower(): json.loads(p.read_text("utf-8")) for p in folder.glob("*.json")}
    if FALLBACK not in read:
        raise FileNotFoundError(f"{folder / FALLBACK}.json: the texts to fall back to are missing")
    english = read[FALLBACK]
    texts = {lang: _filled(catalogue, english) for lang, catalogue in read.items()}
    missing = {lang: _lacking(catalogue, english) for lang, catalogue in read.items()}
    return MappingProxyType(texts), MappingProxyType(missing)


def _filled(catalogue: JSON, english: JSON) -> Catalogue:
    return {name: section | catalogue.get(name, {}) for name, section in english.items()}


def _lacking(catalogue: JSON, english: JSON) -> tuple[str, ...]:
    return tuple(
        f"{name}.{key}"
        for name, section in english.items()
        for key in section
        if key not in catalogue.get(name, {})
    )
