"""Scarcity prices in the database: versions that every program on it reads, the newest first."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from inventory.sql.inserts import add_new
from inventory.sql.tables import DECISIONS, STOCK
from optimizer.prices import PriceTable, Shadow, SinceSolve, Trigger
from replay.tables import PRICES


@dataclass(frozen=True, slots=True, eq=False)
class StoredPrices:
    """Prices with where they come from.

    ``decisions_seen``: the position of the last decision stored before they were solved; ``window_from``:
    the same for the window of orders that will judge prices next.
    """

    table: PriceTable
    policy_digest: str
    snapshot_id: str
    decisions_seen: int
    window_from: int


class PriceStore:
    """The versions of prices, on the connection of a unit of work."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def add(self, prices: StoredPrices) -> None:
        """Store a version; one that is there already stays as it is."""
        table = prices.table
        row = {
            "version": table.version,
            "policy_digest": prices.policy_digest,
            "snapshot_id": prices.snapshot_id,
            "as_of": datetime.fromtimestamp(table.as_of_s, UTC),
            "trigger": table.trigger.value,
            "shadow": None if table.shadow is None else asdict(table.shadow),
            "cents": [[*cell, cents] for cell, cents in table.cents.items()],
            "decisions_seen": prices.decisions_seen,
            "window_from": prices.window_from,
        }
        add_new(self._connection, PRICES, [row])

    def version(self, at: datetime, policy_digest: str) -> str | None:
        """Return what names the prices of `latest`: a cheap look whether there are newer ones."""
        query = _newest(sa.select(PRICES.c.version), at, policy_digest)
        return self._connection.execute(query).scalar_one_or_none()

    def latest(self, at: datetime, policy_digest: str) -> PriceTable | None:
        """Return the prices of a policy that were in force at an instant; later ones are not looked at.

        None where its prices were never solved before it.
        """
        found = self.newest(at, policy_digest)
        return None if found is None else found.table

    def newest(self, at: datetime, policy_digest: str) -> StoredPrices | None:
        """Return the same prices with where they come from."""
        row = self._connection.execute(_newest(sa.select(PRICES), at, policy_digest)).one_or_none()
        if row is None:
            return None
        origin = row.policy_digest, row.snapshot_id, row.decisions_seen, row.window_from
        return StoredPrices(_table(row), *origin)

    def since(self, last: StoredPrices, at: datetime) -> SinceSolve:
        """Return what has happened since prices were solved.

        A stock-out is a place whose last unit was promised or went since.
        """
        solved_at = datetime.fromtimestamp(last.table.as_of_s, UTC)
        orders = sa.select(sa.func.count(DECISIONS.c.order_id.distinct()))
        gone = sa.select(sa.func.count()).where(
            STOCK.c.current_stock == STOCK.c.reserved_stock, STOCK.c.last_updated_at > solved_at
        )
        return SinceSolve(
            hours=(at - solved_at).total_seconds() / 3600,
            orders=self._connection.execute(
                orders.where(DECISIONS.c.position > last.decisions_seen)
            ).scalar_one(),
            stock_outs=self._connection.execute(gone).scalar_one(),
        )

    def decisions_seen(self) -> int:
        """Return the position of the last decision."""
        return self._connection.execute(sa.select(sa.func.max(DECISIONS.c.position))).scalar_one() or 0

    def decided(self, after: int, until: int) -> list[dict[str, Any]]:
        """Return the records of the decisions at positions in (after, until], in their order."""
        query = sa.select(DECISIONS.c.record).order_by(DECISIONS.c.position)
        query = query.where(DECISIONS.c.position > after, DECISIONS.c.position <= until)
        return [dict(record) for record in self._connection.scalars(query)]


def _newest(query: sa.Select[Any], at: datetime, policy_digest: str) -> sa.Select[Any]:
    known = query.where(PRICES.c.policy_digest == policy_digest, PRICES.c.as_of <= at)
    return known.order_by(PRICES.c.as_of.desc(), PRICES.c.position.desc()).limit(1)


def _table(row: sa.Row[Any]) -> PriceTable:
    shadow = None if row.shadow is None else Shadow(**row.shadow)
    cents = {(item, source): price for item, source, price in row.cents}
    return PriceTable(int(row.as_of.timestamp()), cents, Trigger(row.trigger), shadow)
