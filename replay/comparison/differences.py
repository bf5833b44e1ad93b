"""The difference that a policy makes, what the model behind it gets wrong, and how sure that is.

A policy picks the ways that look good, so it picks the model's errors too: where all ways are alike, the
pick looks better than it is (the optimiser's curse; Smith and Winkler 2006, doi 10.1287/mnsc.1050.0451). The
record tells how much. Some orders went the way that the policy picks (*kept*), others another way (*moved*);
both have real outcomes. What the kept ones took beyond the model is the error of a pick; what the moved ones
took beyond it is the error of the record's ways. So with ``moved`` as the share of orders

    difference = mean(expected: policy - record) + moved * (error of kept - error of moved)

Errors that strike all orders alike, such as the level of a week, cancel. What is taken for granted: between
orders with several ways, whether the record went the policy's way tells nothing of that way's time that the
model does not know.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from replay.comparison.blocks import Floats, Weeks
from replay.comparison.lanes import Bools, Check, Moves, lane_variance
from replay.comparison.measures import Measure, Verdict

LEAST_KEPT: Final = 30
"""So many kept orders with an outcome are needed to tell how wrong a pick is."""


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """A figure in every resample of the weeks: (1 + resamples,), the first as it was.

    ``model``: the part that the model claims; ``kept`` and ``moved``: orders whose outcome checks it.
    ``influence`` (orders,): how far each order moves the figure, so that its square sum is the variance if
    orders were independent. ``lane_variance``: of the errors of the lanes that gained orders.
    """

    value: Floats
    model: float
    influence: Floats
    kept: int = 0
    moved: int = 0
    lane_variance: float = 0.0
    checked: bool = True

    def minus(self, other: Drawn) -> Drawn:
        """Return the difference of two figures over the same resamples."""
        return Drawn(
            self.value - other.value,
            self.model - other.model,
            self.influence - other.influence,
            min(self.kept, other.kept),
            min(self.moved, other.moved),
            self.lane_variance + other.lane_variance,
            self.checked and other.checked,
        )


@dataclass(frozen=True, slots=True)
class Difference:
    """What one policy has beyond another in one measure, a mean over orders, with its 90 % interval.

    ``model``: what the model claims; ``correction``: what outcomes add to that. ``kept`` and ``moved``
    count the orders behind the correction. ``checked``: enough of them, or nothing to check.
    """

    policy: str
    against: str
    measure: Measure
    mean: float
    low: float | None
    high: float | None
    model: float
    kept: int
    moved: int
    checked: bool

    @property
    def verdict(self) -> Verdict:
        """What may be said: nothing without an interval, or without outcomes that check the model."""
        if self.low is None or self.high is None or not self.checked:
            return Verdict.NONE
        return self.measure.verdict(self.low, self.high)

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return {
            "policy": self.policy,
            "against": self.against,
            "measure": self.measure.name,
            "unit": self.measure.unit,
            "mean": self.mean,
            "low": self.low,
            "high": self.high,
            "verdict": self.verdict.value,
            "model": self.model,
            "correction": self.mean - self.model,
            "kept_orders": self.kept,
            "moved_orders": self.moved,
            "checked": self.checked,
        }


def counted(weeks: Weeks, change: Floats) -> Drawn:
    """Return the mean change of a measure that needs no model; NaN orders are left out."""
    known = np.isfinite(change)
    value = _mean(weeks, change, known)
    return Drawn(value, float(value[0]), _pull(change, known))


def corrected(weeks: Weeks, change: Floats, check: Check, moves: Moves) -> Drawn:
    """Return the mean change of an expectation, with the model's errors taken out.

    ``change`` (orders,): expected under the policy less under the record, NaN unknown. Kept orders are those
    with several ways; with fewer than ``LEAST_KEPT`` of them all that were kept.
    """
    known = np.isfinite(change)
    ended = known & np.isfinite(check.error)
    moved, kept = moves.moved & known, ended & ~moves.moved
    if (chosen := kept & moves.several).sum() >= LEAST_KEPT:
        kept = chosen
    told = moved & ended
    claimed, share = _mean(weeks, change, known), _mean(weeks, moved.astype(np.float64), known)
    wrong = _mean(weeks, check.error, kept) - _mean(weeks, check.error, told)
    picked = change + check.scale if check.relative else check.scale
    pulls = (
        _pull(change, known),
        share[0] * (_pull(check.error, kept) - _pull(check.error, told)),
        wrong[0] * _pull(moved.astype(np.float64), known),
    )
    return Drawn(
        claimed + share * wrong,
        float(claimed[0]),
        sum(pulls, np.zeros(len(change))),
        int(kept.sum()),
        int(told.sum()),
        lane_variance(check, picked, moves, (ended, moved, kept), int(known.sum())),
        checked=not moved.any() or (int(kept.sum()) >= LEAST_KEPT and bool(told.any())),
    )


def difference(names: tuple[str, str], measure: Measure, weeks: Weeks, drawn: Drawn) -> Difference:
    """Return a difference with its interval; ``names``: the policy, and what it is compared with."""
    mean, half = (
        float(drawn.value[0]),
        weeks.half_width(drawn.value[1:], drawn.influence, drawn.lane_variance),
    )
    low, high = (None, None) if half is None else (mean - half, mean + half)
    return Difference(*names, measure, mean, low, high, drawn.model, drawn.kept, drawn.moved, drawn.checked)


def _mean(weeks: Weeks, value: Floats, rows: Bools) -> Floats:
    """Return the mean over some orders in every resample; where one has none of them, the mean over all."""
    total, n = weeks.sums(np.where(rows, value, 0.0)), weeks.sums(rows.astype(np.float64))
    return np.where(n > 0, _ratio(total, n), _ratio(total[:1], n[:1]))


def _pull(value: Floats, rows: Bools) -> Floats:
    """Return how far each order moves the mean over some orders, (orders,)."""
    n = max(int(rows.sum()), 1)
    centre = float(value[rows].sum()) / n
    return np.where(rows, value - centre, 0.0) / n


def _ratio(part: Floats, whole: Floats) -> Floats:
    return np.asarray(part / np.where(whole > 0, whole, 1.0))
