"""Kinds of orders as arrays over one network: those that have a choice are found in one pass."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Self

import numpy as np

from graph.arrays import NetworkArrays
from graph.demand import OrderType
from graph.model import UNKNOWN
from inventory.ledger import Ledger
from optimizer.words import Ints


@dataclass(frozen=True, slots=True, eq=False)
class Kinds:
    """N order types with M lines in all, as rows of a network's node tables; UNKNOWN for what it lacks.

    ``first`` (N + 1,): where the lines of each begin. ``product`` and ``units`` (M,). ``dest`` (N,): the
    first zip prefix of the region, which stands for all of it.
    """

    types: tuple[OrderType, ...]
    first: Ints
    product: Ints
    units: Ints
    dest: Ints

    @classmethod
    def of(cls, arrays: NetworkArrays, types: Sequence[OrderType]) -> Self:
        """Look the names of types up."""
        zips: dict[str, int] = {}
        for row, zip_prefix in enumerate(arrays.zip_prefixes):
            zips.setdefault(zip_prefix[:3], row)
        rows, lines = arrays.product_rows, list(chain.from_iterable(kind.lines for kind in types))
        return cls(
            tuple(types),
            np.cumsum([0, *(len(kind.lines) for kind in types)], dtype=np.int64),
            np.array([rows.get(product_id, UNKNOWN) for product_id, _ in lines], np.int64),
            np.array([units for _, units in lines], np.int64),
            np.array([zips.get(kind.region, UNKNOWN) for kind in types], np.int64),
        )

    def __len__(self) -> int:
        return len(self.types)

    @property
    def type_of_line(self) -> Ints:
        """The type that each line belongs to, (M,)."""
        return np.repeat(np.arange(len(self)), np.diff(self.first))

    def with_choice(self, arrays: NetworkArrays, more: Mapping[str, Sequence[str]]) -> Self:
        """Return the types to known regions whose products all have an offer, one of them several sources.

        ``more``: sources beside the network's offers, by product.
        """
        if not len(self):
            return self
        offers = np.append(arrays.product_sources.index.counts, 0)
        sources = offers.copy()
        for product_id, names in more.items():
            sources[arrays.product_rows[product_id]] += len(names)
        starts, offered = self.first[:-1], offers[self.product] > 0
        several = np.logical_or.reduceat(offered & (sources[self.product] > 1), starts)
        whole = np.logical_and.reduceat(offered, starts)
        return self.take(np.flatnonzero(several & whole & (self.dest != UNKNOWN)))

    def take(self, chosen: Ints) -> Self:
        """Return some of the types."""
        sizes = np.diff(self.first)[chosen]
        lines = np.repeat(self.first[chosen] - np.cumsum(sizes) + sizes, sizes) + np.arange(sizes.sum())
        return type(self)(
            tuple(self.types[row] for row in chosen.tolist()),
            np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64),
            self.product[lines],
            self.units[lines],
            self.dest[chosen],
        )


def contested(arrays: NetworkArrays, ledger: Ledger) -> list[str]:
    """Return the products that have several sources, or may get them: a price on any other moves nothing."""
    table = arrays.product_sources
    offers = np.diff(table.index.pointers)
    first = np.append(table.index.rows, 0)[table.index.pointers[:-1]]
    only = [f"seller:{arrays.seller_ids[code]}" for code in table.seller[first].tolist()]
    found = [arrays.product_ids[row] for row in np.flatnonzero(offers > 1).tolist()]
    for product_id, places in ledger.places(arrays.product_ids).items():
        row = arrays.product_rows[product_id]
        if offers[row] == 1 and any(place != only[row] for place in places):
            found.append(product_id)
    return found
