"""What the compiled read takes and gives: a query and the model's state as plain arrays."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from graph.lead_time.journeys import CodeArray, FloatArray, IntArray

Flags = NDArray[np.bool_]


class Trees(NamedTuple):
    """A forest as bit sets; see ``online.leaves``. The inner nodes of tree t are ``first[t]`` .. next - 1.

    ``column``: 2 * feature, one more where NaN goes to the left. ``kept``: the leaves that are left where
    ``row[feature] <= threshold`` fails; ``value``: (trees, 64).
    """

    first: IntArray
    column: IntArray
    threshold: FloatArray
    kept: NDArray[np.uint64]
    value: FloatArray


NO_TREES: Final = Trees(
    np.zeros(1, np.int64), np.zeros(0, np.int64), np.zeros(0), np.zeros(0, np.uint64), np.zeros((0, 64))
)


class Asked(NamedTuple):
    """The columns of a ``RouteQuery`` that reading looks at; the last two are empty where there are none."""

    seller: CodeArray
    origin_region: CodeArray
    dest_region: CodeArray
    origin_state: CodeArray
    dest_state: CodeArray
    carrier: CodeArray
    payment_type: CodeArray
    n_lines: CodeArray
    n_sellers: CodeArray
    distance_km: FloatArray
    weight_g: FloatArray
    volume_cm3: FloatArray
    price_cents: FloatArray
    quantity: FloatArray
    site_handling_days: FloatArray
    assumed: Flags


class Online(NamedTuple):
    """The online model of the total; see ``online.total``.

    ``start``: level, shift and baseline added up. ``bucket``: (2, state pairs + 1), of forecasts that do not
    know the carrier and of those that are told it; the last is a state with itself, both never seen.
    ``carrier``: (carriers + 1,) effects; ``share``: (sellers + 1, carriers + 1), how sellers mix carriers;
    ``lane_keys``, ``lane``: effects of lanes, sorted by key.
    """

    start: float
    state_pair: FloatArray
    dest_region: FloatArray
    bucket: IntArray
    seller: FloatArray
    carrier: FloatArray
    share: FloatArray
    lane_keys: IntArray
    lane: FloatArray
    trees: Trees


class Levels(NamedTuple):
    """The levels of all components, and the means of their spreads; see ``model.LeadTimes``.

    ``m1``: (components, buckets), without the total's where the online model has it: ``m1_total``.
    """

    state: FloatArray
    state_n: IntArray
    bucket: IntArray
    carrier: FloatArray
    pair_keys: IntArray
    pair: FloatArray
    pair_n: IntArray
    lane_keys: IntArray
    lane: FloatArray
    lane_n: IntArray
    seller: FloatArray
    overall_n: int
    m1: FloatArray
    m1_total: FloatArray


class Moment(NamedTuple):
    """The local time of each row's purchase, (rows,): weekday (Monday 0) and hour."""

    weekday: FloatArray
    hour: FloatArray


class Reading(NamedTuple):
    """What a read finds: (components, rows) log days; buckets of total and stages; the evidence."""

    location: FloatArray
    total_bucket: IntArray
    stage_bucket: IntArray
    basis: NDArray[np.int8]
    n: IntArray
