"""Playing a history through the engine, and what comes out of it: forecasts as they were issued."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from graph.lead_time.journeys import FloatArray, IntArray, Journeys
from graph.lead_time.online.base import Base
from graph.lead_time.online.engine import BUCKETS, Engine
from graph.lead_time.online.parameters import OnlineParameters
from graph.lead_time.online.rows import DayEvents, Issued, Rows, to_day
from graph.lead_time.spread import Spread

Progress = Callable[[float], None]


@dataclass(frozen=True, slots=True, eq=False)
class Played:
    """A history that was played: the engine after it, every forecast, and the spread of each day.

    ``first_day``: epoch day of ``cdf[0]``; ``cdf``: (days, buckets, bins + 1), as in force on each day.
    """

    engine: Engine
    rows: Rows
    issued: Issued
    first_day: int
    cdf: FloatArray
    levels: FloatArray


class Calendar:
    """The rows of every day by event, in order of (instant, row)."""

    def __init__(self, rows: Rows, journeys: Journeys) -> None:
        self._of = {
            name: _by_time(day)
            for name, day in (
                ("bought", rows.start_day),
                ("approved", to_day(journeys.approved_s)),
                ("handed", rows.handed_day),
                ("delivered", rows.delivered_day),
            )
        }

    def rows(self, name: str, day: float, until: float) -> IntArray:
        """Return the rows whose event lies in [day, until)."""
        order, days = self._of[name]
        return order[np.searchsorted(days, day) : np.searchsorted(days, until)]

    def events(self, day: float, until: float) -> DayEvents:
        """Return what ended in [day, until)."""
        return DayEvents(*(self.rows(name, day, until) for name in ("approved", "handed", "delivered")))

    @property
    def first(self) -> float:
        """Return the day of the first purchase; infinite without any."""
        days = self._of["bought"][1]
        return float(days[0]) if days.shape[0] else np.inf


def _by_time(day: FloatArray) -> tuple[IntArray, FloatArray]:
    known = np.flatnonzero(~np.isnan(day))
    order = known[np.argsort(day[known], kind="stable")]
    return order, day[order]


def play(
    journeys: Journeys,
    as_of_s: int,
    parameters: OnlineParameters | None = None,
    frozen_from_s: int | None = None,
    bases: Mapping[int, Base] | None = None,
    progress: Progress | None = None,
) -> Played:
    """Play all days up to ``as_of_s``; from ``frozen_from_s`` on nothing is learned, only forecast.

    Returns forecasts for every journey bought before ``as_of_s``. The day that ``as_of_s`` cuts is played as
    far as it goes, so the state holds every event stamped before it. ``bases`` are those of an earlier run
    over the same history (``Played.engine.bases``): with them nothing is fitted and the result is the same.
    """
    parameters = parameters or OnlineParameters()
    rows, issued = Rows.of(journeys), Issued.empty(len(journeys))
    engine, calendar = Engine.start(rows, parameters), Calendar(rows, journeys)
    end = float(to_day(np.array([as_of_s]))[0])
    frozen = np.inf if frozen_from_s is None else float(to_day(np.array([frozen_from_s]))[0])
    first, last = int(np.floor(min(calendar.first, end))), int(np.ceil(end))
    cdf, levels = [], []
    for day in range(first, last):
        if day < frozen:
            engine.refit_if_due(rows, issued, day, bases or {})
        cdf.append(engine.spread.cdf)
        levels.append(engine.period.level)
        until = min(day + 1.0, end, frozen)
        learned = max(until, day)
        engine.issue(rows, issued, calendar.rows("bought", day, learned), day)
        engine.issue(rows, issued, calendar.rows("bought", learned, min(day + 1.0, end)), day, learning=False)
        if until > day:
            engine.learn(rows, issued, day, until, calendar.events(day, until))
        if progress is not None:
            progress((day + 1 - first) / (last - first))
    shape = (len(cdf), BUCKETS, -1)
    cdfs = np.reshape(cdf, shape) if cdf else np.zeros((0, BUCKETS, 1))
    return Played(engine, rows, issued, first, cdfs, np.array(levels))


def spread_of_days(played: Played, row: IntArray) -> tuple[Spread, IntArray]:
    """Return the spreads in force when some journeys were bought, and each one's row in them."""
    days, place = np.unique(played.issued.day[row], return_inverse=True)
    cdf = played.cdf[days - played.first_day].reshape(days.shape[0] * BUCKETS, -1)
    return Spread.from_mass(np.diff(cdf, axis=1)), place * BUCKETS + played.issued.bucket[row]
