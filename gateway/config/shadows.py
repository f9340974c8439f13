"""Routes that are never reached, because one before them matches all they would.

Only what is sure is said: regular expressions, for one, cover nothing but themselves.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping

from gateway.config import paths
from gateway.model import Match, Route


class Earlier:
    """The routes so far, indexed by path, so that thousands can be told apart quickly."""

    def __init__(self) -> None:
        self._by_pattern: dict[str, list[Route]] = defaultdict(list)
        self._others: list[Route] = []  # without a path, or with a `*` in it

    def add(self, route: Route) -> None:
        for pattern in route.match.paths:
            if "*" in pattern.removesuffix("/**") and not pattern.startswith("~"):
                self._others.append(route)
            else:
                self._by_pattern[pattern].append(route)
        if not route.match.paths:
            self._others.append(route)

    def shadowing(self, route: Route) -> Route | None:
        """A route before this one that leaves it nothing."""
        keys = [key for path in route.match.paths[:1] for key in covering(path)]
        near = [other for key in keys for other in self._by_pattern.get(key, ())]
        return next((r for r in (*near, *self._others) if is_shadowed(route.match, r.match)), None)


def covering(pattern: str) -> Iterator[str]:
    """The patterns without `*` before their end that could cover this one."""
    yield pattern
    yield "/**"
    steps = pattern.removesuffix("/**").split("/")
    for end in range(2, len(steps) + 1):
        yield "/".join(steps[:end]) + "/**"


def is_shadowed(later: Match, earlier: Match) -> bool:
    """Whether every request of `later` surely matches `earlier`, which stands before it."""
    if earlier.methods and not (later.methods and later.methods <= earlier.methods):
        return False
    if earlier.paths and not (
        later.paths
        and all(any(paths.covers(wide, path) for wide in earlier.paths) for path in later.paths)
    ):
        return False
    return _implied(later.query, earlier.query) and _implied(later.form, earlier.form)


def _implied(later: Mapping[str, str | None], earlier: Mapping[str, str | None]) -> bool:
    """Every condition of `earlier` holds wherever those of `later` do."""
    return all(
        name in later and (value is None or later[name] == value) for name, value in earlier.items()
    )
