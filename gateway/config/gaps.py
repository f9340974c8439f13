"""What a configuration leaves open although no single line of it is wrong: said as warnings."""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterator, Sequence, Set
from itertools import permutations

from gateway.config import paths
from gateway.config.nodes import Loc
from gateway.config.shadows import covering
from gateway.config.shape import Faults
from gateway.model import Match, Route

Placed = Sequence[tuple[Route, Loc]]


# --- Scripts that take a form's fields from the query --------------------------------------

# PHP's $_REQUEST, CGI.pm's param, a servlet's getParameter, ASP's Request: all look into both.
_SCRIPT = re.compile(r"\.(?:php|phtml|cgi|pl|jsp|asp)", re.IGNORECASE)


def warn_of_queries(own: Placed, ready: Sequence[Route], faults: Faults) -> None:
    """Routes for POST to such scripts, where a GET with the same fields meets no route.

    One warning for all of them; any route that speaks of such a GET, be it by `allow`, is enough.
    """
    spoken = _Spoken([*ready, *(route for route, _ in own)])
    bare = [(r, loc) for r, loc in own if _is_for_posts(r) and not spoken.meets_get(r.match)]
    if not bare:
        return
    route, loc = bare[0]
    more = f", as do {len(bare) - 1} more routes" if len(bare) > 1 else ""
    faults.warn(
        (*loc, "match"),
        f"'{route.name}' leaves GET alone{more}; a script that reads $_REQUEST takes the same"
        " fields from a query: name no method, or let another route speak of GET there (action:"
        " allow, if it changes nothing)",
    )


def _is_for_posts(route: Route) -> bool:
    match = route.match
    script = route.params == "php" or any(_SCRIPT.search(path) for path in match.paths)
    return script and bool(match.methods) and "GET" not in match.methods and route.action != "allow"


class _Spoken:
    """What all routes are about, found by path: there may be thousands."""

    def __init__(self, routes: Sequence[Route]) -> None:
        self._by_pattern: dict[str, list[Match]] = {}
        for route in routes:
            for match in (route.match, route.challenge_on):
                if match and not (match.methods and "GET" not in match.methods):
                    for pattern in match.paths or ("/**",):
                        self._by_pattern.setdefault(pattern, []).append(match)
        self._starred = [key for key in self._by_pattern if "*" in key.removesuffix("/**")]

    def meets_get(self, match: Match) -> bool:
        """Whether a route is about a GET of each of these paths with the same fields as query."""
        fields = match.form.keys() | match.query.keys()
        return all(self._meets(path, fields) for path in match.paths or ("/**",))

    def _meets(self, path: str, fields: Set[str]) -> bool:
        wide = [pattern for pattern in self._starred if paths.covers(pattern, path)]
        return any(
            match.query.keys() | match.form.keys() <= fields  # forms are sought in queries too
            for pattern in (*covering(path), *wide)
            for match in self._by_pattern.get(pattern, ())
        )


# --- Routes of one scope -------------------------------------------------------------------


def warn_of_scopes(own: Placed, faults: Faults) -> None:
    """Routes whose pass is easier to earn than that of another which it opens too.

    One warning for each scope.
    """
    scopes: dict[str, dict[Hashable, tuple[Route, Loc]]] = {}
    for route, loc in own:
        if route.ladder and not route.single_use:
            alike = (*_terms(route), route.ladder, route.pass_rule.uses is None)
            scopes.setdefault(route.pass_rule.scope, {}).setdefault(alike, (route, loc))
    for scope, kinds in scopes.items():
        pairs = ((easy[0], hard) for easy, hard in permutations(kinds.values(), 2))
        weak = ((easy, hard) for easy, hard in pairs if _opens(easy, hard[0]))
        for easy, (hard, loc) in weak:
            if why := ", ".join(_easier(easy, hard)):
                faults.warn(
                    (*loc, "name"),
                    f"a pass of '{easy.name}' opens '{hard.name}' too, both being of scope"
                    f" '{scope}', and is easier to earn: {why}; set them alike, or give one a"
                    " scope of its own",
                )
                break


def _terms(route: Route) -> tuple[Hashable, ...]:
    return (
        route.work,
        route.refuse_above,
        route.no_javascript,
        route.accessible,
        route.rounds,
        route.pass_rule.ttl_s,
    )


def _opens(easy: Route, hard: Route) -> bool:
    """Whether a pass that one earns can be enough for the other."""
    if hard.pass_rule.uses is not None and easy.pass_rule.uses is None:
        return False
    return max(rung.level for rung in easy.ladder) >= min(rung.level for rung in hard.ladder)


def _easier(easy: Route, hard: Route) -> Iterator[str]:
    if easy.work < hard.work:
        yield f"work {easy.work} against {hard.work}"
    if easy.refuse_above > hard.refuse_above:
        yield f"refuse_above {easy.refuse_above:g} against {hard.refuse_above:g}"
    if easy.no_javascript == "wait" and hard.no_javascript != "wait":
        yield "no_javascript wait"
    if easy.accessible == "always" and hard.accessible != "always":
        yield "accessible always"
    if easy.rounds < hard.rounds:
        yield f"rounds {easy.rounds} against {hard.rounds}"
    if easy.pass_rule.ttl_s > hard.pass_rule.ttl_s:
        yield f"ttl {easy.pass_rule.ttl_s} s against {hard.pass_rule.ttl_s} s"
    asked = {(rung.level, rung.kind): rung.params for rung in hard.ladder}
    for rung in easy.ladder:
        if asked.get((rung.level, rung.kind), rung.params) != rung.params:
            yield f"{rung.kind} with other params"


# --- Values that other sites may send ------------------------------------------------------


def warn_of_other_sites(own: Placed, faults: Faults) -> None:
    """Limits per value on routes where a pass goes along with what another site makes a visitor's
    browser send: so strangers could use up somebody's number. One warning for all of them.
    """
    open_to = [(route, loc, why) for route, loc in own if (why := _brings_passes(route))]
    if not open_to:
        return
    route, loc, why = open_to[0]
    more = f", as do {len(open_to) - 1} more routes" if len(open_to) > 1 else ""
    faults.warn(
        (*loc, "limits"),
        f"'{route.name}' counts by form values, and browsers bring its pass along with {why} of"
        f" other sites{more}: strangers could use up a number; set pass.uses: 1, or take POST alone"
        " with samesite: lax",
    )


def _brings_passes(route: Route) -> str:
    """With what of other sites (RFC 6265bis, 5.2): "" for none, or where no pass is of use."""
    counts = any(rule.per in ("field", "number_prefix") for rule in route.limits)
    if not counts or route.single_use or route.flow == "probe" or route.mode == "off":
        return ""
    if route.pass_rule.samesite == "none":
        return "forms"
    reads = not route.match.methods or "GET" in route.match.methods
    return "links" if reads and route.pass_rule.samesite == "lax" else ""
