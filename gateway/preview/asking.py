"""Questions to look at, each from its own seed, so that any of them can be made again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from random import Random
from typing import Any

from gateway.kinds import Kind
from gateway.model import JSON, Made

DEFAULT_SALT = b"preview"


def params_of(
    kind: Kind,
    salt: bytes = DEFAULT_SALT,
    pictures: tuple[bytes, ...] = (),
    given: Any = None,
) -> Any:
    """The parameters that are given, else the defaults of a kind; those that draw do it in the
    style of `salt`."""
    params = kind.params() if given is None else given
    if not hasattr(params, "look"):
        return params
    return replace(params, look=replace(params.look, salt=salt, pictures=pictures))


def asked(kind: Kind, params: Any, seed: int, count: int) -> dict[int, Made]:
    """`count` questions by their number, from 1."""
    return {
        number: kind.make(Random(f"{seed} {number}"), params)  # noqa: S311 - for looking at
        for number in range(1, count + 1)
    }


def truth(name: str, seed: int, made: Mapping[int, Made]) -> JSON:
    """The secrets, as they are kept apart from the sheets."""
    secrets = {str(number): dict(one.secret) for number, one in made.items()}
    return {"kind": name, "seed": seed, "secrets": secrets}


def secrets(truth: JSON) -> dict[int, Mapping[str, JSON]]:
    """The secrets by number, out of what `truth` made. Raises KeyError or ValueError."""
    return {int(number): secret for number, secret in truth["secrets"].items()}


def readable(truth: JSON) -> str:
    """The truth in lines."""
    lines = [f"{truth['kind']}, seed {truth['seed']}"]
    for number, secret in truth["secrets"].items():
        said = "  ".join(f"{name}={value}" for name, value in secret.items())
        lines.append(f"{number}: {said}")
    return "\n".join(lines) + "\n"
