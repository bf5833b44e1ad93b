"""The deployment files, checked without docker: compose specification, settings, the image's recipe."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from api.http.settings import ENVIRONMENT

ROOT = Path(__file__).resolve().parents[1]
COMPOSE = ROOT / "docker-compose.yml"
SOURCES = [path for name in ("api", "graph", "ingest", "inventory", "optimizer", "replay", "deploy")
           for path in (ROOT / name).rglob("*.py")]  # fmt: skip


@pytest.fixture(scope="module")
def services() -> dict[str, dict[str, Any]]:
    page: dict[str, dict[str, dict[str, Any]]] = yaml.safe_load(COMPOSE.read_text("utf-8"))
    return page["services"]


def test_the_compose_file_keeps_to_the_specification(tmp_path: Path) -> None:
    def check(path: Path) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec"]
        return subprocess.run([*command, str(path)], capture_output=True, text=True, check=False)

    done = check(COMPOSE)
    assert done.returncode == 0, done.stdout + done.stderr
    wrong = tmp_path / "docker-compose.yml"
    wrong.write_text(COMPOSE.read_text("utf-8").replace("healthcheck:", "healthchek:"))
    assert check(wrong).returncode != 0


def test_every_setting_exists_in_the_program(services: dict[str, dict[str, Any]]) -> None:
    code = "\n".join(path.read_text("utf-8") for path in SOURCES)
    ours = {name for service in services.values() for name in service["environment"] if "MALHA" in name}
    assert ours
    for name in ours:
        assert f'"{name}"' in code, f"docker-compose.yml sets {name}, which the program does not read"
    read = re.findall(r'envvar="(MALHA_\w+)"', (ROOT / "api/cli/worker.py").read_text("utf-8"))
    assert {name for name in services["worker"]["environment"] if "MALHA" in name} == set(read)
    served = {name for name in services["api"]["environment"] if name.startswith("MALHA_")}
    assert served == set(ENVIRONMENT), "the api service sets every setting of malha serve"


def test_the_settings_of_serve_are_those_that_are_documented() -> None:
    options = set(re.findall(r'envvar="(MALHA_\w+)"', (ROOT / "api/cli/serve.py").read_text("utf-8")))
    assert options == set(ENVIRONMENT)
    page = (ROOT / "docs/deployment.md").read_text("utf-8")
    assert not [name for name in ENVIRONMENT if f"`{name}`" not in page]


def test_no_password_has_a_default(services: dict[str, dict[str, Any]]) -> None:
    text = COMPOSE.read_text("utf-8")
    for name in ("NEO4J_PASSWORD", "POSTGRES_PASSWORD"):
        uses = re.findall(rf"\$\{{{name}([^}}]*)\}}", text)
        assert uses
        assert all(use.startswith(":?") for use in uses), f"{name} must stop the start when it is not set"
        assert re.search(rf"^{name}=$", (ROOT / ".env.example").read_text(), flags=re.MULTILINE)
    for service in services.values():
        for name, value in service["environment"].items():
            if re.search("PASSWORD|AUTH$|SECRET", name) and name != "MALHA_AUTH":
                assert "${" in str(value), f"{name} is written into the file"


def test_every_variable_of_the_compose_file_is_in_the_example() -> None:
    used = set(re.findall(r"(?<!\$)\$\{(\w+)", COMPOSE.read_text("utf-8")))
    told = set(re.findall(r"^#?([A-Z0-9_]+)=", (ROOT / ".env.example").read_text(), flags=re.MULTILINE))
    assert used == told


def test_services_are_watched_and_keep_to_this_machine(services: dict[str, dict[str, Any]]) -> None:
    running = {name: service for name, service in services.items() if "profiles" not in service}
    assert running.keys() == {"api", "worker", "neo4j", "postgres"}
    assert running["neo4j"]["image"].startswith("neo4j:5.26")
    worker = running.pop("worker")
    assert "ports" not in worker
    assert worker["restart"] == "unless-stopped"
    for name, service in running.items():
        assert service["healthcheck"]["test"], name
        assert service["volumes"], name
        for port in service["ports"]:
            assert port.startswith(("127.0.0.1:", "${MALHA_PUBLISH:-127.0.0.1:")), (name, port)


def test_the_image_is_locked_and_does_not_run_as_root() -> None:
    recipe = (ROOT / "Dockerfile").read_text("utf-8")
    final = recipe[recipe.rindex("FROM ") :]
    assert re.search(r"^USER [1-9]\d*$", final, flags=re.MULTILINE)
    assert "--require-hashes -r requirements.run.lock" in recipe
    for line in re.findall(r"pip install.*", recipe):
        assert "--require-hashes" in line or "--no-deps" in line
    assert not re.search(r"https?://|index-url", recipe)
    allowed = set(re.findall(r"^!(\S+)", (ROOT / ".dockerignore").read_text(), flags=re.MULTILINE))
    copied = {
        name
        for line in re.findall(r"^COPY (?!--from)(.+)$", recipe, flags=re.MULTILINE)
        for name in line.split()[:-1]
    }
    assert copied == allowed
    assert all((ROOT / name).exists() for name in copied)


def test_the_image_installs_what_the_program_needs_and_no_tools() -> None:
    lock = (ROOT / "requirements.run.lock").read_text("utf-8")
    full = (ROOT / "requirements.lock").read_text("utf-8")
    pins = set(re.findall(r"^([a-z0-9-]+==\S+)", lock, flags=re.MULTILINE))
    assert pins <= set(re.findall(r"^([a-z0-9-]+==\S+)", full, flags=re.MULTILINE)), "run `make lock`"
    names = {pin.partition("==")[0] for pin in pins}
    project = (ROOT / "pyproject.toml").read_text("utf-8")
    wanted = re.findall(
        r'^    "([a-z0-9-]+)', project[: project.index("[project.optional")], flags=re.MULTILINE
    )
    assert set(wanted) <= names
    assert not names & {"pytest", "mypy", "ruff", "schemathesis"}
