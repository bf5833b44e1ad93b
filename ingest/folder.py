"""A source that is a folder: one CSV or Parquet file a table, with Olist's names."""

from __future__ import annotations

import mmap
from pathlib import Path

from graph.errors import BadInput
from ingest.careful_csv import read_carefully
from ingest.csv_header import read_header
from ingest.fast_csv import read_fast
from ingest.faults import FileFault, file_fault
from ingest.parquet import ParquetTable
from ingest.raw import RawTable, unusable
from ingest.tables import Table


class FolderSource:
    """Reads tables from the files of one folder.

    Raises BadInput if the path is not a folder that can be read.
    """

    def __init__(self, path: Path) -> None:
        try:
            self._files = {entry.name for entry in path.iterdir()}
        except OSError as error:
            raise BadInput(
                f"{path} is not a folder that can be read ({error.strerror}): "
                "give the folder that holds the nine Olist tables as CSV or Parquet files."
            ) from error
        self._path = path

    @property
    def name(self) -> str:
        """The folder, as it was given."""
        return str(self._path)

    def read(self, table: Table) -> RawTable | None:
        """Return one table, or ``None`` if the folder has no file of that name.

        Raises BadInput if there are two files, or the one cannot be used.
        """
        files = [f"{table.file}{ending}" for ending in (".csv", ".parquet")]
        found = [file for file in files if file in self._files]
        if not found:
            return None
        if len(found) > 1:
            raise unusable(file_fault(table.file, FileFault.TWO_FILES, " and ".join(found)))
        path = self._path / found[0]
        try:
            return _read_csv(path, table) if path.suffix == ".csv" else ParquetTable.open(path, table)
        except OSError as error:
            why = error.strerror or str(error)
            raise unusable(file_fault(path.name, FileFault.UNREADABLE, why)) from error


def _read_csv(path: Path, table: Table) -> RawTable:
    with path.open("rb") as file:
        if not file.read(1):
            raise unusable(file_fault(path.name, FileFault.EMPTY))
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            header = read_header(data[: 1 << 16], path.name, table)
            quick = read_fast(path, data, header, table)
            return quick if quick is not None else read_carefully(data[:], header, table)
