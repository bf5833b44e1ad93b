"""Resampling by ISO week: a marketplace's weeks differ more than its orders do.

A level shift, a strike or a campaign moves all orders of a week together, so orders are no independent
draws; weeks nearly are (block bootstrap; Künsch 1989, doi 10.1214/aos/1176347265). All figures are functions
of sums by week, so that a resample is a vector of counts and all of them are one matrix product.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from graph.days import day_of

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

RESAMPLES: Final = 2_000
COVERAGE: Final = 0.9

_THURSDAY: Final = 3  # 1970-01-01 was one; ISO weeks begin on Monday


@dataclass(frozen=True, slots=True, eq=False)
class Weeks:
    """The weeks of some orders, ``code`` (orders,) in order, and resamples of them.

    ``count`` (1 + resamples, weeks): how often each is drawn; the first row is the weeks as they were.
    """

    code: Ints
    count: Floats

    @classmethod
    def of(cls, purchased_s: Ints, seed: int, resamples: int = RESAMPLES) -> Self:
        """Return the weeks (Brasilia time) of purchases, drawn anew ``resamples`` times."""
        _, code = np.unique((day_of(purchased_s) + _THURSDAY) // 7, return_inverse=True)
        weeks = int(code.max(initial=-1)) + 1
        drawn = np.random.default_rng(seed).multinomial(weeks, np.full(weeks, 1.0 / max(weeks, 1)), resamples)
        return cls(code, np.vstack([np.ones((1, weeks)), drawn]).astype(np.float64))

    @property
    def weeks(self) -> int:
        """How many weeks there are."""
        return int(self.count.shape[1])

    def sums(self, values: Floats) -> Floats:
        """Return the sum of one value an order, as it was and in every resample: (1 + resamples,)."""
        by_week = np.bincount(self.code, values, minlength=self.weeks)
        found: Floats = self.count @ by_week
        return found

    def half_width(self, drawn: Floats, influence: Floats, lane_variance: float = 0.0) -> float | None:
        """Return half the interval of a figure: ``drawn`` in every resample; None with a single week.

        Few blocks: the variance is raised by weeks / (weeks - 1), and Student's quantile with weeks - 1
        degrees of freedom stands for the normal one (Cameron, Gelbach and Miller 2008,
        doi 10.1162/rest.90.3.414). By luck a few weeks may agree too well, so the variance is at least that
        of independent orders, from each one's ``influence`` (the advice of Angrist and Pischke 2009, section
        8.2.3). ``lane_variance`` is what no week can tell.
        """
        if self.weeks < 2:
            return None
        variance = float(drawn.var()) * self.weeks / (self.weeks - 1)
        variance = max(variance, float((influence**2).sum())) + lane_variance
        return float(stdtrit(self.weeks - 1, 0.5 + COVERAGE / 2)) * float(np.sqrt(variance))
