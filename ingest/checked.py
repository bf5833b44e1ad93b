"""What the checks return: tables that can be trusted, and the account of every row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from ingest.names import Names, named
from ingest.tables import TABLES


@dataclass(frozen=True, slots=True)
class TableReport:
    """Where the rows of one table went: ``read = used + set_aside + later_than_as_of``.

    ``cleaned`` counts by kind what was blanked, mended or found out of order in rows that are used.
    ``reasons`` counts the rows set aside by the first of their faults; ``quarantine`` (table, row, column,
    reason, value) lists all faults, sorted by row and column.
    """

    read: int
    used: int
    set_aside: int
    later_than_as_of: int
    cleaned: Mapping[str, int]
    reasons: Mapping[str, int]
    quarantine: pl.DataFrame

    def __post_init__(self) -> None:
        accounted = self.used + self.set_aside + self.later_than_as_of
        if self.read != accounted or sum(self.reasons.values()) != self.set_aside:
            raise AssertionError(f"rows got lost: read {self.read}, accounted for {accounted}")


@dataclass(frozen=True, slots=True)
class Checked:
    """Every table of a source as of ``as_of`` (UTC), typed and sorted by key, with a report for each.

    Columns that have a space (`ingest.tables`) hold codes: rows of ``names[space]``, which are sorted and all
    in use. The code of a table's own key is therefore its row.
    ``geolocation`` has no key: its rows are a set, in no order that means anything.
    """

    as_of: datetime
    tables: Mapping[str, pl.DataFrame]
    names: Names
    reports: Mapping[str, TableReport]

    def named(self, table: str) -> pl.DataFrame:
        """Return a table with its names instead of their codes."""
        spaces = {c.name: c.space for c in TABLES[table].columns if c.space}
        return named(self.tables[table], {name: self.names[space] for name, space in spaces.items()})
