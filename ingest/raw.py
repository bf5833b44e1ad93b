"""What a source hands over: tables of text, each row with the name by which a person finds it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from typing import Final, Protocol

import polars as pl

from graph.errors import BadInput, Fault
from ingest.cells import as_text
from ingest.faults import FileFault, file_fault
from ingest.tables import Table

FIRST_ROW: Final = 2
"""Number of the first row below the header, as a spreadsheet shows it."""

BROKEN: Final = pl.Schema({"row": pl.Int64(), "reason": pl.String(), "value": pl.String()})
"""Records that could not be split into columns."""


@dataclass(frozen=True, slots=True)
class RawTable:
    """One table as text, before any check.

    ``frame`` has Malha's column names, all ``String``; null and the empty text both mean empty.
    ``broken`` (row, reason, value) holds the records that could not be split into columns; they count as
    read. ``rows`` names each row of ``frame``; ``None`` means that row i is number i + 2. A source that has
    no rows to count gives the primary keys there, and ``row_name`` says so.
    """

    table: Table
    frame: pl.DataFrame
    broken: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=BROKEN))
    rows: pl.Series | None = None
    row_name: str = "row"

    @property
    def height(self) -> int:
        """The number of rows that could be split into columns."""
        return self.frame.height

    @property
    def read(self) -> int:
        """The number of rows that were read, broken ones included."""
        return self.height + self.broken.height

    def column(self, name: str) -> pl.Series:
        """Return one column, by Malha's name."""
        return self.frame[name]

    def without(self, names: Collection[str]) -> RawTable:
        """Return the table without columns that are not needed again."""
        return replace(self, frame=self.frame.drop(names, strict=False))

    def names_of(self, index: pl.Series) -> pl.Series:
        """Return the names of the rows at these positions of ``frame``."""
        if self.rows is None:
            return index.cast(pl.Int64) + FIRST_ROW
        return self.rows.gather(index)

    @classmethod
    def from_frame(cls, table: Table, frame: pl.DataFrame) -> RawTable:
        """Return a table from a frame with the source's column names and any types.

        Raises BadInput if a column is missing or holds lists or records.
        """
        require_columns(table, frame.schema)
        return cls(table, pl.DataFrame([as_text(frame[c.source]).alias(c.name) for c in table.columns]))


class Source(Protocol):
    """Where the tables come from."""

    @property
    def name(self) -> str:
        """What a person calls this source, for messages."""
        ...

    def read(self, table: Table) -> RawTable | None:
        """Return one table, or ``None`` if the source does not have it.

        Raises BadInput, with a fault for each missing column or for the file as a whole.
        """
        ...


def require_columns(table: Table, schema: pl.Schema) -> None:
    """Raise BadInput if a column is missing (by the source's name) or holds lists or records."""
    faults = [
        file_fault(table.file, FileFault.MISSING_COLUMN, column=column.source)
        for column in table.columns
        if column.source not in schema
    ]
    faults += [
        file_fault(table.file, FileFault.UNREADABLE, f"type {schema[column.source]}", column.source)
        for column in table.columns
        if column.source in schema and schema[column.source].is_nested()
    ]
    if faults:
        raise BadInput(f"The table {table.file} cannot be used:", faults)


def unusable(fault: Fault) -> BadInput:
    """Return the error of a table with one fault."""
    return BadInput(f"The table {fault.table} cannot be used:", [fault])
