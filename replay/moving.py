"""The network as it was known at each purchase of a replay, moved on day by day instead of built anew.

Node tables are those of the whole history, for a node alone decides nothing (but carriers: they count as
timeless, so one that only later parcels name is a candidate). What decides is cut at the clock: offers at
the second of the purchase (sold before it, at the price of the last sale before it), lead times at the start
of its day (Brasilia time), freight and the stages of lead times at the start of a day that is at most
``REFIT_DAYS`` earlier. An order's own lines are known at its decision, so an offer that it is the first to
buy is there, at the price that it paid.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, replace
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from graph.days import DAY_S, day_of, start_of
from graph.freight import Freight
from graph.lead_time import LeadTimes, OnlineParameters
from graph.lead_time.journeys import IntArray, Journeys
from graph.lead_time.online.engine import Engine
from graph.lead_time.online.history import Calendar
from graph.lead_time.online.rows import Issued, Rows
from graph.lead_time.online.total import OnlineTotal
from graph.model import NEVER, OFFER_LAPSE_DAYS, UNKNOWN, SnapshotMeta
from graph.options import OptionFinder, Options
from graph.orders import Order
from graph.plan import PlacementPlan
from replay.encode import freight_sample
from replay.moving_arrays import MovingArrays, Own
from replay.recorded import Past

REFIT_DAYS: Final = 7
"""Freight and stages are learned anew after so many days: they move slowly, and cost most."""

_PLACES: Final = ("origin_zip", "origin_region", "origin_state", "distance_km")
_OF_PLACE: Final = ("state_pair", "pair", "same_state", "parcel")
_ENDS: Final = {"approved_s": ("approval",), "handed_s": ("handling",), "delivered_s": ("transit", "total")}


class MovingTimes:
    """Lead times as known at the start of a day, learned day by day by the engine of live and backtest."""

    def __init__(self, past: Past, first_s: int, parameters: OnlineParameters) -> None:
        self._past = past
        self._rows, self._told = _rows(past)
        self._issued = Issued.empty(len(past.journeys))
        self._calendar = Calendar(self._rows, past.journeys)
        self._engine = Engine.start(self._rows, parameters)
        self.day = int(min(np.floor(self._calendar.first), day_of(first_s)))
        self._stages: LeadTimes | None = None

    def play(self, day: int, told: Callable[[float], None] = lambda _share: None) -> None:
        """Learn everything stamped before ``day`` (epoch days of Brasilia)."""
        first, engine = self.day, self._engine
        while self.day < day:
            now, end = self.day, self.day + 1.0
            engine.refit_if_due(self._rows, self._issued, now, {})
            engine.issue(self._rows, self._issued, self._calendar.rows("bought", now, end), now)
            events = self._calendar.events(now, end)
            self._left(np.concatenate([events.handed, events.delivered]))
            engine.learn(self._rows, self._issued, now, end, events)
            self.day += 1
            told((self.day - first) / (day - first))

    def read(self) -> LeadTimes:
        """Return the model as of the day's start; its stages may be some days older."""
        as_of_s = start_of(self.day)
        if self._stages is None or as_of_s - self._stages.as_of_s >= REFIT_DAYS * DAY_S:
            self._stages = LeadTimes.fit(known_at(self._past, as_of_s), as_of_s)
        return replace(self._stages, as_of_s=as_of_s, total=OnlineTotal.of(self._engine, as_of_s))

    def _left(self, row: IntArray) -> None:
        """Take note of the place that packages left from."""
        for name, told in self._told.items():
            getattr(self._rows, name)[row] = told[row]


class Known(NamedTuple):
    """What was learned before the start of a day; freight may be some days older."""

    lead_times: LeadTimes
    freight: Freight


class Learner(Protocol):
    """Where a network hears what was known at the start of a day."""

    def known(self, day: int, told: Callable[[float], None]) -> Known:
        """Return what was known at the start of an epoch day of Brasilia; days are asked for in order."""
        ...


class Learning:
    """Learns day by day from a past."""

    def __init__(self, past: Past, first_s: int, parameters: OnlineParameters | None = None) -> None:
        self._past = past
        self._times = MovingTimes(past, first_s, parameters or OnlineParameters())
        self._freight: tuple[int, Freight] | None = None

    def known(self, day: int, told: Callable[[float], None]) -> Known:
        """Learn everything stamped before a day."""
        self._times.play(day, told)
        if self._freight is None or day - self._freight[0] >= REFIT_DAYS:
            as_of_s = start_of(day)
            sample = freight_sample(known_at(self._past, as_of_s))
            carriers = self._past.tables["carriers"]
            self._freight = day, Freight.fit(sample, as_of_s, carriers, measured=False)
        return Known(self._times.read(), self._freight[1])


class MovingNetwork:
    """What a desk asks of a network (``options``, ``arrays``, ``meta``), as known at each purchase.

    ``advance`` moves the clock, forward only.
    """

    def __init__(
        self,
        past: Past,
        first_s: int,
        parameters: OnlineParameters | None = None,
        progress: Callable[[float], None] = lambda _share: None,
        *,
        plan: PlacementPlan | None = None,
        learner: Learner | None = None,
    ) -> None:
        """Learn everything before the day of ``first_s``; ``progress`` is told the share done.

        ``learner`` knows it already (default: it is learned here).
        """
        self.arrays = MovingArrays(past, plan)
        self._plan = "" if plan is None else f"+{plan.plan_id}"
        self._learner = learner or Learning(past, first_s, parameters)
        self._asked: dict[tuple[object, ...], Options] = {}
        self.at_s = first_s
        self._begin(day_of(first_s), progress)

    @property
    def lapse_s(self) -> int:
        """For how long an offer lasts that nobody buys, in seconds."""
        return OFFER_LAPSE_DAYS * DAY_S

    def advance(self, at_s: int, own: Own = ()) -> None:
        """Move the clock to a purchase at ``at_s`` that buys the offers ``own``.

        Raises ValueError for an instant before the last.
        """
        if at_s < self.at_s:
            raise ValueError(f"a replay goes forward: {at_s} is before {self.at_s}")
        self.at_s, self._asked = at_s, {}
        if day_of(at_s) > self._day:
            self._begin(day_of(at_s))
        self.arrays.offers.advance(at_s, own)

    def options(self, order: Order, at: datetime, more: Mapping[str, Sequence[str]] | None = None) -> Options:
        """Return the routes that could carry the order at the clock's instant; see ``Network.options``."""
        if int(at.timestamp()) != self.at_s:
            raise ValueError(f"the clock stands at {self.at_s}, not at {at.isoformat()}")
        key = order.order_id, *((line_id, *names) for line_id, names in (more or {}).items())
        if key not in self._asked:  # several policies ask the same
            finder = OptionFinder(self.arrays, self.lead_times, self.freight, self.lapse_s)
            self._asked[key] = finder.find(order, self.at_s, more)
        return self._asked[key]

    def _begin(self, day: int, progress: Callable[[float], None] = lambda _share: None) -> None:
        self._day, as_of_s = day, start_of(day)
        self.lead_times, self.freight = self._learner.known(day, progress)
        self.arrays.begin_day(as_of_s)
        as_of = datetime.fromtimestamp(as_of_s, UTC)
        name = f"as-of-{as_of:%Y-%m-%d}{self._plan}"
        self.meta = SnapshotMeta(name, as_of, {"offer_lapse_days": OFFER_LAPSE_DAYS})


def known_at(past: Past, as_of_s: int) -> Journeys:
    """Return the journeys bought before an instant, without what became known at it or later."""
    rows = int(np.searchsorted(past.journeys.purchased_s, as_of_s))
    columns = {field.name: getattr(past.journeys, field.name)[:rows] for field in fields(Journeys)}
    for stamp, stages in _ENDS.items():
        later = columns[stamp] >= as_of_s
        columns[stamp] = np.where(later, NEVER, columns[stamp])
        for stage in stages:
            columns[f"{stage}_days"] = np.where(later, np.nan, columns[f"{stage}_days"])
    still = (columns["handed_s"] == NEVER) & (columns["delivered_s"] == NEVER)
    columns["carrier"] = np.where(still, np.int32(UNKNOWN), columns["carrier"])
    for name in _PLACES:
        columns[name] = np.where(still, getattr(past.from_sellers, name)[:rows], columns[name])
    return Journeys(**columns)


def _rows(past: Past) -> tuple[Rows, dict[str, NDArray[Any]]]:
    """Return the journeys' rows as known at the purchase, and what the hand-over tells of where they left."""
    if past.from_sellers is past.journeys:
        return Rows.of(past.journeys), {}
    pair = past.from_sellers, past.journeys
    columns = {
        field.name: np.concatenate([getattr(one, field.name) for one in pair]) for field in fields(Journeys)
    }
    both, size = Rows.of(Journeys(**columns)), len(past.journeys)  # prepared as one: codes have equal room
    arrays = {name: value for name in Rows.__slots__ if isinstance(value := getattr(both, name), np.ndarray)}
    first: dict[str, Any] = {
        name: value[:, :size] if name == "log_days" else value[:size].copy() for name, value in arrays.items()
    }
    return replace(both, **first), {name: arrays[name][size:] for name in _OF_PLACE}
