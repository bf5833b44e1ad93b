"""The scarcity prices in force, as a program that decides order after order keeps them."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import Lock
from typing import Final

from inventory.sql import DatabaseBusy, DatabaseDown, SqlHome
from optimizer.policy import Policy
from optimizer.prices import PriceTable
from replay.price_store import PriceStore

LOOK_EVERY_S: Final = 0.25
"""How old the answer of a look for newer prices may be: one look then serves all requests of a worker."""


@dataclass(frozen=True, slots=True)
class _Held:
    table: PriceTable | None
    version: str | None
    looked_s: float


class PricesInForce:
    """The newest table of each policy that has prices; threads share it.

    A table is read once a version. Nobody waits for a look that another thread is making, but for the
    first: until then the table known before holds, also while the database cannot be asked.
    """

    def __init__(
        self,
        home: SqlHome,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        every_s: float = LOOK_EVERY_S,
    ) -> None:
        self._home, self._clock, self._every_s = home, clock, every_s
        self._held: dict[str, _Held] = {}
        self._looking = Lock()

    def of(self, policy: Policy) -> PriceTable | None:
        """Return the prices for decisions made now; None where the policy has none or none were solved."""
        if policy.prices is None:
            return None
        held = self._held.get(policy.digest)
        if held is None:
            with self._looking:
                held = self._held.get(policy.digest) or self._look(policy.digest, None)
        elif time.monotonic() - held.looked_s >= self._every_s and self._looking.acquire(blocking=False):
            try:
                with suppress(DatabaseBusy, DatabaseDown):
                    held = self._look(policy.digest, held)
            finally:
                self._looking.release()
        return held.table

    def _look(self, policy_digest: str, held: _Held | None) -> _Held:
        now, looked_s = self._clock(), time.monotonic()
        with self._home.reading() as unit:
            store = PriceStore(unit.connection)
            version = store.version(now, policy_digest)
            if held is not None and held.version == version:
                found = _Held(held.table, version, looked_s)
            else:
                found = _Held(store.latest(now, policy_digest), version, looked_s)
        self._held[policy_digest] = found
        return found
