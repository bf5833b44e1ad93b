"""What can be wrong with a source, in two closed lists, and what a person can do about each."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from graph.errors import Fault
from ingest.tables import Column, Kind, Table


class Reason(StrEnum):
    """Why a row is set aside."""

    BAD_ENCODING = "bad encoding"
    WRONG_WIDTH = "wrong number of columns"
    UNBALANCED_QUOTE = "unbalanced quote"
    TRUNCATED = "truncated"
    MISSING_VALUE = "missing value"
    WRONG_TYPE = "wrong type"
    OUT_OF_RANGE = "out of range"
    UNKNOWN_VALUE = "unknown value"
    DUPLICATE_KEY = "duplicate key"
    BROKEN_REFERENCE = "broken reference"


class FileFault(StrEnum):
    """Why a whole table cannot be used."""

    MISSING_FILE = "missing file"
    TWO_FILES = "two files for one table"
    UNREADABLE = "unreadable file"
    EMPTY = "empty file"
    ENCODING = "wrong encoding"
    SEPARATOR = "wrong separator"
    MISSING_COLUMN = "missing column"
    COLUMN_TWICE = "column appears twice"


FILE_REMEDIES: Final[Mapping[FileFault, str]] = {
    FileFault.MISSING_FILE: "Put this table into the folder, as CSV or as Parquet.",
    FileFault.TWO_FILES: "Keep one of the two.",
    FileFault.UNREADABLE: "Export the table again; the file is damaged or cannot be opened.",
    FileFault.EMPTY: "Export the table again; it needs at least its header.",
    FileFault.ENCODING: "Save the file as comma-separated UTF-8 text.",
    FileFault.SEPARATOR: "Save the file with commas between the columns.",
    FileFault.MISSING_COLUMN: "Add the column to row 1 and its values below.",
    FileFault.COLUMN_TWICE: "Keep one of the columns of that name.",
}

_ROW_REMEDIES: Final[Mapping[Reason, str]] = {
    Reason.BAD_ENCODING: "Save the file as UTF-8.",
    Reason.WRONG_WIDTH: "Give the row as many values as the header has names; quote a value with a comma.",
    Reason.UNBALANCED_QUOTE: "Close the quotation mark, or double it inside a quoted value.",
    Reason.TRUNCATED: "The file ends inside this row: export it again.",
    Reason.MISSING_VALUE: "Fill in the value; Malha cannot use the row without it.",
    Reason.DUPLICATE_KEY: "Keep one row of this key.",
}


def file_fault(file: str, kind: FileFault, found: str = "", column: str | None = None) -> Fault:
    """Return the fault of a whole file or column."""
    return Fault(file, None, column, kind.value, found, FILE_REMEDIES[kind])


def row_fault(table: Table, row: int | str, column: str | None, reason: Reason, value: str) -> Fault:
    """Return the fault of one row; the remedy says what the column wants."""
    declared = next((c for c in table.columns if c.source == column), None)
    return Fault(table.file, row, column, reason.value, value, remedy(reason, declared))


def remedy(reason: Reason, column: Column | None) -> str:
    """Return what a person can do about a row that is set aside for ``reason``."""
    if reason in _ROW_REMEDIES or column is None:
        return _ROW_REMEDIES.get(reason, "Correct the row.")
    if reason is Reason.BROKEN_REFERENCE:
        owner = f"among the {column.references}" if column.references else "among the sellers or warehouses"
        return f"Name one that is {owner}; its own row may have been set aside."
    if reason is Reason.OUT_OF_RANGE:
        return f"Give a value {_limits(column)}."
    if reason is Reason.UNKNOWN_VALUE:
        return f"Use one of {', '.join(column.one_of)}."
    return f"Write it as {column.kind.value}."


def _limits(column: Column) -> str:
    # An amount is written in reais and checked in cents.
    unit = 100 if column.kind is Kind.MONEY else 1
    if column.low is not None and column.high is not None:
        return f"from {column.low / unit:,.0f} to {column.high / unit:,.0f}"
    return f"of at least {column.low:,.0f}" if column.low is not None else "that lies between 1990 and 2100"
