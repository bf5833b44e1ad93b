"""From a source to checked tables: read, cut at T, check, and account for every row."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from graph.errors import BadInput, Fault
from ingest.checked import Checked, TableReport
from ingest.clock import to_utc
from ingest.cut import cut, last_event
from ingest.faults import FileFault, file_fault
from ingest.names import NO_NAMES, compacted, marked, translated
from ingest.quarantine import examples, quarantine
from ingest.quirks import Known, clean
from ingest.raw import Source
from ingest.rows import Key, usable_rows
from ingest.tables import TABLES, Column, Table
from ingest.typed import TypedTable

_READERS: Final = 2
Progress = Callable[[str], None]
Reading = Future[TypedTable | None]


def silent(_: str) -> None:
    """Report no progress."""


def check(source: Source, as_of: datetime | None = None, progress: Progress = silent) -> Checked:
    """Return every table of a source as it was known at ``as_of``, with the account of its rows.

    ``as_of`` without offset is local time; ``None`` is the second after the last believable event.
    Raises BadInput if tables or columns are missing or unreadable (all faults at once), or if no order can
    be used.
    """
    tables = _read_all(source, progress)
    instant = last_event(tables) if as_of is None else to_utc(as_of)
    progress("cutting at the as-of instant")
    cut(tables, instant, whole=as_of is None)
    checks = _Checks()
    for name in TABLES:
        if name in tables:
            progress(f"checking {name}")
            checks.add(tables.pop(name))
    if checks.tables["orders"].is_empty():
        raise _no_order(source, instant, checks.reports)
    return Checked(instant, checks.tables, checks.names, checks.reports)


class _Checks:
    """The tables checked so far, each after those that it refers to."""

    def __init__(self) -> None:
        self.tables: dict[str, pl.DataFrame] = {}
        self.names: dict[str, pl.Series] = {}
        self.reports: dict[str, TableReport] = {}
        self._keys: dict[str, Key] = {}
        self._rows: dict[str, NDArray[np.int32]] = {}

    def add(self, typed: TypedTable) -> None:
        """Check one table, account for its rows, and let its codes stand for the names that are in use."""
        name = typed.table.name
        rows = usable_rows(typed, self._keys)
        frame, cleaned = clean(
            typed, rows, Known(self._names_of("geolocation"), self._names_of("categories"))
        )
        set_aside, reasons = quarantine(typed, rows.faults)
        self.reports[name] = TableReport(
            read=typed.raw.read,
            used=frame.height,
            set_aside=rows.faults["at"].n_unique() + typed.raw.broken.height,
            later_than_as_of=int(typed.later.sum()),
            cleaned=cleaned,
            reasons=reasons,
            quarantine=set_aside,
        )
        self._note_key(typed, frame)
        codes = [self._in_use(typed, column, frame) for column in typed.table.columns if column.space]
        self.tables[name] = frame.with_columns(codes)

    def _names_of(self, table: str) -> pl.Series:
        """Return the names in the first column of a table, if there is one by now."""
        if table not in self.tables:
            return NO_NAMES
        space = TABLES[table].columns[0].space
        return self.names[space] if space else self.tables[table].to_series(0)

    def _note_key(self, typed: TypedTable, frame: pl.DataFrame) -> None:
        """Note the keys of one table to which others may refer."""
        for column in typed.table.columns:
            if column.names == typed.table.name:
                names = typed.names(column.name)
                later = typed.values(column.name).filter(typed.later)
                self._keys[column.names] = Key(names, marked(names.len(), frame[column.name], later))

    def _in_use(self, typed: TypedTable, column: Column, frame: pl.DataFrame) -> pl.Series:
        """Return a column whose codes are rows of the names in use; the first to use a space decides which.

        What a checked row refers to is a used row of the table that the space belongs to.
        """
        space, codes = column.space or "", frame[column.name]
        if space not in self._rows:
            names = typed.names(column.name)
            used = marked(names.len(), codes)
            self._rows[space] = compacted(used)
            self.names[space] = names.filter(pl.Series(used[:-1]))
        return translated(codes, self._rows[space])


def _read_all(source: Source, progress: Progress) -> dict[str, TypedTable]:
    """Read every table, or raise BadInput with the faults of all of them."""
    tables: dict[str, TypedTable] = {}
    faults: list[Fault] = []
    waiting: dict[str, Reading] = {}
    with ThreadPoolExecutor(_READERS) as readers:
        for name, table in TABLES.items():
            waiting[name] = readers.submit(_read, source, table, waiting)
        for name, reading in waiting.items():
            progress(f"reading {name}")
            try:
                typed = reading.result()
            except BadInput as error:
                faults += error.faults
                continue
            if typed is not None:
                tables[name] = typed
            elif not TABLES[name].optional:
                faults.append(file_fault(TABLES[name].file, FileFault.MISSING_FILE))
    if faults:
        raise BadInput(f"{source.name} cannot be used as it is:", faults)
    return tables


def _read(
    source: Source, table: Table, earlier: Mapping[str, Future[TypedTable | None]]
) -> TypedTable | None:
    """Read one table; its references become codes of the names in earlier tables.

    Tables are taken up in their order, so whoever waits for an earlier one waits for a reader at work.
    """

    def names_of(parent: str) -> pl.Series | None:
        try:
            typed = earlier[parent].result()
        except BadInput:  # told by the one who read it
            return NO_NAMES
        return None if typed is None else typed.names(TABLES[parent].key[0])

    raw = source.read(table)
    return None if raw is None else TypedTable.of(raw, names_of)


def _no_order(source: Source, as_of: datetime, reports: dict[str, TableReport]) -> BadInput:
    orders = reports["orders"]
    if orders.later_than_as_of and not orders.set_aside:
        return BadInput(
            f"{source.name} has no order before {as_of:%Y-%m-%d %H:%M} UTC: choose a later --as-of "
            f"({orders.later_than_as_of} orders were bought after it)."
        )
    return BadInput(
        f"{source.name} has no usable order: {orders.read} were read, {orders.set_aside} set aside. "
        "Correct the rows below and build again.",
        examples(reports, each=1),
    )
