"""The value type of every duration: a whole distribution in days, with the evidence it rests on."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from graph.lead_time.journeys import STAGES, FloatArray, IntArray
from graph.lead_time.spread import Spread
from graph.model import BASES, Basis

FLOOR_DAYS: Final[dict[str, float]] = {"total": 0.25, "approval": 0.01, "handling": 0.05, "transit": 0.1}
"""Shorter observed times count as this long: the logarithm needs a floor, minutes need no forecast."""


@dataclass(frozen=True, slots=True, eq=False)
class LeadTime:
    """How long one route (or one stage of it) takes, in days from the instant it starts.

    ``n`` counts the journeys of the level ``basis``. A LeadTime of a whole route has ``stages``; their means
    add up to ``mean_days`` (their variances do not: stages share weather, strikes and seasons).
    """

    mean_days: float
    var_days: float
    basis: Basis
    n: int
    location: float
    bucket: int
    spread: Spread
    stages: tuple[LeadTime, ...] = ()

    @property
    def sd_days(self) -> float:
        """Return the standard deviation in days."""
        return float(np.sqrt(self.var_days))

    @property
    def p50_days(self) -> float:
        """Return the median in days."""
        return self.quantile(0.5)

    @property
    def p80_days(self) -> float:
        """Return the time in days that holds with probability 0.80."""
        return self.quantile(0.8)

    @property
    def p95_days(self) -> float:
        """Return the time in days that holds with probability 0.95."""
        return self.quantile(0.95)

    def quantile(self, p: float) -> float:
        """Return the time in days that holds with probability ``p`` (0..1, else ValueError)."""
        _check_probability(p)
        return float(np.exp(self.location + self.spread.one_residual_at(p, self.bucket)))

    def promise(self, p: float) -> float:
        """Return the shortest time in days that holds with probability ``p``."""
        return self.quantile(p)

    def cdf(self, days: float) -> float:
        """Return the probability that it takes at most ``days``."""
        if days <= 0.0:
            return 0.0
        return self.spread.one_probability_below(float(np.log(days)) - self.location, self.bucket)

    def p_late(self, promise_days: float) -> float:
        """Return the probability that a promise of so many days is broken."""
        return 1.0 - self.cdf(promise_days)

    def stage(self, name: str) -> LeadTime:
        """Return the lead time of ``approval``, ``handling`` or ``transit``."""
        return self.stages[STAGES.index(name)]


class LeadTimeBatch:
    """Lead times of many routes at once; every read costs a few array operations, whatever the rows.

    ``location``: (rows,) log days; ``bucket``: (rows,) row of ``spread``; ``basis``: (rows,) int8, positions
    in ``graph.model.BASES``; ``n``: (rows,) int64.
    """

    def __init__(
        self,
        location: FloatArray,
        bucket: IntArray,
        spread: Spread,
        basis: NDArray[np.int8],
        n: IntArray,
        stages: tuple[LeadTimeBatch, ...] = (),
    ) -> None:
        self.location = location
        self.bucket = bucket
        self.spread = spread
        self.basis = basis
        self.n = n
        self._stages = stages

    def __len__(self) -> int:
        return int(self.location.shape[0])

    @cached_property
    def mean_days(self) -> FloatArray:
        """Mean in days, (rows,)."""
        return _scale(self.location) * self.spread.m1[self.bucket]

    @cached_property
    def var_days(self) -> FloatArray:
        """Variance in days squared, (rows,)."""
        relative = self.spread.m2 - self.spread.m1**2
        return _scale(self.location) ** 2 * relative[self.bucket]

    @property
    def sd_days(self) -> FloatArray:
        """Standard deviation in days, (rows,)."""
        return np.sqrt(self.var_days)

    def quantile(self, p: float | FloatArray) -> FloatArray:
        """Return the times in days that hold with probability ``p``, one number or one a row."""
        _check_probability(p)
        return _scale(self.location + self.spread.residual_at(p, self.bucket))

    def promise(self, p: float | FloatArray) -> FloatArray:
        """Return the shortest times in days that hold with probability ``p``."""
        return self.quantile(p)

    def cdf(self, days: float | FloatArray) -> FloatArray:
        """Return P(time <= days) for one number or one a row; zero where days <= 0."""
        # The logarithm of the smallest normal number lies far below the grid: its probability is zero.
        log_days = np.log(np.maximum(days, np.finfo(np.float64).tiny))
        return self.spread.probability_below(log_days - self.location, self.bucket)

    def p_late(self, promise_days: float | FloatArray) -> FloatArray:
        """Return the probability that a promise of so many days is broken."""
        return 1.0 - self.cdf(promise_days)

    def stage(self, name: str) -> LeadTimeBatch:
        """Return the lead times of ``approval``, ``handling`` or ``transit``; ValueError for another name."""
        return self._stages[STAGES.index(name)]

    def __getitem__(self, row: int) -> LeadTime:
        return LeadTime(
            mean_days=float(self.mean_days[row]),
            var_days=float(self.var_days[row]),
            basis=BASES[int(self.basis[row])],
            n=int(self.n[row]),
            location=float(self.location[row]),
            bucket=int(self.bucket[row]),
            spread=self.spread,
            stages=tuple(stage[row] for stage in self._stages),
        )


def _scale(location: FloatArray) -> FloatArray:
    found: FloatArray = np.exp(location)
    return found


def _check_probability(p: float | FloatArray) -> None:
    if not (np.min(p) >= 0.0 and np.max(p) <= 1.0):
        raise ValueError(f"a probability lies between 0 and 1, not {p}")
