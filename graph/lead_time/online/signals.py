"""What the log tells about lanes and sellers by the start of a day: the inputs of the base.

Effects are forgotten, shrunk means of log days, each measured against the broader ones and the common level
*as they stood at the start of the day of the observation*. Measured against today's level, old residuals
would turn effects into stale drift after every shift.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from graph.lead_time.journeys import COMPONENTS, FloatArray, IntArray
from graph.lead_time.online.forgetful import ForgetfulMeans
from graph.lead_time.online.parameters import OnlineParameters

LANE_SIGNALS: Final = tuple(
    f"{group}_{component}" for group in ("state_pair", "dest_region") for component in COMPONENTS
)
"""Effects of the state pair and of the destination region, by component."""

SELLER_SIGNALS: Final = (
    *(f"seller_{component}" for component in COMPONENTS),
    *(f"recent_{component}" for component in COMPONENTS),
    "deliveries",
    "open_orders",
    "open_age_days",
    "last_handling",
    "idle_days",
)
"""The seller's slow and fast effects by component, what it has delivered, its orders not yet handed over and
their mean age, its last handling residual, and the days since its last hand-over."""

_START_LEVEL: Final = np.log([10.0, 0.2, 2.0, 7.0])


@dataclass(slots=True, eq=False)
class Signals:
    """State of the signals; all arrays are by component (total, approval, handling, transit) or by seller.

    Row 0 of every group level stands for an unknown code.
    """

    level: ForgetfulMeans
    state_pair: ForgetfulMeans
    dest_region: ForgetfulMeans
    seller: ForgetfulMeans
    recent: ForgetfulMeans
    deliveries: FloatArray
    open_orders: FloatArray
    open_since_day: FloatArray
    last_handling: FloatArray
    last_handed_day: FloatArray

    @classmethod
    def empty(cls, state_pairs: int, regions: int, sellers: int, parameters: OnlineParameters) -> Signals:
        """Return signals that have seen nothing, for so many known groups."""
        p, parts = parameters, len(COMPONENTS)
        return cls(
            level=ForgetfulMeans.empty(parts, 1, p.level_half_life, p.k_level),
            state_pair=ForgetfulMeans.empty(parts, state_pairs, p.effect_half_life, p.k_state_pair),
            dest_region=ForgetfulMeans.empty(parts, regions, p.effect_half_life, p.k_region),
            seller=ForgetfulMeans.empty(parts, sellers, p.effect_half_life, p.k_seller),
            recent=ForgetfulMeans.empty(parts, sellers, p.recent_half_life, p.k_recent),
            deliveries=np.zeros(sellers),
            open_orders=np.zeros(sellers),
            open_since_day=np.zeros(sellers),
            last_handling=np.full(sellers, np.nan),
            last_handed_day=np.full(sellers, np.nan),
        )

    def lane(self, state_pair: IntArray, dest_region: IntArray) -> FloatArray:
        """Return the lane signals, (rows, 8)."""
        return np.column_stack([self.state_pair.rows(state_pair), self.dest_region.rows(dest_region)])

    def of_seller(self, seller: IntArray, day: float) -> FloatArray:
        """Return the seller signals as of an instant in days, (rows, 13)."""
        waiting = self.open_orders[seller]
        age = np.full(seller.shape, np.nan)
        np.divide(day * waiting - self.open_since_day[seller], waiting, out=age, where=waiting > 0)
        found: FloatArray = np.column_stack(
            [
                self.seller.rows(seller),
                self.recent.rows(seller),
                self.deliveries[seller],
                waiting,
                age,
                self.last_handling[seller],
                day - self.last_handed_day[seller],
            ]
        )
        return found

    def learn(
        self, component: int, log_days: FloatArray, state_pair: IntArray, region: IntArray, seller: IntArray
    ) -> FloatArray:
        """Learn one component from what ended today; return what only the sellers explain, (rows,)."""
        level = self._level(component)
        of_pair = self.state_pair.at(component, state_pair)
        of_region = self.dest_region.at(component, region)
        left: FloatArray = log_days - level
        self.state_pair.add(component, state_pair, left)
        left = left - of_pair
        self.dest_region.add(component, region, left)
        self.level.add(component, np.zeros(left.shape, np.int64), log_days - of_pair - of_region)
        left = left - of_region
        self.seller.add(component, seller, left)
        self.recent.add(component, seller, left)
        return left

    def _level(self, component: int) -> float:
        means = self.level
        prior = means.k * means.scale
        found = means.total[component, 0] + _START_LEVEL[component] * prior
        return float(found / (means.weight[component, 0] + prior))

    def bought(self, seller: IntArray, day: FloatArray) -> None:
        """Open the orders of a day."""
        self._queue(seller, day, 1.0)

    def left_queue(self, seller: IntArray, bought_day: FloatArray) -> None:
        """Close orders that were handed over or given up; ``bought_day`` is when they were opened."""
        self._queue(seller, bought_day, -1.0)

    def _queue(self, seller: IntArray, day: FloatArray, sign: float) -> None:
        np.add.at(self.open_orders, seller, sign)
        np.add.at(self.open_since_day, seller, sign * day)

    def forget(self, days: float) -> None:
        """Let ``days`` pass."""
        for means in (self.level, self.state_pair, self.dest_region, self.seller, self.recent):
            means.forget(days)
