"""What ``malha stock`` does: open a ledger, fill it, take it out again, look at it, check it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Final, TypeVar

import polars as pl

from api.stock_files import LEVELS, Sheet, counts, read_sheets, stock_events
from graph.errors import BadInput, SnapshotError
from graph.stores.files import snapshot_folder
from graph.stores.parquet import ParquetStore
from inventory.counts import Count, events_of
from inventory.events import StockEvent
from inventory.ledger import Appended
from inventory.opening import Opening, OpeningRule, opening
from inventory.sql import SqlHome, SqlUnit, database_url
from inventory.stock import Shortage, StockRow, StockSettings

Row = TypeVar("Row")

AT_ONCE: Final = 2_000
"""Events in one unit of work: others get their turn in between."""


def existing(where: str) -> SqlHome:
    """Open a ledger that is there; BadInput says how to make one where there is none."""
    url = database_url(where)
    if url.get_backend_name() == "sqlite" and not Path(str(url.database)).exists():
        raise BadInput(
            f"There is no ledger at {url.database}: make one with `malha stock init --snapshot SNAP` or "
            "`malha stock import FOLDER`, or name another with --db."
        )
    return SqlHome.open(where)


@dataclass(frozen=True, slots=True)
class Opened:
    """An opening stock and what became of it: ``booked`` is 0 when it stood there already."""

    snapshot_id: str
    as_of: datetime
    rule: OpeningRule
    places: int
    units: int
    booked: int


def open_stock(snapshot: Path, where: str, rule: OpeningRule) -> Opened:
    """Fill an empty ledger with the opening stock of a snapshot; doing it again books nothing.

    Raises BadInput when the ledger holds anything else, SnapshotError when there is no such snapshot.
    """
    folder = snapshot_folder(snapshot)
    meta = ParquetStore(folder).meta()
    try:
        demand = pl.read_parquet(folder / "demand.parquet")
    except (OSError, pl.exceptions.PolarsError) as error:
        raise SnapshotError(
            f"{folder / 'demand.parquet'} cannot be read: build the snapshot again."
        ) from error
    found = opening(demand, meta.as_of, rule)
    home = SqlHome.open(where)
    booked = home.run(lambda unit: _open(unit, found))
    home.close()
    return Opened(meta.snapshot_id, meta.as_of, rule, len(found.events), found.units, booked)


def _open(unit: SqlUnit, found: Opening) -> int:
    again = unit.store.known([found.events[0].event_id])
    if not again and next(unit.store.all_events(), None) is not None:
        raise BadInput(
            "The ledger holds stock already; an opening stock is for an empty one. Name another with --db."
        )
    booked = unit.ledger.append(found.events).booked
    if booked:
        unit.ledger.configure(found.settings)
    return booked


@dataclass(slots=True)
class Imported:
    """What became of one file: ``read`` = used + set aside. ``booked`` counts events, ``known`` old ones."""

    sheet: Sheet
    booked: int = 0
    known: int = 0
    beyond: list[Shortage] = field(default_factory=list)

    @property
    def set_aside(self) -> int:
        """The rows that could not be used."""
        return self.sheet.reasons().total()

    def add(self, told: Appended, at: dict[str, int]) -> None:
        """Take note of what the ledger made of some events, each from the row at a position."""
        self.booked += told.booked
        self.known += told.duplicates
        self.beyond += told.beyond
        for no in told.refused:
            event = no.event
            found = "" if no.shortage is None else f"needs {no.shortage.needed}, has {no.shortage.available}"
            remedy = _REMEDIES.get(no.why, "Correct the row.") if no.shortage is None else _SHORT
            name = "current_stock" if self.sheet.table.name == LEVELS.name else "event_type"
            self.sheet.refuse(at[event.event_id], name, no.why, found or event.event_id, remedy)


_SHORT: Final = "Release or reroute orders that hold the units, or send the receipt or count that is missing."
_REMEDIES: Final = {"another event has this id": "Give each event an id of its own."}


def import_stock(files: Path, where: str) -> list[Imported]:
    """Book the stock tables of a folder or file; every event once, however often this is done.

    Rows that cannot be used are set aside (see `Sheet.set_aside`); BadInput when none can.
    """
    sheets = read_sheets(files)
    if not any(sheet.frame.height for sheet in sheets) and any(sheet.set_aside for sheet in sheets):
        faults = [fault for sheet in sheets for fault in sheet.set_aside]
        raise BadInput(f"{files} has no usable row:", faults)
    home = SqlHome.open(where)
    done = []
    for sheet in sheets:
        told = Imported(sheet)
        book = _book_counts if sheet.table.name == LEVELS.name else _book_events
        book(home, told)
        done.append(told)
    home.close()
    return done


def _book_events(home: SqlHome, told: Imported) -> None:
    for some in _some(stock_events(told.sheet)):
        at = {event.event_id: row for row, event in some}
        events = [event for _, event in some]
        told.add(home.run(partial(_append, events)), at)


def _book_counts(home: SqlHome, told: Imported) -> None:
    for some in _some(counts(told.sheet)):
        at = {count.mark: row for row, count, _ in some}
        booked, late = home.run(partial(_count, some))
        told.add(booked, at)
        for count in late:
            told.sheet.refuse(
                at[count.mark],
                "last_updated_at",
                "older than the ledger",
                str(count.at),
                "Count again: the stock has moved since.",
            )


def _append(events: Sequence[StockEvent], unit: SqlUnit) -> Appended:
    return unit.ledger.append(events)


def _count(some: Sequence[tuple[int, Count, StockSettings]], unit: SqlUnit) -> tuple[Appended, list[Count]]:
    rows = unit.ledger.rows([count.key for _, count, _ in some], lock=True)
    known = unit.store.known([count.mark for _, count, _ in some])
    new = [(count, given) for _, count, given in some if count.mark not in known]
    late = [count for count, _ in new if _moved_after(rows[count.key], count)]
    fresh = [count for count, _ in new if not _moved_after(rows[count.key], count)]
    settings = {count.key: given for count, given in new if not _moved_after(rows[count.key], count)}
    told = unit.ledger.append(list(events_of(fresh, rows)))
    unit.ledger.configure(settings)
    return Appended(told.booked, len(known), told.refused, told.beyond), late


def _moved_after(row: StockRow, count: Count) -> bool:
    return row.updated_at is not None and row.updated_at > count.at


def _some(rows: Sequence[Row]) -> Iterator[Sequence[Row]]:
    return (rows[start : start + AT_ONCE] for start in range(0, len(rows), AT_ONCE))
