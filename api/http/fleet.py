"""How the workers of one server agree on a snapshot: a private folder with one file each way.

``wanted.json`` says which snapshot folder is in force and since which generation; ``worker-<pid>.json`` says
which generation a worker has taken. A worker registers before it reads what is wanted; so whoever changes
that either sees the worker and waits for it, or the worker reads the change.
"""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

POLL_S: Final = 0.05


@dataclass(frozen=True, slots=True)
class Wanted:
    """The snapshot folder that all workers should answer from."""

    generation: int
    folder: str


@dataclass(frozen=True, slots=True)
class Worker:
    """What a worker said last: the generation it answers from, and which one it could not take, and why."""

    pid: int
    generation: int
    failed: int = -1
    error: str = ""


class Fleet:
    """One worker's view of the shared folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._wanted = folder / "wanted.json"
        self._own = folder / f"worker-{os.getpid()}.json"

    def want(self, wanted: Wanted) -> None:
        """Let all workers know what is in force."""
        _replace(self._wanted, asdict(wanted))

    def wanted(self) -> Wanted:
        """Return what is in force."""
        return Wanted(**json.loads(self._wanted.read_bytes()))

    def say(self, generation: int, failed: int = -1, error: str = "") -> None:
        """Tell the others which generation this worker answers from."""
        _replace(self._own, asdict(Worker(os.getpid(), generation, failed, error)))

    def leave(self) -> None:
        """Tell the others that this worker answers no more."""
        self._own.unlink(missing_ok=True)

    def workers(self) -> list[Worker]:
        """Return the workers that are alive."""
        said = []
        for path in sorted(self._folder.glob("worker-*.json")):
            try:
                worker = Worker(**json.loads(path.read_bytes()))
            except FileNotFoundError:
                continue
            if _alive(worker.pid):
                said.append(worker)
        return said

    async def agreed(self, generation: int, deadline: float) -> list[Worker]:
        """Wait until every worker alive has taken or refused a generation, or ``deadline`` is past.

        Returns all workers alive; ``deadline`` is a reading of ``time.monotonic``.
        """
        while True:
            workers = self.workers()
            waiting = [w for w in workers if w.generation < generation and w.failed < generation]
            if not waiting or time.monotonic() >= deadline:
                return workers
            await asyncio.sleep(POLL_S)

    @asynccontextmanager
    async def changing(self, deadline: float) -> AsyncIterator[None]:
        """Let one request at a time, of all workers, change what is wanted; TimeoutError at the deadline."""
        with (self._folder / "lock").open("w") as lock:
            while not _try_lock(lock.fileno()):
                if time.monotonic() >= deadline:
                    raise TimeoutError("another reload is still under way")
                await asyncio.sleep(POLL_S)
            yield


def _try_lock(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def _replace(path: Path, value: dict[str, object]) -> None:
    fresh = path.with_name(f".{path.name}.new-{os.getpid()}")
    fresh.write_text(json.dumps(value), "utf-8")
    fresh.replace(path)
