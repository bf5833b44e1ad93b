"""The shape of a lead time around its location: histograms of log residuals on one fixed grid.

With location ``loc`` (log days) and residual distribution F, every read is closed form:

    mean = e^loc * m1      var = e^(2 loc) * (m2 - m1^2)
    quantile(p) = e^(loc + F^-1(p))      cdf(t) = F(log t - loc)

F is piecewise linear between the grid's edges, so quantile and cdf are exact inverses of each other and the
moments m_k = E[e^(k eps)] are exact integrals over the bins. All moments are finite, because the grid is.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np

from graph.lead_time.journeys import FloatArray, IntArray

GRID_LOW: Final = -8.0
GRID_STEP: Final = 0.05
GRID_BINS: Final = 320
EDGES: Final[FloatArray] = GRID_LOW + GRID_STEP * np.arange(GRID_BINS + 1, dtype=np.float64)

TOLD: Final = (0.5, 0.8, 0.95, 0.9)
"""The probabilities that answers tell, and promise by: their residual quantiles are worked out once."""

_EXP1: Final[FloatArray] = np.diff(np.exp(EDGES)) / GRID_STEP
_EXP2: Final[FloatArray] = np.diff(np.exp(2.0 * EDGES)) / (2.0 * GRID_STEP)


@dataclass(frozen=True, eq=False)
class Spread:
    """Residual distributions, one row a bucket.

    ``cdf``: (buckets, GRID_BINS + 1), F at ``EDGES``; ``m1``, ``m2``: (buckets,), first and second moment of
    e^residual.
    """

    cdf: FloatArray
    m1: FloatArray
    m2: FloatArray

    @classmethod
    def from_mass(cls, mass: FloatArray) -> Spread:
        """Make a spread from the probability mass of each bin, (buckets, GRID_BINS), rows of sum 1."""
        cdf = np.zeros((mass.shape[0], GRID_BINS + 1))
        np.cumsum(mass, axis=1, out=cdf[:, 1:])
        cdf /= cdf[:, -1:]
        # Not a matrix product: its last bits depend on how many rows are multiplied at once.
        return cls(cdf, (mass * _EXP1).sum(axis=1), (mass * _EXP2).sum(axis=1))

    def residual_at(self, p: float | FloatArray, bucket: IntArray | int) -> FloatArray:
        """Return the residual quantile at probability ``p`` (scalar or per row) of each row's bucket."""
        if np.ndim(p):
            return self._invert(np.asarray(p, np.float64), np.asarray(bucket))
        return self.residual_of_buckets(float(p))[bucket]

    def residual_of_buckets(self, p: float) -> FloatArray:
        """Return every bucket's residual quantile at probability ``p``, (buckets,)."""
        return self.told[TOLD.index(p)] if p in TOLD else self._of_buckets(p)

    @cached_property
    def told(self) -> FloatArray:
        """Residual quantiles at ``TOLD``, (probabilities, buckets)."""
        return np.array([self._of_buckets(p) for p in TOLD])

    def _of_buckets(self, p: float) -> FloatArray:
        every = np.arange(self.cdf.shape[0])
        return self._invert(np.full(every.shape, p), every)

    @cached_property
    def relative_var(self) -> FloatArray:
        """Variance of e^residual, (buckets,)."""
        return self.m2 - self.m1**2

    @cached_property
    def shapes(self) -> FloatArray:
        """What a value tells of a bucket, (5, buckets): m1, relative variance, residuals at 50, 80, 95 %."""
        return np.stack([self.m1, self.relative_var, *self.told[:3]])

    def _invert(self, p: FloatArray, bucket: IntArray) -> FloatArray:
        rows = self.cdf[bucket]
        left = np.clip((rows < p[:, None]).sum(axis=1) - 1, 0, GRID_BINS - 1)
        index = np.arange(left.shape[0])
        low, high = rows[index, left], rows[index, left + 1]
        with np.errstate(invalid="ignore", divide="ignore"):
            part = np.where(high > low, (p - low) / (high - low), 0.0)
        # p = 0 is the left end of the support: the last edge at which F is still zero.
        first = (rows <= 0.0).sum(axis=1) - 1
        found: FloatArray = np.where(p <= 0.0, EDGES[first], EDGES[left] + GRID_STEP * part)
        return found

    def probability_below(self, residual: FloatArray, bucket: IntArray | int) -> FloatArray:
        """Return F(residual) of each row's bucket."""
        place = np.minimum(np.maximum((residual - GRID_LOW) / GRID_STEP, 0.0), GRID_BINS - 1e-9)
        left = place.astype(np.int64)
        at = left + bucket * (GRID_BINS + 1)
        cdf = self.cdf.ravel()
        low = cdf[at]
        found: FloatArray = low + (place - left) * (cdf[at + 1] - low)
        return found


def pooled_mass(
    residual: FloatArray, weight: FloatArray, bucket: IntArray, buckets: int, prior_n: float, prior_sd: float
) -> FloatArray:
    """Return smoothed bin masses, (buckets, GRID_BINS): a bucket leans on the pool, the pool on a normal law.

    A bucket with evidence n (sum of weights) carries its own histogram with weight n / (n + prior_n), and the
    pool of all buckets the same way against a normal residual of standard deviation ``prior_sd``.
    """
    bins = np.clip(((residual - GRID_LOW) / GRID_STEP).astype(np.int64), 0, GRID_BINS - 1)
    counted = np.bincount(bucket * GRID_BINS + bins, weights=weight, minlength=buckets * GRID_BINS)
    own = counted.reshape(buckets, GRID_BINS).astype(np.float64)
    centre = EDGES[:-1] + 0.5 * GRID_STEP
    normal = np.exp(-0.5 * (centre / prior_sd) ** 2)
    pool = own.sum(axis=0) + prior_n * normal / normal.sum()
    pool /= pool.sum()
    mixed: FloatArray = own + prior_n * pool
    mixed /= mixed.sum(axis=1, keepdims=True)
    return mixed
