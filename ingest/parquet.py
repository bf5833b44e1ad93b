"""A table in a Parquet file: read one column at a time, so that its texts are never in memory together."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from graph.errors import BadInput
from ingest.faults import FileFault, file_fault
from ingest.raw import RawTable, require_columns, unusable
from ingest.tables import Table


@dataclass(frozen=True, slots=True)
class ParquetTable(RawTable):
    """A table whose columns are read when asked for, as the types that the file gives them."""

    path: Path = field(kw_only=True)
    size: int = field(kw_only=True)

    @classmethod
    def open(cls, path: Path, table: Table) -> ParquetTable:
        """Return the table in a file; BadInput if it is no Parquet, or a column is missing or nested."""
        try:
            require_columns(table, pl.Schema(pl.read_parquet_schema(path)))
            size = pl.scan_parquet(path, glob=False).select(pl.len()).collect().item()
        except (pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:
            raise _damaged(path, error) from error
        return cls(table, pl.DataFrame(), path=path, size=size)

    @property
    def height(self) -> int:
        """The number of rows."""
        return self.size

    def column(self, name: str) -> pl.Series:
        """Return one column, by Malha's name; BadInput if the file is damaged there."""
        source = self.table.column(name).source
        try:
            return pl.read_parquet(self.path, columns=[source], glob=False)[source].alias(name)
        except (pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:
            raise _damaged(self.path, error) from error


def _damaged(path: Path, error: BaseException) -> BadInput:
    return unusable(file_fault(path.name, FileFault.UNREADABLE, str(error).split("\n", 1)[0]))
