"""Node tables of a whole past as arrays, of which what is offered follows a clock that only goes forward."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from graph.arrays import Floats, NetworkArrays, Parcel, Seconds, Sources
from graph.csr import Csr, Ints
from graph.model import NEVER, UNKNOWN
from graph.plan import PlacementPlan, new_sites, with_sites
from replay.recorded import Past

_SIZES: Final = ("weight_g", "volume_cm3", "longest_side_cm")

Own = Sequence[tuple[int, int]]
"""The offers that an order buys: (row, price in cents)."""


@dataclass(frozen=True, slots=True)
class KnownOffers(Csr):
    """Rows by product, without the offers that nobody has bought yet."""

    last_sold_s: Seconds

    @property
    def counts(self) -> Ints:
        """How many rows of each product are known."""
        known = np.concatenate([[0], np.cumsum(self.last_sold_s[self.rows] != NEVER)])
        return np.asarray(np.diff(known[self.pointers]))

    def of(self, code: int) -> Ints:
        """Return the rows of one product that are known."""
        rows = Csr.of(self, code)
        return np.asarray(rows[self.last_sold_s[rows] != NEVER])


class MovingOffers:
    """Who sells what at which price, as known at a clock that only goes forward."""

    def __init__(self, everything: Sources, sales: pl.DataFrame) -> None:
        self._at_s, self._offer, self._price = (sales[name].to_numpy() for name in sales.columns)
        self._last_sold_s = np.full(len(everything.seller), NEVER)
        self._price_cents = np.full(len(everything.seller), np.nan)
        self._seen = 0
        self._first_sold: list[int] = []
        known = KnownOffers(everything.index.pointers, everything.index.rows, self._last_sold_s)
        self.sources = replace(
            everything, index=known, last_sold_s=self._last_sold_s, price_cents=self._price_cents
        )

    def advance(self, at_s: int, own: Own) -> None:
        """Learn every sale before ``at_s``; of the order that is decided then, the offers new with it."""
        self._last_sold_s[self._first_sold] = NEVER
        upto = int(np.searchsorted(self._at_s, at_s))
        some = slice(self._seen, upto)
        self._last_sold_s[self._offer[some]] = self._at_s[some]  # of a row named twice the later one stays
        self._price_cents[self._offer[some]] = self._price[some]
        self._seen = upto
        self._first_sold = [row for row, _ in own if self._last_sold_s[row] == NEVER]
        for row, cents in own:
            if row in self._first_sold:
                self._last_sold_s[row], self._price_cents[row] = at_s, cents


class MovingArrays(NetworkArrays):
    """The network's arrays, of which the offers, and what parcels borrow from them, follow the clock."""

    def __init__(self, past: Past, plan: PlacementPlan | None = None) -> None:
        """Read a past; the sites of a ``plan`` are places too, and what lies there is the ledger's to say."""
        if plan is None:
            super().__init__(past.tables)
        else:
            super().__init__(with_sites(past.tables, plan), new_sites(past.tables, plan))
        self.offers = MovingOffers(self.product_sources, past.sales)
        self.product_sources = self.offers.sources
        products = past.tables["products"]
        self._sizes: Floats = products.select(pl.col(_SIZES).fill_null(np.nan)).to_numpy()
        first = past.tables["offers"].select("product_id").with_columns(pl.int_range(pl.len()).alias("offer"))
        sold = past.sales.join(first, on="offer").group_by("product_id").agg(pl.col("at_s").min())
        joined = products.join(sold, on="product_id", how="left", maintain_order="left")
        self._first_sold_s: Seconds = joined["at_s"].fill_null(2**62).to_numpy()
        self._day_s = NEVER
        self._typical: dict[int, Floats] = {}

    def begin_day(self, day_s: int) -> None:
        """Let what parcels borrow from their category be that of the products known at ``day_s``."""
        self._day_s, self._typical = day_s, {}

    def product_parcel(self, product: int) -> Parcel:
        """Return a product's own parcel at the median price of its known offers (NaN without any).

        The median of its category's known products, else of all, stands in for a size that is unknown.
        """
        prices = self.product_sources.price_cents[self.product_sources.index.of(product)]
        weight_g, volume_cm3, longest_side_cm = self._known_sizes(product).tolist()
        price_cents = float(np.median(prices)) if len(prices) else np.nan
        category = int(self.product_category[product])
        return Parcel(category, weight_g, volume_cm3, longest_side_cm, price_cents)

    def sizes_of(self, products: NDArray[np.integer]) -> Floats:
        """Return weight in g, volume in cm3 and longest side in cm of products as parcels, (rows, 3)."""
        sizes: Floats = self._sizes[products]
        for row in np.flatnonzero(np.isnan(sizes).any(axis=1)).tolist():
            sizes[row] = self._known_sizes(int(products[row]))
        return sizes

    def _known_sizes(self, product: int) -> Floats:
        sizes: Floats = self._sizes[product]
        for group in (int(self.product_category[product]), UNKNOWN):
            if np.isnan(sizes).any():
                sizes = np.where(np.isnan(sizes), self._usual(group), sizes)
        return sizes

    def _usual(self, category: int) -> Floats:
        """Return the medians over a category's products (UNKNOWN: over all) that were sold before the day."""
        if category not in self._typical:
            known = self._first_sold_s < self._day_s
            if category != UNKNOWN:
                known &= self.product_category == category
            self._typical[category] = np.array([_median(column) for column in self._sizes[known].T])
        return self._typical[category]


def _median(values: NDArray[np.float64]) -> float:
    known = values[~np.isnan(values)]
    return float(np.median(known)) if len(known) else np.nan
