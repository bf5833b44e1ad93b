"""A real ``malha serve`` in its own process, asked over HTTP."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import httpx

from api.keys import KeyFile, Scope

PROGRAM: Final = (sys.executable, "-m", "api")
RECOMMEND: Final = "/api/v1/routes/recommend"
START_S: Final = 120.0
STARTED: Final = "Application startup complete"
STOP_S: Final = 40.0


@dataclass
class Server:
    """A running server, its log, and a key for each scope."""

    url: str
    log: Path
    key_file: Path
    process: subprocess.Popen[bytes]
    keys: dict[Scope, str] = field(default_factory=dict)

    def client(self, scope: Scope | None = None, **options: Any) -> httpx.Client:
        """Return a client with the key of a scope, or without a key."""
        headers = {"Authorization": f"Bearer {self.keys[scope]}"} if scope else {}
        return httpx.Client(base_url=self.url, headers=headers, timeout=30.0, **options)


@contextmanager
def serving(
    folder: Path,
    snapshot: Path,
    *arguments: str,
    workers: int = 1,
    environment: Mapping[str, str] | None = None,
) -> Iterator[Server]:
    """Serve a snapshot on a free port until the block ends, then stop as an operator would (SIGTERM)."""
    folder.mkdir(parents=True, exist_ok=True)
    key_file, log = folder / "keys.json", folder / "log"
    keys = {s: KeyFile(key_file).create(f"test-{s}", [s], datetime.now(UTC))[1] for s in Scope}
    command = [*PROGRAM, "serve", "--snapshot", str(snapshot), "--keys", str(key_file), "--port", "0"]
    command += ["--workers", str(workers)]
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("MALHA_")}
    with log.open("wb") as file:
        process = subprocess.Popen(
            [*command, *arguments],
            stdout=file,
            stderr=subprocess.STDOUT,
            env={**inherited, **(environment or {})},
            start_new_session=True,
        )
    try:
        server = Server(_address(process, log), log, key_file, process, keys)
        _wait_until_ready(server)
        wait_for_workers(server, workers)
        yield server
        process.send_signal(signal.SIGTERM)
        process.wait(STOP_S)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _address(process: subprocess.Popen[bytes], log: Path) -> str:
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        text = log.read_text("utf-8")
        if found := re.search(r" on (http://\S+:\d+)", text):
            return found[1]
        if process.poll() is not None:
            break
        time.sleep(0.02)
    raise AssertionError(f"malha serve did not start:\n{log.read_text('utf-8')}")


def _wait_until_ready(server: Server) -> None:
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        try:
            if httpx.get(f"{server.url}/readyz").status_code == 200:
                return
        except httpx.TransportError:
            pass
        assert server.process.poll() is None, server.log.read_text("utf-8")
        time.sleep(0.02)
    raise AssertionError(f"malha serve is not ready:\n{server.log.read_text('utf-8')}")


def wait_for_workers(server: Server, starts: int) -> None:
    """Wait until so many workers have started in all: the first answers before the others are there."""
    deadline = time.monotonic() + START_S
    while server.log.read_text("utf-8").count(STARTED) < starts:
        assert time.monotonic() < deadline, server.log.read_text("utf-8")
        time.sleep(0.05)
