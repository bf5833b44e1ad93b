"""From a source to checked tables: read, cut at T, check, and account for every row."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Final

import polars as pl

from graph.errors import BadInput, Fault
from ingest.checked import Checked, TableReport
from ingest.clock import to_utc
from ingest.cut import TypedTable, cut, last_event
from ingest.faults import FileFault, file_fault
from ingest.quarantine import examples, quarantine
from ingest.quirks import Tables, clean
from ingest.raw import Source
from ingest.rows import Keys, usable_rows
from ingest.tables import TABLES, Table

_READERS: Final = 2
Progress = Callable[[str], None]


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
    checked: dict[str, pl.DataFrame] = {}
    reports: dict[str, TableReport] = {}
    keys: dict[str, pl.Series] = {}
    for name in TABLES:
        if name in tables:
            progress(f"checking {name}")
            typed = tables.pop(name)
            checked[name], reports[name] = _check_table(typed, keys, checked)
            keys |= _keys(typed, checked[name])
    if checked["orders"].is_empty():
        raise _no_order(source, instant, reports)
    return Checked(instant, checked, reports)


def _read_all(source: Source, progress: Progress) -> dict[str, TypedTable]:
    """Read every table, or raise BadInput with the faults of all of them."""
    tables: dict[str, TypedTable] = {}
    faults: list[Fault] = []
    with ThreadPoolExecutor(_READERS) as readers:
        waiting = {name: readers.submit(_read, source, table) for name, table in TABLES.items()}
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


def _read(source: Source, table: Table) -> TypedTable | None:
    raw = source.read(table)
    return None if raw is None else TypedTable.of(raw)


def _keys(typed: TypedTable, used: pl.DataFrame) -> dict[str, pl.Series]:
    """Return the keys of one table to which others may refer."""
    if len(typed.table.key) != 1:
        return {}
    key = typed.table.key[0]
    return {typed.table.name: used[key].append(typed.values(key).filter(typed.later))}


def _check_table(typed: TypedTable, keys: Keys, before: Tables) -> tuple[pl.DataFrame, TableReport]:
    rows = usable_rows(typed, keys)
    frame, cleaned = clean(typed, rows, before)
    set_aside, reasons = quarantine(typed, rows.faults)
    report = TableReport(
        read=typed.raw.read,
        used=frame.height,
        set_aside=rows.faults["at"].n_unique() + typed.raw.broken.height,
        later_than_as_of=int(typed.later.sum()),
        cleaned=cleaned,
        reasons=reasons,
        quarantine=set_aside,
    )
    return frame, report


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
