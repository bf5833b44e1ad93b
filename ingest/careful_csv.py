"""The slow reader for damaged CSV files: record by record, so that a bad one costs itself and no other.

A record that cannot be used is set aside with its reason, and reading goes on at the next physical line.
Only the columns that Malha uses are decoded: a stray byte in a comment harms nobody.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import polars as pl

from ingest.csv_header import Header, starts_record
from ingest.faults import Reason
from ingest.raw import BROKEN, FIRST_ROW, RawTable
from ingest.tables import Table

_QUOTED: Final = re.compile(rb'"((?:[^"]++|"")*+)"')
_LONGEST_VALUE: Final = 500
"""A quoted value over more lines than this was not closed."""
_SHOWN: Final = 80
_BATCH: Final = 50_000


@dataclass(frozen=True, slots=True)
class _Record:
    """One record, or the reason why the line is none; ``lines`` is how many physical lines it took."""

    values: list[bytes]
    lines: int = 1
    reason: Reason | None = None


def read_carefully(data: bytes, header: Header, table: Table) -> RawTable:
    """Return every good record of a CSV file, and the others as broken.

    Lines end with LF or CRLF. Blank lines are no records, but count in the row numbers.
    """
    lines = data.split(b"\n")
    ends_inside = lines[-1] != b""
    good = _Columns(header)
    broken: list[tuple[int, str, str]] = []
    for row, position, record in _records(lines, header):
        reason, values = record.reason, None
        if reason is None:
            reason, values = good.decode(record.values)
        if values is not None:
            good.add(row, values)
            continue
        if ends_inside and position == len(lines) - 1 and reason is not Reason.BAD_ENCODING:
            reason = Reason.TRUNCATED
        broken.append((row, str(reason), lines[position][:_SHOWN].decode(errors="replace")))
    return RawTable(table, good.frame(), pl.DataFrame(broken, schema=BROKEN, orient="row"), good.numbers())


class _Columns:
    """The good records so far: one list a column, turned into frames now and then to save memory."""

    def __init__(self, header: Header) -> None:
        self._header = header
        self._rows: list[int] = []
        self._values: list[list[str]] = []
        self._frames = [self._batch()]

    def decode(self, values: list[bytes]) -> tuple[Reason | None, list[str] | None]:
        """Return the wanted values as text, or the reason why not."""
        try:
            texts = [values[position].decode() for position in self._header.wanted.values()]
        except UnicodeDecodeError:
            return Reason.BAD_ENCODING, None
        if any("\0" in text for text in texts):
            return Reason.BAD_ENCODING, None
        return None, texts

    def add(self, row: int, values: list[str]) -> None:
        self._rows.append(row)
        self._values.append(values)
        if len(self._values) >= _BATCH:
            self._frames.append(self._batch())

    def _batch(self) -> pl.DataFrame:
        names = list(self._header.wanted)
        columns = list(zip(*self._values, strict=True)) or [()] * len(names)
        self._values = []
        series = zip(names, columns, strict=True)
        return pl.DataFrame([pl.Series(name, column, dtype=pl.String) for name, column in series])

    def frame(self) -> pl.DataFrame:
        return pl.concat([*self._frames, self._batch()])

    def numbers(self) -> pl.Series:
        return pl.Series("row", self._rows, dtype=pl.Int64)


def _records(lines: list[bytes], header: Header) -> Iterator[tuple[int, int, _Record]]:
    """Yield the row number, the position of the first line and the record, for all but blank lines."""
    beginning = starts_record(header)
    position, row = 1, FIRST_ROW
    while position < len(lines):
        line = lines[position].removesuffix(b"\r")
        record = _Record([])
        if line:
            record = _parse(line, lines, position, header, beginning)
            yield row, position, record
        position += record.lines
        row += 1


def _parse(
    line: bytes, lines: list[bytes], position: int, header: Header, beginning: re.Pattern[bytes]
) -> _Record:
    if b'"' not in line:
        values, taken = line.split(b","), 1
    else:
        closed, taken = _spanned(line, lines, position, header, beginning)
        if closed is None:
            return _Record([], reason=Reason.UNBALANCED_QUOTE)
        values = closed
    if len(values) != header.width:
        return _Record([], reason=Reason.WRONG_WIDTH)
    return _Record(values, taken)


def _spanned(
    line: bytes, lines: list[bytes], position: int, header: Header, beginning: re.Pattern[bytes]
) -> tuple[list[bytes] | None, int]:
    """Return the values of a record with quotes and its number of lines; ``None`` if a quote stays open.

    A value may span lines only in free text, and never over a line that begins like a record.
    """
    values, open_at = _split(line)
    record, taken = [lines[position]], 1
    while open_at in header.free_text and taken < _LONGEST_VALUE and position + taken < len(lines):
        following = lines[position + taken]
        if beginning.match(following):
            return None, 1
        record.append(following)
        taken += 1
        if b'"' in following:
            values, open_at = _split(b"\n".join(record).removesuffix(b"\r"))
    return values, taken


def _split(record: bytes) -> tuple[list[bytes] | None, int | None]:
    """Return the values of a record; or ``None`` and the column whose quote stays open, if one does."""
    values: list[bytes] = []
    start = 0
    while True:
        if record[start : start + 1] == b'"':
            quoted = _QUOTED.match(record, start)
            if quoted is None:
                return None, len(values)
            value, end = quoted[1].replace(b'""', b'"'), quoted.end()
            if record[end : end + 1] not in (b",", b""):
                return None, None
        else:
            end = record.find(b",", start)
            end = len(record) if end < 0 else end
            value = record[start:end]
        values.append(value)
        if end == len(record):
            return values, None
        start = end + 1
