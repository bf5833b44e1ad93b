"""Lanes and state pairs whose promise has gone stale: their forecasts err in one direction, again and again.

Each delivery is compared with its forecast as issued, less what all deliveries of those days have in common:
the common level is learned by the model within days, so what is left is the lane's own. The deliveries of one
group and day make one standardised residual, since they share weather, strikes and vans. A two-sided CUSUM
(Page 1954, doi 10.1093/biomet/41.1-2.100) sums these; above its threshold the group is stale, and stays so
until as many deliveries have come as forecast.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from graph.days import DAY_S, day_of
from graph.lead_time import LeadTimes
from graph.lead_time.journeys import CodeArray, FloatArray, IntArray, Journeys
from graph.lead_time.levels import lane_key, pair_key
from graph.lead_time.value import FLOOR_DAYS
from graph.model import NEVER

_LEAST_SPREAD: Final = 1e-6


@dataclass(frozen=True, slots=True)
class DriftParameters:
    """Chosen on the real history before March 2018 (docs/lead_time.md); in standard deviations unless said.

    ``slack``: what a day's residual must exceed to count; ``threshold``: the sum that makes a group stale.
    The sum stops at twice that, so that a group which has recovered is not stale for ever. ``most``: no day
    counts more. ``shared``: correlation of the residuals of one group and day. ``level_days``,
    ``scale_days``: the days over which the common residual and its spread are taken. ``silent_days``: after
    so many days without a delivery nothing is known any more.
    """

    slack: float = 0.5
    threshold: float = 6.0
    most: float = 3.0
    shared: float = 0.1
    level_days: int = 14
    scale_days: int = 60
    silent_days: float = 90.0


@dataclass(frozen=True, slots=True, eq=False)
class Flags:
    """One row a group, keys ascending. ``since_s``: the delivery at which errors began to lean, else NEVER.

    ``slower``: it takes longer than forecast; a stale group that is not slower is faster. ``height``: the sum
    of what took longer, in thresholds, 0 for a group not heard of.
    """

    keys: IntArray
    stale: NDArray[np.bool_]
    slower: NDArray[np.bool_]
    since_s: IntArray
    height: FloatArray

    def since(self, key: IntArray) -> IntArray:
        """Return since when the groups of some keys have been stale; NEVER for those that are not."""
        if not self.keys.shape[0]:
            return np.full(key.shape, NEVER)
        at = np.minimum(np.searchsorted(self.keys, key), self.keys.shape[0] - 1)
        found: IntArray = np.where(self.keys[at] == key, self.since_s[at], NEVER)
        return found


@dataclass(frozen=True, slots=True, eq=False)
class Drift:
    """What had gone stale as of an instant: lanes (region pair and carrier), and state pairs."""

    lanes: Flags
    state_pairs: Flags

    def stale_since(
        self, regions: tuple[CodeArray, CodeArray], carrier: CodeArray, states: tuple[CodeArray, CodeArray]
    ) -> IntArray:
        """Return since when lanes have been stale, by themselves or with their state pair; else NEVER.

        ``regions``, ``states``: codes of both ends; the earlier instant counts where both are stale.
        """
        found = np.stack(
            [
                self.lanes.since(lane_key(pair_key(*regions), carrier)),
                self.state_pairs.since(pair_key(*states)),
            ]
        )
        late = np.iinfo(np.int64).max
        first = np.where(found == NEVER, late, found).min(axis=0)
        earliest: IntArray = np.where(first == late, NEVER, first)
        return earliest


def drift_of(journeys: Journeys, lead_times: LeadTimes) -> Drift:
    """Return what had gone stale for a model, by the forecasts that it keeps (the newest journeys)."""
    kept = lead_times.paused
    if kept is None:
        none = np.zeros(0, np.int64)
        return drift(journeys, none, np.zeros(0), none, lead_times.as_of_s)
    return drift(journeys, kept.row, kept.issued.location, kept.issued.bucket, lead_times.as_of_s)


def drift(
    journeys: Journeys,
    row: IntArray,
    location: FloatArray,
    bucket: IntArray,
    as_of_s: int,
    parameters: DriftParameters | None = None,
) -> Drift:
    """Return what had gone stale as of ``as_of_s``, from deliveries stamped before it.

    ``row``: the journeys that were forecast; ``location``, ``bucket``: log days and spread bucket of each as
    issued at its purchase (``history.play``), NaN where nothing was.
    """
    p = parameters or DriftParameters()
    ended_s, total = journeys.delivered_s[row], journeys.total_days[row]
    known = (ended_s != NEVER) & (ended_s < as_of_s) & np.isfinite(total) & ~np.isnan(location)
    at = np.flatnonzero(known)
    at = at[np.argsort(ended_s[at], kind="stable")]
    done, stamps = row[at], ended_s[at]
    day = day_of(stamps)
    error = np.log(np.maximum(total[at], FLOOR_DAYS["total"])) - location[at]
    surprise = _standardised(error, bucket[at], day, p)
    pair = pair_key(journeys.origin_region, journeys.dest_region)[done]
    groups = (
        lane_key(pair, journeys.carrier[done]),
        pair_key(journeys.origin_state, journeys.dest_state)[done],
    )
    return Drift(*(_flags(key, day, surprise, stamps, as_of_s, p) for key in groups))


def _standardised(error: FloatArray, bucket: IntArray, day: IntArray, p: DriftParameters) -> FloatArray:
    """Return the errors against those of all deliveries of the bucket's last days, in standard deviations."""
    if not error.shape[0]:
        return error
    buckets, days = 1 + int(bucket.max()), 1 + int(day[-1] - day[0])
    place = bucket * days + (day - day[0])

    def trailing(weight: FloatArray, width: int) -> FloatArray:
        sums = np.bincount(place, weight, buckets * days).reshape(buckets, days)
        whole = np.zeros((buckets, width + days))
        np.cumsum(sums, axis=1, out=whole[:, width:])
        found: FloatArray = (whole[:, width:] - whole[:, :days]).ravel()[place]
        return found

    ones = np.ones(error.shape)
    centre = trailing(error, p.level_days) / trailing(ones, p.level_days)
    n = trailing(ones, p.scale_days)
    mean = trailing(error, p.scale_days) / n
    variance = trailing(error**2, p.scale_days) / n - mean**2
    found: FloatArray = (error - centre) / np.sqrt(np.maximum(variance, _LEAST_SPREAD))
    return found


def _flags(
    key: IntArray, day: IntArray, surprise: FloatArray, stamps: IntArray, as_of_s: int, p: DriftParameters
) -> Flags:
    """Return the flags of all groups; arrays by delivery, in order of ``stamps``."""
    order = np.lexsort((day, key))  # stable: within a group and day still by stamp
    key, day, surprise, stamps = key[order], day[order], surprise[order], stamps[order]
    new = (np.diff(key, prepend=-1) != 0) | (np.diff(day, prepend=-1) != 0)
    first = np.flatnonzero(new)
    if not first.shape[0]:
        empty = np.zeros(0, np.int64)
        return Flags(empty, np.zeros(0, bool), np.zeros(0, bool), empty, np.zeros(0))
    n = np.diff(first, append=key.shape[0])
    daily = np.add.reduceat(surprise, first) / np.sqrt(n * (1.0 + (n - 1) * p.shared))
    daily = np.clip(daily, -p.most, p.most)
    keys, start, length = np.unique(key[first], return_index=True, return_counts=True)
    up, up_from = cusum(daily, start, length, p)
    down, down_from = cusum(-daily, start, length, p)
    heard = stamps[first[start + length - 1]] >= as_of_s - p.silent_days * DAY_S
    slower = heard & (up > p.threshold) & (up >= down)
    stale = heard & ((up > p.threshold) | (down > p.threshold))
    began = np.minimum(np.where(slower, up_from, down_from), first.shape[0] - 1)
    height = np.where(heard & (up >= down), up / p.threshold, 0.0)
    return Flags(keys, stale, slower, np.where(stale, stamps[first[began]], NEVER), height)


def cusum(
    daily: FloatArray, start: IntArray, length: IntArray, p: DriftParameters
) -> tuple[FloatArray, IntArray]:
    """Return for each group the CUSUM after its last day, and the row at which that sum left zero.

    ``daily``: rows of all groups one after the other; ``start``, ``length``: where each group's rows lie. All
    groups take their steps together, the first days of all first.
    """
    total, since = np.zeros(start.shape), start.copy()
    longest = np.argsort(-length, kind="stable")
    falling = -length[longest]
    for step in range(int(length.max(initial=0))):
        active = longest[: np.searchsorted(falling, -step)]
        row = start[active] + step
        moved = np.clip(total[active] + daily[row] - p.slack, 0.0, 2.0 * p.threshold)
        total[active] = moved
        since[active] = np.where(moved == 0.0, row + 1, since[active])
    return total, since
