"""What YAML's parser says of a text that is none, as the place to look at and what mends it."""

from __future__ import annotations

import re
from typing import NamedTuple

from ruamel.yaml.error import MarkedYAMLError, StringMark

from gateway.config.faults import Fault, Place


class _Said(NamedTuple):
    """One complaint of the parser, in our words."""

    problem: str  # a pattern of what it says; groups fill `{0}` of `what`
    what: str
    at_opening: bool = False  # the place to mend is where the construct began, not where it failed


# Tried in order. `{line}` is where the construct began.
SAID = (
    _Said(r"'\\t'", "a tab: YAML is indented by spaces"),
    _Said("unexpected end of stream", "not YAML: this quote is never closed", at_opening=True),
    _Said("node content, but found '<stream end>'", "not YAML: a bracket above is never closed"),
    _Said(
        "but (got|found) '<stream end>'",
        "not YAML: what begins here is never closed",
        at_opening=True,
    ),
    _Said("another document", "not YAML: a second document (---): a file holds one"),
    _Said(
        "mapping values are not allowed",
        "not YAML: a second ':' on one line: quote the value, or indent the line below its key",
    ),
    _Said(
        "<block end>, but found '<scalar>'",
        "not YAML: text behind a closed quote: quote the whole value, a ' within it twice",
    ),
    _Said(
        "<block end>, but found",
        "not YAML: does not line up: what belongs to the block of line {line} begins in its column",
    ),
    _Said(
        r"expected ',' or '(.)', but got",
        "not YAML: the bracket of line {line} is open here: close it by {0}, or put a comma here",
    ),
    _Said("expected ':'", "not YAML: this key has no ':' behind it", at_opening=True),
    _Said(
        "undefined alias '(.*)'",
        "not YAML: *{0} means an anchor (&{0}), and there is none: quote a text that begins with *",
    ),
    _Said("found character '(.)' that", "not YAML: no value begins with {0}: quote it"),
    _Said(
        "unknown escape character",
        r"not YAML: \ begins an escape in \" \": write it as \\ or use ' '",
    ),
)


def syntax_fault(error: MarkedYAMLError, file: str) -> Fault:
    """The parser's complaint as a fault; one that nobody foresaw in the parser's own words."""
    problem = str(error.problem or error.context or "it can't be read")
    here = error.problem_mark or error.context_mark
    opening = error.context_mark or here
    for said in SAID:
        if found := re.search(said.problem, problem):
            line = opening.line + 1 if opening else 0
            place = _place(file, opening if said.at_opening else here)
            return Fault(place, "", said.what.format(*found.groups(), line=line))
    return Fault(_place(file, here), "", f"not YAML: {problem}")


def _place(file: str, mark: StringMark | None) -> Place:
    return Place(file, mark.line + 1, mark.column + 1) if mark else Place(file)
