"""A scenario as it is read, before any check, and how its faults are told in the words of where it lies."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from graph.errors import BadInput, Fault
from optimizer.placement.scenario import Scenario, scenario_of
from optimizer.placement.scenario_tables import read_tables


@dataclass(frozen=True, slots=True)
class Raw:
    """Tables with a column ``row`` and settings, as they were read.

    ``place`` turns a fault of the validators (table, row, column) into one that a person finds: by file and
    row, or by sheet and cell.
    """

    tables: Mapping[str, pl.DataFrame]
    settings: Mapping[str, Any]
    where: str
    place: Callable[[Fault], Fault] = field(default=lambda fault: fault)

    def told(self, error: BadInput) -> BadInput:
        """Return an error of the validators with its faults placed."""
        return BadInput(f"{self.where}: {error.message}", [self.place(fault) for fault in error.faults])


def flat(settings: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the settings by their whole names: ``weights.freight``."""
    for name, value in settings.items():
        if isinstance(value, Mapping):
            yield from flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


def checked(raw: Raw) -> Scenario:
    """Return the scenario; BadInput with every fault, placed where it was read."""
    try:
        return scenario_of(raw.tables, raw.settings)
    except BadInput as error:
        raise raw.told(error) from None


def checked_tables(raw: Raw) -> dict[str, pl.DataFrame]:
    """Return the tables that were given, their columns in their types; BadInput with every fault."""
    checked(raw)
    typed, _ = read_tables(raw.tables)
    return {
        name: typed[name].select(column for column in typed[name].columns if column in frame.columns)
        for name, frame in raw.tables.items()
    }
