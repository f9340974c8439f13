"""The JSON Schema of `gateway.yaml`, for editors (yaml-language-server, JetBrains).

Draft 7 and only what editors know of it; the checks that need more than one key are `check`'s.
"""

from __future__ import annotations

import json
from typing import Any

from gateway import kinds
from gateway.config.models import FilePart
from gateway.config.presets import load_presets

DRAFT = "http://json-schema.org/draft-07/schema#"
_ALWAYS_LISTED = tuple(f"#/definitions/{part}" for part in ("SitePart", "RoutePart", "EntryPart"))
_STEP = {  # a list in place of a kind: those behind the first stand beside it
    "type": "array",
    "items": [{"$ref": "#/definitions/RungPart"}],
    "additionalItems": {"$ref": "#/definitions/BesidePart"},
    "minItems": 1,
}
_BOUNDS = {"ge": "minimum", "gt": "exclusiveMinimum", "le": "maximum"}
_VARIABLE = {"type": "string", "pattern": r"\$\{"}


def json_schema() -> dict[str, Any]:
    """The schema, with the names of the kinds and presets of this install."""
    schema = _as_written(FilePart.model_json_schema(by_alias=True, mode="validation"))
    parts = schema["definitions"]
    kind = {"type": "string", "enum": sorted(kinds.load())}
    site = parts["SitePart"]["properties"]
    for name in ("RungPart", "BesidePart"):
        rung = parts[name]["properties"]
        rung["kind"] = {**kind, "description": rung["kind"]["description"]}
        parts[name] = _also(kind, parts[name])
    parts["RungPart"]["anyOf"].append(_STEP)
    parts["UpstreamPart"] = _also(_listed({"type": "string"}), parts["UpstreamPart"])
    parts["ListPart"] = _also({"type": "string"}, parts["ListPart"])
    parts["MemoryPart"] = _also(parts["MemoryPart"]["properties"]["for"], parts["MemoryPart"])
    site["presets"] = {
        **_listed({"type": "string", "enum": sorted(load_presets())}),
        "description": site["presets"]["description"],
    }
    schema["properties"]["version"] = {"const": 1, "description": "The version of this format."}
    return {"$schema": DRAFT, "title": "gateway", **schema}


def _as_written(node: Any) -> Any:
    """Draft 7's spelling, single values for lists of one, variables for values."""
    if isinstance(node, list):
        return [_as_written(item) for item in node]
    if not isinstance(node, dict):
        return node
    titled = isinstance(node.get("title"), str)  # else it is a setting of that name
    out = {key: _as_written(value) for key, value in node.items() if key != "title" or not titled}
    if "$defs" in out:
        out["definitions"] = out.pop("$defs")
    if isinstance(out.get("$ref"), str):
        out["$ref"] = out["$ref"].replace("#/$defs/", "#/definitions/")
    if out.get("type") == "array" and out["items"].get("$ref") not in _ALWAYS_LISTED:
        return _listed(out.pop("items"), out)
    if out.get("type") in ("integer", "number", "boolean") or "pattern" in out or "enum" in out:
        return _or_variable(_bounded(out))
    return out


def _listed(item: dict[str, Any], rest: dict[str, Any] | None = None) -> dict[str, Any]:
    kept = {key: value for key, value in (rest or {}).items() if key in ("description", "default")}
    return {"anyOf": [item, {"type": "array", "items": item}], **kept}


def _bounded(node: dict[str, Any]) -> dict[str, Any]:
    """pydantic leaves some bounds in its own words; texts have none in a schema."""
    numeric = node.get("type") in ("integer", "number")
    named = ((_BOUNDS.get(key, key), value) for key, value in node.items())
    return {key: value for key, value in named if numeric or key not in _BOUNDS.values()}


def _or_variable(node: dict[str, Any]) -> dict[str, Any]:
    kept: dict[str, Any] = {key: node.pop(key) for key in ("description", "default") if key in node}
    if node.get("type") in ("integer", "number", "boolean") and isinstance(
        kept.get("default"), str
    ):
        kept["default"] = json.loads(kept["default"])
    return {"anyOf": [node, _VARIABLE], **kept}


def _also(short: dict[str, Any], full: dict[str, Any]) -> dict[str, Any]:
    return {"anyOf": [short, full], "description": full["description"]}
