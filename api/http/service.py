"""What a worker holds: the network in force, the keys, the figures; and how it takes a new snapshot."""

from __future__ import annotations

import asyncio
import gc
import logging
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from starlette.requests import Request

from api.http.desk import Counter
from api.http.fleet import Fleet, Wanted, Worker
from api.http.metrics import Metrics
from api.http.problems import Code, Problem
from api.http.settings import Settings
from api.keys import KeyFile, KeyRing
from api.placements import open_network
from graph import Network
from graph.errors import MalhaError
from graph.stores import snapshot_folder

LOG: Final = logging.getLogger("malha.http")


@dataclass(frozen=True, slots=True)
class Loaded:
    """A network with all its indices built, and where it comes from. Nothing in it changes."""

    network: Network
    folder: str
    generation: int
    snapshot_id: str
    as_of: str

    @classmethod
    def open(cls, wanted: Wanted, placement: Path | None = None) -> Loaded:
        """Load a snapshot whole, with the plan of a folder if one is named; BadInput for what is unusable."""
        network = open_network(Path(wanted.folder), placement).warm()
        meta = network.meta
        return cls(network, wanted.folder, wanted.generation, meta.snapshot_id, meta.as_of.isoformat())

    def at(self, generation: int) -> Loaded:
        """Return the same network as another generation."""
        return Loaded(self.network, self.folder, generation, self.snapshot_id, self.as_of)


@dataclass(frozen=True, slots=True)
class Reloaded:
    """A reload that every worker has taken."""

    previous_snapshot_id: str
    loaded: Loaded
    workers: int
    seconds: float


class Service:
    """One worker's state. Handlers read ``loaded`` once and keep it: a swap never touches a request."""

    def __init__(self, settings: Settings, fleet: Fleet) -> None:
        self.settings = settings
        self.keys = KeyRing(KeyFile(settings.keys)) if settings.auth else None
        self.metrics = Metrics()
        self._counter: Counter | None = None
        self._fleet = fleet
        self._loaded: Loaded | None = None
        self._failed = -1

    @property
    def loaded(self) -> Loaded:
        """The network in force; the problem ``not_ready`` before the first one is there."""
        if self._loaded is None:
            raise Problem(Code.NOT_READY, "No snapshot is loaded yet.")
        return self._loaded

    @property
    def counter(self) -> Counter:
        """Where orders are taken; the problem ``not_ready`` before the server has started."""
        if self._counter is None:
            raise Problem(Code.NOT_READY, "The server has not started.")
        return self._counter

    @property
    def lagging(self) -> bool:
        """Whether this worker could not take the snapshot that the others have."""
        return self._loaded is None or self._failed > self._loaded.generation

    def common(self, request_id: str) -> dict[str, str]:
        """Return what every answer says: request id, snapshot id and as-of."""
        loaded = self._loaded
        about = {} if loaded is None else {"snapshot_id": loaded.snapshot_id, "as_of": loaded.as_of}
        return {"request_id": request_id, **about}

    def start(self) -> None:
        """Load the snapshot in force and open the ledger; MalhaError says what cannot be used."""
        self._fleet.say(-1)
        self._counter = Counter.open(self.settings)
        self._take(Loaded.open(self._fleet.wanted(), self.settings.placement))

    def stop(self) -> None:
        """Leave the fleet and let go of the ledger."""
        self._fleet.leave()
        if self._counter is not None:
            self._counter.close()

    async def follow(self, every_s: float = 0.1) -> None:
        """Take each snapshot that comes into force, until cancelled."""
        while True:
            await asyncio.sleep(every_s)
            wanted = self._fleet.wanted()
            if wanted.generation > max(self.loaded.generation, self._failed):
                await self._follow(wanted)

    async def reload(self) -> Reloaded:
        """Put the snapshot that ``CURRENT`` names into force in every worker; answer when all have it.

        Problems: ``snapshot_unusable`` (all workers stay as they are) and ``reload_incomplete``.
        """
        started = time.monotonic()
        deadline = started + self.settings.reload_seconds
        try:
            async with self._fleet.changing(deadline):
                previous = self.loaded.snapshot_id
                loaded = await self._open_current(self._fleet.wanted().generation + 1)
                self._fleet.want(Wanted(loaded.generation, loaded.folder))
                self._take(loaded)
                workers = await self._fleet.agreed(loaded.generation, deadline)
        except TimeoutError:
            raise Problem(Code.RELOAD_INCOMPLETE, "Another reload is still under way.") from None
        _check_all(workers, loaded.generation)
        return Reloaded(previous, loaded, len(workers), time.monotonic() - started)

    async def _open_current(self, generation: int) -> Loaded:
        try:
            folder = str(snapshot_folder(self.settings.snapshot))
            return await self._open(Wanted(generation, folder))
        except (MalhaError, OSError) as error:
            LOG.warning("reload refused", extra={"fields": {"error": str(error)}})
            raise Problem(Code.SNAPSHOT_UNUSABLE, _without_paths(error)) from error

    async def _open(self, wanted: Wanted) -> Loaded:
        # A snapshot's folder is named by its content: the same folder is the same network.
        if wanted.folder == self.loaded.folder:
            return self.loaded.at(wanted.generation)
        return await asyncio.to_thread(Loaded.open, wanted, self.settings.placement)

    async def _follow(self, wanted: Wanted) -> None:
        try:
            loaded = await self._open(wanted)
            # While it was loading, a reload asked of this very worker may have gone further.
            if loaded.generation > self.loaded.generation:
                self._take(loaded)
        except (MalhaError, OSError, MemoryError) as error:
            self._failed = wanted.generation
            LOG.exception("reload failed", extra={"fields": {"error": str(error)}})
            self._fleet.say(self.loaded.generation, wanted.generation, str(error))

    def _take(self, loaded: Loaded) -> None:
        changed = self._loaded is None or self._loaded.snapshot_id != loaded.snapshot_id
        self._loaded = loaded
        self._fleet.say(loaded.generation)
        if changed:
            _forget_what_stays()
            self.metrics.snapshots.inc()
            about = {"snapshot_id": loaded.snapshot_id, "as_of": loaded.as_of}
            LOG.info("snapshot in force", extra={"fields": about})


def _forget_what_stays() -> None:
    """Take the network out of the garbage collector's rounds: walking through it costs 10 ms and more.

    What the old network leaves is collected first; that is why the frozen set is opened again.
    """
    gc.unfreeze()
    gc.collect()
    gc.freeze()


def _check_all(workers: list[Worker], generation: int) -> None:
    behind = [worker for worker in workers if worker.generation < generation]
    if behind:
        refused = sum(worker.failed >= generation for worker in behind)
        raise Problem(
            Code.RELOAD_INCOMPLETE,
            f"{len(behind)} of {len(workers)} workers still answer from the old snapshot "
            f"({refused} could not load the new one; see their logs). Ask again, or restart the server.",
        )


def _without_paths(error: Exception) -> str:
    """Return what went wrong without the server's folders: they are nobody's business over HTTP."""
    kind = type(error).__name__
    return f"The snapshot that CURRENT names cannot be loaded ({kind}; the log says why)."


def service_of(request: Request) -> Service:
    """Return the worker's service."""
    service: Service = request.app.state.service
    return service


def request_id_of(request: Request) -> str:
    """Return the id of a request, as its answer, its log line and its problem say it."""
    request_id: str = request.scope["state"]["request_id"]
    return request_id
