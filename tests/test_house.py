"""The house keeps its promises: how its rooms are laid out, checked rather than hoped for."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from fnmatch import fnmatch
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

from gateway import kinds
from gateway.metrics import Metrics

ROOT = Path(__file__).parent.parent
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
README = (ROOT / "README.md").read_text()
MOST_LINES = 400
LONGER = {
    "templates/page.js": "one file to load: each import would be a round trip of the first visit",
}


def name_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


FILES = sorted((ROOT / "gateway").rglob("*.py"))
MODULES = {name_of(path): path for path in FILES}


# --- Rooms -----------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", kinds.load())
def test_every_kind_is_three_files(kind):
    for file in (
        f"gateway/kinds/{kind}.py",
        f"templates/kinds/{kind}.js",
        f"tests/kinds/test_{kind}.py",
    ):
        assert (ROOT / file).is_file(), file


def test_each_module_can_be_imported():
    names = [name for name in MODULES if not name.endswith("__main__")]
    script = "import importlib, sys; [importlib.import_module(name) for name in sys.argv[1:]]"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", script, *names], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-3000:]


def test_modules_import_each_other_in_no_circle():
    """So each can be imported alone, before any other: what it needs never needs it in turn."""
    try:
        order = [*TopologicalSorter({name: needed(name) for name in MODULES}).static_order()]
    except CycleError as circle:
        raise AssertionError(" for ".join(circle.args[1])) from None
    assert {*order} == {*MODULES}


def needed(name: str) -> set[str]:
    """What of ours is imported with a module, at once. A room's first file runs before its others:
    who imports one of them from elsewhere needs both.
    """
    found: set[str] = set()
    for node in import_statements(MODULES[name], at_once=True):
        if isinstance(node, ast.ImportFrom):
            named = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= {each if each in MODULES else str(node.module) for each in named}
        else:
            found |= {alias.name for alias in node.names}
    rooms = {room for module in found for room in rooms_of(module)}
    return (found | (rooms - {name, *rooms_of(name)})) & {*MODULES}


def rooms_of(module: str) -> list[str]:
    """`a.b.c` is in `a.b` and in `a`."""
    parts = module.split(".")
    return [".".join(parts[:count]) for count in range(len(parts) - 1, 0, -1)]


def test_commands_carry_no_library_to_draw_with():
    drawing = "{'numpy', 'PIL'} & {*sys.modules}"
    script = f"import gateway.cli.app, gateway.serving, sys; print({drawing})"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.stdout == "set()\n", done.stderr


def code_files() -> list[str]:
    served = [
        path
        for pattern in ("*.js", "*.css", "*.html")
        for path in sorted((ROOT / "templates").rglob(pattern))
    ]
    return [str(path.relative_to(ROOT)) for path in (*FILES, *served)]


@pytest.mark.parametrize("path", code_files())
def test_no_file_outgrows_its_room(path):
    lines = len((ROOT / path).read_text().splitlines())
    assert lines <= MOST_LINES or path in LONGER, f"{lines} lines"


@pytest.mark.parametrize("path", sorted(LONGER))
def test_exceptions_are_still_needed(path):
    assert len((ROOT / path).read_text().splitlines()) > MOST_LINES


# --- Pure rooms ------------------------------------------------------------------------------

# Besides what ruff's `per-file-ignores` lists: they read files or speak for the process.
READERS = {
    "gateway/addresses/**": "reads the operator's files",
    "gateway/bench/kinds.py": "bounds a run in time",
    "gateway/bench/pool.py": "runs processes",
    "gateway/bench/trial.py": "measures CPU time",
    "gateway/bench/whitebox.py": "runs trials",
    "gateway/bench/report.py": "counts what trials gave",
    "gateway/bench/table.py": "prints it",
    "gateway/config/**": "reads the operator's files",
    "gateway/files.py": "finds templates and configuration",
    "gateway/pages/__init__.py": "reads templates and texts",
    "gateway/pages/pages.py": "reads templates and texts",
    "gateway/finish.py": "claims in the store",
    "gateway/given/fusing.py": "claims in the store",
    "gateway/hand/weights.py": "reads the model's file",
    "gateway/hand/lab/**": "reads recordings",
    "gateway/lines.py": "writes the log",
    "gateway/log.py": "writes the log",
    "gateway/sparing.py": "writes the log",
    "gateway/metrics.py": "counts",
    "gateway/notify.py": "tells the service manager",
    "gateway/sockets.py": "binds sockets",
    "gateway/workers.py": "forks",
}
# Rooms that read what is shipped with the package, and only that: the same bytes at every call, so
# what uses them still depends on its arguments alone. Each may import no other room with effects.
SHIPPED = {"gateway.art.assets": "gateway.files"}  # icons, fonts and lists of config/art/
PURE_WITHIN = {"gateway.wire.plan"}  # the contract with the wire: frozen nouns and protocols
EFFECTS = {
    *("asyncio", "aiohttp", "http", "logging", "os", "pathlib", "redis", "secrets", "selectors"),
    *("shutil", "signal", "socket", "sqlite3", "subprocess", "sys", "tempfile", "threading"),
    *("time", "urllib.request", "uvloop"),
}


def effect_patterns() -> list[str]:
    ignores: dict[str, list[str]] = PYPROJECT["tool"]["ruff"]["lint"]["per-file-ignores"]
    listed = [p for p, codes in ignores.items() if "TID251" in codes and p.startswith("gateway")]
    return listed + list(READERS)


def has_effects(module: str) -> bool:
    path = str(MODULES[module].relative_to(ROOT))
    return module not in PURE_WITHIN and any(fnmatch(path, p) for p in effect_patterns())


def imported(path: Path) -> set[str]:
    """What a module imports, at once or when it is used."""
    found: set[str] = set()
    for node in import_statements(path):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif node.module:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


@cache
def import_statements(
    path: Path, *, at_once: bool = False
) -> tuple[ast.Import | ast.ImportFrom, ...]:
    """Not what is for types alone. `at_once`: nor what waits in a function."""
    later = (ast.FunctionDef, ast.AsyncFunctionDef) if at_once else ()
    found: list[ast.Import | ast.ImportFrom] = []
    waiting: list[ast.AST] = [ast.parse(path.read_text())]
    while waiting:
        for node in ast.iter_child_nodes(waiting.pop()):
            if isinstance(node, ast.Import | ast.ImportFrom):
                found.append(node)
            elif isinstance(node, later):
                continue
            elif not (isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)):
                waiting.append(node)
    return tuple(found)


@pytest.mark.parametrize("module", [name for name in MODULES if not has_effects(name)])
def test_pure_modules_touch_nothing(module):
    names = imported(MODULES[module])
    outside = {name for name in names if name in EFFECTS or name.split(".")[0] in EFFECTS}
    ours = {name for name in names if name in MODULES and has_effects(name)}
    ours -= {SHIPPED.get(module)}
    assert not outside, "clock, chance, disk and network are arguments of pure code"
    assert not ours, "pure rooms import only pure rooms"


@pytest.mark.parametrize("room", ["kinds", "stores"])
def test_neighbours_do_not_know_each_other(room):
    """Adding one touches nothing shared. What all of a room share is in its first file."""
    for name in MODULES:
        if name.startswith(f"gateway.{room}.") and room == "kinds":
            others = {n for n in imported(MODULES[name]) if n.startswith(f"gateway.{room}.")}
            nouns = ("Between", "Hardness", "Kind", "Look", "load")
            shared = {f"gateway.kinds.{noun}" for noun in nouns}
            assert not others - shared, name
        if name.startswith("gateway.kinds."):
            assert not {n for n in imported(MODULES[name]) if n.startswith("gateway.stores")}


def test_only_stores_speak_to_databases():
    for name, path in MODULES.items():
        if not name.startswith("gateway.stores"):
            assert not imported(path) & {"sqlite3", "redis", "redis.asyncio"}, name


@pytest.mark.parametrize("name", [n for n in MODULES if not n.startswith("gateway.bench")])
def test_nothing_that_runs_leans_on_the_bench(name):
    """It needs packages that a gate does without. Only its command opens the door."""
    if not name.startswith("gateway.cli."):
        assert not {n for n in imported(MODULES[name]) if n.startswith("gateway.bench")}


def test_every_drawn_kind_is_attacked():
    drawn = {name for name, kind in kinds.load().items() if getattr(kind, "drawn", False)}
    assert drawn == {path.stem for path in (ROOT / "gateway/bench/attacks").glob("[a-z]*.py")}


# --- Packages --------------------------------------------------------------------------------

FLOORS = {  # below them: known advisories
    "aiohttp": "3.14.5",
    "jinja2": "3.1.6",
    "pyjwt": "2.13",
    "redis": "8.1",
}


def test_no_dependency_below_its_floor():
    wanted = {
        need.name.lower(): need for need in map(Requirement, PYPROJECT["project"]["dependencies"])
    }
    for name, floor in FLOORS.items():
        lowest = [Version(spec.version) for spec in wanted[name].specifier if spec.operator == ">="]
        assert lowest and lowest[0] >= Version(floor), name


def test_every_dependency_has_a_floor():
    needs = [
        *PYPROJECT["project"]["dependencies"],
        *PYPROJECT["project"]["optional-dependencies"]["dev"],
    ]
    for need in map(Requirement, needs):
        assert any(spec.operator == ">=" for spec in need.specifier), need.name


def test_who_develops_can_attack():
    extras = PYPROJECT["project"]["optional-dependencies"]
    assert set(extras["bench"]) <= set(extras["dev"])


def test_the_wheel_carries_its_data():
    inside = PYPROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]
    assert inside == {"templates": "gateway/_data/templates", "config": "gateway/_data/config"}


# --- The README names everything (its tables: test_readme) -----------------------------------


@cache
def log_fields() -> frozenset[str]:
    """Keywords of every record, and the keys of the dicts that `log` itself builds."""
    found = {"ts", "level", "event"}
    for path in FILES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and _is_record(node):
                told = {keyword.arg for keyword in node.keywords if keyword.arg}
                found |= {name for name in told if not name.startswith("_")}
    for name in ("gateway.log", "gateway.records"):
        for node in ast.walk(ast.parse(MODULES[name].read_text())):
            if isinstance(node, ast.Dict):
                found |= {k.value for k in node.keys if isinstance(k, ast.Constant) and _is_word(k)}
    return frozenset(found - {"debug", "info", "warning", "error"})


def _is_record(node: ast.Call) -> bool:
    """A call like `gate.log.record(…)`."""
    if not isinstance(node.func, ast.Attribute):
        return False
    whose = ast.unparse(node.func.value).removeprefix("self.").rpartition(".")[2]
    named = node.func.attr in {"record", "record_of", "info", "warning", "error"}
    return named and whose in {"log", "_log", "self"}


def _is_word(node: ast.Constant) -> bool:
    return isinstance(node.value, str) and re.fullmatch(r"[a-z_]+", node.value) is not None


def routes_in(module: str) -> list[str]:
    """Every path that an aiohttp application of ours answers."""
    tree = ast.parse(MODULES[module].read_text())
    calls = [n for n in ast.walk(tree) if isinstance(n, ast.Call)]
    words = [
        argument.value
        for call in calls
        if isinstance(call.func, ast.Attribute) and call.func.attr.startswith("add_")
        for argument in call.args
        if isinstance(argument, ast.Constant) and isinstance(argument.value, str)
    ]
    return [word for word in words if word.startswith("/")]


def endpoints() -> list[str]:
    own = [
        "/_gateway/" + path.removeprefix("/own/").partition("{")[0]
        for path in routes_in("gateway.server.app")
        if path.startswith("/own/")
    ]
    return [*own, *routes_in("gateway.admin")]


def headers() -> list[str]:
    """Headers of ours that an app or a client sees."""
    named = {"X-Gateway-Challenge"}
    told = re.findall(r'b"(X-Gateway-[A-Za-z-]+)"', MODULES["gateway.forwarding"].read_text())
    return sorted(named.union(told))


def test_there_is_something_to_name():
    assert {"/_gateway/answer", "/healthz", "/metrics"} <= set(endpoints())
    assert {"X-Gateway-Route", "X-Gateway-Risk", "X-Gateway-Decision"} <= set(headers())
    assert {"reference", "route", "reason", "signals"} <= log_fields()


@pytest.mark.parametrize("name", [*kinds.load()])
def test_every_kind_is_in_the_readme(name):
    assert f"`{name}`" in README


@pytest.mark.parametrize("path", endpoints())
def test_every_endpoint_is_in_the_readme(path):
    assert f"`{path}" in README


@pytest.mark.parametrize("name", headers())
def test_every_header_is_in_the_readme(name):
    assert f"`{name}`" in README


@pytest.mark.parametrize("name", sorted(log_fields()))
def test_every_log_field_is_in_the_readme(name):
    assert f"`{name}`" in README


@pytest.mark.parametrize(
    "word", ["gateway_pass_", "__Host-gateway_pass_", "tests/run", "gateway --version"]
)
def test_cookies_and_the_test_command_are_in_the_readme(word):
    assert word in README


def pictures_shown() -> list[str]:
    return re.findall(r"\.images/[\w./-]+", README)


def test_every_drawn_kind_is_photographed():
    shown = set(pictures_shown())
    for kind in (name for name, kind in kinds.load().items() if kind.drawn):
        wanted = {f".images/kinds/{kind}-{look}.webp" for look in ("light", "dark", "phone")}
        assert wanted <= shown, f"python -m tests.browser.kinds.album {kind}; and the README"


@pytest.mark.parametrize("path", pictures_shown())
def test_pictures_of_the_readme_are_there_and_small(path):
    most_bytes = 60_000 if "/kinds/" in path else 150_000
    assert 0 < (ROOT / path).stat().st_size <= most_bytes


def test_metrics_keep_to_the_customs():
    """`gateway_…`, base units, `_total` for counters."""
    for family in Metrics().registry.collect():
        assert family.name.startswith("gateway_")
        assert not re.search(r"_(ms|millis|minutes|kb|mb)(_|$)", family.name)
        assert family.documentation.endswith(".")
