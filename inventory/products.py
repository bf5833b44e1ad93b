"""How a category's demand is split to its products, and what part of it products take that are new."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from inventory.rates import CategoryRates, ForecastRule
from inventory.sales import ONE, Floats, Ints, Sales

_WINDOWS: Final = 2
_NEW_UNITS: Final = 20.0


@dataclass(frozen=True, slots=True, eq=False)
class ProductShares:
    """Products that still sell, N: rows in ``Sales.products``, shares of their category, and variances.

    The shares of a category add up to one without ``newcomers`` (K,): the part of each category's demand
    that goes to products which have not been sold yet, or not for long.
    """

    product: Ints
    share: Floats
    share_var: Floats
    newcomers: Floats


def product_shares(sales: Sales, rule: ForecastRule) -> ProductShares:
    """Return what each product takes of its category: Dirichlet shares, with forgetting."""
    products, categories = len(sales.products), len(sales.categories)
    sold = np.bincount(sales.product, sales.weighed(rule.product_days), products) / ONE
    product = np.flatnonzero(_sold_last(sales, 0, products) < rule.lapse_days)
    category = sales.category_of[product]
    units = sold[product] + rule.product_units
    whole = np.bincount(category, np.round(units * ONE), categories) / ONE
    new = newcomers(sales, rule)
    share = units / whole[category] * (1.0 - new[category])
    return ProductShares(product, share, share * (1.0 - share) / (whole[category] + 1.0), new)


def newcomers(sales: Sales, rule: ForecastRule) -> Floats:
    """Return what part of each category's units went to products not sold in ``lapse_days`` before, (K,).

    The last two stretches of ``horizon_days`` tell, each against what was known at its beginning; those with
    less than such a stretch of history before them do not. Categories are drawn towards all of them.
    """
    products, categories = len(sales.products), len(sales.categories)
    told, fresh = np.zeros(categories), np.zeros(categories)
    for begin in rule.horizon_days * np.arange(1, _WINDOWS + 1):
        if int(sales.age.max(initial=-1)) < begin + rule.horizon_days:
            break
        known = _sold_last(sales, int(begin), products) < begin + rule.lapse_days
        during = (sales.age < begin) & (sales.age >= begin - rule.horizon_days)
        units = np.where(during, sales.units, 0)
        told += np.bincount(sales.category, units, categories)
        fresh += np.bincount(sales.category, np.where(known[sales.product], 0, units), categories)
    overall = fresh.sum() / max(told.sum(), 1.0)
    return np.asarray((fresh + _NEW_UNITS * overall) / (told + _NEW_UNITS))


def _sold_last(sales: Sales, begin: int, products: int) -> Ints:
    """Return the age in days of each product's last sale that is ``begin`` days old or older."""
    last = np.full(products, np.iinfo(np.int64).max)
    before = sales.age >= begin
    np.minimum.at(last, sales.product[before], sales.age[before])
    return last


def rates_of(shares: ProductShares, sales: Sales, rates: CategoryRates) -> tuple[Floats, Floats]:
    """Return mean and variance of the units a day of the products in ``shares.product``, (N,) each."""
    level = rates.mean[sales.category_of[shares.product]]
    level_var = level**2 * rates.relative_var
    mean = level * shares.share
    var = level**2 * shares.share_var + level_var * shares.share**2 + level_var * shares.share_var
    return mean, var
