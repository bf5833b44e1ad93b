"""An assortment as the search reads it: demands sorted by bundle, and what serving each would save."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from optimizer.placement.assortment_problem import AssortmentProblem
from optimizer.placement.core import compiled
from optimizer.words import Floats, Ints

Facts = tuple[Any, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Board:
    """N rows, one a demand, sorted by bundle; B bundles that anything is demanded of.

    ``facts`` are the arrays that compiled code reads: first row of each bundle (B + 1,), of each row its
    parcel, region, order type, orders, own cost and space; lane (C, S, R), inbound by type (S, T), cost of
    stocking a bundle (S, B), capacity (S,). Savings are worked out when they are read: as a table they would
    take S x N numbers.
    """

    facts: Facts
    demand: Ints  # (N,) the row's demand in the problem
    bundle: Ints  # (B,) its number in the problem
    widest: int  # rows of the largest bundle

    @classmethod
    def of(cls, problem: AssortmentProblem) -> Self:
        """Sort the demands by bundle, order type and region."""
        kind, region = problem.demand_type, problem.demand_region
        of_row = problem.bundle_of_type()[kind]
        order = np.lexsort((region, kind, of_row))
        bundle, first = np.unique(of_row[order], return_index=True)
        first = np.append(first, len(order))
        kind, orders = kind[order], problem.orders[order]
        fees = np.zeros((problem.sites, problem.offers))
        np.add.at(fees.T, problem.bundle, problem.stocking.T)
        arrays = (
            first.astype(np.int64),
            problem.parcel[kind],
            region[order],
            kind,
            orders,
            problem.own[order],
            orders * problem.space_of_type()[kind],
            problem.lane,
            problem.inbound_of_type(),
            np.ascontiguousarray(fees[:, bundle]),
            problem.capacity,
        )
        for array in arrays:
            array.flags.writeable = False  # all alike, so that every kernel is compiled once
        return cls(arrays, order, bundle, int(np.diff(first).max(initial=0)))


@compiled
def read_savings(facts: Facts, bundle: int, price: Floats, room: Floats, saving: Floats) -> Floats:
    """Write what serving each row of a bundle from each site saves, space paid at ``price`` (S,).

    ``saving`` (S, at least n) gets 0 where nothing is saved or the site has no room; returns the sums (S,).
    """
    first, parcel, region, kind, orders, own, space, lane, inbound = facts[:9]
    start, end = first[bundle], first[bundle + 1]
    alone = np.zeros(len(price))
    for site in range(len(price)):
        total = 0.0
        for row in range(start, end):
            saved = 0.0
            if room[site] > 0 and orders[row] > 0:
                unit = own[row] - lane[parcel[row], site, region[row]] - inbound[site, kind[row]]
                saved = max(orders[row] * unit - price[site] * space[row], 0.0)
            saving[site, row - start] = saved
            total += saved
        alone[site] = total
    return alone
