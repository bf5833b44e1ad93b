"""The one event loop: day by day, read what is bought, learn from what ends, refit on schedule.

Everything that a forecast of day d uses is stamped before the start of day d (Brasilia time). `malha build`,
`malha backtest` and the live service play days through this class.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from graph.lead_time.journeys import COMPONENTS, DAY_S, FloatArray, IntArray, Journeys
from graph.lead_time.levels import slot
from graph.lead_time.online.base import DAY_STARTS_S, Base, fit_base, parcel_features
from graph.lead_time.online.parameters import OnlineParameters
from graph.lead_time.online.period import PeriodLevel
from graph.lead_time.online.pool import ErrorPool
from graph.lead_time.online.signals import LANE_SIGNALS, SELLER_SIGNALS, Signals
from graph.lead_time.spread import Spread
from graph.lead_time.value import FLOOR_DAYS
from graph.model import NEVER

SAME_STATE, NEAR, FAR = 0, 1, 2
BUCKETS: Final = 3
_FAR_EFFECT: Final = 0.25
_START_LEVEL: Final = float(np.log(10.0))


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """The groups and features of every journey, prepared once: what does not change with the state."""

    seller: IntArray
    state_pair: IntArray
    dest_region: IntArray
    same_state: NDArray[np.bool_]
    parcel: FloatArray
    log_days: FloatArray
    start_day: FloatArray
    handed_day: FloatArray
    delivered_day: FloatArray
    states: int
    regions: int
    sellers: int

    @classmethod
    def of(cls, journeys: Journeys) -> Rows:
        """Prepare journeys; days are counted from the epoch, NaN where an event is not known."""
        states = 1 + int(max(journeys.origin_state.max(initial=-1), journeys.dest_state.max(initial=-1)))
        regions = 1 + int(journeys.dest_region.max(initial=-1))
        sellers = 1 + int(journeys.seller.max(initial=-1))
        return cls(
            seller=slot(journeys.seller, sellers),
            state_pair=pair_slot(journeys.origin_state, journeys.dest_state, states),
            dest_region=slot(journeys.dest_region, regions),
            same_state=(journeys.origin_state == journeys.dest_state) & (journeys.origin_state >= 0),
            parcel=parcel_features(journeys, journeys.purchased_s),
            log_days=np.stack(
                [np.log(np.maximum(journeys.days(name), FLOOR_DAYS[name])) for name in COMPONENTS]
            ),
            start_day=to_day(journeys.purchased_s),
            handed_day=to_day(journeys.handed_s),
            delivered_day=to_day(journeys.delivered_s),
            states=states,
            regions=regions,
            sellers=sellers,
        )


def pair_slot(origin: NDArray[np.int32], dest: NDArray[np.int32], states: int) -> IntArray:
    """Return the row of a state pair in tables of (states + 1)^2 rows."""
    return slot(origin, states) * (states + 1) + slot(dest, states)


def to_day(instant_s: IntArray) -> FloatArray:
    """Return epoch days (float, days start at Brasilia's midnight); NaN where the instant is unknown."""
    found: FloatArray = np.where(instant_s == NEVER, np.nan, (instant_s - DAY_STARTS_S) / DAY_S)
    return found


@dataclass(slots=True, eq=False)
class Issued:
    """What was forecast for each journey at its purchase, NaN before: arrays by journey row."""

    lane_signals: FloatArray
    seller_signals: FloatArray
    base: FloatArray
    location: FloatArray
    bucket: IntArray
    day: IntArray

    @classmethod
    def empty(cls, rows: int) -> Issued:
        """Return room for so many journeys."""
        return cls(
            np.full((rows, len(LANE_SIGNALS)), np.nan),
            np.full((rows, len(SELLER_SIGNALS)), np.nan),
            np.full(rows, np.nan),
            np.full(rows, np.nan),
            np.zeros(rows, np.int64),
            np.zeros(rows, np.int64),
        )


@dataclass(slots=True, eq=False)
class Engine:
    """The mutable state of the online model. ``open``: rows bought and neither delivered nor given up."""

    parameters: OnlineParameters
    signals: Signals
    period: PeriodLevel
    pool: ErrorPool
    base: Base
    spread: Spread
    raw_spread: Spread
    open: IntArray
    last_fit_day: float
    last_fit_n: int
    delivered_n: int = 0
    today: float = 0.0
    bases: dict[int, Base] = field(default_factory=dict)

    @classmethod
    def start(cls, rows: Rows, parameters: OnlineParameters) -> Engine:
        """Return an engine that has seen nothing."""
        pool = ErrorPool.empty(BUCKETS)
        spread = Spread.from_mass(pool.mass(parameters))
        signals = Signals.empty((rows.states + 1) ** 2, rows.regions + 1, rows.sellers + 1, parameters)
        signals.read()
        return cls(
            parameters=parameters,
            signals=signals,
            period=PeriodLevel.start(_START_LEVEL),
            pool=pool,
            base=Base(),
            spread=spread,
            raw_spread=spread,
            open=np.zeros(0, np.int64),
            last_fit_day=-np.inf,
            last_fit_n=0,
        )

    def issue(self, rows: Rows, issued: Issued, bought: IntArray, day: int, learning: bool = True) -> None:
        """Forecast the journeys bought on a day, from the state at its start (or where learning stopped)."""
        if not bought.shape[0]:
            return
        lane = self.signals.lane(rows.state_pair[bought], rows.dest_region[bought])
        seller = self.signals.of_seller(rows.seller[bought], float(day) if learning else self.today)
        issued.lane_signals[bought] = lane
        issued.seller_signals[bought] = seller
        issued.base[bought] = self.base.lane(lane, rows.parcel[bought]) + self.base.seller(seller)
        level = (
            self.period.level if learning else self.period.ahead(max(day - self.today, 0.0), self.parameters)
        )
        issued.location[bought] = issued.base[bought] + level
        issued.bucket[bought] = bucket_of(lane, rows.same_state[bought])
        issued.day[bought] = day
        if learning:
            self.signals.bought(rows.seller[bought], rows.start_day[bought])
            self.open = np.concatenate([self.open, bought])

    def learn(self, rows: Rows, issued: Issued, day: int, until: float, events: DayEvents) -> None:
        """Learn from the events of [day, until), measured against the state at its start; let it pass."""
        self.today = until
        self._learn_period(rows, issued, day, until)
        self._learn_signals(rows, events)
        arrived = events.delivered[~np.isnan(issued.location[events.delivered])]
        error = rows.log_days[0, arrived] - issued.location[arrived]
        moved = self.period.level - (issued.location[arrived] - issued.base[arrived])
        pooled = error - self.parameters.known_drift * moved
        self.pool.learn(error, pooled, issued.bucket[arrived], self.raw_spread, self.parameters.guard_gain)
        self.delivered_n += events.delivered.shape[0]
        self._close(rows, day, until)
        self.signals.forget(1.0)
        self.signals.read()
        self.pool.forget(1.0, self.parameters.spread_half_life)
        mass = self.pool.mass(self.parameters)
        self.raw_spread = Spread.from_mass(mass)
        self.spread = Spread.from_mass(self.pool.guarded(mass))

    def refit_if_due(self, rows: Rows, issued: Issued, day: int, known: Mapping[int, Base]) -> None:
        """Fit the base anew when enough was delivered or time went by since the last fit.

        ``known``: bases that an earlier run over the same history fitted, by day; those are not fitted again.
        """
        p = self.parameters
        grown = self.delivered_n >= max(p.base_minimum, p.refit_growth * self.last_fit_n)
        waited = day - self.last_fit_day
        due = grown or (self.last_fit_n > 0 and waited >= p.refit_days)
        if not due or waited < p.refit_pause_days:
            return
        base = known.get(day) or self._fitted(rows, issued, day)
        if base is not None:
            self.base = self.bases[day] = base
            self.last_fit_day, self.last_fit_n = float(day), self.delivered_n

    def _fitted(self, rows: Rows, issued: Issued, day: int) -> Base | None:
        """Fit the base on what was delivered before ``day``; forecasts of open orders keep their level."""
        p = self.parameters
        known = (rows.delivered_day < day) & (rows.start_day < day - p.censored_days)
        known &= ~np.isnan(issued.base)
        train = np.flatnonzero(known)[-p.base_rows :]
        if train.shape[0] < p.base_minimum // 2:
            return None
        base = fit_base(
            rows.log_days[0, train],
            rows.start_day[train],
            issued.lane_signals[train],
            rows.parcel[train],
            issued.seller_signals[train],
            p,
        )
        if self.open.shape[0]:
            now = base.lane(issued.lane_signals[self.open], rows.parcel[self.open])
            now += base.seller(issued.seller_signals[self.open])
            base = base.shifted(float(np.median(issued.base[self.open] - now)))
        return base

    def _learn_period(self, rows: Rows, issued: Issued, day: int, until: float) -> None:
        start = rows.start_day[self.open]
        end = rows.delivered_day[self.open]
        arrived = end < until
        self.period.step(
            weekday=(day + 3) % 7,
            location=issued.base[self.open],
            age_from=np.maximum(day - start, 0.0),
            age_to=np.where(arrived, end, until) - start,
            arrived=arrived.astype(np.float64),
            parameters=self.parameters,
        )

    def _learn_signals(self, rows: Rows, events: DayEvents) -> None:
        for component, ended in enumerate(
            (events.delivered, events.approved, events.handed, events.delivered)
        ):
            kept = ended[~np.isnan(rows.log_days[component, ended])]
            left = self.signals.learn(
                component,
                rows.log_days[component, kept],
                rows.state_pair[kept],
                rows.dest_region[kept],
                rows.seller[kept],
            )
            if COMPONENTS[component] == "handling":
                self.signals.last_handling[rows.seller[kept]] = left
        self.signals.last_handed_day[rows.seller[events.handed]] = rows.handed_day[events.handed]
        self.signals.deliveries += np.bincount(
            rows.seller[events.delivered], minlength=self.signals.deliveries.shape[0]
        )

    def _close(self, rows: Rows, day: int, end: float) -> None:
        """Take out of the queues what was handed over, and out of the open set what arrived or is lost."""
        rest = self.open
        age = end - rows.start_day[rest]
        handed = rows.handed_day[rest] < end
        arrived = rows.delivered_day[rest] < end
        given_up = ~handed & (age > self.parameters.unhanded_days)
        lost = handed & (end - rows.handed_day[rest] > self.parameters.undelivered_days)
        waited = ~(rows.handed_day[rest] < day)  # it was in its seller's queue this morning
        leaves = waited & (handed | arrived | given_up)
        self.signals.left_queue(rows.seller[rest[leaves]], rows.start_day[rest[leaves]])
        self.open = rest[~(arrived | given_up | lost)]


@dataclass(frozen=True, slots=True, eq=False)
class DayEvents:
    """Rows whose approval, hand-over or delivery is stamped on one day, each in order of time."""

    approved: IntArray
    handed: IntArray
    delivered: IntArray


def bucket_of(lane_signals: FloatArray, same_state: NDArray[np.bool_]) -> IntArray:
    """Return the spread bucket: same state, or between states, near or far (a slow state pair)."""
    found: IntArray = np.where(
        same_state, SAME_STATE, np.where(lane_signals[:, 0] > _FAR_EFFECT, FAR, NEAR)
    ).astype(np.int64)
    return found
