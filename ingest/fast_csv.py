"""The quick reader for clean CSV files: Polars parses, and a few counts prove that it lost nothing.

Polars fills a record that is too short, and lets a stray quotation mark swallow the lines after it; both
without a word. The number of lines and commas in the file tells.
"""

from __future__ import annotations

import mmap
from pathlib import Path
from typing import Final

import numpy as np
import polars as pl

from ingest.csv_header import Header
from ingest.raw import RawTable
from ingest.tables import Table

_CHUNK: Final = 1 << 20
_COMMA, _NEWLINE = ord(","), ord("\n")


def read_fast(path: Path, data: mmap.mmap, header: Header, table: Table) -> RawTable | None:
    """Return the table, or ``None`` if anything about the file needs the careful reader."""
    if data.find(b"\0") >= 0:
        return None
    try:
        frame = pl.read_csv(path, infer_schema=False, empty_string_is_null=False, glob=False)
    except pl.exceptions.PolarsError:
        return None
    if frame.width != header.width or _swallowed(frame, data, header) or _short(frame, data):
        return None
    columns = {name: frame.columns[position] for name, position in header.wanted.items()}
    return RawTable(table, frame.select(pl.col(theirs).alias(ours) for ours, theirs in columns.items()))


def _swallowed(frame: pl.DataFrame, data: mmap.mmap, header: Header) -> bool:
    """Tell whether a quoted value holds a line break that it should not: the records behind are lost."""
    lines = _count(data, _NEWLINE) + (data[-1] != _NEWLINE)
    if lines == frame.height + 1:
        return False
    if header.record_start is None:
        return True
    free = [frame.columns[position] for position in header.free_text]
    inside = pl.any_horizontal(pl.exclude(free).str.contains("\n", literal=True).any())
    a_record = pl.any_horizontal(pl.col(free).str.contains("\n" + header.record_start).any())
    return bool(frame.select(inside | a_record).item())


def _short(frame: pl.DataFrame, data: mmap.mmap) -> bool:
    """Tell whether a record lacks columns: then its last value is empty, and commas are missing."""
    if not (frame.get_column(frame.columns[-1]) == "").any():
        return False
    quoted = 0
    if data.find(b'"') >= 0:
        commas = frame.select(pl.sum_horizontal(pl.all().str.count_matches(",", literal=True).sum()))
        quoted = int(commas.item())
    return _count(data, _COMMA) != (frame.height + 1) * (frame.width - 1) + quoted


def _count(data: mmap.mmap, byte: int) -> int:
    """Return how often a byte stands in the file; in chunks, which stay in the processor's cache."""
    view = np.frombuffer(data, np.uint8)
    return sum(int(np.count_nonzero(view[i : i + _CHUNK] == byte)) for i in range(0, len(view), _CHUNK))
