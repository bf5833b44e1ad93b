"""Which routes come first: every candidate judged by the request's rank, compiled, in one pass.

All of it stands in this file, since the cache of compiled code looks at one file's date.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from graph.lead_time import LeadTimeBatch
from graph.lead_time.spread import GRID_BINS, GRID_LOW, GRID_STEP
from graph.model import Rank
from graph.route import DEFAULT_PROBABILITY, RouteRequest

Floats = NDArray[np.float64]
Longs = NDArray[np.int64]

_NOTHING: Final = np.zeros(0)
_SMALLEST: Final = float(np.finfo(np.float64).tiny)


class Prices(NamedTuple):
    """What a rank counts; the score is the sum, and less is better.

    ``day``: a day of the mean, ``sd_day``: of the standard deviation, ``promised_day``: of the promise;
    ``cent``: of freight; ``late_percent``: a point of the probability to be late; ``kept``: the probability
    to be on time.
    """

    day: float = 0.0
    sd_day: float = 0.0
    promised_day: float = 0.0
    cent: float = 0.0
    late_percent: float = 0.0
    kept: float = 0.0

    @classmethod
    def of(cls, request: RouteRequest) -> Prices:
        """Return what the request's rank counts."""
        match request.rank:
            case Rank.FASTEST:
                return cls(day=1.0)
            case Rank.CHEAPEST:
                return cls(cent=1.0)
            case Rank.BALANCED:
                weights = request.weights
                return cls(day=weights.days, cent=weights.freight, late_percent=weights.late)
        if request.promise_days is not None:
            return cls(kept=-1.0)
        if request.probability is not None:
            return cls(promised_day=1.0)
        return cls(day=1.0, sd_day=request.z)


class Times(NamedTuple):
    """The candidates' lead times: see ``LeadTimeBatch`` and ``Spread``.

    ``residual``: (buckets,), at the probability that is asked for, where no promise is given.
    """

    location: Floats
    bucket: Longs
    cdf: Floats
    m1: Floats
    relative_var: Floats
    residual: Floats


class Chosen(NamedTuple):
    """The best candidates in order: their rows, scores, promises in days, and P(on time)."""

    rows: Longs
    score: Floats
    promise_days: Floats
    p_on_time: Floats


def choose(
    request: RouteRequest, times: LeadTimeBatch, freight_cents: Longs, distance_km: Floats, size: int
) -> Chosen:
    """Return the first ``size`` candidates in order of score, freight, distance and row.

    The promise is the one given, or each route's shortest that holds with the wanted probability. Unknown
    distances come last.
    """
    spread, probability = times.spread, request.probability or DEFAULT_PROBABILITY
    given, residual = -1.0, _NOTHING
    if request.promise_days is None:
        residual = spread.residual_of_buckets(probability)
    else:
        given = max(float(request.promise_days), _SMALLEST)
    asked = Times(times.location, times.bucket, spread.cdf, spread.m1, spread.relative_var, residual)
    prices = Prices.of(request)
    return Chosen(*_compiled()(prices, given, probability, asked, freight_cents, distance_km, size))


def _choose(
    prices: Prices, given_days: float, probability: float, times: Times, cents: Longs, km: Floats, size: int
) -> tuple[Longs, Floats, Floats, Floats]:
    score, promise, kept = _judge(prices, given_days, probability, times, cents)
    rows = best_rows(score, cents, km, size)
    return rows, score[rows], promise[rows], kept[rows]


def _judge(
    prices: Prices, given_days: float, probability: float, times: Times, cents: Longs
) -> tuple[Floats, Floats, Floats]:
    """Return scores, promises and P(on time); without a promise ``given_days`` is negative."""
    scores, promises, chances = np.empty(len(cents)), np.empty(len(cents)), np.empty(len(cents))
    for row in range(len(cents)):
        bucket, location = times.bucket[row], times.location[row]
        scale = np.exp(location)
        promise, kept = given_days, probability
        if given_days < 0.0:
            promise = np.exp(location + times.residual[bucket])
        else:
            kept = _below(times.cdf[bucket], np.log(given_days) - location)
        score = prices.day * (scale * times.m1[bucket])
        score += prices.sd_day * np.sqrt(scale**2 * times.relative_var[bucket])
        score += prices.promised_day * promise + prices.cent * cents[row]
        score += prices.late_percent * (100.0 * (1.0 - kept)) + prices.kept * kept
        scores[row], promises[row], chances[row] = score, promise, kept
    return scores, promises, chances


def _below(cdf: Floats, residual: float) -> float:
    """Return F(residual) as ``Spread.probability_below`` does."""
    place = min(max((residual - GRID_LOW) / GRID_STEP, 0.0), GRID_BINS - 1e-9)
    left = int(place)
    found: float = cdf[left] + (place - left) * (cdf[left + 1] - cdf[left])
    return found


def best_rows(score: Floats, cents: Longs, km: Floats, size: int) -> Longs:
    """Return the first ``size`` rows in order of (score, freight, distance, row), unknown distances last.

    The best rows so far are kept in order; a row that stands behind all of them costs one comparison.
    """
    best, count = np.empty(min(size, len(score)), np.int64), 0
    for row in range(len(score)):
        if count == len(best) and not _ahead(row, best[-1], score, cents, km):
            continue
        place = min(count, len(best) - 1)
        while place > 0 and _ahead(row, best[place - 1], score, cents, km):
            best[place] = best[place - 1]
            place -= 1
        best[place] = row
        count = min(count + 1, len(best))
    return best


def _ahead(one: int, other: int, score: Floats, cents: Longs, km: Floats) -> bool:
    """Tell whether a row comes before one that was met earlier."""
    if score[one] != score[other]:
        return bool(score[one] < score[other])
    if cents[one] != cents[other]:
        return bool(cents[one] < cents[other])
    return bool(km[one] < km[other] or (np.isnan(km[other]) and not np.isnan(km[one])))


@cache
def _compiled() -> Callable[..., tuple[Longs, Floats, Floats, Floats]]:
    # Slow imports, for those who ask for routes.
    from numba import njit  # noqa: PLC0415
    from numba.extending import register_jitable  # noqa: PLC0415

    for part in (_judge, _below, best_rows, _ahead):
        register_jitable(part)
    compiled: Callable[..., tuple[Longs, Floats, Floats, Floats]] = njit(cache=True)(_choose)
    return compiled
