"""Warnings about what no single line of a configuration shows."""

from __future__ import annotations

import pytest

from gateway.config import load

APP = "upstreams: {app: http://127.0.0.1:8000}\n"


@pytest.fixture
def read(tmp_path):
    def read(text):
        (tmp_path / "gateway.yaml").write_text(text)
        return load(tmp_path / "gateway.yaml", {})

    return read


def site(*routes: str) -> str:
    return (
        APP + "sites:\n  - name: s\n    routes:\n" + "".join(f"      - {{{r}}}\n" for r in routes)
    )


ASKS = "ladder: [slider]"
POSTS = f"name: form, match: {{method: POST, path: /f.php}}, {ASKS}"
FIELDS = f"name: form, match: {{method: POST, path: /f.php, form: {{do: x}}}}, {ASKS}"
LEAVES = "'form' leaves GET alone"


@pytest.mark.parametrize(
    ("routes", "warned"),
    [
        ([POSTS], True),
        ([POSTS.replace("POST", "[POST, PUT]")], True),
        ([POSTS.replace("POST", "[POST, GET]")], False),
        ([POSTS.replace("method: POST, ", "")], False),
        ([POSTS.replace("f.php", "f")], False),
        ([POSTS.replace("f.php", "f") + ", params: php"], True),
        ([POSTS.replace("f.php", "f.CGI")], True),
        ([POSTS.replace(ASKS, "action: deny")], True),
        ([POSTS.replace(ASKS, "action: allow")], False),
        ([FIELDS], True),
        ([POSTS, "name: get, match: {method: GET, path: /f.php}, action: allow"], False),
        ([POSTS, "name: get, match: {method: [HEAD], path: /f.php}, action: allow"], True),
        ([POSTS, "name: get, match: {path: /other.php}, action: allow"], True),
        ([POSTS, f"name: all, match: {{path: /**}}, {ASKS}"], False),
        ([POSTS, f"name: all, match: {{}}, {ASKS}"], False),
        ([POSTS, f"name: all, match: {{path: '/*'}}, {ASKS}"], False),
        ([POSTS, f"name: get, match: {{path: /f.php, query: {{do: x}}}}, {ASKS}"], True),
        ([FIELDS, f"name: get, match: {{path: /f.php, query: {{do: x}}}}, {ASKS}"], False),
        ([FIELDS, f"name: get, match: {{path: /f.php, form: {{do: x}}}}, {ASKS}"], False),
        ([f"{POSTS}, challenge_on: {{path: /f.php}}"], False),
        ([f"{POSTS}, challenge_on: {{path: /g.php}}"], True),
        (
            [
                POSTS.replace("/f.php", "[/f.php, /g.php]"),
                f"name: get, match: {{path: /f.php}}, {ASKS}",
            ],
            True,
        ),
    ],
)
def test_scripts_that_look_into_queries(read, routes, warned):
    said = [str(warning) for warning in read(site(*routes)).warnings]
    assert any(LEAVES in text for text in said) is warned, said


def test_it_is_said_once(read):
    routes = [POSTS.replace("form", f"form{n}").replace("/f", f"/f{n}") for n in range(3)]
    (warning,) = read(site(*routes)).warnings
    assert "'form0' leaves GET alone, as do 2 more routes; a script" in str(warning)


EASY = "name: easy, match: {path: /easy}, pass: {scope: both}"
HARD = "name: hard, match: {path: /hard}, pass: {scope: both}"
STEPS = "ladder: [{kind: slider, params: {steps: %d}}]"


@pytest.mark.parametrize(
    ("easy", "hard", "why"),
    [
        (ASKS, ASKS, ""),
        (f"{ASKS}, work: 1000", f"{ASKS}, work: 2000", "work 1000 against 2000"),
        (f"{ASKS}, refuse_above: 1", f"{ASKS}, refuse_above: 0.5", "refuse_above 1 against 0.5"),
        (f"{ASKS}, no_javascript: wait", ASKS, "no_javascript wait"),
        (ASKS, f"{ASKS}, accessible: never", "accessible always"),
        (STEPS % 5, STEPS % 6, "slider with other params"),
        (
            "ladder: [pow]",
            "ladder: [{kind: pow, max_risk: 0.3}, slider]",
            "",
        ),  # the pass shows its level
        (
            "ladder: [{kind: pow, level: 1}], work: 1000",
            "ladder: [{kind: slider, level: 2}]",
            "",
        ),
    ],
)
@pytest.mark.parametrize("flip", [False, True])
def test_one_scope_of_two_strengths(read, easy, hard, why, flip):
    routes = [f"{EASY}, {easy}", f"{HARD}, {hard}"]
    said = [
        str(warning) for warning in read(site(*(reversed(routes) if flip else routes))).warnings
    ]
    if not why:
        assert said == []
        return
    (text,) = said
    assert "a pass of '" in text and why in text and "of scope 'both'" in text
    if "params" not in why:  # which of two is the easier can't be told of these
        assert "a pass of 'easy' opens 'hard' too" in text


@pytest.mark.parametrize(
    ("change", "warned"),
    [("ttl: 2h", True), ("ttl: 2h, scope: own", False), ("uses: 1", False), ("uses: 3", False)],
)
def test_passes_of_one_scope(read, change, warned):
    easy = EASY.replace("scope: both", change if "scope" in change else f"scope: both, {change}")
    said = read(site(f"{easy}, {ASKS}", f"{HARD}, {ASKS}")).warnings
    assert bool(said) is warned
    if warned:
        assert "ttl 7200 s against 1800 s" in str(said[0])


def test_thousands_of_routes_are_looked_through(read):
    routes = [
        f"name: r{n}, match: {{method: POST, path: /a{n}/f.php}}, pass: {{scope: both}}, {ASKS}"
        for n in range(400)
    ]
    (warning,) = read(site(*routes)).warnings
    assert "as do 399 more routes" in str(warning)


# --- Flows -----------------------------------------------------------------------------------

OFTEN = "limits: {per: address, most: 5, within: 1h, then"


@pytest.mark.parametrize(
    ("route", "warned"),
    [
        ("ladder: [slider]", ""),
        ("flow: intelligent, ladder: [slider]", "let invisible or one_click come first"),
        ("flow: intelligent, ladder: [{kind: one_click, max_risk: 0.3}, slider]", ""),
        ("flow: multiple, ladder: [puzzle, word]", ""),
        ("flow: multiple, ladder: [puzzle, one_click]", "leads past the others to one_click"),
        ("flow: multiple, ladder: [pow, one_click]", ""),
        ("flow: single, ladder: puzzle", ""),
        ("flow: single, ladder: one_click", "one_click alone stops no program"),
        (f"flow: single, ladder: one_click, {OFTEN}: deny}}", ""),
        (f"flow: single, ladder: puzzle, {OFTEN}: harder}}", "has no harder kind"),
        (f"flow: single, ladder: puzzle, pass: {{uses: 1}}, {OFTEN}: harder}}", ""),
        (f"flow: intelligent, ladder: [{{kind: pow, max_risk: 0.5}}, slider], {OFTEN}: harder}}",
         ""),
    ],
)  # fmt: skip
def test_flows_that_are_hardly_meant(read, route, warned):
    found = [str(each) for each in read(site(f"name: r, match: {{path: /r}}, {route}")).warnings]
    assert len(found) == bool(warned)
    assert warned in "".join(found)


def test_fusion_with_nothing_to_name(read):
    fusion = "fusion: {key: 7618a1cfd379b9c7ef753c2a24cdf02b, field: risk_type}"
    route = f"name: r, match: {{path: /r}}, flow: fusion, ladder: puzzle, {fusion}"
    key, ladder = sorted(str(each) for each in read(site(route)).warnings)
    assert "stands in the file for all who read it" in key + ladder
    assert "leaves the app nothing to name" in key + ladder
    assert "7618a1cf" not in key + ladder


def test_fusion_s_key_may_lie_in_a_file(read, tmp_path):
    (tmp_path / "risk.key").write_text("7618a1cfd379b9c7ef753c2a24cdf02b\n# not this\n")
    fusion = (
        "fusion: {key_file: risk.key, header: X-Risk, ttl: 1m, kinds: {slide: slider, low: icon}}"
    )
    route = f"name: r, match: {{path: /r}}, flow: fusion, ladder: [slider, puzzle, icon], {fusion}"
    config = read(site(route))
    rule = config.sites[0].routes[0].fusion
    assert config.warnings == ()
    assert (rule.key, rule.ttl_s) == (b"7618a1cfd379b9c7ef753c2a24cdf02b", 60)
    assert (rule.whence.place, rule.whence.name) == ("header", "X-Risk")
    own = {"slider": "slider", "puzzle": "puzzle", "icon": "icon"}
    assert rule.kinds == own | {"slide": "slider", "low": "icon"}
    assert "7618a1cf" not in repr(config)


PHONE = "limits: {per: field, field: phone, most: 5, within: 1h, then: deny}"
SENDS = f"name: sms, match: {{method: POST, path: /sms}}, ladder: slider, {PHONE}"


@pytest.mark.parametrize(
    ("route", "warned"),
    [
        (SENDS, ""),
        (SENDS.replace("method: POST, ", ""), "links"),
        (SENDS.replace("POST", "[POST, GET]"), "links"),
        (SENDS.replace("POST", "GET"), "links"),
        (SENDS.replace("POST", "[POST, PUT]"), ""),
        (SENDS.replace("method: POST, ", "") + ", pass: {samesite: strict}", ""),
        (SENDS.replace("method: POST, ", "") + ", pass: {uses: 1}", ""),
        (SENDS.replace("method: POST, ", "") + ", pass: {uses: 2}", "links"),
        (SENDS.replace("method: POST, ", "") + ", mode: off", ""),
        (SENDS.replace("method: POST, ", "") + ", mode: shadow", "links"),
        (SENDS.replace("POST", "GET").replace("ladder: slider", "flow: probe"), ""),
        (SENDS.replace("POST", "GET").replace("field,", "address,", 1), ""),
        (SENDS + ", pass: {samesite: none}", "forms"),
        (SENDS + ", pass: {samesite: none, uses: 1}", ""),
    ],
)
def test_values_that_other_sites_may_send(read, route, warned):
    route = route.replace("per: address, field: phone", "per: address")
    text = site(route).replace("  - name: s\n", "  - name: s\n    scheme: https\n")
    said = [str(warning) for warning in read(text).warnings]
    (only,) = said or [""]
    assert ("counts by form values" in only) is bool(warned), said
    assert f"along with {warned} of" in only if warned else not only


def test_values_that_other_sites_may_send_are_said_once(read):
    routes = [
        SENDS.replace("sms", f"sms{n}").replace("POST", "GET") + ", pass: {uses: 2}"
        for n in range(3)
    ]
    (warning,) = read(site(*routes)).warnings
    assert "'sms0' counts by form values" in str(warning)
    assert "other sites, as do 2 more routes: strangers" in str(warning)


@pytest.mark.parametrize(
    ("route", "warned"),
    [
        ("ladder: [{kind: one_click, max_risk: 0.3}, puzzle], accessible: never", "puzzle"),
        ("ladder: [{kind: slider, max_risk: 0.3}, [rotate, icon]], accessible: never", "rotate"),
        ("ladder: [{kind: slider, beside: [icon]}], accessible: never", "icon"),
        ("ladder: [{kind: one_click, max_risk: 0.3}, slider], accessible: never", ""),
        ("ladder: puzzle, accessible: always", ""),
        ("ladder: puzzle", ""),
        ("action: deny", ""),
    ],
)
def test_people_whom_a_route_walls_out(read, route, warned):
    said = [str(each) for each in read(site(f"name: r, match: {{path: /r}}, {route}")).warnings]
    walls = f".accessible: never leaves people who can't see or read {warned} no way in"
    assert [walls in text for text in said] == ([True] if warned else [])
