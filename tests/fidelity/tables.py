"""All pairs."""

from __future__ import annotations

from dataclasses import replace

from tests.fidelity import table_bodies as bodies
from tests.fidelity import table_replies as replies
from tests.fidelity.pair import Pair
from tests.fidelity.table_fields import FIELDS
from tests.fidelity.table_targets import TARGETS


def _named(prefix: str, pairs: tuple[Pair, ...]) -> tuple[Pair, ...]:
    return tuple(replace(each, name=f"{prefix}: {each.name}") for each in pairs)


PAIRS: tuple[Pair, ...] = (
    *TARGETS,
    *_named("fields", FIELDS),
    *_named("body", bodies.LENGTHS),
    *_named("chunks", bodies.CHUNKS),
    *_named("early", bodies.EARLY),
    *_named("pipelined", bodies.PIPELINED),
    *_named("upgrade", bodies.UPGRADES),
    *_named("old", bodies.OLD_CLIENTS),
    *_named("reply", replies.PLAIN),
    *_named("bodiless", replies.BODILESS),
    *_named("touched", replies.TOUCHED),
    *_named("ranges", replies.RANGES),
    *_named("interim", replies.INTERIM),
    *_named("end", replies.ENDS),
)
