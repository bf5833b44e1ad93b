"""Frames and numbers as JSON values: rounded, so that two machines write the same bytes."""

from __future__ import annotations

import math
from typing import Any, Final

import polars as pl
import polars.selectors as cs

DIGITS: Final = 6


def rows(frame: pl.DataFrame, limit: int | None = None) -> list[dict[str, Any]]:
    """Return the first rows (None: all) as JSON values: NaN becomes null, the seventh digit goes."""
    told = frame if limit is None else frame.head(limit)
    return told.with_columns(cs.float().fill_nan(None).round(DIGITS)).to_dicts()


def number(value: object) -> float | None:
    """Return a float as a JSON value; None for what is no number."""
    if not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return round(float(value), DIGITS)
