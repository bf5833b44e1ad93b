"""The cells of a scenario's columns: what each may hold, how it is read, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import polars as pl

from graph.errors import Fault

_SHOWN: Final = 80
MOST_FAULTS: Final = 5
"""Rows told of one kind of fault in a column: a file of a million wrong cells needs no million lines."""


class Kind(StrEnum):
    """What a cell holds."""

    TEXT = "text"
    NUMBER = "number"
    ZIP_PREFIX = "zip prefix"
    REGION = "region"
    STATUS = "status"
    FLAG = "flag"


class SiteStatus(StrEnum):
    """What a plan may do with a site."""

    OPEN = "open"
    CLOSED = "closed"
    CANDIDATE = "candidate"


@dataclass(frozen=True, slots=True)
class Column:
    """A column: what its cells hold, whether each must hold something, and what an empty one counts as."""

    kind: Kind = Kind.TEXT
    required: bool = False
    empty: float | str | bool | None = None
    high: float = 1e15


TYPES: Final[Mapping[Kind, pl.DataType]] = {
    Kind.NUMBER: pl.Float64(),
    Kind.FLAG: pl.Boolean(),
    **dict.fromkeys((Kind.TEXT, Kind.ZIP_PREFIX, Kind.REGION, Kind.STATUS), pl.String()),
}


def read_column(
    name: str, column: str, spec: Column, cells: pl.Series, rows: pl.Series
) -> tuple[pl.Series, pl.Series, list[Fault]]:
    """Return the values, which cells cannot be read, and their faults."""
    text = cells.cast(pl.String).str.strip_chars()
    text = text.set(text == "", None)
    values = _PARSE[spec.kind](cells if cells.dtype.is_numeric() else text)
    wrong = text.is_not_null() & ~_usable(values, spec)
    empty = text.is_null() & spec.required
    told = [
        *_told(name, column, "empty cell", empty, rows, text, f"Give a {spec.kind}."),
        *_told(name, column, f"not a usable {spec.kind}", wrong, rows, text, _remedy(spec)),
    ]
    if spec.empty is not None:
        values = values.fill_null(spec.empty)
    return values, wrong | empty, told


def _usable(values: pl.Series, spec: Column) -> pl.Series:
    known = values.is_not_null()
    if spec.kind is Kind.NUMBER:
        known &= values.is_finite().fill_null(value=False) & values.is_between(0.0, spec.high)
    return known.fill_null(value=False)


def _told(
    name: str, column: str, kind: str, wrong: pl.Series, rows: pl.Series, text: pl.Series, remedy: str
) -> Iterator[Fault]:
    places = wrong.fill_null(value=False).arg_true()
    for place in places[:MOST_FAULTS]:
        yield Fault(name, rows[place], column, kind, (text[place] or "")[:_SHOWN], remedy)
    if len(places) > MOST_FAULTS:
        yield Fault(name, None, column, kind, f"{len(places) - MOST_FAULTS:,} rows more", remedy)


def _number(cells: pl.Series) -> pl.Series:
    return cells.cast(pl.Float64, strict=False)


def _zip_prefix(cells: pl.Series) -> pl.Series:
    return cells.cast(pl.String).set(~cells.cast(pl.String).str.contains(r"^\d{5}$"), None)


def _region(cells: pl.Series) -> pl.Series:
    return cells.cast(pl.String).set(~cells.cast(pl.String).str.contains(r"^\d{3}$"), None)


def _status(cells: pl.Series) -> pl.Series:
    lower = cells.cast(pl.String).str.to_lowercase()
    return lower.set(~lower.is_in([str(status) for status in SiteStatus]), None)


def _flag(cells: pl.Series) -> pl.Series:
    words = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
    lower = cells.cast(pl.String).str.to_lowercase()
    return lower.replace_strict(words, default=None, return_dtype=pl.Boolean)


_PARSE: Final = {
    Kind.TEXT: lambda cells: cells.cast(pl.String),
    Kind.NUMBER: _number,
    Kind.ZIP_PREFIX: _zip_prefix,
    Kind.REGION: _region,
    Kind.STATUS: _status,
    Kind.FLAG: _flag,
}


def _remedy(spec: Column) -> str:
    match spec.kind:
        case Kind.NUMBER:
            most = f" to {spec.high:,.0f}" if spec.high < 1e15 else " or more"
            return f"Give a number from 0{most}, with a point for decimals."
        case Kind.ZIP_PREFIX:
            return "Give five digits as text, with leading zeros: 01310."
        case Kind.REGION:
            return "Give the first three digits of the zip code as text, with leading zeros: 013."
        case Kind.STATUS:
            return f"One of {', '.join(SiteStatus)}."
        case Kind.FLAG:
            return "Give true or false."
        case _:
            return "Give a text."
