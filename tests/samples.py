"""Small true nouns for tests of the pure parts."""

from __future__ import annotations

from gateway.model import Answer, Caller, Match, PassRule, Route, Rung, Solved, Ticket, Visit
from gateway.ring import Key, KeyRing

OLD = Key("old", 100.0, b"\x01" * 32)
NEW = Key("new", 200.0, b"\x02" * 32)
RING = KeyRing((OLD, NEW))
STRANGE_RING = KeyRing((Key("new", 200.0, b"\x03" * 32),))
NONCE = bytes(range(12))

CALLER = Caller("192.0.2.7", "192.0.2.0/24", "https", False, browser="firefox")
RULE = PassRule("site", ttl_s=600)
EASY = Rung("invisible", None, max_risk=0.3, level=1)
HARD = Rung("slider", None, max_risk=1.0, level=2)
ROUTE = Route(
    name="register",
    site="shop",
    match=Match(),
    ladder=(EASY, HARD),
    pass_rule=RULE,
    policy="p1",
)
VISIT = Visit(
    id="v1",
    secret=b"\x07" * 32,
    site="shop",
    route="register",
    method="POST",
    target=b"/register?a=\xff",
    hold_id="h1",
    issued_s=1000.0,
    expires_s=1900.0,
    decision_id="d1",
    kept=((b"Referer", b"https://shop.example/\xe9"),),
)
SOLVED = Solved("slider", 2, None)
TICKET = Ticket(
    id="t1",
    visit="v1",
    site="shop",
    route="register",
    rung=0,
    kind="invisible",
    level=1,
    max_risk=0.3,
    secret={},
    work={"number": 42},
    risk=0.1,
    caller="192.0.2.0/24",
    issued_s=1000.0,
    expires_s=1120.0,
)
ANSWER = Answer(None, {"number": 42}, None, {"webdriver": False})
