"""A reader of the live log for a program that lives long: it goes on, and begins anew with a new snapshot.

Beginning anew plays the whole log, which takes long once it is long. So it is done in a thread, while what
the old snapshot knows stays in use; and never inside a unit of work, for which others wait.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import NamedTuple

from graph import Network
from inventory.sql import SqlHome
from replay.live import LIVE
from replay.stream.reference import Reference
from replay.stream.sql_log import SqlLog
from replay.stream.state import State
from replay.stream.stepper import Stepper


class _Reader(NamedTuple):
    """A stepper that knows the names of a network."""

    network: Network
    stepper: Stepper

    @property
    def snapshot_id(self) -> str:
        return self.network.meta.snapshot_id


class Following:
    """Reads ``live`` with the network in force; one thread calls it."""

    def __init__(self, home: SqlHome, network: Callable[[], Network]) -> None:
        self._log, self._network = SqlLog(home, LIVE), network
        self._reader: _Reader | None = None
        self._next: Future[_Reader] | None = None
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="following")
        self._closed = threading.Event()

    def known(self) -> tuple[Network, State]:
        """Return what was played so far, and the network whose names it has; at first, everything."""
        if self._reader is None:
            self._reader = self._begun(self._network())
        return self._reader.network, self._reader.stepper.state

    def catch_up(self) -> None:
        """Play what was committed since; see to it that a new network is taken up.

        Raises what went wrong in the thread, which is begun again by the next call.
        """
        if self._next is not None and self._next.done():
            ended, self._next = self._next, None
            self._reader = ended.result()
        self.known()
        assert self._reader is not None
        network = self._network()
        if self._next is None and network.meta.snapshot_id != self._reader.snapshot_id:
            self._next = self._pool.submit(self._begun, network)
        self._reader.stepper.run()

    def close(self) -> None:
        """End the thread."""
        self._closed.set()
        self._pool.shutdown()

    def _begun(self, network: Network) -> _Reader:
        """Return a reader that has played everything, or as much as it could until `close`."""
        reader = _Reader(network, Stepper(self._log, State.start(Reference.of(network.tables))))
        reader.stepper.run(stopped=self._closed.is_set)
        return reader
