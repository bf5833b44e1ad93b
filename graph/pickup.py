"""When carriers pick up parcels: the hour and the weekdays that their table tells, at a given instant."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, Self

import numpy as np
import polars as pl
from numpy.typing import NDArray

from graph.csr import frozen
from graph.days import local

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

_NO_CUT_OFF: Final = 24
_WEEK: Final = 7


@dataclass(frozen=True, slots=True, eq=False)
class Missed:
    """What an instant misses of the next pickups, one entry a carrier, all of it by local time.

    ``late``: the hour has reached the carrier's cut-off, whatever the day; ``off_day``: the carrier picks up
    nothing today. ``wait_days``: whole days until the first pickup that a parcel can still reach, 0 where it
    leaves today. ``hour`` and ``weekday`` (1 = Monday) are those of the instant, ``next_weekday`` is that of
    the next day of pickups, today included.
    """

    late: Bools
    off_day: Bools
    wait_days: Ints
    hour: int
    weekday: int
    cut_off_hour: Ints
    next_weekday: Ints


@dataclass(frozen=True, slots=True, eq=False)
class Pickups:
    """The calendar of every carrier, in order of code.

    ``cut_off_hour`` (carriers,): parcels handed over before this local hour leave the same day; 24: until
    midnight. ``weekdays`` (carriers, 7): the days of pickup, Monday first.
    """

    cut_off_hour: Ints
    weekdays: Bools

    @classmethod
    def of(cls, carriers: pl.DataFrame) -> Self:
        """Read the carriers table; no hour means no cut-off, no weekdays mean all of them."""
        hours = carriers["cut_off_hour"].fill_null(_NO_CUT_OFF).to_numpy().astype(np.int64)
        told = [days or "1234567" for days in carriers["pickup_weekdays"]]
        weekdays = [[str(day) in days for day in range(1, _WEEK + 1)] for days in told]
        return cls(frozen(hours), frozen(np.array(weekdays, np.bool_).reshape(len(told), _WEEK)))

    @property
    def always(self) -> bool:
        """Whether no carrier ever lets a parcel wait."""
        return bool((self.cut_off_hour >= _NO_CUT_OFF).all() and self.weekdays.all())

    def regardless(self, *, cut_off: bool = False, weekday: bool = False) -> Self:
        """Return the calendar without what is to be left out of account."""
        hours = np.full_like(self.cut_off_hour, _NO_CUT_OFF) if cut_off else self.cut_off_hour
        days = np.ones_like(self.weekdays) if weekday else self.weekdays
        return replace(self, cut_off_hour=hours, weekdays=days)

    def missed(self, at: datetime) -> Missed:
        """Return which pickups a parcel misses that is ready at an aware instant; BadInput for any other.

        Days are those of the local calendar, so a day on which the clocks change counts as one.
        """
        here = local(at)
        today = here.weekday()
        ahead = np.roll(self.weekdays, -today, axis=1)  # today first
        late = here.hour >= self.cut_off_hour
        reached = ahead.copy()
        reached[:, 0] &= ~late
        # Who picks up on no other weekday comes again in a week.
        wait = np.where(reached.any(axis=1), reached.argmax(axis=1), _WEEK)
        return Missed(
            late=late,
            off_day=~ahead[:, 0],
            wait_days=wait.astype(np.int64),
            hour=here.hour,
            weekday=today + 1,
            cut_off_hour=self.cut_off_hour,
            next_weekday=(today + ahead.argmax(axis=1)) % _WEEK + 1,
        )
