"""Small scenes that fit a relation, or nearly: two balls on one string, on one side of a line …

Each relation draws both from the same distribution of things, sizes, places and colours, so that
only the relation tells them apart; and it takes two places of a tile, or the whole way from one to
the other, to tell: no patch of a tile is likelier to be of one that fits.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from gateway.art.relations.enclosing import together
from gateway.art.relations.joining import joined, paired
from gateway.art.relations.tile import Habits, Tile

__all__ = ["RELATIONS", "Habits", "Tile"]

Relation = Callable[[Tile, bool], None]  # draws onto the tile; True: what fits

RELATIONS: Mapping[str, Relation] = MappingProxyType(
    {
        "joined": joined,
        "paired": paired,
        "together": together,
    }
)
