"""An explanation as a tree. Colours only where a terminal shows them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict

from rich.console import Console
from rich.text import Text
from rich.tree import Tree

from gateway.cli.ask import printable
from gateway.cli.routes import match_words, span
from gateway.explain.explanation import Explanation, pass_faults
from gateway.model import JSON, Facts, Match
from gateway.routing.tracing import Checked, Traced

_SIGNS = {"yes": "✓", "maybe": "~", "no": "✗"}
_STYLES = {"yes": "green", "maybe": "yellow", "no": "red"}


def print_explanation(told: Explanation, console: Console) -> None:
    """One tree."""
    console.print(tree_of(told))


def tree_of(told: Explanation) -> Tree:
    head = Text(f"{told.method} {printable(told.address)}", style="bold").append(" → ")
    tree = Tree(head.append(_done(told), style="bold cyan"), guide_style="dim")
    if told.recorded is not None:
        _recorded(tree, told)
    _rules(tree, told)
    _facts(tree, told)
    _ladder(tree, told)
    _changes(tree, told)
    for note in told.notes:
        tree.add(Text(f"note: {printable(note, 200)}", style="yellow"))
    return tree


def _done(told: Explanation) -> str:
    """What was done, by the record if there is one; what would be done, if not."""
    record = told.recorded
    if record is None:
        return told.outcome
    kind = f": {record['kind']}" if record.get("kind") else ""
    why = f", {record['would_reason']}" if record.get("would_reason") else ""
    would = f", would be: {record['would']}{why}" if record.get("would") else ""
    return f"{record.get('action')} ({record.get('reason', 'solved')}{would}){kind}"


def _recorded(tree: Tree, told: Explanation) -> None:
    record = told.recorded or {}
    line = f"recorded {record.get('ts')}, status {record.get('status')}"
    caller = f", from {record['caller']}" if record.get("caller") else ""
    node = tree.add(f"{line}{caller}, in {record.get('seconds')} s")
    first = record.get("first")
    if first:
        node.add(f"decided: {_action(first)}; but {record.get('reason')}")
    same = all(_same(record.get("first") or record, told.decision, name) for name in _COMPARED)
    if not same and told.route is not None:
        node.add(Text(f"by this configuration: {told.outcome}", style="yellow"))
    for each in told.answers:
        node.add(_followed(each))


_COMPARED = ("action", "reason", "would", "kind")


def _same(record: Mapping[str, JSON], decision: Mapping[str, JSON], name: str) -> bool:
    return str(record.get(name, "")) == str(decision.get(name, ""))


def _action(told: Mapping[str, JSON]) -> str:
    kind = f" {told['kind']}" if told.get("kind") else ""
    return f"{told.get('action')}{kind} ({told.get('reason', '')})"


def _followed(record: Mapping[str, JSON]) -> str:
    """What came after a challenge: that it was shown, and each answer."""
    if record.get("event") == "asked":
        shown = "to a script" if record.get("machine") else "as a page"
        steps = record.get("remembered")
        harder = f"; {steps} steps harder, as it was asked often before" if steps else ""
        return f"asked {shown}; body held: {record.get('hold')}{harder}"
    if record.get("event") == "decision":
        return f"sent on, status {record.get('status')}"
    why = f" ({record['reason']})" if record.get("reason") else ""
    signals = ", ".join(record.get("signals") or ()) or "none"
    risk = f"risk {record.get('risk')}, signals: {signals}"
    line = f"answered {record.get('kind')}: {record.get('outcome')}{why}, {risk}"
    return f"{line}, after {record.get('seconds')} s"


def _rules(tree: Tree, told: Explanation) -> None:
    if not told.site:
        return
    node = tree.add(Text("site ").append(told.site, style="cyan"))
    if told.route is None:
        node.add("no route: it goes on to the app")
    elif not told.matched:
        node.add(_route_line(told, "route"))
    for number, each in enumerate(told.matched):
        decides = told.route is not None and number == 0
        line = (
            _route_line(told, "route") if decides else Text("also fits: ").append(each.route.name)
        )
        _conditions(node.add(line), each, _reading(each))
    for each in told.near:
        rule = f" ({match_words(_match(each))})"
        line = Text("nearly: ", style="dim").append(each.route.name, style="cyan").append(rule)
        _conditions(node.add(line), each, "")


def _match(traced: Traced) -> Match:
    opening = traced.route.challenge_on if traced.opening else None
    return opening or traced.route.match


def _route_line(told: Explanation, word: str) -> Text:
    route = told.route
    assert route is not None
    line = Text(f"{word} ").append(route.name, style="cyan bold")
    opening = ", by its challenge_on page" if told.opening else ""
    return line.append(f": {route.action}, mode {route.mode}, flow {route.flow}{opening}")


def _reading(traced: Traced) -> str:
    path = next((each.found for each in traced.checked if each.what == "path"), "")
    return f", read as {traced.reading}" if traced.reading not in ("", path) else ""


def _conditions(node: Tree, traced: Traced, reading: str) -> None:
    for each in traced.checked:
        node.add(_condition(each, reading if each.what == "path" else ""))


def _condition(checked: Checked, reading: str) -> Text:
    sign = Text(f"{_SIGNS[checked.holds]} ", style=_STYLES[checked.holds])
    line = sign.append(f"{checked.what} {printable(checked.wanted)}", style="default")
    if checked.holds == "yes":
        return line.append(reading, style="dim")
    has = f": the request has {printable(checked.found)}"
    maybe = ", which some apps may take for it" if checked.holds == "maybe" else ""
    return line.append(has + reading + maybe)


def _facts(tree: Tree, told: Explanation) -> None:
    facts, route = told.facts, told.route
    if facts.listed is not None:
        tree.add(f"list entry {facts.listed.entry}: {facts.listed.action}")
    if facts.bot:
        tree.add(f"proven good bot: {facts.bot}")
    for each in facts.reached:
        style = "red" if each.over else "default"
        words = f"limit {each.limit}: {each.count} of {each.most} in {span(each.window_s)}"
        tree.add(Text(f"{words}, beyond: {each.then}", style=style))
    for rule in told.limits:
        words = f"limit {rule.name}: {rule.most} in {span(rule.window_s)} per {rule.per}"
        tree.add(f"{words}, beyond: {rule.then} (not counted here)")
    for known in facts.passes:
        fault = pass_faults(known, route, facts) if route else ""
        tree.add(f"pass {known.id}, level {known.level}: {fault or 'serves'}")
    _found(tree, facts)


def _found(tree: Tree, facts: Facts) -> None:
    """What was asked of the form, the app, the page and the store."""
    if facts.country_refused:
        tree.add("a phone number that is not allowed, or can't be read")
    if facts.named is not None:
        named, why = facts.named.kind, facts.named.fault
        tree.add(f"its parameter: {why}" if why else f"the app named {named}")
    if facts.probe is not None:
        marks = ", ".join(f"{k} {v}" for k, v in asdict(facts.probe).items() if v is not None)
        tree.add(f"its page was seen: {marks}")
    if not facts.store_up:
        tree.add("the store was away")
    if facts.broken:
        tree.add(
            "the gate broke while it asked for facts: see `error` under this reference in the log"
        )


def _ladder(tree: Tree, told: Explanation) -> None:
    route = told.route
    if route is None or not told.ladder:
        return
    risk = tree.add(Text(f"risk {told.facts.risk:g}", style="bold"))
    _shares(risk, told)
    steps = ", ".join(f"{each.limit} {each.count}" for each in told.facts.reached if each.over)
    node = tree.add(f"ladder{f' (limits passed: {steps})' if steps else ''}")
    for step in told.ladder:
        words = (
            f"{'or ' if step.beside else ''}{step.kind} up to {step.max_risk:g}, level {step.level}"
        )
        mark = Text("→ ", style="cyan bold") if step.asked else Text("  ")
        node.add(mark.append(words, style="bold" if step.asked else "default"))
    if not told.facts.finishing:
        tree.add(
            f"work: {told.work_hashes} hashes on average; refused above {route.refuse_above:g}"
        )


def _shares(node: Tree, told: Explanation) -> None:
    if not told.shares:
        node.add("no signal speaks against it")
    for each in told.shares:
        sum_ = f"{each.value:g} × {each.weight:g} = {each.alone:g}"
        doc = f" ({each.doc})" if each.doc else ""
        node.add(f"{each.name}: {sum_}; without it {each.without:g}{doc}")


def _changes(tree: Tree, told: Explanation) -> None:
    if not told.changes:
        return
    node = tree.add("what would change it")
    for line in _lines(told):
        node.add(line)


def _lines(told: Explanation) -> Iterable[str]:
    for each in told.changes:
        risk = f", risk would be {each.risk:g}" if each.risk is not None else ""
        yield f"{each.when}{risk}: {each.then}"
