"""The README's table of other services' modes: each is a route that does what the row says."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from gateway.choosing import first_choice
from gateway.config import load
from gateway.decide import decide
from gateway.judge import believe
from gateway.model import Again, Facts, Forward, Reason, Refused, Route, Score, Solved
from tests.samples import CALLER, TICKET, VISIT

README = (Path(__file__).parents[2] / "README.md").read_text("utf-8")
SECTION = README.split("#### As elsewhere")[1].split("\n#")[0]
ROWS = dict(re.findall(r"^\| (\w+[^|]*) \| `(\{.*?\})`", SECTION, re.MULTILINE))

# First asked without risk, at some, at much.
ASKED = {
    "GeeTest, one form": ({"puzzle"}, {"puzzle"}, {"puzzle"}),
    "GeeTest, several forms": (({"puzzle", "word", "icon"},) * 3),
    "GeeTest, intelligent": ({"one_click"}, {"icon"}, {"icon"}),
    "GeeTest, risk fusion": (({"icon"},) * 3),  # what no app named is the hardest
    "GeeTest, probe": None,
    "Tencent, invisible": None,
    "Tencent, the other forms": (({"puzzle"},) * 3),
    "Aliyun, smart verification": ({"one_click"}, {"slider"}, {"slider"}),
    "Alibaba CAPTCHA 2.0, invisible": ({"invisible"}, {"puzzle"}, {"puzzle"}),
    "Alibaba CAPTCHA 2.0, visual reasoning": (({"view"},) * 3),
}


def named(row: str) -> str:
    return next(name for name in sorted(ASKED, key=len, reverse=True) if row.startswith(name))


def read(tmp_path: Path, settings: str) -> Route:
    inner = settings[1:-1]
    text = (
        "upstreams: {app: http://127.0.0.1:8000}\n"
        f"sites: [{{name: shop, routes: [{{name: form, match: {{path: /form}}, {inner}}}]}}]\n"
    )
    path = tmp_path / "gateway.yaml"
    path.write_text(text, "utf-8")
    config = load(path, {"RISK_KEY": "7618a1cfd379b9c7ef753c2a24cdf02b"})
    assert config.warnings == ()
    return config.sites[0].routes[0]


def test_every_row_is_read() -> None:
    assert {named(row) for row in ROWS} == set(ASKED)


@pytest.mark.parametrize("row", ROWS)
def test_what_follows_at_which_risk(tmp_path: Path, row: str) -> None:
    route, asked = read(tmp_path, ROWS[row]), ASKED[named(row)]
    if asked is None:
        decision = decide(route, Facts(now_s=0.0, caller=CALLER, method="POST", risk=0.9))
        assert isinstance(decision, Forward)
        assert decision.reason is Reason.PROBED
        return
    for risk, kinds in zip((0.0, 0.5, 0.95), asked, strict=True):
        found = {first_choice(route, risk, Random(seed)) for seed in range(40)}
        assert {route.ladder[index].kind for index in found} == kinds


@pytest.mark.parametrize(("risk", "outcome"), [(0.2, Solved), (0.5, Again), (0.85, Refused)])
def test_smart_verification_passes_asks_again_or_fails(
    tmp_path: Path, risk: float, outcome: type
) -> None:
    """Aliyun's three results of one click, by what its answer tells."""
    [settings] = (text for row, text in ROWS.items() if named(row).startswith("Aliyun"))
    route = read(tmp_path, settings)
    first, limit = route.ladder[0], route.refuse_above
    ticket = replace(TICKET, kind=first.kind, max_risk=first.max_risk, refuse_above=limit)
    assert isinstance(believe(ticket, VISIT, route, Score(risk)), outcome)
