"""The errors of the forecasts that were issued: their histograms, and the guard that keeps coverage true."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from graph.lead_time.journeys import FloatArray, IntArray
from graph.lead_time.online.parameters import OnlineParameters
from graph.lead_time.spread import EDGES, GRID_BINS, GRID_LOW, GRID_STEP, Spread

GUARDED: Final[FloatArray] = np.array([0.05, *np.arange(0.1, 0.95, 0.1), 0.95, 0.99])
"""Levels whose coverage is steered."""

_REACH: Final = 0.1
_GAP: Final = 1e-3
_FULL_DAY: Final = 100.0


@dataclass(slots=True, eq=False)
class ErrorPool:
    """``counts``: (buckets, GRID_BINS), forgotten counts of log errors of forecasts issued at purchase.

    ``read_at``: the probability at which each guarded level is read. After a day of deliveries it moves by
    ``gain * (share that came later - (1 - level))``: adaptive conformal inference (Gibbs and Candes 2021,
    arXiv 2106.00170), a day at a time. The gain is small on purpose: after a jump of the level, weeks of
    misses tell of forecasts issued before it, and a guard that follows them is wrong for those issued since.
    It is there for what lasts. The pooled errors are those of the forecasts as issued, less the part that the
    level has meanwhile learned: pooled whole, a shift would be counted twice for weeks.
    """

    counts: FloatArray
    read_at: FloatArray
    plain: Spread

    @classmethod
    def empty(cls, buckets: int, parameters: OnlineParameters) -> ErrorPool:
        """Return a pool that has seen no error."""
        counts = np.zeros((buckets, GRID_BINS))
        return cls(counts, GUARDED.copy(), Spread.from_mass(_mass(counts, parameters)))

    def learn(
        self, error: FloatArray, pooled: FloatArray, bucket: IntArray, parameters: OnlineParameters
    ) -> None:
        """Learn from the forecasts whose outcome became known today.

        ``error`` as issued steers the guard, ``pooled`` goes to the histograms.
        """
        if not error.shape[0]:
            return
        share = self.plain.probability_below(error, bucket)
        above = (share[:, None] > self.read_at).mean(axis=0)
        step = parameters.guard_gain * min(1.0, error.shape[0] / _FULL_DAY)
        moved = self.read_at + step * (above - (1.0 - GUARDED))
        self.read_at = np.clip(moved, GUARDED - _REACH, np.minimum(GUARDED + _REACH, 1.0 - _GAP))
        self.read_at = np.maximum(self.read_at, _GAP)
        bins = np.clip(((pooled - GRID_LOW) / GRID_STEP).astype(np.int64), 0, GRID_BINS - 1)
        added = np.bincount(bucket * GRID_BINS + bins, minlength=self.counts.size)
        self.counts += added.reshape(self.counts.shape)

    def forget(self, days: float, parameters: OnlineParameters) -> None:
        """Let ``days`` pass, and let ``plain`` be the errors learned so far."""
        self.counts *= 2.0 ** (-days / parameters.spread_half_life)
        self.plain = Spread.from_mass(_mass(self.counts, parameters))

    def guarded(self) -> Spread:
        """Return ``plain`` after the guard: F becomes G(F), G piecewise linear through (read_at, level)."""
        knots = np.maximum.accumulate(np.concatenate([[0.0], self.read_at, [1.0]]))
        levels = np.concatenate([[0.0], GUARDED, [1.0]])
        turned = np.interp(self.plain.cdf.ravel(), knots, levels).reshape(self.plain.cdf.shape)
        return Spread.from_mass(np.diff(turned, axis=1))


def _mass(counts: FloatArray, parameters: OnlineParameters) -> FloatArray:
    """Return bin masses, (buckets, GRID_BINS): a thin bucket leans on all, all on a normal law."""
    centre = EDGES[:-1] + 0.5 * GRID_STEP
    normal = np.exp(-0.5 * (centre / parameters.spread_prior_sd) ** 2)
    pool = counts.sum(axis=0) + parameters.spread_prior_n * normal / normal.sum()
    mixed: FloatArray = counts + parameters.spread_prior_n * pool / pool.sum()
    mixed /= mixed.sum(axis=1, keepdims=True)
    return mixed
