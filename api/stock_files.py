"""Stock as CSV files with the names of the marketplace's inventory tables: read, checked, and written."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

import polars as pl

from graph.errors import BadInput, Fault
from ingest.cells import as_text, read_cells
from ingest.faults import Reason, row_fault
from ingest.folder import FolderSource
from ingest.raw import RawTable
from ingest.tables import TABLES, Column, Kind, Table
from inventory.counts import Count
from inventory.events import TRANSIT, EventType, StockEvent, StockKey
from inventory.stock import StockRow, StockSettings

_SAFE: Final = 2**53
_SHOWN: Final = 80


def _units(name: str, *, required: bool = True) -> Column:
    return Column(name, name, Kind.INTEGER, required=required, low=0, high=_SAFE)


EVENTS: Final = TABLES["inventory_events"]
LEVELS: Final = Table(
    "inventory",
    "olist_inventory_dataset",
    (
        Column("product_id", "product_id"),
        Column("seller_id", "seller_id"),
        Column("location_id", "location_id"),
        _units("current_stock"),
        _units("reserved_stock"),
        _units("safety_stock", required=False),
        _units("reorder_point", required=False),
        Column("lead_time_days", "lead_time_days", Kind.NUMBER, required=False, low=0),
        Column("counted_at", "last_updated_at", Kind.INSTANT),
        _units("order_up_to", required=False),
    ),
    key=("product_id", "seller_id", "location_id"),
)
"""A count of the shelves, with the settings of each place. Files may lack the columns of `_MAY_LACK`."""

_MAY_LACK: Final = frozenset({"order_up_to"})

_WANTED: Final = f"a folder with {EVENTS.file}.csv or {LEVELS.file}.csv, or one file with their columns"

# At one instant, what gives comes before what takes.
_TURN: Final = {
    kind: turn
    for turn, kind in enumerate(
        [
            *(EventType.RECEIVED, EventType.RETURNED, EventType.RELEASED, EventType.TRANSFER_OUT),
            *(EventType.TRANSFER_IN, EventType.ADJUSTED, EventType.RESERVED, EventType.SHIPPED),
            *(EventType.DAMAGED, EventType.REORDERED),
        ]
    )
}


@dataclass(slots=True)
class Sheet:
    """One file: its usable rows, the number of each, and the faults of the others.

    ``set_aside`` (row, column, reason, value, remedy) grows when the ledger refuses a row.
    """

    table: Table
    read: int
    frame: pl.DataFrame
    rows: pl.Series
    set_aside: list[Fault] = field(default_factory=list)

    def refuse(self, at: int, column: str, why: str, value: str, remedy: str) -> None:
        """Set a usable row aside after all."""
        self.set_aside.append(Fault(self.table.file, self.rows[at], column, why, value, remedy))

    def reasons(self) -> Counter[str]:
        """Return how many rows were set aside, by the first reason of each."""
        first: dict[int | str | None, str] = {}
        for fault in self.set_aside:
            first.setdefault(fault.row, fault.kind)
        return Counter(first.values())


def read_sheets(where: Path) -> list[Sheet]:
    """Return the stock tables of a folder, or the one that a file holds; events come after counts.

    Raises BadInput with every fault when there is none, or when a file as a whole cannot be read.
    """
    if not where.exists():
        raise BadInput(f"{where} does not exist: give {_WANTED}.")
    found, faults = [], list[Fault]()
    for table in (LEVELS, EVENTS):
        try:
            raw = _raw(where, table)
        except BadInput as error:
            if not error.faults:
                raise
            if where.is_dir() or not _of_other_table(error):
                faults += error.faults
            continue
        if raw is not None:
            found.append(_sheet(raw))
    if faults:
        raise BadInput(f"{where} cannot be used as it is:", list(dict.fromkeys(faults)))
    if not found:
        raise BadInput(f"{where} holds no stock: give {_WANTED}.")
    return found


def read_sheet(file: Path, table: Table) -> Sheet:
    """Return one file (CSV or Parquet, whatever its name) as a table.

    Raises BadInput with every fault when there is none, or when it as a whole cannot be read.
    """
    raw = _raw(file, table) if file.is_file() else None
    if raw is None:
        raise BadInput(f"There is no table {file}: give a CSV or Parquet file with {', '.join(table.names)}.")
    return _sheet(raw)


def _raw(where: Path, table: Table) -> RawTable | None:
    source = FolderSource(where if where.is_dir() else where.parent)
    named = table if where.is_dir() else replace(table, file=where.stem)
    try:
        return source.read(named)
    except BadInput as error:
        lacks = {fault.column for fault in error.faults if fault.kind == "missing column"} & _MAY_LACK
        if not lacks:
            raise
        rest = tuple(column for column in table.columns if column.source not in lacks)
        return source.read(replace(named, columns=rest))


def _of_other_table(error: BadInput) -> bool:
    """Whether a file lacks columns of one table, and so may be the other."""
    return all(fault.kind == "missing column" for fault in error.faults)


def _sheet(raw: RawTable) -> Sheet:
    """Return the rows of which every cell can be read and whose key is new; the others are faulty."""
    values, marks = {}, list[tuple[int, int, Fault]]()
    for order, column in enumerate(raw.table.columns):
        cells = read_cells(raw.column(column.name), column)
        values[column.name] = cells.values
        for reason, where in cells.faults:
            marks += _marks(raw, order, reason, where)
    frame = pl.DataFrame(values)
    for order, reason, bad in _row_faults(raw.table, frame):
        marks += _marks(raw, order, reason, bad.fill_null(value=False).arg_true())
    faulty = {at for at, _, _ in marks}
    good = pl.Series([at not in faulty for at in range(frame.height)], dtype=pl.Boolean)
    told = [fault for _, _, fault in sorted(marks, key=lambda mark: mark[:2])]
    broken = [
        row_fault(raw.table, row, None, Reason(reason), value)
        for row, reason, value in raw.broken.iter_rows()
    ]
    rows = raw.names_of(good.arg_true())
    return Sheet(raw.table, raw.read, frame.filter(good), rows, [*told, *broken])


def _marks(raw: RawTable, order: int, reason: Reason, where: pl.Series) -> Iterator[tuple[int, int, Fault]]:
    column = raw.table.columns[order]
    texts = as_text(raw.column(column.name).gather(where)).fill_null("").str.slice(0, _SHOWN)
    for at, row, value in zip(where, raw.names_of(where), texts, strict=True):
        yield at, order, row_fault(raw.table, row, column.source, reason, value)


def _row_faults(table: Table, frame: pl.DataFrame) -> Iterator[tuple[int, Reason, pl.Series]]:
    """Yield what is wrong with whole rows: a key told before; less than nothing, where no sign is meant."""
    keys = pl.struct(table.key)
    again = frame.select(keys.is_duplicated() & ~keys.is_first_distinct()).to_series()
    yield 0, Reason.DUPLICATE_KEY, again
    if table.name == EVENTS.name:
        signed = frame["event_type"] == EventType.ADJUSTED.value
        yield table.names.index("quantity"), Reason.OUT_OF_RANGE, (frame["quantity"] < 0) & ~signed


def stock_events(sheet: Sheet) -> list[tuple[int, StockEvent]]:
    """Return the events of a sheet with their positions in it, in the order in which they happened."""
    events = []
    for at, row in enumerate(sheet.frame.iter_rows(named=True)):
        key = StockKey(row["product_id"], row["seller_id"], row["location_id"])
        try:
            kind = EventType(row["event_type"])
            event = StockEvent(
                row["inventory_event_id"],
                key,
                kind,
                row["quantity"],
                row["event_at"],
                row["order_id"],
                row["source"],
            )
        except BadInput as error:
            sheet.refuse(at, "location_id", "no place of events", key.location_id, error.message)
            continue
        events.append((at, event))
    rows = sheet.rows
    return sorted(events, key=lambda pair: (pair[1].at, _TURN[pair[1].event_type], rows[pair[0]]))


def counts(sheet: Sheet) -> list[tuple[int, Count, StockSettings]]:
    """Return the counts of a sheet with their positions in it; units in transit are nobody's to count."""
    found = []
    for at, row in enumerate(sheet.frame.iter_rows(named=True)):
        key = StockKey(row["product_id"], row["seller_id"], row["location_id"])
        if key.location_id == TRANSIT:
            continue
        told = ("safety_stock", "reorder_point", "lead_time_days", "order_up_to")
        settings = StockSettings(**{name: row.get(name) for name in told})
        found.append(
            (at, Count(key, row["current_stock"], row["reserved_stock"], row["counted_at"]), settings)
        )
    return found


def write_quarantine(sheets: Iterable[Sheet], folder: Path) -> list[Path]:
    """Write what was set aside, one CSV a table, for a person to open; return the files.

    A value that a spreadsheet would take for a formula is written with an apostrophe before it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for sheet in sheets:
        path = folder / f"{sheet.table.file}.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            lines = csv.writer(file, lineterminator="\n")
            lines.writerow(("table", "row", "column", "reason", "value", "remedy"))
            for fault in sheet.set_aside:
                value = f"'{fault.value}" if fault.value[:1] in tuple("=+@") else fault.value
                place = (fault.table, fault.row, fault.column)
                lines.writerow((*place, fault.kind, value, fault.remedy))
        written.append(path)
    return written


def write_stock(folder: Path, rows: Iterator[StockRow], events: Iterator[StockEvent]) -> dict[str, int]:
    """Write both tables as CSV into a folder; return how many rows each has. Instants are in UTC."""
    folder.mkdir(parents=True, exist_ok=True)
    levels = [
        {
            **row.key._asdict(),
            "current_stock": row.current,
            "reserved_stock": row.reserved,
            "safety_stock": row.safety_stock,
            "reorder_point": row.reorder_point,
            "lead_time_days": row.lead_time_days,
            "last_updated_at": row.updated_at,
            "order_up_to": row.order_up_to,
        }
        for row in rows
    ]
    moved = [
        {
            "inventory_event_id": event.event_id,
            **event.key._asdict(),
            "order_id": event.order_id,
            "event_type": event.event_type.value,
            "quantity": event.quantity,
            "event_timestamp": event.at,
            "source": event.source,
        }
        for event in events
    ]
    written = {}
    for table, stamps, told in ((LEVELS, "last_updated_at", levels), (EVENTS, "event_timestamp", moved)):
        frame = pl.DataFrame(told, schema=_schema(table), orient="row")
        frame.with_columns(pl.col(stamps).dt.to_string("%Y-%m-%d %H:%M:%S%.6fZ")).write_csv(
            folder / f"{table.file}.csv"
        )
        written[table.file] = frame.height
    return written


def _schema(table: Table) -> Mapping[str, pl.DataType]:
    return {column.source: column.type for column in table.columns}
