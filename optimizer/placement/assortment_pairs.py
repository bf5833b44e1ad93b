"""What is bought together: pairs of offers in the orders of the history, and bundles made of strong pairs.

The counts of all pairs are one sparse product (SciPy). Chance is ruled out by the hypergeometric law: how
likely two offers with so many orders each meet so often if orders were filled independently (Fisher 1922).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import connected_components
from scipy.stats import hypergeom

from graph.errors import BadInput
from optimizer.words import Floats, Ints


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """K pairs of offers found in one order at least once, ``first`` < ``second``, sorted by both.

    ``together`` orders hold both; ``lift`` is that over what chance would give; ``share`` is the part of the
    rarer offer's orders that hold both; ``chance`` is the probability of so many or more by chance.
    """

    first: Ints
    second: Ints
    together: Ints
    lift: Floats
    share: Floats
    chance: Floats


@dataclass(frozen=True, slots=True)
class BundleRule:
    """Which pairs are strong: bought together in so many orders, in such a share, hardly by chance."""

    orders: int = 3
    share: float = 0.2
    chance: float = 1e-3


def find_pairs(order: Ints, offer: Ints, offers: int) -> Pairs:
    """Return all pairs of M lines (order number, offer number); an offer twice in an order counts once.

    Raises BadInput where an offer is not one of ``offers``, or lengths differ.
    """
    if len(order) != len(offer) or (len(offer) and not 0 <= min(offer) <= max(offer) < offers):
        raise BadInput("The order lines do not fit each other, or name an offer that there is not.")
    numbers, row = np.unique(order, return_inverse=True)
    cells = np.ones(len(offer), np.int64), (row, offer)
    basket = sparse.csr_array(cells, shape=(len(numbers), offers))
    basket.data[:] = 1
    counts = np.asarray(basket.sum(axis=0)).ravel()
    met: Any = sparse.triu(basket.T @ basket, k=1).tocoo()
    rank = np.lexsort((met.col, met.row))
    first, second = met.row[rank].astype(np.int64), met.col[rank].astype(np.int64)
    together = met.data[rank].astype(np.int64)
    one, other, total = counts[first], counts[second], len(numbers)
    return Pairs(
        first,
        second,
        together,
        together * total / (one * other),
        together / np.minimum(one, other),
        np.asarray(hypergeom.sf(together - 1, total, one, other)),
    )


def bundles(pairs: Pairs, offers: int, rule: BundleRule | None = None) -> Ints:
    """Return the bundle of each offer (offers,), named by its first offer; strong pairs are in one bundle."""
    rule = rule or BundleRule()
    strong = (pairs.together >= rule.orders) & (pairs.share >= rule.share) & (pairs.chance <= rule.chance)
    cells = np.ones(int(strong.sum())), (pairs.first[strong], pairs.second[strong])
    _, group = connected_components(sparse.csr_array(cells, shape=(offers, offers)), directed=False)
    _, leader, place = np.unique(group, return_index=True, return_inverse=True)
    return np.asarray(leader[place], np.int64)
