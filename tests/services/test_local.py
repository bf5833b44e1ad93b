"""The servers that tests start: they end with who started them, and say why when they do not start."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from deploy.local import serve_neo4j
from deploy.local.cache import fetch
from deploy.local.compose import compose_neo4j
from deploy.local.neo4j import named as named_neo4j
from deploy.local.postgres import named as named_postgres
from deploy.local.process import Launch, Missing, NotStarted, accepts, free_port, running
from tests.services.fixtures import started

REPOSITORY = Path(__file__).resolve().parents[2]


def web_server(folder: Path, port: int) -> Launch:
    return Launch("web", [sys.executable, "-m", "http.server", str(port), "--bind", "127.0.0.1"], folder)


def test_a_server_runs_inside_the_block_only(tmp_path: Path) -> None:
    port = free_port()
    with running(web_server(tmp_path, port), lambda: accepts(port)) as server:
        assert accepts(port)
    assert not accepts(port)
    assert server.returncode is not None


def test_a_server_that_ends_at_once_is_quoted(tmp_path: Path) -> None:
    launch = Launch("lame", [sys.executable, "-c", "raise SystemExit('no disk')"], tmp_path)
    with (
        pytest.raises(NotStarted, match=r"(?s)lame ended with code 1:.*no disk"),
        running(launch, lambda: False),
    ):
        pass


def test_a_server_that_says_it_failed_but_lives_on_is_stopped(tmp_path: Path) -> None:
    talk = "import time; print('ERROR Failed to start', flush=True); time.sleep(60)"
    launch = Launch("lame", [sys.executable, "-c", talk], tmp_path, failure="ERROR Failed to start")
    with pytest.raises(NotStarted, match="did not start"), running(launch, lambda: False):
        pass


def test_a_server_that_is_never_ready_is_given_up(tmp_path: Path) -> None:
    launch = Launch("slow", [sys.executable, "-c", "import time; time.sleep(60)"], tmp_path)
    with (
        pytest.raises(NotStarted, match="not ready after 0 s"),
        running(launch, lambda: False, patience_s=0.2),
    ):
        pass


def test_a_server_does_not_outlive_a_killed_starter(tmp_path: Path) -> None:
    port = free_port()
    script = f"""
import sys, time
from pathlib import Path
from deploy.local.process import Launch, accepts, running
launch = Launch("web", {web_server(tmp_path, port).command!r}, Path({str(tmp_path)!r}))
with running(launch, lambda: accepts({port})):
    print("up", flush=True)
    time.sleep(60)
"""
    with subprocess.Popen([sys.executable, "-c", script], cwd=REPOSITORY, stdout=subprocess.PIPE) as starter:
        assert starter.stdout is not None
        assert starter.stdout.readline() == b"up\n"
        starter.send_signal(signal.SIGKILL)
    deadline = time.monotonic() + 20
    while accepts(port) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not accepts(port)


@contextmanager
def absent() -> Iterator[None]:
    raise Missing("Pigeon is not installed: apt-get install pigeon.")
    yield


def test_what_is_missing_skips_and_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CI", raising=False)
    with (
        ExitStack() as stack,
        pytest.raises(pytest.skip.Exception, match=r"apt-get install pigeon.*make services"),
    ):
        started(stack, absent())


def test_what_is_missing_fails_in_ci(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")
    with ExitStack() as stack, pytest.raises(pytest.fail.Exception, match="apt-get install pigeon"):
        started(stack, absent())


def test_a_named_server_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MALHA_NEO4J_URI", "bolt://graph.example:7687")
    monkeypatch.setenv("MALHA_NEO4J_PASSWORD", "secret")
    monkeypatch.setenv("MALHA_POSTGRES_URL", "postgresql://db.example/x")
    neo4j, postgres = named_neo4j(), named_postgres()
    assert neo4j is not None
    assert (neo4j.uri, neo4j.password) == ("bolt://graph.example:7687", "secret")
    assert postgres is not None
    assert postgres.url == "postgresql://db.example/x"


def test_a_port_in_use_is_named_before_anything_starts(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(NotStarted, match=f"Port {port} is in use"), serve_neo4j(tmp_path, bolt=port):
            pass
    assert not list(tmp_path.iterdir())


def test_libraries_need_maven_and_say_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Missing, match="Maven is not installed: Java 17 or 21 and Maven"):
        fetch(tmp_path / "lib", ["a:b:1"])
    (tmp_path / "lib").mkdir()
    fetch(tmp_path / "lib", ["a:b:1"])


DOCKER = """#!/bin/sh
echo "$@" >> "$DOCKER_SAID"
case "$*" in *" port "*) echo 127.0.0.1:32768 ;; esac
"""


def test_where_a_docker_engine_runs_the_compose_file_takes_the_place_of_what_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program, said = tmp_path / "docker", tmp_path / "said"
    program.write_text(DOCKER, "utf-8")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setenv("DOCKER_SAID", str(said))
    with ExitStack() as stack:
        server = started(stack, absent(), compose_neo4j)
        assert server.uri == "bolt://127.0.0.1:32768"
        assert server.password
    words = [line.split() for line in said.read_text("utf-8").splitlines()]
    assert [line[0] if line[0] == "info" else line[5] for line in words] == ["info", "up", "port", "down"]
    assert words[1][6:] == ["--detach", "--wait", "neo4j"]
    assert "--volumes" in words[3]
    assert server.password not in said.read_text("utf-8")
