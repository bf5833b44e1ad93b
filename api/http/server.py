"""Running the API: one process, or several that share a socket."""

from __future__ import annotations

import os
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import uvicorn
from uvicorn.config import STARTUP_FAILURE
from uvicorn.supervisors import Multiprocess

from api.http.app import create_app
from api.http.fleet import Fleet, Wanted
from api.http.logs import CONFIG
from api.http.metrics import FOLDER
from api.http.settings import Settings
from graph.errors import BadInput
from graph.stores import snapshot_folder

_BACKLOG: Final = 2_048
_LEAVE_S: Final = 30


def serve(settings: Settings, ready: Callable[[str], None]) -> None:
    """Serve until SIGTERM or SIGINT; requests under way are finished first.

    ``ready`` is told the address once the port is taken (the snapshot is loaded after that; ``/readyz``
    says when). BadInput when the snapshot, the keys or the port cannot be used.
    """
    folder = snapshot_folder(settings.snapshot)
    with _listening(settings) as listener, TemporaryDirectory(prefix="malha-") as name:
        runtime = Path(name)
        Fleet(runtime).want(Wanted(0, str(folder)))
        ready(_address(listener))
        _end_by_signal()
        config = _config(settings, runtime)
        if settings.workers > 1:
            os.environ[FOLDER] = str(_made(runtime / "figures"))
        started = _run_one(config, listener) if settings.workers == 1 else _run_many(config, listener)
        if not started:
            raise BadInput("The server could not start; its log says why.")


def _run_one(config: uvicorn.Config, listener: socket.socket) -> bool:
    """Serve in this process; return whether it could start."""
    try:
        uvicorn.Server(config).run([listener])
    except SystemExit as end:
        if end.code == STARTUP_FAILURE:
            return False
        raise
    return True


def _run_many(config: uvicorn.Config, listener: socket.socket) -> bool:
    """Serve in several processes, replacing those that die; return whether they could start."""
    workers = Multiprocess(config, [listener])
    workers.run()
    return all(process.exitcode != STARTUP_FAILURE for process in workers.processes)


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


def _config(settings: Settings, runtime: Path) -> uvicorn.Config:
    return uvicorn.Config(
        partial(create_app, settings, runtime),
        factory=True,
        workers=settings.workers,
        loop="uvloop",
        http="httptools",
        ws="none",
        lifespan="on",
        log_config=CONFIG,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        backlog=_BACKLOG,
        timeout_graceful_shutdown=_LEAVE_S,
        timeout_worker_healthcheck=_LEAVE_S,
    )


def _end_by_signal() -> None:
    """Let SIGTERM and SIGINT end the program in order: uvicorn raises them again when it has finished."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: sys.exit(0))


@contextmanager
def _listening(settings: Settings) -> Iterator[socket.socket]:
    """Take the port before anything else, so that a port in use is known at once."""
    try:
        family, *_, address = socket.getaddrinfo(settings.host, settings.port, type=socket.SOCK_STREAM)[0]
        listener = socket.create_server(address[:2], family=family, backlog=_BACKLOG)
    except OSError as error:
        raise BadInput(f"Cannot listen on {settings.host}:{settings.port} ({error.strerror}).") from error
    with listener:
        listener.set_inheritable(True)
        yield listener


def _address(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
