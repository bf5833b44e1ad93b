"""What a forecast of demand has to beat: the same days before, and one plain rate for everything.

All are as of an instant, from `inventory.sales.Sales`; grids are (categories, regions), in units.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from inventory.sales import ONE, Floats, Ints, Sales

WINDOWS: Final = 8
"""Weeks whose stretches tell the spread of a naive forecast, and the scale of its error."""

_HALF_LIFE_DAYS: Final = 30.0
_PRIOR_DAYS: Final = 200.0
_PRIOR_UNITS: Final = 5.0
_LAPSE_DAYS: Final = 180
_WEEK: Final = 7


def plain_categories(sales: Sales) -> tuple[Floats, Floats]:
    """Return mean and variance of the units a day: gamma-Poisson, one memory of 30 days for everything.

    A pair of category and region is drawn towards the product of both margins by the weight of 200 days.
    """
    shape, weight = (len(sales.categories), len(sales.regions)), sales.weighed(_HALF_LIFE_DAYS) / ONE
    cells = np.bincount(sales.category * shape[1] + sales.region, weight, shape[0] * shape[1]).reshape(shape)
    days = _days_watched(sales)
    whole = max(float(cells.sum()), 1e-12)
    expected = cells.sum(axis=1, keepdims=True) * cells.sum(axis=0) / whole / max(days, 1e-9)
    gamma = _PRIOR_DAYS * expected + cells
    return gamma / (_PRIOR_DAYS + days), gamma / (_PRIOR_DAYS + days) ** 2


def plain_products(sales: Sales) -> tuple[Floats, Floats]:
    """Return mean and variance of the units a day, (P,): shares of what the plain rates give categories."""
    count, weight = len(sales.products), sales.weighed(_HALF_LIFE_DAYS) / ONE
    sold = np.bincount(sales.product, weight, count)
    last = np.full(count, np.iinfo(np.int64).max)
    np.minimum.at(last, sales.product, sales.age)
    alive = last < _LAPSE_DAYS
    mean, var = (grid.sum(axis=1)[sales.category_of] for grid in plain_categories(sales))
    categories = len(sales.categories)
    prior = _PRIOR_UNITS / np.maximum(np.bincount(sales.category_of[alive], minlength=categories), 1)
    of_category = np.bincount(sales.category_of, sold * alive, categories) + _PRIOR_UNITS
    whole = of_category[sales.category_of]
    share = alive * (sold + prior[sales.category_of]) / whole
    share_var = share * (1.0 - share) / (whole + 1.0)
    return mean * share, var * share**2 + mean**2 * share_var + var * share_var


def stretches(sales: Sales, cell: Ints, cells: int, days: int) -> Floats:
    """Return the units of the last stretches of ``days``, each a week older than the one before, (9, cells).

    The first row is the stretch that ends now: the seasonal naive forecast.
    """
    found = np.zeros((WINDOWS + 1, cells))
    for week in range(WINDOWS + 1):
        rows = (sales.age >= week * _WEEK) & (sales.age < week * _WEEK + days)
        found[week] = np.bincount(cell[rows], sales.units[rows], cells)
    return found


def naive_error(sales: Sales, cell: Ints, cells: int, days: int) -> float:
    """Return the mean error of the naive forecast in the weeks before, over all cells: the scale of MASE."""
    past = days * np.arange(1, 3)
    error = 0.0
    for begin in past:
        came, before = (
            np.bincount(cell[rows], sales.units[rows], cells)
            for rows in (
                (sales.age >= begin - days) & (sales.age < begin),
                (sales.age >= begin) & (sales.age < begin + days),
            )
        )
        error += float(np.abs(came - before).sum())
    return error / past.size / cells


def _days_watched(sales: Sales) -> float:
    decay = np.log(2.0) / _HALF_LIFE_DAYS
    days = int(sales.age.max(initial=-1)) + 1
    return float((1.0 - np.exp(-decay * days)) / decay)
