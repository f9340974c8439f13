"""Every flow through a real gate, enforced and in shadow; the app signs as GeeTest's sample."""

from __future__ import annotations

import asyncio
import hmac
import time
import urllib.parse
import uuid
from typing import Any

import pytest

from gateway.gate import LOG_DELAY_S
from tests.conftest import forgetful_app, one_gate, one_visitor
from tests.visitor import Reply, Visitor

pytestmark = pytest.mark.asyncio(loop_scope="module")

KEY = "7618a1cfd379b9c7ef753c2a24cdf02b"
TWO = [{"kind": "one_click"}, {"kind": "slider"}]
PLAIN: dict[str, Any] = {"work": 1000, "memory": "none"}
FUSION: dict[str, Any] = {"flow": "fusion", "ladder": TWO, **PLAIN}
FLOWS: dict[str, dict[str, Any]] = {
    "intelligent": {"ladder": [{"kind": "one_click", "max_risk": 0.3}, "slider"], **PLAIN},
    "single": {"flow": "single", "ladder": ["slider"], **PLAIN},
    "multiple": {"flow": "multiple", "ladder": ["one_click", "slider", "pow"], **PLAIN},
    "fusion": {**FUSION, "fusion": {"key": KEY, "field": "risk_type"}},
    "probe": {"flow": "probe", "limits": [{"per": "route", "most": 5, "within": "1h"}]},
}


def routes() -> list[dict[str, Any]]:
    """Each flow at a path of its name; and again under `/shadow`."""
    made = []
    for name, settings in FLOWS.items():
        made.append({"name": name, "match": {"path": f"/{name}"}, **settings})
        shadow = {"name": f"{name}-shadow", "match": {"path": f"/shadow/{name}"}, "mode": "shadow"}
        made.append({**shadow, **settings})
    asked = {"query": {"key": KEY, "query": "risk"}, "header": {"key": KEY, "header": "X-Risk"}}
    for name, fusion in asked.items():
        made.append({"name": name, "match": {"path": f"/{name}"}, **FUSION, "fusion": fusion})
    few = {"fusion": {"key": KEY, "field": "risk_type"}, "pass": {"uses": 2, "ttl": "30m"}}
    made.append({"name": "few", "match": {"path": "/few"}, **FUSION, **few})
    known = {"user": {"field": "user_id"}, "ladder": "pow", **PLAIN}
    made.append({"name": "known", "match": {"path": "/known"}, **known})
    rare = {"per": "user", "most": 1, "within": "1h", "then": "deny"}
    made.append({"name": "rare", "match": {"path": "/rare"}, **known, "limits": [rare]})
    return made


gate = one_gate(routes(), limits={"answers": {"answers": 100_000}})
app = forgetful_app()
visitor = one_visitor()


def signed(word: str, age_s: float = 0.0, key: str = KEY) -> str:
    """GeeTest's sample, in the words of its documentation."""
    timestamp = str(time.time() - age_s)
    random = uuid.uuid4().hex
    msg = "|".join((word, timestamp, random))
    sign = hmac.new(key.encode(), msg.encode(), digestmod="SHA256").hexdigest()
    return "|".join((msg, sign))


def form(value: str) -> str:
    return urllib.parse.urlencode({"name": "Ada", "risk_type": value})


async def decided(gate: Any, path: str) -> dict[str, Any]:
    """The newest record of a path."""
    await asyncio.sleep(4 * LOG_DELAY_S)
    found: dict[str, Any] = [each for each in gate.records("decision") if each["path"] == path][-1]
    return found


def kind_of(reply: Reply) -> str:
    kind: str = reply.page["challenge"]["kind"]
    return kind


# --- Both modes ------------------------------------------------------------------------------


@pytest.mark.parametrize("flow", FLOWS)
async def test_each_flow_enforced_and_in_shadow(app, gate, flow):
    body = form(signed("slider"))
    async with Visitor(gate.url) as visitor:
        enforced = await visitor.post(f"/{flow}", body)
        shadow = await visitor.post(f"/shadow/{flow}", form(signed("slider")))
    assert shadow.status == 200
    assert app.seen[-1].target == f"/shadow/{flow}".encode()
    asks = flow != "probe"
    assert enforced.challenged == asks
    record = await decided(gate, f"/shadow/{flow}")
    assert (record["flow"], record["mode"]) == (flow, "shadow")
    assert record.get("would") == ("challenge" if asks else None)
    assert record["reason"] == ("shadow" if asks else "probed")
    first = await decided(gate, f"/{flow}")
    assert first.get("kind") == record.get("kind") or flow == "multiple"


async def test_chance_leads_to_several_kinds(app, visitor):
    met = [await visitor.post("/multiple", b"a=1") for _ in range(16)]
    assert len({kind_of(reply) for reply in met}) > 1
    assert (await visitor.through(met[0])).status == 200
    assert (await visitor.post("/multiple", b"a=2")).status == 200  # the pass of one serves all


# --- The app names the kind ------------------------------------------------------------------


async def test_a_named_kind_is_asked_and_the_held_form_goes_on(app, gate, visitor):
    body = form(signed("ai"))
    met = await visitor.post("/fusion", body)
    assert kind_of(met) == "one_click"
    assert (await visitor.through(met)).status == 200
    (seen,) = app.seen
    assert bytes(seen.body) == body.encode()  # as it was, and not looked at again


async def test_a_pass_serves_what_is_no_harder(app, gate):
    async with Visitor(gate.url) as visitor:
        await visitor.through(await visitor.post("/fusion", form(signed("ai"))))
        assert (await visitor.post("/fusion", form(signed("one_click")))).status == 200
        assert kind_of(await visitor.post("/fusion", form(signed("slider")))) == "slider"
        unnamed = await visitor.post("/fusion", b"name=Ada")
        assert (unnamed.status, unnamed.challenged) == (403, False)


async def test_it_is_good_once(app, gate, visitor):
    value = signed("slider")
    assert (await visitor.post("/fusion", form(value))).challenged
    again = await visitor.post("/fusion", form(value))
    assert (again.status, again.challenged) == (403, False)
    assert "sent already" in again.text
    assert (await decided(gate, "/fusion"))["reason"] == "risk_type_replayed"


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (None, "risk_type_missing"),
        ("", "risk_type_missing"),
        ("slide", "risk_type_malformed"),
        (lambda: signed("slider", key="x" * 32), "risk_type_forged"),
        (lambda: signed("slider", age_s=601), "risk_type_stale"),
        (lambda: signed("slider", age_s=-9000), "risk_type_stale"),
        (lambda: signed("icon"), "risk_type_unknown"),
    ],
)
async def test_what_is_not_the_apps_is_refused(app, gate, visitor, value, reason):
    value = value() if callable(value) else value  # signed now: this file was read long ago
    body = b"name=Ada" if value is None else form(value)
    script = {"Accept": "application/json", "Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty"}
    reply = await visitor.post("/fusion", body, headers=visitor.headers | script)
    assert reply.status == 403
    said = reply.json()
    assert (said["type"], said["reason"]) == (f"urn:gateway:{reason}", reason)
    assert (said["code"], said["msg"]) == ("-50001", "illegal risk_type")
    assert app.seen == []
    watched = await visitor.post("/shadow/fusion", body)
    assert watched.status == 200
    assert (await decided(gate, "/shadow/fusion"))["would"] == "deny"


async def test_a_pass_used_up_asks_for_what_was_named(app, gate):
    async with Visitor(gate.url) as visitor:
        await visitor.through(await visitor.post("/few", form(signed("ai"))))
        assert (await visitor.post("/few", form(signed("ai")))).status == 200
        assert kind_of(await visitor.post("/few", form(signed("ai")))) == "one_click"


async def test_in_a_query_or_a_header(app, gate):
    async with Visitor(gate.url) as visitor:
        target = f"/query?{urllib.parse.urlencode({'risk': signed('slider'), 'b': 1})}"
        met = await visitor.get(target)
        assert (kind_of(met), met.page["finish"]) == ("slider", "post")  # a reload would replay it
        assert (await visitor.through(met)).status == 200
        assert app.seen[-1].target == target.encode()
        met = await visitor.post("/header", b"a=1", headers={"X-Risk": signed("ai")})
        assert kind_of(met) == "one_click"


# --- Whom the app knows ----------------------------------------------------------------------


async def test_a_user_is_recorded_by_a_digest(app, gate, visitor):
    names = []
    for user in ("zoraida", "zoraida", "eve"):
        await visitor.post("/known", f"user_id={user}&a=1".encode())
        names.append((await decided(gate, "/known"))["user"])
    assert names[0] == names[1] != names[2]
    assert len(names[0]) == 20
    assert "zoraida" not in gate.log_text()


async def test_limits_count_by_user(app, gate, visitor):
    """A held form is counted for the user it named, though its finish names none."""
    statuses = []
    for user in ("ada", "ada", "eve"):
        reply = await visitor.post("/rare", f"user_id={user}".encode())
        reply = await visitor.through(reply) if reply.challenged else reply
        statuses.append(reply.status)
    assert statuses == [200, 429, 200]


# --- Nobody is asked anything ----------------------------------------------------------------


def marks(seen: Any) -> dict[str, str]:
    names = ("Risk", "Model-Probability", "Web-Simulator", "Ip-Overtime")
    found = {name: seen.get(f"x-gateway-{name.lower()}") for name in names}
    return {name: value for name, value in found.items() if value is not None}


async def report(visitor: Visitor, signals: dict[str, Any], base: str) -> Reply:
    return await visitor.call({"prefix": "/_gateway/"}, "probe", {"signals": signals}, base)


async def test_the_verdict_goes_to_the_app_and_nothing_else(app, gate):
    async with Visitor(gate.url) as visitor:
        forged = {f"X-Gateway-{name}": "0" for name in ("Model-Probability", "Web-Simulator")}
        await visitor.post("/probe", b"a=1", headers={**forged, "X_Gateway_Ip_Overtime": "0"})
        bare = marks(app.seen[-1])
        assert set(bare) <= {"Risk", "Ip-Overtime"}  # no page reported: nothing is 0
        assert bare["Ip-Overtime"] in "01"
        reply = await report(visitor, {"webdriver": True, "dpr": 1}, gate.url)
        assert reply.status == 204
        async with Visitor(gate.url) as other:
            await other.post("/probe", b"a=1")
        assert "Web-Simulator" not in marks(app.seen[-1])  # it came without the cookie
        await visitor.post("/probe", b"a=1")
        told = marks(app.seen[-1])
        assert (told["Web-Simulator"], float(told["Risk"]) > 0.9) == ("1", True)
        assert "Model-Probability" not in told  # no pointer moved
        assert "gateway_verdict" not in (app.seen[-1].get("cookie") or "")
        for _ in range(4):
            await visitor.post("/probe", b"a=1")
        assert marks(app.seen[-1])["Ip-Overtime"] == "1"
        await visitor.post("/shadow/probe", b"a=1")
    assert not marks(app.seen[-1])  # shadow: for the record alone
    record = await decided(gate, "/shadow/probe")
    assert (record["reason"], record["web_simulator"]) == ("probed", 1)
    assert "model_probability" not in record
    assert (await decided(gate, "/probe"))["ip_overtime"] == 1
