"""The header of a CSV file, and what it says about the records below."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass

from graph.errors import BadInput, Fault
from ingest.faults import FileFault, file_fault
from ingest.raw import unusable
from ingest.tables import Kind, Table

Bytes = bytes | memoryview
_BOM = b"\xef\xbb\xbf"
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_LONGEST = 65_536
"""A first line longer than this is no header of ours."""


@dataclass(frozen=True, slots=True)
class Header:
    """The columns of one file, and where in it each column that Malha uses stands."""

    names: tuple[str, ...]
    wanted: dict[str, int]
    """Malha's column name -> position in the file."""
    record_start: str | None
    """Pattern of a new record after a line break; ``None`` where no value may span lines."""
    free_text: frozenset[int]
    """Positions at which a quoted value may span lines."""

    @property
    def width(self) -> int:
        """The number of values in each record."""
        return len(self.names)


def read_header(head: bytes, file: str, table: Table) -> Header:
    """Return the header from the first bytes of a file.

    Raises BadInput with every fault of the header: not text, other separator, missing or doubled columns.
    """
    names = _split(_first_line(head, file), file)
    faults = _column_faults(names, file, table)
    if faults:
        raise BadInput(f"The file {file} cannot be used:", faults)
    wanted = {column.name: names.index(column.source) for column in table.columns}
    pattern, free = _spanning(names, table)
    return Header(tuple(names), wanted, pattern, free)


def _first_line(head: bytes, file: str) -> str:
    line = head[:_LONGEST].split(b"\n", 1)[0].rstrip(b"\r").removeprefix(_BOM)
    if not line:
        raise unusable(file_fault(file, FileFault.EMPTY, "row 1 is empty"))
    if head.startswith(_UTF16) or b"\0" in line or len(line) == _LONGEST:
        raise unusable(file_fault(file, FileFault.ENCODING, "UTF-16 or not a text file"))
    try:
        return line.decode()
    except UnicodeDecodeError as error:
        raise unusable(file_fault(file, FileFault.ENCODING, "the header is not UTF-8")) from error


def _split(line: str, file: str) -> list[str]:
    try:
        names = [name.strip() for name in next(csv.reader([line]))]
    except csv.Error as error:
        raise unusable(file_fault(file, FileFault.ENCODING, "lines end with CR alone")) from error
    if len(names) == 1 and any(mark in line for mark in ";\t|"):
        raise unusable(file_fault(file, FileFault.SEPARATOR, line[:60]))
    return names


def _column_faults(names: list[str], file: str, table: Table) -> list[Fault]:
    missing = [c.source for c in table.columns if c.source not in names]
    doubled = [c.source for c in table.columns if names.count(c.source) > 1]
    return [
        *(file_fault(file, FileFault.MISSING_COLUMN, column=name) for name in missing),
        *(file_fault(file, FileFault.COLUMN_TWICE, column=name) for name in doubled),
    ]


def _spanning(names: list[str], table: Table) -> tuple[str | None, frozenset[int]]:
    """Return how a record begins (its columns up to the first free text) and where free text stands."""
    free = [position for position, name in enumerate(names) if name in table.free_text]
    if not free or free[0] == 0:
        return None, frozenset()
    numbers = {column.source for column in table.columns if column.kind is Kind.INTEGER}
    values = [r"-?\d+" if name in numbers else r'[^\s",]+' for name in names[: free[0]]]
    return "".join(f'"?{value}"?,' for value in values), frozenset(free)


def starts_record(header: Header) -> re.Pattern[bytes]:
    """Return the compiled pattern of a record's beginning; it matches nothing where none is known."""
    return re.compile((header.record_start or r"(?!)").encode())
