"""Instants: text and local time become UTC here, once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

import polars as pl

from graph.days import ZONE
from graph.tables import INSTANT

EARLIEST: Final = datetime(1990, 1, 1, tzinfo=UTC)
LATEST: Final = datetime(2100, 1, 1, tzinfo=UTC)
"""Stamps outside ``EARLIEST <= t < LATEST`` are slips of the pen."""

_USUAL: Final = "%Y-%m-%d %H:%M:%S"
_WITH_OFFSET: Final = "%Y-%m-%d %H:%M:%S%.f%#z"
_LOCAL: Final = ("%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%d %H:%M", "%Y-%m-%d")
_HOUR: Final = timedelta(hours=1)


def instants(text: pl.Series) -> pl.Series:
    """Return the instants that a text column names, in UTC; null where it is empty or cannot be read.

    The usual form is ``2017-10-02 10:56:33`` in local time; ``T`` between date and time, fractions of a
    second, an offset or ``Z``, a missing time of day (midnight) and missing seconds are read as well.
    """
    read = localised(text.str.to_datetime(_USUAL, time_unit="us", strict=False))
    failed = read.is_null() & text.is_not_null() & (text != "")
    if not failed.any():
        return read
    where = failed.arg_true()
    return read.scatter(where, _other_forms(text.gather(where)))


def localised(naive: pl.Series) -> pl.Series:
    """Return local times as UTC instants.

    A time that the clock shows twice (end of summer time) is the earlier one; one that it skips (begin)
    moves forward by an hour.
    """
    read = _in_zone(naive)
    skipped = read.is_null() & naive.is_not_null()
    if skipped.any():
        read = read.zip_with(~skipped, _in_zone(naive + _HOUR))
    return read.dt.convert_time_zone("UTC")


def to_utc(moment: datetime) -> datetime:
    """Return a moment in UTC; one without offset is local time."""
    if moment.tzinfo is not None:
        return moment.astimezone(UTC)
    utc: datetime = localised(pl.Series([moment], dtype=pl.Datetime("us"))).item()
    return utc


def _in_zone(naive: pl.Series) -> pl.Series:
    return naive.dt.replace_time_zone(ZONE, ambiguous="earliest", non_existent="null")


def _other_forms(text: pl.Series) -> pl.Series:
    plain = text.str.strip_chars().str.replace("^(.{10})[Tt]", "$1 ")
    read = plain.str.to_datetime(_WITH_OFFSET, time_unit="us", strict=False).cast(INSTANT)
    for form in _LOCAL:
        local = plain.str.to_datetime(form, time_unit="us", strict=False)
        read = read.fill_null(localised(local))
    return read
