"""How much longer it takes, given that it has taken so long: what delay alerts ask.

After approval the whole lead time is conditioned on the order's age; after hand-over the transit stage on the
days since then.
"""

from __future__ import annotations

import numpy as np

from graph.lead_time.journeys import FloatArray
from graph.lead_time.spread import EDGES, GRID_BINS, GRID_LOW, GRID_STEP
from graph.lead_time.value import LeadTimeBatch

_LEAST = 1e-12


class Remaining:
    """The distribution of T - age given T > age, one row a parcel; ``age_days`` one number or one a row.

    With F the law of the whole time: P(T - age <= t | T > age) = (F(age + t) - F(age)) / (1 - F(age)).
    A parcel older than the law's support (days of thousands) has nothing left to tell: zero remains.
    ValueError for a negative age.
    """

    def __init__(self, whole: LeadTimeBatch, age_days: float | FloatArray) -> None:
        self.whole = whole
        self.age_days: FloatArray = np.broadcast_to(np.asarray(age_days, np.float64), (len(whole),))
        if (self.age_days < 0.0).any():
            raise ValueError("an age is not negative")
        self._past = whole.cdf(self.age_days)

    def cdf(self, days: float | FloatArray) -> FloatArray:
        """Return P(it arrives within ``days`` from now), (rows,)."""
        reached = self.whole.cdf(self.age_days + np.maximum(days, 0.0)) - self._past
        found: FloatArray = np.where(self._left > _LEAST, reached / np.maximum(self._left, _LEAST), 1.0)
        return np.clip(found, 0.0, 1.0)

    def p_late(self, promise_days: float | FloatArray) -> FloatArray:
        """Return the probability that it takes longer than ``promise_days`` from now."""
        return 1.0 - self.cdf(promise_days)

    def quantile(self, p: float | FloatArray) -> FloatArray:
        """Return the days from now that hold with probability ``p``."""
        at = np.minimum(self._past + np.asarray(p, np.float64) * self._left, 1.0)
        return np.maximum(self.whole.quantile(at) - self.age_days, 0.0)

    @property
    def mean_days(self) -> FloatArray:
        """Mean remaining days, (rows,): the exact integral over the rest of the histogram."""
        spread, bucket = self.whole.spread, self.whole.bucket
        mass = np.diff(spread.cdf, axis=1)
        per_bin = mass * np.diff(np.exp(EDGES)) / GRID_STEP
        above = np.zeros((mass.shape[0], GRID_BINS + 1))
        above[:, :-1] = np.cumsum(per_bin[:, ::-1], axis=1)[:, ::-1]
        residual = np.log(np.maximum(self.age_days, np.finfo(np.float64).tiny)) - self.whole.location
        residual = np.clip(residual, GRID_LOW, EDGES[-1])
        left = np.minimum(((residual - GRID_LOW) / GRID_STEP).astype(np.int64), GRID_BINS - 1)
        cut = mass[bucket, left] / GRID_STEP * (np.exp(EDGES[left + 1]) - np.exp(residual))
        whole = np.exp(self.whole.location) * (cut + above[bucket, left + 1])
        rest = whole / np.maximum(self._left, _LEAST) - self.age_days
        found: FloatArray = np.where(self._left > _LEAST, np.maximum(rest, 0.0), 0.0)
        return found

    @property
    def _left(self) -> FloatArray:
        return 1.0 - self._past
