"""What is written down and kept: the log, recent decisions, raw paths."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from gateway.config.fields import Fraction, Whole, WholeSpan
from gateway.config.part import Part, written


class LogPart(Part):
    """The log: one record per decision, on standard output."""

    level: Literal["debug", "info", "warning", "error"] = Field(
        default=written("info"), description="The least that is written."
    )
    addresses: Literal["full", "truncate", "hide"] = Field(
        default=written("truncate"),
        description="How visitors' addresses are written: whole, as /24 or /48, or not.",
    )
    sample: Fraction = Field(
        default=written("0"),
        description="The share of plain and repeated forwards that gets a record too, 0 to 1.",
    )


class DecisionsPart(Part):
    """Recent decisions, kept in the store to be explained: `gateway explain --id`."""

    keep: Whole = Field(
        default=written("10000"),
        ge=0,
        le=100_000,
        description="How many records of decisions, questions and answers are kept, the newest; "
        "0: none.",
    )
    for_: WholeSpan = Field(
        default=written("7d"), ge=60, le=366 * 86400, alias="for", description="… and how long."
    )


class TracesPart(Part):
    """Raw paths of pointers, to train or check the model by your own visitors; none by default."""

    keep: Whole = Field(
        default=written("0"),
        ge=0,
        le=20_000,
        description="Of how many answers the pointer's paths are kept, the newest; 0: of none.",
    )
    share: Fraction = Field(
        default=written("1"), description="… of what share of the visits, 0 to 1 …"
    )
    for_: WholeSpan = Field(
        default=written("7d"), ge=60, le=90 * 86400, alias="for", description="… and how long."
    )
