"""The lanes' own errors: what no resample of weeks can show, for every week has the same lanes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from replay.comparison.blocks import Floats, Ints

Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Moves:
    """Which orders a policy sends another way than the record; all (orders,).

    ``several``: orders with more than one way. ``lane``: the source, carrier and destination that the policy
    picks, as a code; ``recorded_lane`` the record's.
    """

    moved: Bools
    several: Bools
    lane: Ints
    recorded_lane: Ints


@dataclass(frozen=True, slots=True, eq=False)
class Check:
    """How wrong the expectation of the record was, (orders,), NaN where nothing came of it.

    ``scale``: what an error is told in where lanes are compared; ``relative``: it is the expectation of the
    record, for far lanes err by more days than near ones.
    """

    error: Floats
    scale: Floats
    relative: bool


def lane_variance(
    check: Check, picked: Floats, moves: Moves, rows: tuple[Bools, Bools, Bools], orders: int
) -> float:
    """Return the variance that lanes' own errors leave in a corrected mean over ``orders``.

    ``picked``: the scale of the policy's ways; ``rows``: orders with an outcome, moved, kept. A lane's error
    is one draw for all orders that it gained. As far as kept orders went by the same lanes, the correction
    has measured it.
    """
    ended, moved, kept = rows
    lanes = int(moves.lane.max(initial=0)) + 1
    gained = np.bincount(moves.lane[moved], picked[moved], minlength=lanes) / max(orders, 1)
    seen = np.bincount(moves.lane[kept], picked[kept], minlength=lanes) / max(int(kept.sum()), 1)
    left = gained - seen * (moved.sum() / max(orders, 1))
    scale = check.scale[ended]
    told = check.error[ended] / np.where(scale > 0, scale, 1.0)
    return between(told, moves.recorded_lane[ended]) * float((left**2).sum())


def between(value: Floats, group: Ints) -> float:
    """Return the variance between groups beyond what the spread within them explains, at least 0.

    Analysis of variance of a one-way layout (Searle, Casella and McCulloch 1992, doi 10.1002/9780470316856).
    """
    _, place, n = np.unique(group, return_inverse=True, return_counts=True)
    rows, groups = len(value), len(n)
    if groups < 2 or rows <= groups:
        return 0.0
    mean = np.bincount(place, value) / n
    within = float(((value - mean[place]) ** 2).sum()) / (rows - groups)
    among = float((n * (mean - value.mean()) ** 2).sum()) / (groups - 1)
    size = (rows - float((n**2).sum()) / rows) / (groups - 1)
    return max(0.0, (among - within) / size)
