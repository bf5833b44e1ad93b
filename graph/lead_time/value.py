"""The value type of every duration: a whole distribution in days, with the evidence it rests on."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from functools import cache, cached_property
from itertools import repeat
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from graph.lead_time.journeys import STAGES, FloatArray, IntArray
from graph.lead_time.spread import Spread
from graph.model import BASES, Basis

FLOOR_DAYS: Final[dict[str, float]] = {"total": 0.25, "approval": 0.01, "handling": 0.05, "transit": 0.1}
"""Shorter observed times count as this long: the logarithm needs a floor, minutes need no forecast."""


class LeadTime(NamedTuple):
    """How long one route (or one stage of it) takes, in days from the instant it starts.

    ``n`` counts the journeys of the level ``basis``. A LeadTime of a whole route has ``stages``; their means
    add up to ``mean_days`` (their variances do not: stages share weather, strikes and seasons).
    """

    mean_days: float
    var_days: float
    p50_days: float
    p80_days: float
    p95_days: float
    basis: Basis
    n: int
    location: float
    bucket: int
    spread: Spread
    stages: tuple[LeadTime, ...] = ()

    @property
    def sd_days(self) -> float:
        """Return the standard deviation in days."""
        return math.sqrt(self.var_days)

    def promise(self, p: float) -> float:
        """Return the shortest time in days that holds with probability ``p`` (0..1, else ValueError)."""
        _check_probability(p)
        return float(np.exp(self.location + self.spread.residual_at(p, self.bucket)))

    def quantile(self, p: float) -> float:
        """Return the same by the name that statisticians look for."""
        return self.promise(p)

    def cdf(self, days: float) -> float:
        """Return the probability that it takes at most ``days``."""
        if days <= 0.0:
            return 0.0
        return float(self.spread.probability_below(np.log(days) - self.location, self.bucket))

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
        return _scale(self.location) ** 2 * self.spread.relative_var[self.bucket]

    @property
    def sd_days(self) -> FloatArray:
        """Standard deviation in days, (rows,)."""
        return np.sqrt(self.var_days)

    def promise(self, p: float | FloatArray) -> FloatArray:
        """Return the shortest times in days that hold with probability ``p``, one number or one a row."""
        _check_probability(p)
        return _scale(self.location + self.spread.residual_at(p, self.bucket))

    quantile = promise

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
        return self.told(np.array([row]))[0]

    def told(self, rows: NDArray[np.intp]) -> list[LeadTime]:
        """Return the lead times of some rows, in their order."""
        parts = (self, *self._stages)
        numbers, buckets = _told()(
            rows, tuple([Part(part.location, part.bucket, part.spread.shapes) for part in parts])
        )
        days, codes = numbers.tolist(), buckets.tolist()
        evidence = [BASES[code] for code in self.basis[rows].tolist()], self.n[rows].tolist()

        def values(part: int, stages: Iterable[tuple[LeadTime, ...]]) -> list[LeadTime]:
            *shape, location = days[part]
            rest = location, codes[part], repeat(parts[part].spread), stages
            return list(map(LeadTime._make, zip(*shape, *evidence, *rest, strict=False)))

        stages = [values(part, repeat(())) for part in range(1, len(parts))]
        return values(0, zip(*stages, strict=True) if stages else repeat(()))


class Part(NamedTuple):
    """Total or stage of a batch, and ``Spread.shapes`` of its buckets."""

    location: FloatArray
    bucket: IntArray
    shapes: FloatArray


def _tell(rows: IntArray, parts: tuple[Part, ...]) -> tuple[FloatArray, IntArray]:
    """Return (parts, numbers, rows) mean, variance, days at 50, 80, 95 %, location; (parts, rows) buckets."""
    numbers, buckets = np.empty((len(parts), 6, len(rows))), np.empty((len(parts), len(rows)), np.int64)
    for place, part in enumerate(parts):
        for turn, row in enumerate(rows):
            location, bucket = part.location[row], part.bucket[row]
            scale, shape, found = np.exp(location), part.shapes[:, bucket], numbers[place, :, turn]
            found[0], found[1] = scale * shape[0], scale**2 * shape[1]
            for told in range(2, 5):
                found[told] = np.exp(location + shape[told])
            found[5], buckets[place, turn] = location, bucket
    return numbers, buckets


@cache
def _told() -> Callable[..., tuple[FloatArray, IntArray]]:
    # A slow import, for those who ask for lead times.
    from numba import njit  # noqa: PLC0415

    compiled: Callable[..., tuple[FloatArray, IntArray]] = njit(cache=True)(_tell)
    return compiled


def _scale(location: FloatArray) -> FloatArray:
    found: FloatArray = np.exp(location)
    return found


def _check_probability(p: float | FloatArray) -> None:
    if not np.all((p >= 0.0) & (p <= 1.0)):
        raise ValueError(f"a probability lies between 0 and 1, not {p}")
