"""What an operator copies to run the gate: the systemd unit, the container file, the compose file.

No service manager and no containers run here, so the files are parsed, held against the code they
speak of, and the commands in them are run.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from gateway.cli import exits
from gateway.config import load
from gateway.config.limits import WirePart
from gateway.config.units import span_s
from gateway.workers import KILL_AFTER_S
from tests.conftest import StartGate
from tests.recorder import Recorder

ROOT = Path(__file__).parent.parent
UNIT = ROOT / "config/systemd/gateway.service"
FOLDER = ROOT / "config/container"
DRAIN_S = span_s(str(WirePart.model_fields["drain"].default))
ROUTE = {"name": "form", "match": {"method": "POST", "path": "/form"}, "ladder": ["pow"]}

# --- The unit --------------------------------------------------------------------------------


def unit() -> dict[str, dict[str, list[str]]]:
    """systemd.syntax(7), so far as we use it: sections of keys, each with its values in order."""
    found: dict[str, dict[str, list[str]]] = {}
    section = ""
    for line in UNIT.read_text().splitlines():
        if not line or line.startswith("#"):
            continue
        if heading := re.fullmatch(r"\[([A-Z][a-z]+)\]", line):
            section = heading.group(1)
            continue
        setting = re.fullmatch(r"([A-Z][A-Za-z]+)=(.*)", line)
        assert setting and section, line
        found.setdefault(section, {}).setdefault(setting.group(1), []).append(setting.group(2))
    return found


def only(key: str, section: str = "Service") -> str:
    (value,) = unit()[section][key]
    return value


def test_the_unit_has_its_sections() -> None:
    assert set(unit()) == {"Unit", "Service", "Install"}
    assert only("WantedBy", "Install") == "multi-user.target"


def test_the_unit_passes_systemds_own_check(tmp_path: Path) -> None:
    copy = tmp_path / UNIT.name
    program = only("ExecStart").split()[0]
    copy.write_text(UNIT.read_text().replace(program, sys.executable))
    command = ["systemd-analyze", "verify", "--man=no", str(copy)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_unit_speaks_of_the_gate_as_it_is() -> None:
    program, command, file, *options = only("ExecStart").split()
    assert (Path(program).name, command, options[0]) == ("gateway", "run", "--workers")
    assert file.startswith("/etc/gateway/")
    assert only("Type") == "notify" and only("NotifyAccess") == "main"
    assert only("ExecReload").split()[1:] == ["-HUP", "$MAINPID"]
    assert only("RestartPreventExitStatus") == str(exits.CONFIG)
    assert span_s(only("TimeoutStopSec")) > DRAIN_S + KILL_AFTER_S
    assert int(only("LimitNOFILE")) >= 2 * int(WirePart.model_fields["connections"].default)


def test_the_unit_gives_away_little() -> None:
    for key in ("NoNewPrivileges", "PrivateTmp", "ProtectHome", "RestrictNamespaces"):
        assert only(key) == "yes"
    assert only("ProtectSystem") == "strict"
    assert only("CapabilityBoundingSet") == ""
    assert only("UMask") == "0077"


# --- The container ---------------------------------------------------------------------------

KNOWN = {
    *("FROM", "WORKDIR", "COPY", "RUN", "ENV", "USER", "VOLUME", "EXPOSE", "HEALTHCHECK"),
    *("STOPSIGNAL", "ENTRYPOINT", "CMD"),
}


def instructions() -> list[tuple[str, str]]:
    """Each with its arguments, continued lines joined."""
    lines = (FOLDER / "Containerfile").read_text().splitlines()
    text = "\n".join(line for line in lines if not line.startswith("#"))
    joined = [line.strip() for line in text.replace("\\\n", " ").splitlines() if line.strip()]
    return [(word, rest.strip()) for word, _, rest in (line.partition(" ") for line in joined)]


def last_stage() -> list[tuple[str, str]]:
    found = instructions()
    starts = [index for index, (word, _) in enumerate(found) if word == "FROM"]
    return found[starts[-1] :]


def of(word: str) -> str:
    (arguments,) = [rest for each, rest in last_stage() if each == word]
    return arguments


def test_every_instruction_is_one() -> None:
    assert {word for word, _ in instructions()} <= KNOWN
    assert instructions()[0][0] == "FROM"


def test_what_is_copied_is_there_and_is_all_that_a_build_needs() -> None:
    copied = {
        source
        for word, rest in instructions()
        if word == "COPY" and "--from" not in rest
        for source in rest.split()[:-1]
    }
    assert all((ROOT / source).exists() for source in copied)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    wheel = project["tool"]["hatch"]["build"]["targets"]["wheel"]
    needed = {"pyproject.toml", *wheel["packages"], *wheel["force-include"]}
    needed |= {project["project"]["readme"], *project["project"]["license-files"]}
    missing = {need for need in needed if not copied & {need, need.partition("/")[0]}}
    assert not missing


def test_it_runs_as_nobody_in_particular() -> None:
    uid, _, gid = of("USER").partition(":")
    assert int(uid) >= 1000 and int(gid) >= 1000
    assert f"--uid {uid}" in of("RUN")
    assert of("STOPSIGNAL") == "SIGTERM"
    words = [*json.loads(of("ENTRYPOINT")), *json.loads(of("CMD"))]
    assert words[:3] == ["gateway", "run", "--workers"]


def health_check() -> list[str]:
    command: list[str] = json.loads(of("HEALTHCHECK").partition("CMD ")[2])
    return command


async def test_the_health_check_tells_a_ready_gate_from_none(
    app: Recorder, start_gate: StartGate
) -> None:
    gate = await start_gate([ROUTE])
    program, *words = health_check()
    assert program == "python"
    asked = [word.replace("127.0.0.1:9090", f"127.0.0.1:{gate.admin_port}") for word in words]
    for _ in range(100):
        done = subprocess.run([sys.executable, *asked], capture_output=True, check=False)
        if done.returncode == 0:
            break
    assert done.returncode == 0, done.stderr
    await gate.stop()
    done = subprocess.run([sys.executable, *asked], capture_output=True, check=False)
    assert done.returncode == 1


# --- The compose file ------------------------------------------------------------------------


@pytest.fixture
def compose() -> Iterator[dict[str, Any]]:
    yield YAML(typ="safe", pure=True).load(FOLDER / "compose.yaml")


@pytest.mark.parametrize("service", ["gateway", "redis"])
def test_services_keep_to_themselves(compose: dict[str, Any], service: str) -> None:
    made = compose["services"][service]
    assert made["read_only"] is True
    assert made["cap_drop"] == ["ALL"]
    assert made["security_opt"] == ["no-new-privileges:true"]
    assert made["restart"] == "unless-stopped"


def test_what_is_named_is_declared(compose: dict[str, Any]) -> None:
    for service in compose["services"].values():
        assert set(service["networks"]) <= set(compose["networks"])
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            there = (FOLDER / source).is_file() if source.startswith(".") else None
            assert there if there is not None else source in compose["volumes"]
        for name in service.get("depends_on", {}):
            assert "healthcheck" in compose["services"][name]


def test_the_gate_of_the_compose_file(compose: dict[str, Any]) -> None:
    gate = compose["services"]["gateway"]
    context = (FOLDER / gate["build"]["context"]).resolve()
    assert context == ROOT and (context / gate["build"]["dockerfile"]).is_file()
    assert gate["user"] == of("USER")
    assert gate["command"] == json.loads(of("CMD"))
    assert span_s(gate["stop_grace_period"]) > DRAIN_S + KILL_AFTER_S
    assert any(mount.startswith("/tmp:") for mount in gate["tmpfs"])
    (volume,) = json.loads(of("VOLUME"))
    assert f"state:{volume}" in gate["volumes"]
    assert all(port.startswith("127.0.0.1:") for port in gate["ports"])


def test_only_the_gate_reaches_the_store(compose: dict[str, Any]) -> None:
    redis = compose["services"]["redis"]
    assert redis["networks"] == ["back"] and compose["networks"]["back"]["internal"] is True
    assert "ports" not in redis
    assert "back" not in compose["services"]["app"]["networks"]
    words = redis["command"]
    assert words[words.index("--maxmemory-policy") + 1] == "noeviction"
    assert words[words.index("--appendonly") + 1] == "yes"


def test_the_configuration_it_mounts(compose: dict[str, Any]) -> None:
    mounted = [volume for volume in compose["services"]["gateway"]["volumes"] if ".yaml" in volume]
    assert mounted == [f"./gateway.yaml:{environment()['GATEWAY_CONFIG']}:ro"]
    config = load(FOLDER / "gateway.yaml", {})
    assert config.store.reveal().startswith("redis://redis:")
    assert str(config.keys).startswith("/var/lib/gateway/")
    (volume,) = json.loads(of("VOLUME"))
    assert str(config.keys).startswith(volume)
    assert config.admin is not None and str(config.admin) in health_check()[-1]
    published = compose["services"]["gateway"]["ports"][0].rsplit(":", 1)[1]
    assert [listen.port for listen in config.listen] == [int(published)] == [int(of("EXPOSE"))]
    assert set(compose["services"]) > {"redis", "app"}


def environment() -> dict[str, str]:
    return dict(word.split("=", 1) for word in of("ENV").split())
