"""One table after reading: typed columns, names as codes, and which of its rows are not known yet."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import polars as pl

from ingest.cells import Cells, as_text, read_cells, read_few
from ingest.names import NO_NAMES, Flags, coded, listed, marked, ranked
from ingest.raw import RawTable
from ingest.tables import Column, Kind, Table

Spaces = Callable[[str], pl.Series | None]
"""The names of an earlier table's rows; ``None`` if the source does not have that table."""


@dataclass(slots=True)
class TypedTable:
    """One table after reading, and then after the cut.

    ``cells`` are its columns; ``later`` marks the rows that are not known as of T.
    """

    raw: RawTable
    cells: dict[str, Cells]
    later: pl.Series = field(init=False)

    def __post_init__(self) -> None:
        self.later = pl.repeat(value=False, n=self.raw.height, dtype=pl.Boolean, eager=True)

    @classmethod
    def of(cls, raw: RawTable, spaces: Spaces) -> TypedTable:
        """Return the table with every column read as its type; text that is not needed again is let go."""
        cells = {column.name: _read(raw, column, spaces) for column in raw.table.columns}
        plain = [c.name for c in raw.table.columns if c.kind is not Kind.TEXT or c.space]
        return cls(raw.without([name for name in plain if not _text_needed(cells[name])]), cells)

    @property
    def table(self) -> Table:
        """The declaration."""
        return self.raw.table

    def values(self, name: str) -> pl.Series:
        """Return one column, typed."""
        return self.cells[name].values

    def names(self, name: str) -> pl.Series:
        """Return the names for which the codes of one column stand."""
        found = self.cells[name].names
        return NO_NAMES if found is None else found

    def flags(self, name: str, mask: pl.Series) -> Flags:
        """Return which names a column of codes holds where ``mask`` is true."""
        return marked(self.names(name).len(), self.values(name).filter(mask))

    def text(self, name: str, at: pl.Series) -> pl.Series:
        """Return what stands in the cells at these positions, as text."""
        cells = self.cells[name]
        if at.is_empty():
            return NO_NAMES
        if _text_needed(cells) or name in self.raw.frame.columns:
            return as_text(self.raw.column(name).gather(at))
        values = cells.values.gather(at)
        return values.cast(pl.String) if cells.names is None else cells.names.gather(values)

    def mark_later(self, mask: pl.Series) -> None:
        """Add rows to those that are not known as of T."""
        if mask.any():
            self.later |= mask.fill_null(value=False)

    def forget(self, name: str, mask: pl.Series) -> None:
        """Empty cells that are not known as of T, and forget what was wrong with them."""
        mask = mask.fill_null(value=False)
        if not mask.any():
            return
        cells = self.cells[name]
        cells.blank(mask)
        cells.faults = [(reason, where.filter(~mask.gather(where))) for reason, where in cells.faults]


def _read(raw: RawTable, column: Column, spaces: Spaces) -> Cells:
    given = raw.column(column.name)
    if column.few:
        return read_few(given, column)
    cells = read_cells(given, column)
    if column.either:
        known = [names for names in map(spaces, column.either) if names is not None]
        _encode(cells, pl.concat([NO_NAMES, *known]).unique().sort())
    elif column.references:
        names = spaces(column.references)
        if names is None and column.references == "carriers":  # cannot be asked: who is named there exists
            cells.names, cells.values = listed(cells.values)
        else:
            _encode(cells, NO_NAMES if names is None else names)
    elif column.names:
        cells.names, cells.values = ranked(cells.values)
    return cells


def _encode(cells: Cells, names: pl.Series) -> None:
    texts = cells.values
    cells.names, cells.values = names, coded(texts, names)
    if cells.values.null_count() > texts.null_count():
        cells.strangers = (cells.values.is_null() & texts.is_not_null()).arg_true()


def _text_needed(cells: Cells) -> bool:
    return bool(cells.faults) or cells.strangers is not None
