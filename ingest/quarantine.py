"""The rows that were set aside: as frames, as files for a person to open, and as short messages."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import polars as pl

from graph.errors import Fault
from ingest.checked import TableReport
from ingest.faults import Reason, row_fault
from ingest.tables import TABLES
from ingest.typed import TypedTable

COLUMNS: Final = ("table", "row", "column", "reason", "value")
_SHOWN: Final = 80


def quarantine(typed: TypedTable, faults: pl.DataFrame) -> tuple[pl.DataFrame, dict[str, int]]:
    """Return all faults of one table, by row and then by column, and how many rows each reason set aside.

    ``faults`` (at, order, column, reason) are those of rows that could be split; the others come with the
    raw table. ``row`` is the number that a spreadsheet shows, or the primary key where there are none;
    ``column`` is the source's name, null where the whole record is broken. A row with several faults counts
    under the first.
    """
    raw = typed.raw
    valued = _with_values(typed, faults)
    named = valued.with_columns(raw.names_of(valued["at"]).alias("row"))
    broken = raw.broken.select(
        pl.lit(None, pl.UInt32).alias("at"),
        pl.lit(-1, pl.Int32).alias("order"),
        pl.lit(None, pl.String).alias("column"),
        "reason",
        "value",
        pl.col("row").cast(named.schema["row"]),
    )
    rows = pl.concat([named, broken]).sort("row", "at", "order", "reason", maintain_order=True)
    again = pl.col("at").is_duplicated() & pl.col("at").is_not_null() & ~pl.col("at").is_first_distinct()
    counts = rows.filter(~again).group_by("reason").len().sort("reason")
    return rows.select(pl.lit(raw.table.file).alias("table"), *COLUMNS[1:]), dict(counts.iter_rows())


def write(reports: Mapping[str, TableReport], folder: Path) -> list[Path]:
    """Write ``<table>.csv`` for every table with rows set aside; return the files.

    A value that a spreadsheet would take for a formula is written with an apostrophe before it.
    """
    written = []
    folder.mkdir(parents=True, exist_ok=True)
    for name, report in reports.items():
        if report.quarantine.is_empty():
            continue
        path = folder / f"{name}.csv"
        formula = pl.col("value").str.contains(r"^[=+@\-]") & ~pl.col("value").str.contains(r"^[+\-]?[\d.]+$")
        shown = pl.when(formula).then("'" + pl.col("value")).otherwise("value").alias("value")
        report.quarantine.with_columns(shown).write_csv(path)
        written.append(path)
    return written


def examples(reports: Mapping[str, TableReport], each: int = 5) -> list[Fault]:
    """Return the first faults of every kind (table, column, reason), at most ``each`` of one kind.

    The last of a longer kind says how many more there are.
    """
    faults = []
    for name, report in reports.items():
        kinds = report.quarantine.group_by("column", "reason", maintain_order=True)
        for (column, reason), rows in kinds:
            found = [
                row_fault(TABLES[name], row, column, Reason(reason), value or "")
                for row, value in rows.head(each).select("row", "value").iter_rows()
            ]
            if rows.height > each:
                found[-1] = _and_more(found[-1], rows.height - each)
            faults += found
    return faults


def _and_more(fault: Fault, more: int) -> Fault:
    remedy = f"{fault.remedy} ({more} more of this kind.)"
    return Fault(fault.table, fault.row, fault.column, fault.kind, fault.value, remedy)


def _with_values(typed: TypedTable, faults: pl.DataFrame) -> pl.DataFrame:
    """Return faults with the text that stood in each cell, shortened."""
    parts = [faults.head(0).with_columns(pl.lit("").alias("value"))]
    for column in typed.table.columns:
        some = faults.filter(pl.col("column") == column.source)
        texts = typed.text(column.name, some["at"]).fill_null("").str.slice(0, _SHOWN)
        parts.append(some.with_columns(texts.alias("value")))
    return pl.concat(parts)
