"""What damage did to a small marketplace: the record that every blow keeps."""

from __future__ import annotations

from dataclasses import dataclass, field

from ingest.tables import TABLES
from tests.ingest.tiny import Sheets

TABLE_OF = {table.file: table for table in TABLES.values()}
Key = tuple[str, ...]


@dataclass(slots=True)
class Damage:
    """What was done. ``may_refuse``: a whole file or column was hit, so the source may be unusable."""

    fmt: str
    sheets: Sheets
    blows: list[str] = field(default_factory=list)
    touched: set[tuple[str, Key]] = field(default_factory=set)
    lost_files: set[str] = field(default_factory=set)
    may_refuse: bool = False

    def touch(self, file: str, *rows: list[str]) -> None:
        if file not in self.lost_files:
            self.touched |= {(file, key_of(file, self.sheets[file].header, row)) for row in rows}

    def touch_all(self, file: str) -> None:
        self.touch(file, *self.sheets[file].rows)
        self.lost_files.add(file)
        self.may_refuse = True


def key_of(file: str, header: list[str], row: list[str]) -> Key:
    """Return the key of a row as text; the whole row where the table has no key."""
    table = TABLE_OF[file]
    names = [table.column(name).source for name in table.key] or [c.source for c in table.columns]
    return tuple(row[header.index(name)] for name in names)
