"""The base: boosted medians of log lead times, without the common level and additive in lane and seller.

Two forests, fitted in turns (backfitting), so that a seller moves every lane by the same factor:

    base = lane forest(lane signals, parcel, calendar) + seller forest(seller signals)

The common level of each purchase day is taken out of the training target first: it belongs to the period
level, and trees that see it would learn the calendar by heart. The promise and the freight are no inputs.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from graph.days import weekday_and_hour
from graph.lead_time.journeys import FloatArray, IntArray, Journeys
from graph.lead_time.online.parameters import OnlineParameters
from graph.lead_time.online.signals import LANE_SIGNALS, SELLER_SIGNALS
from graph.lead_time.online.trees import Forest
from graph.lead_time.query import RouteQuery

PARCEL: Final = (
    *("distance_km", "same_state", "log_weight", "log_volume", "log_price"),
    *("n_lines", "n_sellers", "payment_type", "weekday", "hour"),
)

_STATE_PAIR, _REGION = LANE_SIGNALS.index("state_pair_total"), LANE_SIGNALS.index("dest_region_total")
_SELLER: Final = SELLER_SIGNALS.index("seller_total")


def parcel_features(asked: Journeys | RouteQuery, at_s: IntArray | int) -> FloatArray:
    """Return what is known of parcel and moment at the purchase ``at_s`` (epoch seconds), (rows, 10)."""
    weekday, hour = weekday_and_hour(np.broadcast_to(np.asarray(at_s, np.int64), asked.seller.shape))
    known = asked.payment_type >= 0
    return np.column_stack(
        [
            asked.distance_km,
            asked.origin_state == asked.dest_state,
            np.log1p(asked.weight_g),
            np.log1p(asked.volume_cm3),
            np.log1p(np.maximum(asked.price_cents, 0.0)),
            asked.n_lines,
            asked.n_sellers,
            np.where(known, asked.payment_type, np.nan),
            weekday,
            hour,
        ]
    )


@dataclass(frozen=True, slots=True, eq=False)
class Base:
    """Locations on log days without the common level; before there are trees, the shrunk effects alone."""

    lane_forest: Forest | None = None
    seller_forest: Forest | None = None
    shift: float = 0.0

    def lane(self, lane_signals: FloatArray, parcel: FloatArray) -> FloatArray:
        """Return the lane's and parcel's part, (rows,)."""
        if self.lane_forest is None:
            return lane_signals[:, _STATE_PAIR] + lane_signals[:, _REGION]
        return self.lane_forest.predict(np.column_stack([lane_signals, parcel])) + self.shift

    def seller(self, seller_signals: FloatArray) -> FloatArray:
        """Return the seller's part, (rows,)."""
        if self.seller_forest is None:
            return seller_signals[:, _SELLER].copy()
        return self.seller_forest.predict(seller_signals)

    def shifted(self, shift: float) -> Base:
        """Return the same base moved by ``shift``: a new fit must not make the level jump."""
        return Base(self.lane_forest, self.seller_forest, self.shift + shift)


def fit_base(
    log_days: FloatArray,
    bought_day: FloatArray,
    lane_signals: FloatArray,
    parcel: FloatArray,
    seller_signals: FloatArray,
    parameters: OnlineParameters,
) -> Base:
    """Fit both forests on finished journeys; ``bought_day`` in days, the other arrays by row."""
    simple = lane_signals[:, _STATE_PAIR] + lane_signals[:, _REGION]
    target = log_days - common_level(log_days - simple, bought_day)
    lane_inputs = np.column_stack([lane_signals, parcel])
    guess = _boost(seller_signals, target - simple, parameters.seller_trees, parameters)
    lane = _boost(lane_inputs, target - guess.predict(seller_signals), parameters.lane_trees, parameters)
    left = target - lane.predict(lane_inputs)
    seller = _boost(seller_signals, left, parameters.seller_trees, parameters)
    # An average seller has effect zero: what sellers have in common goes to the lanes.
    centre = float(np.median(seller.predict(seller_signals)))
    return Base(lane, replace(seller, baseline=seller.baseline - centre), centre)


def common_level(left: FloatArray, day: FloatArray, width_days: float = 3.0) -> FloatArray:
    """Return the level of each row's purchase day: a Gaussian kernel mean over the days around it, (rows,).

    Looks to both sides, so it is for training targets only.
    """
    whole = np.floor(day).astype(np.int64)
    whole -= whole.min()
    sums, counts = np.bincount(whole, weights=left), np.bincount(whole).astype(np.float64)
    reach = int(5 * width_days)
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / width_days) ** 2)
    # "same" returns the longer of the two lengths: cut back to the days that there are.
    smooth = [np.convolve(part, kernel, "full")[reach : reach + sums.shape[0]] for part in (sums, counts)]
    found: FloatArray = (smooth[0] / np.maximum(smooth[1], 1e-9))[whole]
    return found


def _boost(inputs: FloatArray, target: FloatArray, trees: int, parameters: OnlineParameters) -> Forest:
    # Slow imports, for fits only.
    from sklearn.ensemble import HistGradientBoostingRegressor  # noqa: PLC0415
    from threadpoolctl import threadpool_limits  # noqa: PLC0415

    booster: Any = HistGradientBoostingRegressor(
        loss="absolute_error",
        learning_rate=parameters.learning_rate,
        max_iter=trees,
        max_leaf_nodes=parameters.leaves,
        min_samples_leaf=parameters.leaf_minimum,
        l2_regularization=5.0,
        max_features=0.6,
        early_stopping=False,
        random_state=parameters.seed,
    )
    # One thread: same sums in the same order; and spinning threads are 60 times slower on a busy machine.
    with threadpool_limits(limits=1, user_api="openmp"):
        return Forest.of(booster.fit(_without_empty(inputs), target))


def _without_empty(inputs: FloatArray) -> NDArray[np.float64]:
    """Return the inputs with columns that are always NaN set to zero: there is nothing to split on."""
    empty = np.isnan(inputs).all(axis=0)
    return np.where(empty, 0.0, inputs) if empty.any() else inputs
