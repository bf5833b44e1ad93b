"""A server as a child process: started, waited for, stopped, and never outliving who started it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

HOST: Final = "127.0.0.1"
PATIENCE_S: Final = 180.0
_POLL_S: Final = 0.05

# It reads until its standard input closes, which happens when its parent ends, however that comes about.
_GUARD: Final = 'read -r _; kill -TERM "-$1" 2>/dev/null; sleep 5; kill -KILL "-$1" 2>/dev/null; true'


class Missing(Exception):
    """A program that is needed is not installed; the message says what to install."""


class NotStarted(Exception):
    """A server did not start; the message ends with the last lines that it printed."""


@dataclass(frozen=True)
class Launch:
    """What to run: ``user`` (when we are root) is who runs it; ``failure`` is a text that means the end."""

    name: str
    command: Sequence[str]
    folder: Path
    user: str | None = None
    failure: str | None = None
    stop_signal: signal.Signals = signal.SIGTERM

    @property
    def log(self) -> Path:
        """What the server prints."""
        return self.folder / f"{self.name}.out"


def free_port() -> int:
    """Return a port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def accepts(port: int) -> bool:
    """Tell whether somebody accepts connections on a port of this machine."""
    with suppress(OSError), socket.create_connection((HOST, port), timeout=1):
        return True
    return False


@contextmanager
def running(
    launch: Launch, ready: Callable[[], bool], patience_s: float = PATIENCE_S
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a server until the block ends; enter it when ``ready`` says so. Raises NotStarted."""
    with launch.log.open("wb") as log:
        server = subprocess.Popen(
            launch.command,
            cwd=launch.folder,
            user=launch.user,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    guard = subprocess.Popen(
        ["sh", "-c", _GUARD, "guard", str(server.pid)], stdin=subprocess.PIPE, start_new_session=True
    )
    try:
        _wait(launch, server, ready, patience_s)
        yield server
    finally:
        _stop(server, launch.stop_signal)
        # The guard must not shoot at a process number that may by now be somebody else's.
        guard.kill()
        guard.wait()
        if guard.stdin is not None:
            guard.stdin.close()


def _wait(
    launch: Launch, server: subprocess.Popen[bytes], ready: Callable[[], bool], patience_s: float
) -> None:
    deadline = time.monotonic() + patience_s
    while not ready():
        said = launch.log.read_text("utf-8", "replace")
        if server.poll() is not None:
            raise NotStarted(f"{launch.name} ended with code {server.returncode}:\n{said[-2000:]}")
        if launch.failure is not None and launch.failure in said:
            raise NotStarted(f"{launch.name} did not start:\n{said[-2000:]}")
        if time.monotonic() > deadline:
            raise NotStarted(f"{launch.name} was not ready after {patience_s:.0f} s:\n{said[-2000:]}")
        time.sleep(_POLL_S)


def _stop(server: subprocess.Popen[bytes], how: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.kill(server.pid, how)
    with suppress(subprocess.TimeoutExpired):
        server.wait(timeout=30)
    with suppress(ProcessLookupError):
        os.killpg(server.pid, signal.SIGKILL)
    server.wait(timeout=10)
