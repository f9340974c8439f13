"""What a good file comes to."""

from __future__ import annotations

from textwrap import dedent

import pytest

from gateway.config import Config, ConfigError, load
from gateway.files import data_dir
from gateway.model import Address, HoldRule, Match, PassRule, Upstream
from tests.config.reference import settings_reference

APP = "upstreams: {app: http://127.0.0.1:8000}\n"
SITE = "sites: [{name: site}]\n"
EXAMPLE = data_dir("config") / "gateway.yaml"


@pytest.fixture
def read(tmp_path):
    """Load text, with more files beside it and an environment."""

    def read(text, env=None, **files):
        for name, content in files.items():
            path = tmp_path / name.replace("__", "/").replace("_yaml", ".yaml")
            path.parent.mkdir(exist_ok=True)
            path.write_text(dedent(content))
        path = tmp_path / "gateway.yaml"
        path.write_text(dedent(text), encoding="utf-8")
        return load(path, env or {})

    return read


@pytest.fixture
def faults(read):
    """The faults of a text, without the file's name."""

    def faults(text, env=None, **files):
        with pytest.raises(ConfigError) as caught:
            read(text, env, **files)
        return [str(fault).rpartition("gateway.yaml:")[2] for fault in caught.value.faults]

    return faults


def route(config: Config, name: str = "form"):
    return next(route for route in config.sites[0].routes if route.name == name)


def one_route(rest: str) -> str:
    lines = "".join(f"        {line}\n" for line in dedent(rest).strip().splitlines())
    return f"{APP}sites:\n  - name: site\n    routes:\n      - name: form\n{lines}"


# --- The example -----------------------------------------------------------------------------


def test_example_loads_without_warning():
    config = load(EXAMPLE, {})
    assert config.warnings == ()
    assert [site.name for site in config.sites] == ["shop", "wiki"]
    assert route(config, "register").pass_rule == PassRule(scope="account", ttl_s=1800)


def test_example_shows_the_defaults(read):
    """What it writes out at the top is what a file without it gets."""
    example, bare = load(EXAMPLE, {}), read(APP + SITE)
    for name in (
        "listen",
        "admin",
        "prefix",
        "signing",
        "workers",
        "trusted",
        "log",
        "decisions",
        "traces",
        "limits",
    ):
        assert getattr(example, name) == getattr(bare, name), name


def test_example_mentions_every_key():
    text = EXAMPLE.read_text("utf-8")
    unwise = {"admin_public"}  # nobody should copy that one
    keys = {setting.key.rpartition(".")[2] for setting in settings_reference()} - unwise
    assert [key for key in sorted(keys) if f"{key}:" not in text and key != "<name>"] == []


# --- The shape -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text, warned",
    [
        ("traces: {keep: 5}", False),
        ("store: memory", False),
        ("store: memory\ntraces: {keep: 5}", True),
    ],
)
def test_traces_that_nobody_could_read(read, text, warned):
    said = [str(warning) for warning in read(f"{text}\n{APP}{SITE}").warnings]
    assert any("nobody can read what is kept" in each for each in said) is warned


def test_smallest(read, tmp_path):
    config = read(APP + SITE)
    assert config.listen == (Address("127.0.0.1", 8080),)
    assert config.admin == Address("127.0.0.1", 9090)
    assert config.keys == tmp_path / "keys"
    assert config.store.reveal() == f"sqlite:{tmp_path}/gateway.db"
    assert config.sites[0].hosts == ("*",)
    assert config.sites[0].upstream.addresses[0].port == 8000


def test_paths_are_relative_to_the_file(read, tmp_path):
    config = read(
        """
        listen: [unix:./run/gate.sock, "[::1]:8080", localhost:0]
        keys: ../keys
        store: sqlite:/var/lib/gateway.db
        upstreams: {app: unix:app.sock}
        sites: [{name: site}]
        """
    )
    assert config.listen == (
        Address(unix_path=str(tmp_path / "run/gate.sock")),
        Address("::1", 8080),
        Address("localhost", 0),
    )
    assert config.keys == tmp_path / "../keys"
    assert config.store.reveal() == "sqlite:/var/lib/gateway.db"
    assert config.sites[0].upstream.addresses[0].unix_path == str(tmp_path / "app.sock")


def test_a_route_in_full(read):
    config = read(
        one_route(
            """
            match: {method: [GET, POST], path: /f, query: {a: x, b: }, form: {do: register}}
            params: php
            ladder: [{kind: one_click, max_risk: 40%, level: 2}, {kind: slider, level: 4}]
            pass: {scope: s, ttl: 1h30m, uses: 3, bind: [browser, address], spend: all}
            hold: {max: 1.5MiB, ttl: 90s}
            on_error: pow
            mode: shadow
            accessible: never
            no_javascript: wait
            machines: page
            work: 60000
            """
        )
    )
    found = route(config)
    assert found.match == Match(
        frozenset({"GET", "POST"}), ("/f",), {"a": "x", "b": None}, {"do": "register"}
    )
    assert [(r.kind, r.max_risk, r.level) for r in found.ladder] == [
        ("one_click", 0.4, 2),
        ("slider", 1.0, 4),
    ]
    bind = frozenset({"browser", "address"})
    assert found.pass_rule == PassRule("s", 5400, 3, "all", bind)
    assert found.hold == HoldRule(1_572_864, 90)
    assert (found.params, found.on_error, found.mode) == ("php", "pow", "shadow")
    assert (found.accessible, found.no_javascript, found.machines) == ("never", "wait", "page")
    assert found.work == 60_000


def test_mode_is_the_sites_unless_given(read):
    config = read(
        APP + "sites: [{name: s, mode: shadow, routes: [{name: a}, {name: b, mode: enforce}]}]"
    )
    assert [r.mode for r in config.sites[0].routes] == ["shadow", "enforce"]


@pytest.mark.parametrize(
    "written, store", [("memory", "memory:"), ('"memory:"', "memory:"), ("redis://h", "redis://h")]
)
def test_stores(read, written, store):
    assert read(f"store: {written}\n{APP}{SITE}").store.reveal() == store


@pytest.mark.parametrize(
    "text",
    [
        "limits: {hold: {total: 64MiB, prefix: 64MiB}}",
        "limits: {wire: {head: 16KiB, target: 16KiB}}",
        "limits: {hold: {prefix: 10MiB}}",
    ],
)
def test_limits_may_meet(read, text):
    """A request's `hold.max` (10 MiB unless given) may be all that its prefix has."""
    assert read(f"{text}\n{one_route('mode: shadow')}").sites


def test_hosts_are_compared_without_case(read, faults):
    hosts = "sites: [{name: a, hosts: [A.Example]}, {name: b, hosts: [%s]}]\n"
    assert read(APP + hosts % "b.example").sites[0].hosts == ("a.example",)
    (said,) = faults(APP + hosts % "a.EXAMPLE")
    assert "'a.EXAMPLE' is already one of site 'a'" in said


def test_any_free_port_may_be_asked_for_twice(read):
    assert len(read("listen: [127.0.0.1:0, 127.0.0.1:0]\n" + APP + SITE).listen) == 2


def test_several_uses_may_be_asked_for_on_another_page(read):
    found = route(read(one_route("challenge_on: {path: /page}\npass: {uses: 2}")))
    assert found.challenge_on == Match(paths=("/page",))


def test_no_admin(read):
    assert read("admin:\n" + APP + SITE).admin is None


def test_admin_beyond_loopback_only_on_purpose(read):
    config = read("admin: 0.0.0.0:9090\nadmin_public: true\n" + APP + SITE)
    assert config.admin == Address("0.0.0.0", 9090)


# --- YAML's traps ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text", ["no", "on", "yes", "true", "007", "1_000", "0o755", "1e3", "1:30"]
)
def test_values_stay_text(read, text):
    config = read(one_route(f"match: {{query: {{{text}: {text}}}}}"))
    assert route(config).match.query == {text: text}


@pytest.mark.parametrize("text, value", [("", None), ("~", None), ("null", None), ('"~"', "~")])
def test_nothing_means_any_value(read, text, value):
    config = read(one_route(f"match:\n  query:\n    do: {text}"))
    assert route(config).match.query == {"do": value}


def test_mode_off_is_a_word(read):
    assert route(read(one_route("mode: off"))).mode == "off"


def test_anchors_and_merges(read):
    config = read(
        APP
        + """
sites:
  - name: site
    routes:
      - &base
        name: a
        match: {path: /a}
        pass: &pass {ttl: 1h, scope: both}
      - <<: *base
        name: b
        match: {path: /b}
        pass: {<<: *pass, ttl: 2h}
"""
    )
    rules = [r.pass_rule for r in config.sites[0].routes]
    assert [(rule.scope, rule.ttl_s) for rule in rules] == [("both", 3600), ("both", 7200)]


def test_a_byte_order_mark_is_no_fault(tmp_path):
    path = tmp_path / "gateway.yaml"
    path.write_text("\ufeff" + APP + SITE, encoding="utf-8")
    assert load(path, {}).sites


@pytest.mark.parametrize(
    "data, what",
    [
        (b"", "1:1: the file is empty: `gateway init` prints one"),
        (b"# nothing\n", "1:1: the file is empty: `gateway init` prints one"),
        (b"- a\n", "1:1: the file must be a mapping of settings"),
        (b"text", "1:1: the file must be a mapping of settings"),
        (b"a: \xff\n", " not UTF-8 at byte 3"),
        (b"a: \x00\n", " not YAML: unacceptable character #x0000: special characters are not"),
        (b"[" * 5000, " nested too deeply"),
        (b"a: 1\n" * 900_000, " the file is larger than 4 MiB"),
    ],
)
def test_not_a_configuration(tmp_path, data, what):
    path = tmp_path / "gateway.yaml"
    path.write_bytes(data)
    with pytest.raises(ConfigError) as caught:
        load(path, {})
    assert str(caught.value).removeprefix(f"{path}:").startswith(what)


def test_no_file(tmp_path):
    with pytest.raises(ConfigError, match="there is no such file"):
        load(tmp_path / "nowhere.yaml", {})
    with pytest.raises(ConfigError, match="can't be read"):
        load(tmp_path, {})


# --- The environment -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text, env, title",
    [
        ("${T}", {"T": "x"}, "x"),
        ("a ${T} b ${T}", {"T": "x"}, "a x b x"),
        ("${T}", {"T": ""}, ""),
        ("${T:-d}", {}, "d"),
        ("${T:-d}", {"T": ""}, "d"),
        ("${T:-d}", {"T": "x"}, "x"),
        ("${T:-}", {}, ""),
        ("$${T}", {"T": "x"}, "${T}"),
        ("$T", {"T": "x"}, "$T"),
        ("'${T}'", {"T": "no: [really]"}, "no: [really]"),
    ],
)
def test_variables(read, text, env, title):
    config = read(f"{APP}sites:\n  - name: site\n    title: {text}\n", env)
    assert config.sites[0].title == title


def test_variables_are_never_yaml(read):
    """What is in the environment can't add a key."""
    config = read(APP + "sites: [{name: site, title: '${T}'}]", {"T": "x'}]\nprefix: /y/"})
    assert config.prefix == "/_gateway/"


def test_numbers_from_the_environment(read):
    assert read("workers: ${N}\n" + APP + SITE, {"N": "2"}).workers == 2


def test_every_missing_variable_has_its_place(faults):
    assert faults('prefix: "/${ONE}/${TWO}/"\n' + APP + SITE) == [
        "1:11: prefix: the environment has no ONE: set it, or write ${ONE:-default}",
        "1:18: prefix: the environment has no TWO: set it, or write ${TWO:-default}",
    ]


def test_a_value_from_the_environment_is_not_repeated(faults):
    said = faults("prefix: ${SECRET}\n" + APP + SITE, {"SECRET": "hunter2"})
    assert said == [
        "1:9: prefix: '***' must begin and end with '/', with plain words between: /_gateway/"
    ]


# --- Secrets ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "url, shown",
    [
        ("redis://:hunter2@h:6379/0", "redis://***@h:6379/0"),
        ("redis://me:hunter2@h:6379/0", "redis://***@h:6379/0"),
        ("redis://me:hunt%40er2@h/0", "redis://***@h/0"),
        ("redis+sentinel://me:hunter2@a:1,b:2/m", "redis+sentinel://***@a:1,b:2/m"),
        (
            "redis://h?sentinel_password=hunter2&deadline_ms=9",
            "redis://h?sentinel_password=***&deadline_ms=9",
        ),
        ("redis://h:6379/0", "redis://h:6379/0"),
    ],
)
def test_the_stores_password_is_hidden(read, url, shown):
    config = read(f'store: "{url}"\n{APP}{SITE}')
    assert config.store.reveal() == url
    assert str(config.store) == shown
    assert "hunt" not in repr(config)
    assert "hunt" not in f"{config.store} {config.store!r}"


# --- Includes --------------------------------------------------------------------------------


def test_includes_are_joined(read):
    config = read(
        "include: [sites/*.yaml, more.yaml]\n" + APP,
        sites__a_yaml="sites: [{name: a, hosts: [a.example], upstream: app}]",
        sites__b_yaml="sites: [{name: b, hosts: [b.example], upstream: wiki}]",
        more_yaml="upstreams: {wiki: http://127.0.0.1:8001}\nlog: {level: debug}",
    )
    assert [site.name for site in config.sites] == ["a", "b"]
    assert config.sites[1].upstream.addresses[0].port == 8001
    assert config.log.level == "debug"


def test_faults_name_the_included_file(read):
    with pytest.raises(ConfigError) as caught:
        read("include: sites/a.yaml\n" + APP, sites__a_yaml="sites:\n  - name: a\n    host: x")
    assert str(caught.value).endswith(
        "sites/a.yaml:3:5: sites.a.host: unknown key 'host'; did you mean 'hosts'?"
    )


def test_a_setting_in_two_files_is_a_fault(read):
    with pytest.raises(ConfigError) as caught:
        read(
            "include: more.yaml\nprefix: /a/\n" + APP + SITE,
            more_yaml="prefix: /b/\nupstreams: {app: http://127.0.0.1:1}",
        )
    first, second = caught.value.faults
    assert "more.yaml:1:1: prefix: already set at" in str(first)
    assert "gateway.yaml:2:1: keep one of them" in str(first)
    assert "upstreams.app: already set at" in str(second)


def test_includes_that_meet_again_are_a_fault(read):
    with pytest.raises(ConfigError, match=r"b.yaml:1:10: include: 'gateway.yaml' includes itself"):
        read("include: b.yaml\n" + APP + SITE, b_yaml="include: gateway.yaml")


def test_includes_are_relative_to_their_file(read):
    config = read(
        "include: d/a.yaml\n" + APP, d__a_yaml="include: b.yaml", d__b_yaml="sites: [{name: b}]"
    )
    assert config.sites[0].name == "b"


# --- All at once -----------------------------------------------------------------------------


def test_every_fault_at_once(faults):
    said = faults(
        """\
        version: 3
        lisen: x
        admin: 0.0.0.0:1
        trusted_proxies: [nope]
        upstreams: {app: http://127.0.0.1:8000}
        sites:
          - name: Shop
            upstream: ap
            presets: [feed]
            routes:
              - name: a
                match: {path: register, methd: POST}
                ladder: [slidr]
              - name: b
                pass: {ttl: 900, samesite: none}
                work: 1
        """
    )
    assert [line.split(" ")[0] + line.split(" ")[1] for line in said] == [
        "1:10:version:",
        "2:1:lisen:",
        "3:8:admin:",
        "4:19:trusted_proxies[0]:",
        "7:11:sites.Shop.name:",
        "8:15:sites[0].upstream:",
        "9:15:sites[0].presets[0]:",
        "12:23:sites[0].routes.a.match.path:",
        "12:33:sites.Shop.routes.a.match.methd:",
        "13:18:sites[0].routes.a.ladder[0]:",
        "15:21:sites.Shop.routes.b.pass.ttl:",
        "16:15:sites.Shop.routes.b.work:",
    ]


def test_what_was_cut_out_causes_no_further_fault(faults):
    """Only the misspelt key is said, not what its absence would seem to cause."""
    said = faults(
        """\
        upstreams: {app: {ur: http://127.0.0.1:8000}}
        sites: [{name: a, upstream: app}]
        """
    )
    assert said == [
        "1:18: upstreams.app.url: is missing",
        "1:19: upstreams.app.ur: unknown key 'ur'; did you mean 'url'?",
    ]


def test_a_long_value_is_not_repeated_whole(faults):
    (said,) = faults(one_route(f"mode: {'x' * 5000}"))
    assert len(said) < 500


# --- Warnings --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "first, second, shadowed",
    [
        ("path: /a", "path: /a", True),
        ("path: /a", "path: /b", False),
        ("path: /a/**", "path: /a/b", True),
        ("path: /a/**", "path: /ab", False),
        ("path: /a/b", "path: /a/**", False),
        ("path: [/a, /b]", "path: /b", True),
        ("path: /b", "path: [/a, /b]", False),
        ("method: POST, path: /a", "path: /a", False),
        ("path: /a", "method: POST, path: /a", True),
        ("method: [GET, POST]", "method: GET", True),
        ("method: GET", "method: [GET, POST]", False),
        ("path: /a, query: {x: }", "path: /a, query: {x: 1}", True),
        ("path: /a, query: {x: 1}", "path: /a, query: {x: }", False),
        ("path: /a, form: {x: 1}", "path: /a", False),
        ("", "path: /a", True),
    ],
)
def test_routes_never_reached(read, first, second, shadowed):
    config = read(
        APP
        + "sites:\n  - name: s\n    routes:\n"
        + f"      - {{name: first, match: {{{first}}}}}\n"
        + f"      - {{name: second, match: {{{second}}}}}\n"
    )
    said = [str(warning).partition(":8:")[2] or str(warning) for warning in config.warnings]
    assert len(said) == shadowed
    if shadowed:
        assert "sites.s.routes.second: is never reached: 'first' before it" in said[0]


def test_a_ladder_that_ends_early_is_a_warning(read):
    (warning,) = read(one_route("ladder: [{kind: slider, max_risk: 0.9}]")).warnings
    assert "the last kind suffices only up to 0.9" in str(warning)


@pytest.mark.parametrize("trusted, count", [("[]", 1), ("[private]", 1), ("[unix]", 0)])
def test_a_socket_needs_to_be_trusted(read, trusted, count):
    config = read(f"listen: [127.0.0.1:1, unix:g.sock]\ntrusted_proxies: {trusted}\n{APP}{SITE}")
    said = [str(warning) for warning in config.warnings]
    assert len(said) == count
    assert all("listen[1]: who connects to a socket has no address" in text for text in said)


@pytest.mark.parametrize(
    "header, count",
    [("CF-Connecting-IP", 0), ("x-real-ip", 0), ("X-Forwarded-Client", 0), ("X-Somebody", 1)],
)
def test_an_address_header_that_is_not_removed_is_a_warning(read, header, count):
    config = read(f"trusted_proxies: [private]\nclient_ip_header: {header}\n{APP}{SITE}")
    said = [str(warning) for warning in config.warnings]
    assert len(said) == count
    assert all("it is passed on to the app" in text for text in said)


# --- Apps ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "written",
    ["[http://10.0.0.1, unix:app.sock]", "{url: [http://10.0.0.1:80, unix:./app.sock]}"],
)
def test_several_addresses(read, tmp_path, written):
    upstream = read(f"upstreams: {{app: {written}}}\n{SITE}").sites[0].upstream
    unix = Address(unix_path=str(tmp_path / "app.sock"))
    assert upstream.addresses == (Address("10.0.0.1", 80), unix)
    assert upstream.host_header == "10.0.0.1:80"


def test_an_app_by_default(read):
    upstream = read(APP + SITE).sites[0].upstream
    at = Address("127.0.0.1", 8000)
    assert upstream == Upstream("app", (at,), "127.0.0.1:8000", wait_s=5)
    assert (upstream.affinity, upstream.max_requests, upstream.queue) == ("none", 0, 100)


def test_everything_about_an_app(read):
    upstream = (
        read(
            """
        workers: 3
        upstreams:
          app:
            url: ["http://[::1]:8000", http://app.example]
            affinity: client
            connect_timeout: 1s
            reply_timeout: 2s
            reply_idle_timeout: 3s
            wait: 4s
            max_requests: 17
            queue: 6
            queue_timeout: 7s
            eject_after: 8
            eject_time: 9s
        sites: [{name: s}]
        """
        )
        .sites[0]
        .upstream
    )
    assert upstream == Upstream(
        "app",
        (Address("::1", 8000), Address("app.example", 80)),
        host_header="[::1]:8000",
        affinity="client",
        connect_s=1,
        reply_head_s=2,
        reply_idle_s=3,
        wait_s=4,
        max_requests=5,  # of each worker
        queue=6,
        queue_s=7,
        eject_after=8,
        eject_s=9,
    )


@pytest.mark.parametrize(
    "more, said",
    [
        ("affinity: cookie", "changes nothing while there is one address"),
        ("max_requests: 2", "is less than one for each of 3 workers: 3 may be under way"),
        ("max_requests: 3", None),
        ("affinity: none", None),
    ],
)
def test_what_is_worth_a_warning(read, more, said):
    app = f"workers: 3\nupstreams: {{app: {{url: http://127.0.0.1:8000, {more}}}}}\n{SITE}"
    warnings = [str(fault) for fault in read(app).warnings]
    assert [warning for warning in warnings if "upstreams.app" in warning] == warnings
    assert (said in warnings[0]) if said else warnings == []
    assert read(app).sites[0].upstream.affinity == "none"
