"""How much of each category will be ordered a day, and from where: levels, shares, and how sure that is.

The rate of a category in a region is a product, each factor with a memory of its own:

    market level (short) x share of the category (medium) x share of the zone x share of the region (long)

A zone is the first digit of a region: postal codes are given out from the coast inland. Shares are drawn
towards those of the whole market, for most pairs of category and region see a sale a year.

What the recent past of a share says about its future (does a gain last?) is learned from all categories
and weeks at once, by a Poisson regression (scikit-learn) on log ratios of shares over shorter and longer
memories. The market's own growth is not learned: a year holds too few months of it.
Days that stand out (Black Friday) count up to a multiple of the median of the four weeks before.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from threadpoolctl import threadpool_limits

from graph.errors import BadInput
from inventory.sales import ONE, Floats, Ints, Sales

_WEEK: Final = 7
_MONTH: Final = 28
_MEMORIES: Final = (7.0, 21.0, 63.0, 365.0)
_MOST_ORIGINS: Final = 104
_LEAST_ORIGINS: Final = 8
_SHARE_UNITS: Final = 20.0
_PEAK: Final = 2.5


@dataclass(frozen=True, slots=True)
class ForecastRule:
    """How fast sales are forgotten (half-lives), and how much is thought before the first is seen (units).

    ``horizon_days``: what is learned from the past is learned for so long ahead. ``category_days`` is one of
    7, 21, 63, 365. ``zone_units`` and ``region_units``: the weight of the market's zones and regions in
    those of a category. ``product_units``: what each product counts before it sells. ``ridge``: how strongly
    the learned coefficients are held to zero. A product is expected in the ``most_regions`` regions that buy
    most of its category, and in those that bought it; what the others would add is spread over these.
    ``lapse_days``: what has not sold for so long is not expected any more, and orders older than that make no
    order type. All were chosen on the real history before May 2018 (docs/demand.md).
    """

    horizon_days: int = _MONTH
    level_days: float = 14.0
    category_days: float = 21.0
    region_days: float = 720.0
    product_days: float = 30.0
    zone_units: float = 100.0
    region_units: float = 3000.0
    product_units: float = 0.05
    ridge: float = 0.1
    most_regions: int = 40
    lapse_days: int = 180

    def __post_init__(self) -> None:
        wrong = [name for name in self.__slots__ if not 0 < getattr(self, name) < float("inf")]
        if wrong:
            raise BadInput(f"Above zero, please: {', '.join(wrong)}.")
        if self.category_days not in _MEMORIES:
            raise BadInput(f"category_days is one of {_MEMORIES}, not {self.category_days}.")


@dataclass(frozen=True, slots=True, eq=False)
class CategoryRates:
    """Units a day of K categories (K,), and the relative variance of such a rate.

    The latter is learned from past errors. ``momentum``: the learned coefficients of the log ratios of
    shares, 7 to 21 to 63 to 365 days; empty where there was too little to learn from. ``origins``: how many
    past weeks taught them.
    """

    mean: Floats
    relative_var: float
    momentum: Floats
    origins: int


def category_rates(sales: Sales, rule: ForecastRule) -> CategoryRates:
    """Return the rates of all categories, from nothing but the sales."""
    # Sums split over threads differ in their last bits from one machine to the next.
    with threadpool_limits(1, user_api="blas"):
        return _category_rates(sales.daily(), rule)


def _category_rates(daily: Floats, rule: ForecastRule) -> CategoryRates:
    count, days = daily.shape
    if not count:
        return CategoryRates(np.zeros(0), 0.0, np.zeros(0), 0)
    past = np.arange(rule.horizon_days, days - 2 * _MONTH, _WEEK)[:_MOST_ORIGINS]
    origins = np.concatenate([[0], past])
    smooth = daily * without_peaks(daily.sum(axis=0))
    level = _forgotten_mean(smooth.sum(axis=0), origins, rule.level_days)
    shares = _shares(smooth, origins)
    base = level * shares[_MEMORIES.index(rule.category_days)]
    signals = np.stack([np.log(shorter / longer) for shorter, longer in pairwise(shares)])
    came = _units_after(daily, past, rule.horizon_days)
    momentum = _momentum(base[:, 1:], signals[:, :, 1:], came / rule.horizon_days, rule.ridge)
    if momentum.size:
        base = base * np.exp(np.tensordot(momentum, signals, axes=1))
        base *= level / base.sum(axis=0)
    seen = float(np.exp2(-(np.arange(days) + 0.5) / rule.level_days) @ smooth.sum(axis=0))
    noise = max(_relative_var(base[:, 1:] * rule.horizon_days, came), 1.0 / max(seen, 1.0))
    return CategoryRates(base[:, 0].copy(), noise, momentum, len(past))


def without_peaks(total: Floats) -> Floats:
    """Return what part of each day counts (days,), newest first: up to 2.5 medians of the 28 days before."""
    counts = np.ones(total.size)
    if total.size > _MONTH:
        before = np.median(sliding_window_view(total[1:], _MONTH), axis=1)
        most = _PEAK * before + _WEEK
        counts[: most.size] = np.minimum(1.0, most / np.maximum(total[: most.size], 1.0))
    return counts


def region_rates(sales: Sales, rates: CategoryRates, rule: ForecastRule) -> tuple[Floats, Floats]:
    """Return mean and variance of the units a day of categories in regions, (K, R) each.

    The shares of a category's zones and, within them, regions are Dirichlet, drawn towards the market's.
    """
    categories, regions = len(sales.categories), len(sales.regions)
    cell = sales.category * regions + sales.region
    weighed = sales.weighed(rule.region_days) / ONE
    cells = np.bincount(cell, weighed, categories * regions).reshape(categories, regions)
    names, zone = np.unique(sales.regions.str.slice(0, 1).to_numpy().astype(str), return_inverse=True)
    zones = cells @ np.eye(names.size)[zone]
    of_zone = zones.sum(axis=0)
    whole = max(float(of_zone.sum()), 1.0)
    zone_shape = zones + rule.zone_units * of_zone / whole
    shape = cells + rule.region_units * cells.sum(axis=0) / np.maximum(of_zone[zone], 1e-12)
    zone_share = zone_shape / (zones.sum(axis=1, keepdims=True) + rule.zone_units)
    share = zone_share[:, zone] * shape / (zones[:, zone] + rule.region_units)
    mean = rates.mean[:, None] * share
    relative = (
        rates.relative_var + 1.0 / np.maximum(shape, 1e-9) + 1.0 / np.maximum(zone_shape[:, zone], 1e-9)
    )
    return mean, mean**2 * relative


def _forgotten_mean(total: Floats, origins: Ints, half_life_days: float) -> Floats:
    weights = _weights(total.size, origins, half_life_days)
    return np.asarray(total @ weights / np.maximum(weights.sum(axis=0), 1e-12))


def _weights(days: int, origins: Ints, half_life_days: float) -> Floats:
    """Return the weight of each day at each origin (days, origins): 0 for days that lay ahead of it."""
    age = np.arange(days)[:, None] - origins[None, :]
    return np.where(age >= 0, np.exp2(-(np.maximum(age, 0) + 0.5) / half_life_days), 0.0)


def _shares(smooth: Floats, origins: Ints) -> list[Floats]:
    """Return each category's share by memory, shortest first; each is drawn towards the next longer one."""
    drawn: list[Floats] = []
    towards = np.full((smooth.shape[0], origins.size), 1.0 / smooth.shape[0])
    weight = float(smooth.shape[0])  # one unit a category
    for memory in reversed(_MEMORIES):
        seen = smooth @ _weights(smooth.shape[1], origins, memory)
        towards = (seen + weight * towards) / (seen.sum(axis=0) + weight)
        drawn.append(towards)
        weight = _SHARE_UNITS
    return drawn[::-1]


def _units_after(daily: Floats, origins: Ints, horizon_days: int) -> Floats:
    """Return the units of the days that followed each origin, (K, origins); all of these days are past."""
    ages = np.arange(daily.shape[1])[:, None]
    follows = (ages < origins) & (ages >= origins - horizon_days)
    return np.asarray(daily @ follows.astype(np.float64))


def _momentum(base: Floats, signals: Floats, rate: Floats, ridge: float) -> Floats:
    """Return what log ratios of shares say about the share to come, (3,): a ridge Poisson regression.

    The market's growth between an origin and its future is taken out first.
    """
    grown = rate.sum(axis=0) / base.sum(axis=0)
    usable = grown > 0
    if usable.sum() < _LEAST_ORIGINS:
        return np.zeros(0)
    from sklearn.linear_model import PoissonRegressor  # noqa: PLC0415 (slow to import)

    expected = (base * grown)[:, usable].ravel()
    rows = signals[:, :, usable].reshape(signals.shape[0], -1).T
    model = PoissonRegressor(alpha=ridge, fit_intercept=False, solver="newton-cholesky")
    model.fit(rows, rate[:, usable].ravel() / expected, sample_weight=expected)
    return np.asarray(model.coef_, dtype=np.float64)


def _relative_var(expected: Floats, came: Floats) -> float:
    """Return by how much counts vary beyond Poisson, relative to the square of what was expected."""
    beyond = ((came - expected) ** 2 - expected).sum()
    return max(float(beyond / max((expected**2).sum(), 1e-12)), 0.0)
