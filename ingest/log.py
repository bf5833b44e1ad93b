"""The event log: everything that happened, in the one order in which it is played, stretch by stretch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import narwhals as nw
import numpy as np
import polars as pl
from numpy.typing import NDArray

from ingest.checked import Checked
from ingest.facts import Facts, in_seconds
from ingest.names import Names, named
from ingest.nodes import IN_MEMORY
from ingest.transforms import events
from ingest.transforms.frames import Frame

AT_A_TIME: Final = 100_000
_ORDER: Final = ("order_id", "purchased_s", "approved_s", "promised_s", "to_zip_prefix")
_SENT: Final = ("order_id", "seller_id", "handed_over_s", "delivered_s", "carrier_id", "warehouse_id")
_STOCK: Final = "StockMoved"
# Whose names the codes of subjects and parts are, by kind of event.
_SUBJECTS: Final = dict.fromkeys(events.KINDS, "order_id") | {_STOCK: "inventory_event_id"}
_PARTS: Final = {
    "OrderPurchased": "number",
    "PaymentRegistered": "number",
    "OrderApproved": "number",
    "HandedToCarrier": "seller_id",
    "Delivered": "seller_id",
    "Reviewed": "review_id",
    _STOCK: "order_id",
}
_TYPES: Final = {nw.String: pl.String(), nw.Int64: pl.Int64(), nw.Int32: pl.Int32()}
SCHEMA: Final = pl.Schema({name: _TYPES[kind] for name, kind in events.COLUMNS.items()})
"""The columns of the log."""


def event_log(checked: Checked, facts: Facts, at_a_time: int = AT_A_TIME) -> Iterator[pl.DataFrame]:
    """Yield the events in the one order in which they are played (columns: ``transforms.events``).

    One frame holds the events of a stretch of time in which ``at_a_time`` packages are bought, so that a
    long history does not have to fit into memory as a log.
    """
    cuts = facts.packages["purchased_s"].gather_every(at_a_time)[1:].unique(maintain_order=True).to_numpy()
    history = _History(checked, facts, cuts)
    for stretch in range(len(cuts) + 1):
        log = pl.concat(pl.collect_all(history.played(stretch), engine=IN_MEMORY))
        # Sorted as a frame at rest, and by codes: a tenth of the time of a sort of texts in a lazy plan.
        ordered = events.in_total_order(nw.from_native(log, eager_only=True)).to_native()
        yield history.spelled(ordered)


class _History:
    """The tables that events are made of; for each row, the stretch of time in which its event falls."""

    def __init__(self, checked: Checked, facts: Facts, cuts: NDArray[np.int64]) -> None:
        self._cuts = cuts
        # Packages stand in order of purchase and order: those of one order beside each other.
        order = facts.packages["order_id"]
        orders = facts.packages.select(_ORDER).filter(order.ne_missing(order.shift()))
        packages = facts.packages.select(_SENT)
        bought = self._by_order(orders, "purchased_s")
        approved = self._by_order(orders, "approved_s")
        tables = checked.tables
        self._rows: dict[str, tuple[pl.DataFrame, pl.Series]] = {
            "bought": (orders, self._stretch(orders["purchased_s"])),
            "bought lines": (tables["items"], bought.gather(tables["items"]["order_id"])),
            "paid": (tables["payments"], bought.gather(tables["payments"]["order_id"])),
            "approved": (orders, self._stretch(orders["approved_s"])),
            "approved lines": (tables["items"], approved.gather(tables["items"]["order_id"])),
            "handed over": (packages, self._stretch(packages["handed_over_s"])),
            "delivered": (packages, self._stretch(packages["delivered_s"])),
            "reviewed": (tables["reviews"], self._stretch(tables["reviews"]["answered_at"].dt.epoch("s"))),
        }
        if "inventory_events" in tables:
            moved = tables["inventory_events"]
            self._rows["moved"] = (moved, self._stretch(moved["event_at"].dt.epoch("s")))
        counted = [tables["items"]["line"].unique(), tables["payments"]["sequence"].unique(), _ZERO]
        self._counted = pl.concat(counted).unique().sort()
        self._names = {**facts.names, "number": self._counted.cast(pl.String).sort()}
        self._subjects = _Mixed.of(_SUBJECTS, self._names)
        self._parts = _Mixed.of(_PARTS, self._names)

    def played(self, stretch: int) -> list[pl.LazyFrame]:
        """Return the events of one stretch by kind, in codes."""
        bought = self._of("bought", stretch)
        approved = self._of("approved", stretch)
        parts = [
            events.purchased(bought, self._of("bought lines", stretch, "items")),
            events.registered(bought, self._of("paid", stretch, "payments")),
            events.approved(approved, self._of("approved lines", stretch, "items")),
            events.handed_over(self._of("handed over", stretch)),
            events.delivered(self._of("delivered", stretch)),
            events.reviewed(self._of("reviewed", stretch, "reviews")),
        ]
        if "moved" in self._rows:
            parts.append(events.stock_moved(self._of("moved", stretch, "inventory_events")))
        return [part.to_native() for part in parts]

    def spelled(self, log: pl.DataFrame) -> pl.DataFrame:
        """Return a log in codes with the names they stand for."""
        mixed = [self._subjects.spelled(log, "subject"), self._parts.spelled(log, "part")]
        return named(log.with_columns(mixed), self._names).cast(SCHEMA)

    def _of(self, part: str, stretch: int, table: str | None = None) -> Frame:
        rows, stretches = self._rows[part]
        some = rows.filter(stretches == stretch)
        numbers = [name for name in ("line", "sequence") if name in some.columns]
        some = some.with_columns(self._number(some[name]) for name in numbers)
        return nw.from_native(some.lazy() if table is None else in_seconds(table, some))

    def _number(self, numbers: pl.Series) -> pl.Series:
        """Return line or payment numbers as codes of their digits."""
        codes = self._counted.cast(pl.String).rank("ordinal").cast(pl.Int32) - 1
        return codes.gather(self._counted.search_sorted(numbers)).alias(numbers.name)

    def _by_order(self, orders: pl.DataFrame, stamp: str) -> pl.Series:
        """Return, by code of order, the stretch in which one of its stamps falls."""
        stretch = self._stretch(orders[stamp])
        return stretch.gather(orders["order_id"].arg_sort())

    def _stretch(self, seconds: pl.Series) -> pl.Series:
        """Return the stretch in which each instant falls; null for one that is not known."""
        small = pl.Int16 if len(self._cuts) < np.iinfo(np.int16).max else pl.Int32
        place = np.searchsorted(self._cuts, seconds.fill_null(0).to_numpy(), side="right")
        stretch = pl.Series(place).cast(small)
        known = seconds.is_not_null()
        return stretch if known.all() else pl.select(pl.when(known).then(stretch)).to_series()


@dataclass(frozen=True, slots=True)
class _Mixed:
    """Names of several spaces in a row, for a column whose codes belong to one space or another by kind.

    ``start`` says where the names of each kind of event begin; the last of ``names`` is empty, for no code.
    """

    names: pl.Series
    start: pl.Series

    @classmethod
    def of(cls, space_of: Mapping[str, str], names: Names) -> _Mixed:
        spaces = [space for space in dict.fromkeys(space_of.values()) if space in names]
        ends = np.cumsum([0, *(names[space].len() for space in spaces)])
        starts = [
            int(ends[spaces.index(s)]) if (s := space_of[kind]) in spaces else 0 for kind in events.KINDS
        ]
        every = pl.concat([*(names[space] for space in spaces), pl.Series([""])], rechunk=True)
        return cls(every, pl.Series(starts, dtype=pl.Int64))

    def spelled(self, log: pl.DataFrame, column: str) -> pl.Series:
        """Return the names behind a column of codes."""
        codes = (log[column] + self.start.gather(log["kind_rank"])).fill_null(self.names.len() - 1)
        return self.names.gather(codes).alias(column)


_ZERO: Final = pl.Series([0], dtype=pl.Int32)
