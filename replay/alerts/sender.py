"""The sender: takes messages out of the outbox and posts them, one at a time, until told to stop.

No transaction is open while it waits for a receiver.
"""

from __future__ import annotations

import http.client
import logging
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from inventory.sql import DatabaseBusy, DatabaseDown, SqlHome
from replay.alerts.outbox import Outbox, Patience, Queued
from replay.alerts.receivers import Receiver
from replay.alerts.webhook import signature_headers
from replay.jobs.hand import Clock

LOG: Final = logging.getLogger("malha.worker")
TIMEOUT_S: Final = 10.0
PAUSE_S: Final = 1.0
"""How long a sender without work waits."""

_AGAIN: Final = frozenset({408, 425, 429})
"""Answers of the 4xx that are worth another try; the others say that the message will never be taken."""


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of a try: taken, or why not; ``final``: trying again would not help."""

    error: str | None = None
    final: bool = False


class Sender:
    """Sends what is due to some receivers; several senders may work on one database."""

    def __init__(
        self,
        home: SqlHome,
        receivers: Sequence[Receiver],
        clock: Clock,
        patience: Patience | None = None,
        timeout_s: float = TIMEOUT_S,
    ) -> None:
        self._home, self._clock, self._timeout_s = home, clock, timeout_s
        self._patience = patience or Patience()
        self._receivers = {one.name: one for one in receivers}

    def run(self, stop: threading.Event, pause_s: float) -> None:
        """Send until ``stop`` is set; look again after ``pause_s`` when nothing is due."""
        while not stop.is_set():
            try:
                found = self.send_one()
            except (DatabaseBusy, DatabaseDown):
                found = False  # the worker itself says so
            except Exception:  # nobody would see that the thread has ended
                found = False
                LOG.exception("sender_failed")
            if not found:
                stop.wait(pause_s)

    def send_due(self) -> int:
        """Send everything that is due; return how many tries were made."""
        tries = 0
        while self.send_one():
            tries += 1
        return tries

    def send_one(self) -> bool:
        """Send the next message that is due; False when there is none."""
        run = self._home.run(
            lambda unit: Outbox(unit.connection).claim(self._receivers, self._clock(), self._patience)
        )
        if run is None:
            return False
        tried = self._try(run)
        self._home.run(lambda unit: self._end(Outbox(unit.connection), run, tried))
        what = "webhook_sent" if tried.error is None else "webhook_failed"
        told = {"receiver": run.message.receiver, "message_id": run.message.message_id, "try": run.attempts}
        LOG.info(what, extra={"fields": told | ({} if tried.error is None else {"error": tried.error})})
        return True

    def _end(self, outbox: Outbox, run: Queued, tried: Tried) -> bool:
        if tried.error is None:
            return outbox.sent(run, self._clock())
        return outbox.failed(run, self._clock(), tried.error, self._patience, final=tried.final)

    def _try(self, run: Queued) -> Tried:
        receiver = self._receivers[run.message.receiver]
        headers = signature_headers(run.message.message_id, run.message.body, receiver.secret, self._clock())
        try:
            status = _post(receiver.url, run.message.body, headers, self._timeout_s)
        except (OSError, http.client.HTTPException) as error:
            return Tried(f"{type(error).__name__}: {error}")
        except ValueError as error:
            return Tried(f"{type(error).__name__}: {error}", final=True)  # it cannot be put into a request
        if 200 <= status < 300:
            return Tried()
        return Tried(f"answered {status}", final=400 <= status < 500 and status not in _AGAIN)


@contextmanager
def sending(sender: Sender, *, once: bool = False) -> Iterator[None]:
    """Send in a thread of its own while the block runs; with ``once``, what is due when it has ended."""
    if once:
        yield
        sender.send_due()
        return
    stop = threading.Event()
    thread = threading.Thread(target=sender.run, args=(stop, PAUSE_S), name="sender")
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _post(url: str, body: str, headers: Mapping[str, str], timeout_s: float) -> int:
    """Post a body and return the status. No redirect is followed: it was signed for this address."""
    parts = urlsplit(url)
    kinds = {"http": http.client.HTTPConnection, "https": http.client.HTTPSConnection}
    connection = kinds[parts.scheme](parts.hostname or "", parts.port, timeout=timeout_s)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        connection.request(
            "POST",
            path,
            body.encode(),
            {"Content-Type": "application/json", "User-Agent": "malha", **headers},
        )
        status: int = connection.getresponse().status
    finally:
        connection.close()
    return status
