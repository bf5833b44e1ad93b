"""From text to typed values, one column at a time; what cannot be read is marked, never guessed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Final

import numpy as np
import polars as pl

from ingest.clock import EARLIEST, LATEST, instants, localised
from ingest.faults import Reason
from ingest.names import holds, listed, marked, translated
from ingest.tables import Column, Kind

_ZIP_DIGITS: Final = 5
_CENTS: Final = 100
_SAFE: Final = (datetime(1900, 1, 1), datetime(2200, 1, 1))  # noqa: DTZ001 (local times)
_UNDOUBTED: Final = 1e-6
"""So close to a whole number of cents, a double's error cannot change the rounding."""


@dataclass(slots=True)
class Cells:
    """One column, typed. ``faults`` and ``notes`` hold the positions of the cells concerned.

    Where ``names`` is given, the values are codes of these names (see `ingest.names`), and ``strangers`` are
    the positions of the cells that name something else.
    """

    values: pl.Series
    faults: list[tuple[Reason, pl.Series]] = field(default_factory=list)
    notes: list[tuple[str, pl.Series]] = field(default_factory=list)
    names: pl.Series | None = None
    strangers: pl.Series | None = None

    def fault(self, reason: Reason, mask: pl.Series) -> None:
        """Mark the cells where ``mask`` holds as unusable."""
        if mask.any():
            self.faults.append((reason, mask.arg_true()))

    def note(self, kind: str, mask: pl.Series) -> None:
        """Mark the cells where ``mask`` holds as cleaned."""
        if mask.any():
            self.notes.append((kind, mask.arg_true()))

    def blank(self, mask: pl.Series) -> None:
        """Empty the cells where ``mask`` holds."""
        if mask.any():
            self.values = pl.select(pl.when(~mask).then(self.values)).to_series().alias(self.values.name)


def read_cells(given: pl.Series, column: Column) -> Cells:
    """Return the typed values of a column with every cell that breaks its declaration.

    ``given`` holds text, or what a typed file holds; null and the empty text are both an empty cell.
    """
    cells = _READERS[column.kind](given)
    if cells.values.null_count():
        empty = given.is_null()
        if given.dtype == pl.String:
            empty |= given == ""
        cells.fault(Reason.WRONG_TYPE, cells.values.is_null() & ~empty)
        if column.required:
            cells.fault(Reason.MISSING_VALUE, empty)
    _check_range(cells, column)
    _check_words(cells, column)
    if column.zero_is_unknown:
        zero = (cells.values == 0).fill_null(value=False)
        cells.note(f"{column.name}_zero", zero)
        cells.blank(zero)
    cells.values = cells.values.cast(column.type).alias(column.name)
    return cells


def read_few(given: pl.Series, column: Column) -> Cells:
    """Return what `read_cells` does, as codes: each of the few different texts is read once."""
    texts, place = listed(as_text(given))
    read = read_cells(texts, column)
    cells = Cells(place)
    if column.required:
        cells.fault(Reason.MISSING_VALUE, place.is_null())
    for reason, some in read.faults:
        cells.fault(reason, holds(marked(texts.len(), some), place))
    for kind, some in read.notes:
        cells.note(kind, holds(marked(texts.len(), some), place))
    cells.names, codes = listed(read.values)
    to = np.append(codes.fill_null(-1).to_numpy(), np.int32(-1))
    cells.values = translated(place, to).alias(column.name)
    return cells


def as_text(given: pl.Series) -> pl.Series:
    """Return values as the text that a CSV file would hold."""
    if not isinstance(given.dtype, pl.Datetime):
        return given.cast(pl.String, strict=False)
    offset = "Z" if given.dtype.time_zone else ""
    local = given.dt.convert_time_zone("UTC") if offset else given
    return local.dt.to_string(f"%Y-%m-%d %H:%M:%S%.f{offset}")


def _check_range(cells: Cells, column: Column) -> None:
    """Mark and blank numbers outside the declared limits; mark stamps (which the cut may still empty)."""
    if column.kind is Kind.INSTANT:
        inside = (cells.values >= EARLIEST) & (cells.values < LATEST)
        cells.fault(Reason.OUT_OF_RANGE, ~inside.fill_null(value=True))
    elif column.low is not None or column.high is not None:
        low = column.low if column.low is not None else float("-inf")
        high = column.high if column.high is not None else float("inf")
        outside = ~cells.values.is_between(low, high).fill_null(value=True)
        cells.fault(Reason.OUT_OF_RANGE, outside)
        cells.blank(outside)


def _check_words(cells: Cells, column: Column) -> None:
    if column.one_of:
        cells.fault(Reason.UNKNOWN_VALUE, ~cells.values.is_in(column.one_of).fill_null(value=True))
    if column.pattern:
        cells.fault(Reason.WRONG_TYPE, ~cells.values.str.contains(column.pattern).fill_null(value=True))
    if column.else_blank:
        strange = ~cells.values.is_in(column.else_blank).fill_null(value=True)
        cells.note(f"{column.name}_unknown", strange)
        cells.blank(strange)


def _text(given: pl.Series) -> Cells:
    text = as_text(given)
    cells = Cells(text)
    cells.blank((text == "").fill_null(value=False))
    return cells


def _zip(given: pl.Series) -> Cells:
    """Read five digits; four are five that lost their leading zero in a spreadsheet."""
    text = as_text(given)
    cells = Cells(text)
    if _is_zip(text).all():
        return cells
    digits = text.str.strip_chars().str.strip_suffix(".0")
    padded = digits.str.zfill(_ZIP_DIGITS)
    short = (digits.str.len_bytes() == _ZIP_DIGITS - 1).fill_null(value=False)
    fits = _is_zip(padded) & (short | (digits.str.len_bytes() == _ZIP_DIGITS).fill_null(value=False))
    cells.values = padded
    cells.blank(~fits)
    cells.note("zip_prefix_padded", short & fits)
    return cells


def _is_zip(text: pl.Series) -> pl.Series:
    """Tell where a text is five digits, without a regular expression a row (a million rows)."""
    number = text.cast(pl.Int64, strict=False)
    digits = (number >= 10 ** (_ZIP_DIGITS - 1)) | (text.str.starts_with("0") & (number >= 0))
    five: pl.Series = text.str.len_bytes() == _ZIP_DIGITS
    good: pl.Series = (five & digits).fill_null(value=False)
    return good


def _integer(given: pl.Series) -> Cells:
    """Read whole numbers; ``3.0`` is one (a column with gaps becomes decimal in many programs)."""
    text = given if given.dtype.is_integer() else as_text(given)
    whole = text.cast(pl.Int64, strict=False)
    if whole.null_count() > given.null_count():
        number = _number(text).values
        safe = number.is_between(-(2.0**53), 2.0**53) & (number == number.round())
        whole = whole.fill_null(pl.select(pl.when(safe).then(number)).to_series().cast(pl.Int64))
    return Cells(whole)


def _number(given: pl.Series) -> Cells:
    text = given if given.dtype in (pl.Int64, pl.Float64) else as_text(given)
    number = text.cast(pl.Float64, strict=False)
    if text.dtype == pl.String and number.null_count():
        number = number.fill_null(text.str.strip_chars().cast(pl.Float64, strict=False))
    cells = Cells(number)
    cells.blank(~number.is_finite().fill_null(value=True))
    return cells


def _money(given: pl.Series) -> Cells:
    """Read an amount as whole cents, exactly; parts of a cent are rounded half to even and noted.

    A double within 1e-6 of a whole number of cents rounds to what the text says: the error of reading and
    of the product is below 2**-52 of the amount, so it cannot reach half a cent below 2**51 cents. All
    other amounts are rounded in decimal arithmetic.
    """
    hundredfold = _number(given).values * _CENTS
    whole = hundredfold.round()
    cells = Cells(whole)
    doubtful = ((hundredfold - whole).abs() > _UNDOUBTED).fill_null(value=False).arg_true()
    if doubtful.len():
        exact = [Decimal(amount.strip()) * _CENTS for amount in as_text(given.gather(doubtful))]
        cents = [amount.to_integral_value(ROUND_HALF_EVEN) for amount in exact]
        cells.values = whole.scatter(doubtful, pl.Series([float(c) for c in cents]))
        parts = pl.Series([c != amount for c, amount in zip(cents, exact, strict=True)], dtype=pl.Boolean)
        if parts.any():
            cells.notes.append(("cents_rounded", doubtful.filter(parts)))
    return cells


def _instant(given: pl.Series) -> Cells:
    """Read instants; typed ones are taken as they are if they lie in a century that calendars can handle."""
    dtype = given.dtype
    if dtype == pl.Datetime("us") and given.is_between(*_SAFE).all():
        return Cells(localised(given))
    return Cells(instants(as_text(given)))


_READERS: Final[Mapping[Kind, Callable[[pl.Series], Cells]]] = {
    Kind.TEXT: _text,
    Kind.ZIP: _zip,
    Kind.INTEGER: _integer,
    Kind.NUMBER: _number,
    Kind.MONEY: _money,
    Kind.INSTANT: _instant,
}
