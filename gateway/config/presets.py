"""Ready sets of routes and of trusted addresses, as dated YAML files in `config/`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from pydantic import Field

from gateway.config.document import parse
from gateway.config.faults import ConfigError, Fault, Place
from gateway.config.fields import Words
from gateway.config.include import read_text
from gateway.config.models import RoutePart
from gateway.config.nodes import Node
from gateway.config.part import Part
from gateway.config.routes import Surroundings, compile_route
from gateway.config.shape import Faults, M, read
from gateway.files import data_dir
from gateway.model import Route


class PresetPart(Part):
    """A file of `config/presets`."""

    about: str = Field(description="What it is for, in one sentence.")
    routes: list[RoutePart] = Field(description="Its routes, tried before the site's own.")


class TrustedPart(Part):
    """A file of `config/trusted`."""

    about: str = Field(description="Whose addresses they are.")
    date: str = Field(description="The day they were read or last changed there, YYYY-MM-DD.")
    source: Words = Field(description="Where they are published; http(s) sources can be refreshed.")
    addresses: list[str] = Field(min_length=1, description="CIDRs.")


@dataclass(frozen=True, slots=True)
class Preset:
    """A named set of routes."""

    name: str
    part: PresetPart
    root: Node

    def routes(self, around: Surroundings) -> list[Route]:
        """The routes for one site. Raises ConfigError if the file itself is faulty."""
        faults = Faults(self.root)
        routes = [
            compile_route(part, around, faults, ("routes", index))
            for index, part in enumerate(self.part.routes)
        ]
        if faults.found:
            raise ConfigError(faults.found)
        return routes


@cache
def load_presets() -> Mapping[str, Preset]:
    """Every preset by name. Raises ConfigError if one is faulty."""
    found = {}
    for path in sorted((data_dir("config") / "presets").glob("*.yaml")):
        part, root = _read(path, PresetPart)
        found[path.stem] = Preset(path.stem, part, root)
    return found


def trusted_files(folder: Path) -> dict[str, Path]:
    """Address files by name: those in `trusted/` beside the configuration win over ours."""
    ours = sorted((data_dir("config") / "trusted").glob("*.yaml"))
    theirs = sorted((folder / "trusted").glob("*.yaml"))
    return {path.stem: path for path in (*ours, *theirs)}


def read_trusted(path: Path) -> TrustedPart:
    """One address file. Raises ConfigError."""
    return _read(path, TrustedPart)[0]


def _read(path: Path, model: type[M]) -> tuple[M, Node]:
    text = read_text(path, str(path))
    if isinstance(text, Fault):
        raise ConfigError([text])
    root, found = parse(text, str(path), {})
    if root is None:
        raise ConfigError(found or [Fault(Place(str(path)), "", "is empty")])
    faults = Faults(root)
    part = read(model, faults)
    if part is None or found:
        raise ConfigError([*found, *faults.found])
    return part, root
