"""Days and instants: the marketplace's clock, and the two kinds of day that things are counted by.

A *local day* is one of the calendar, with summer time: stock, demand and reports are counted by it. A *plain
day* always has 86,400 seconds and begins at midnight of Brasilia, UTC-3: lead times are learned, and replays
and streams move on, by it, for a change of the clocks must be no event there. Both are numbered from
1970-01-01.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Final, TypeVar
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl
from numpy.typing import NDArray

from graph.errors import BadInput

ZONE: Final = "America/Sao_Paulo"
"""The clock of the marketplace, and of a stamp that names none."""

LOCAL: Final = ZoneInfo(ZONE)

DAY_S: Final = 86_400

DAY_STARTS_S: Final = 3 * 3600
"""Where plain days begin, in seconds of the UTC day."""

EPOCH: Final = date(1970, 1, 1)

_THURSDAY: Final = 3  # 1970-01-01 was one

Stamps = TypeVar("Stamps", pl.Expr, pl.Series)
Counted = TypeVar("Counted", int, NDArray[np.int64], pl.Expr)


def utc(at: datetime) -> datetime:
    """Return an aware instant in UTC; BadInput for one without time zone."""
    return _aware(at).astimezone(UTC)


def local(at: datetime) -> datetime:
    """Return an aware instant by the local clock; BadInput for one without time zone."""
    return _aware(at).astimezone(LOCAL)


def local_day(at: datetime) -> date:
    """Return the local day of an aware instant; BadInput for one without time zone."""
    return local(at).date()


def local_stamps(at_s: Stamps) -> Stamps:
    """Return epoch seconds as stamps by the local clock."""
    return pl.from_epoch(at_s).dt.convert_time_zone(ZONE)


def iso(at_s: int) -> str:
    """Return epoch seconds as text, by UTC: ``2018-05-01T03:00:00+00:00``."""
    return datetime.fromtimestamp(at_s, UTC).isoformat()


def day_number(day: date) -> int:
    """Return how many days lie between 1970-01-01 and a day."""
    return (day - EPOCH).days


def day_of(at_s: Counted) -> Counted:
    """Return the number of the plain day in which an instant lies."""
    return (at_s - DAY_STARTS_S) // DAY_S


def start_of(day: Counted) -> Counted:
    """Return the first second of a plain day, by its number."""
    return day * DAY_S + DAY_STARTS_S


def weekday_and_hour(at_s: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return the weekday (Monday 0) and the hour (0 to below 24) of instants, by plain days."""
    here_s = at_s - DAY_STARTS_S
    return (here_s // DAY_S + _THURSDAY) % 7, (here_s % DAY_S) / 3600.0


def _aware(at: datetime) -> datetime:
    if at.tzinfo is None:
        raise BadInput(f"{at} needs a time zone.")
    return at
