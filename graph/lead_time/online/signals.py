"""What the log tells about lanes and sellers by the start of a day: the inputs of the base.

Effects are forgotten, shrunk means of log days, each measured against the broader ones and the common level
*as they stood at the start of the day of the observation*. Measured against today's level, old residuals
would turn effects into stale drift after every shift.
"""

from __future__ import annotations

from dataclasses import dataclass, field
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
    _values: dict[str, FloatArray] = field(default_factory=dict)

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

    def read(self) -> None:
        """Fix the effects as they stand now; the other methods use these until the next read."""
        start = _START_LEVEL[:, None] * self.level.k
        self._values = {
            "level": (self.level.total + start) / (self.level.weight + self.level.k),
            "state_pair": self.state_pair.values(),
            "dest_region": self.dest_region.values(),
            "seller": self.seller.values(),
            "recent": self.recent.values(),
        }

    def lane(self, state_pair: IntArray, dest_region: IntArray) -> FloatArray:
        """Return the lane signals, (rows, 8)."""
        found: FloatArray = np.concatenate(
            [self._values["state_pair"][:, state_pair], self._values["dest_region"][:, dest_region]]
        ).T
        return found

    def of_seller(self, seller: IntArray, day: float) -> FloatArray:
        """Return the seller signals as of an instant in days, (rows, 13)."""
        waiting = self.open_orders[seller]
        age = np.full(seller.shape, np.nan)
        np.divide(day * waiting - self.open_since_day[seller], waiting, out=age, where=waiting > 0)
        found: FloatArray = np.column_stack(
            [
                self._values["seller"][:, seller].T,
                self._values["recent"][:, seller].T,
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
        level = self._values["level"][component, 0]
        of_pair = self._values["state_pair"][component, state_pair]
        of_region = self._values["dest_region"][component, region]
        left: FloatArray = log_days - level
        self.state_pair.add(component, state_pair, left)
        left = left - of_pair
        self.dest_region.add(component, region, left)
        self.level.add(component, np.zeros(left.shape, np.int64), log_days - of_pair - of_region)
        left = left - of_region
        self.seller.add(component, seller, left)
        self.recent.add(component, seller, left)
        return left

    def bought(self, seller: IntArray, day: FloatArray) -> None:
        """Open the orders of a day."""
        self._queue(seller, day, 1.0)

    def left_queue(self, seller: IntArray, bought_day: FloatArray) -> None:
        """Close orders that were handed over or given up; ``bought_day`` is when they were opened."""
        self._queue(seller, bought_day, -1.0)

    def _queue(self, seller: IntArray, day: FloatArray, sign: float) -> None:
        size = self.open_orders.shape[0]
        self.open_orders += sign * np.bincount(seller, minlength=size)
        self.open_since_day += sign * np.bincount(seller, weights=day, minlength=size)

    def forget(self, days: float) -> None:
        """Let ``days`` pass."""
        for means in (self.level, self.state_pair, self.dest_region, self.seller, self.recent):
            means.forget(days)
