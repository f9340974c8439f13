"""Which rung of its ladder a route asks: by risk, by chance, or as the app named it.

Chance is the gate's own generator, and what a visit is bound to is sealed in it: neither the first
choice, nor what a refresh brings, nor what a second round asks is the client's.

A second round asks what a program must have learnt by itself. Kinds that the same program reads
(characters of a prompt, characters of a phrase) are no second opinion, so they count as one.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import takewhile
from random import Random

from gateway.decide import asked_rung, next_step, step_of
from gateway.model import ACCESSIBLE, Route, Rung, Ticket

_READ_ALIKE = (
    frozenset({"invisible", "one_click", "pow", "slider", "wait"}),  # nothing to be read
    frozenset({"phrase", "word"}),  # characters
    frozenset({"gobang", "match"}),  # boards of things that form lines
)


def first_choice(route: Route, risk: float, rng: Random, *, harder: int = 0, kind: str = "") -> int:
    """The rung to begin with. `harder`: steps up that limits and memory ask for; `kind`: named by
    the app, if it is still one of the route's.
    """
    if route.flow == "multiple" and route.ladder:
        return rng.randrange(len(route.ladder))
    return one_of_step(route, asked_rung(route, risk, harder, kind), rng)


def one_of_step(route: Route, index: int, rng: Random) -> int:
    """`index` or one of those of the same step, by chance."""
    step = _step(route, index)
    return rng.choice(step) if len(step) > 1 else index


def _step(route: Route, index: int) -> list[int]:
    """All rungs of the step."""
    first = step_of(route, index)
    later = range(first + 1, len(route.ladder))
    return [first, *takewhile(lambda i: route.ladder[i].beside, later)]


def others_of(route: Route, index: int) -> list[Rung]:
    """What a wish for another kind may bring in place of `index`."""
    match route.flow:
        case "fusion":
            return []
        case "multiple":
            others: Iterable[int] = range(len(route.ladder))
        case _:
            others = [*_step(route, index), *range(index + 1, len(route.ladder))]
    return [route.ladder[at] for at in dict.fromkeys(others) if at != index]


def another_choice(route: Route, index: int, rng: Random) -> int:
    """In place of `index`, after wrong answers or at a wish: one beside it, else the next step's.

    In `multiple` chance's.
    """
    last = max(len(route.ladder) - 1, 0)
    match route.flow:
        case "fusion":
            return index
        case "multiple" if last:
            return (index + rng.randrange(1, last + 1)) % (last + 1)
        case _:
            beside = [at for at in _step(route, index) if at != index]
            return rng.choice(beside) if beside else next_step(route, index)


def wished_choice(
    route: Route,
    ticket: Ticket | None,
    want: str,
    risk: float,
    rng: Random,
    *,
    harder: int = 0,
    kind: str = "",
) -> int:
    """Which rung a wish leads to. Never an easier one than the risk asks for.

    The accessible way is offered where the route says so; where it does not, the wish gives a new
    question of the same rung.
    """
    accessible = ticket is not None and ticket.rung == ACCESSIBLE
    if (accessible and want != "another") or (want == "accessible" and _is_accessible(route)):
        return ACCESSIBLE
    first = first_choice(route, risk, rng, harder=harder, kind=kind)
    if ticket is None or accessible:
        asked = first
    elif route.flow == "multiple":
        asked = first if want == "new" else ticket.rung
    else:
        here, there = step_of(route, ticket.rung), step_of(route, first)
        asked = first if there > here or (there == here and want == "new") else ticket.rung
    if want == "another" and not accessible:
        asked = another_choice(route, asked, rng)
    return independent_choice(route, ticket, asked, rng)


def _is_accessible(route: Route) -> bool:
    return route.accessible == "always"


def independent_choice(route: Route, ticket: Ticket | None, index: int, rng: Random) -> int:
    """`index`, unless a first round was answered by a kind that is too much like it."""
    if ticket is None or ticket.first is None or index == ACCESSIBLE or not route.ladder:
        return index
    first = ticket.first.kind
    if not are_alike(first, route.ladder[min(index, len(route.ladder) - 1)].kind):
        return index
    if ticket.rung != ACCESSIBLE and not are_alike(first, ticket.kind):
        return ticket.rung
    return second_choice(route, first, index, rng)


def second_choice(route: Route, kind: str, index: int, rng: Random) -> int:
    """The rung of a second round, after one of `kind` at `index` was answered rightly.

    A harder one, if any is unlike the first.
    """
    if index == ACCESSIBLE:
        return ACCESSIBLE
    unlike = [at for at, rung in enumerate(route.ladder) if not are_alike(kind, rung.kind)]
    above = [at for at in unlike if at > index]
    return rng.choice(above or unlike or [index])


def are_alike(one: str, other: str) -> bool:
    """Whether a program that answers one kind has what it takes for the other."""
    return one == other or any({one, other} <= group for group in _READ_ALIKE)


def has_two_rounds(ladder: Iterable[Rung]) -> bool:
    """Whether whatever is asked first leaves something else to be asked."""
    kinds = [rung.kind for rung in ladder]
    return bool(kinds) and all(any(not are_alike(a, b) for b in kinds) for a in kinds)
