"""The one event loop: day by day, read what is bought, learn from what ends, refit on schedule.

Everything that a forecast of day d uses is stamped before the start of day d (Brasilia time). Builds,
backtests and replays play days through this class.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from graph.lead_time.journeys import COMPONENTS, FloatArray, IntArray
from graph.lead_time.online.base import Base, fit_base
from graph.lead_time.online.parameters import OnlineParameters
from graph.lead_time.online.period import PeriodLevel
from graph.lead_time.online.pool import ErrorPool
from graph.lead_time.online.routes import RouteEffects
from graph.lead_time.online.rows import DayEvents, Issued, Rows
from graph.lead_time.online.signals import Signals
from graph.lead_time.spread import Spread

SAME_STATE, NEAR, FAR = 0, 1, 2
BUCKETS: Final = 3
_FAR_EFFECT: Final = 0.25
_START_LEVEL: Final = float(np.log(10.0))


@dataclass(slots=True, eq=False)
class Engine:
    """The mutable state of the online model.

    ``open``: rows bought and neither delivered nor given up. ``pool``: errors of forecasts that do not know
    the carrier; ``named_pool``: of those that are told it, None where there is only one.
    """

    parameters: OnlineParameters
    signals: Signals
    routes: RouteEffects
    period: PeriodLevel
    pool: ErrorPool
    named_pool: ErrorPool | None
    base: Base
    open: IntArray
    last_fit_day: float
    last_fit_n: int
    delivered_n: int = 0
    today: float = 0.0
    bases: dict[int, Base] = field(default_factory=dict)

    @classmethod
    def start(cls, rows: Rows, parameters: OnlineParameters) -> Engine:
        """Return an engine that has seen nothing."""
        sellers, several = rows.sellers + 1, rows.carriers > 1
        return cls(
            parameters=parameters,
            signals=Signals.empty((rows.states + 1) ** 2, rows.regions + 1, sellers, parameters),
            routes=RouteEffects.empty(sellers, rows.carriers + 1, parameters),
            period=PeriodLevel.start(_START_LEVEL),
            pool=ErrorPool.empty(BUCKETS, parameters),
            named_pool=ErrorPool.empty(BUCKETS, parameters) if several else None,
            base=Base(),
            open=np.zeros(0, np.int64),
            last_fit_day=-np.inf,
            last_fit_n=0,
        )

    @property
    def spread(self) -> Spread:
        """Return the distribution of the errors of forecasts that do not know the carrier."""
        return self.pool.guarded()

    @property
    def named_spread(self) -> Spread:
        """Return the distribution of the errors of forecasts that are told the carrier."""
        return (self.named_pool or self.pool).guarded()

    def issue(self, rows: Rows, issued: Issued, bought: IntArray, day: int, learning: bool = True) -> None:
        """Forecast the journeys bought on a day, from the state at its start (or where learning stopped)."""
        if not bought.shape[0]:
            return
        lane = self.signals.lane(rows.state_pair[bought], rows.dest_region[bought])
        seller = self.signals.of_seller(rows.seller[bought], float(day) if learning else self.today)
        issued.lane_signals[bought] = lane
        issued.seller_signals[bought] = seller
        base = self.base.lane(lane, rows.parcel[bought]) + self.base.seller(seller)
        mixed = self.routes.mixed(rows.pair[bought], rows.seller[bought])
        level = (
            self.period.level if learning else self.period.ahead(max(day - self.today, 0.0), self.parameters)
        )
        issued.base[bought] = base
        issued.mixed[bought] = mixed
        issued.location[bought] = base + mixed + level
        issued.bucket[bought] = bucket_of(lane, rows.same_state[bought])
        issued.day[bought] = day
        if learning:
            self.signals.bought(rows.seller[bought], rows.start_day[bought])
            self.open = np.concatenate([self.open, bought])

    def learn(self, rows: Rows, issued: Issued, day: int, until: float, events: DayEvents) -> None:
        """Learn from the events of [day, until), measured against the state at its start; let it pass."""
        self.today = until
        morning = self.period.level
        self._name_carriers(rows, issued, events)
        self._learn_period(rows, issued, day, until)
        self._learn_signals(rows, issued, events)
        told = ~np.isnan(issued.location[events.delivered]) & ~np.isnan(rows.log_days[0, events.delivered])
        arrived = events.delivered[told]
        self.routes.handed(rows.seller[events.handed], rows.carrier[events.handed])
        left = rows.log_days[0, arrived] - issued.base[arrived] - morning
        self.routes.learn(left, rows.pair[arrived], rows.carrier[arrived])
        self._learn_errors(rows, issued, arrived)
        self.delivered_n += events.delivered.shape[0]
        self._close(rows, day, until)
        self.signals.forget(1.0)
        self.routes.forget(1.0)

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
        known &= ~np.isnan(issued.base) & ~np.isnan(rows.log_days[0])
        train = np.flatnonzero(known)[-p.base_rows :]
        if train.shape[0] < p.base_minimum // 2:
            return None
        base = fit_base(
            rows.log_days[0, train] - issued.named[train],
            rows.start_day[train],
            issued.lane_signals[train].astype(np.float64),
            rows.parcel[train],
            issued.seller_signals[train].astype(np.float64),
            p,
        )
        if self.open.shape[0]:
            now = base.lane(issued.lane_signals[self.open].astype(np.float64), rows.parcel[self.open])
            now += base.seller(issued.seller_signals[self.open].astype(np.float64))
            base = base.shifted(float(np.median(issued.base[self.open] - now)))
        return base

    def _name_carriers(self, rows: Rows, issued: Issued, events: DayEvents) -> None:
        """Note the effect of each parcel's carrier and lane when the carrier becomes known."""
        both = np.concatenate([events.handed, events.delivered])
        told = both[np.isnan(issued.named[both])]
        issued.named[told] = self.routes.named(rows.pair[told], rows.carrier[told])

    def _learn_period(self, rows: Rows, issued: Issued, day: int, until: float) -> None:
        start = rows.start_day[self.open]
        handed = rows.handed_day[self.open] < day
        effect = np.where(handed, issued.named[self.open], issued.mixed[self.open])
        end = rows.delivered_day[self.open]
        arrived = end < until
        self.period.step(
            weekday=(day + 3) % 7,
            location=issued.base[self.open] + effect,
            age_from=np.maximum(day - start, 0.0),
            age_to=np.where(arrived, end, until) - start,
            arrived=arrived.astype(np.float64),
            parameters=self.parameters,
        )

    def _learn_errors(self, rows: Rows, issued: Issued, arrived: IntArray) -> None:
        p = self.parameters
        mixed, named, bucket = issued.mixed[arrived], issued.named[arrived], issued.bucket[arrived]
        level = issued.location[arrived] - issued.base[arrived] - mixed
        known = p.known_drift * (self.period.level - level)
        for pool, effect in ((self.pool, mixed), (self.named_pool, named)):
            if pool is None:
                continue
            error = rows.log_days[0, arrived] - (issued.base[arrived] + effect + level)
            pool.learn(error, error - known, bucket, p)
            pool.forget(1.0, p)

    def _learn_signals(self, rows: Rows, issued: Issued, events: DayEvents) -> None:
        for component, ended in enumerate(
            (events.delivered, events.approved, events.handed, events.delivered)
        ):
            kept = ended[~np.isnan(rows.log_days[component, ended])]
            log_days = rows.log_days[component, kept]
            if component == 0:
                log_days = log_days - issued.named[kept]  # carriers and lanes are not the sellers' doing
            left = self.signals.learn(
                component,
                log_days,
                rows.state_pair[kept],
                rows.dest_region[kept],
                rows.seller[kept],
            )
            if COMPONENTS[component] == "handling":
                self.signals.last_handling[rows.seller[kept]] = left
        self.signals.last_handed_day[rows.seller[events.handed]] = rows.handed_day[events.handed]
        np.add.at(self.signals.deliveries, rows.seller[events.delivered], 1.0)

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


def bucket_of(lane_signals: FloatArray, same_state: NDArray[np.bool_]) -> IntArray:
    """Return the spread bucket: same state, or between states, near or far (a slow state pair)."""
    found: IntArray = np.where(
        same_state, SAME_STATE, np.where(lane_signals[:, 0] > _FAR_EFFECT, FAR, NEAR)
    ).astype(np.int64)
    return found
