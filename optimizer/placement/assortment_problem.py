"""What to stock where, as numbers: open sites with room, offers, expected orders, what serving them costs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from scipy import sparse

from graph.errors import BadInput
from optimizer.placement.assortment_faults import find_faults
from optimizer.words import Floats, Ints


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class AssortmentProblem:
    """Choose the offers that each open site stocks, and the orders that it serves, at least total cost.

    Sizes: S sites, O offers, T order types, C classes of parcels, R regions, N demands. An order type is one
    offer, or offers that are ordered together; a site that stocks all of them sends them as one parcel, of
    the type's class. ``lines`` (L rows) say what an order type holds. Offers with one number in ``bundle``
    are stocked together or not at all, and the offers of an order type are in one bundle. Demand n is
    ``orders[n]`` orders of a type from a region; the sellers themselves can always ship them, at ``own``.

    One order served from a site costs ``lane`` and the ``inbound`` of its units; ``lane`` holds everything
    that depends on place and parcel: freight, handling, the price of days. Money is in any one unit. Arrays
    become read-only. Raises BadInput with every fault.
    """

    site_ids: tuple[str, ...]
    offer_ids: tuple[str, ...]
    capacity: Floats  # (S,) inf = unlimited, 0 = closed
    stocking: Floats  # (S, O) of having the offer there at all
    inbound: Floats  # (S, O) of bringing one unit there
    space: Floats  # (O,) capacity taken by one unit; all 1: capacity counts units
    bundle: Ints  # (O,) 0 <= number < O
    line_type: Ints  # (L,)
    line_offer: Ints  # (L,)
    line_units: Floats  # (L,) of the offer in one order
    parcel: Ints  # (T,) class of its parcel
    lane: Floats  # (C, S, R) of sending one parcel; inf = not possible
    demand_type: Ints  # (N,)
    demand_region: Ints  # (N,)
    orders: Floats  # (N,) expected over the horizon
    own: Floats  # (N,) of one order that the sellers ship themselves

    def __post_init__(self) -> None:
        for names, kind in ((FLOAT_ARRAYS, np.float64), (INT_ARRAYS, np.int64)):
            for name in names:
                array = np.ascontiguousarray(getattr(self, name), dtype=kind).view()
                array.flags.writeable = False
                object.__setattr__(self, name, array)
        if faults := tuple(find_faults(self)):
            raise BadInput("The assortment problem cannot be used.", faults)

    @property
    def sites(self) -> int:
        """S, the number of sites."""
        return len(self.site_ids)

    @property
    def offers(self) -> int:
        """O, the number of offers."""
        return len(self.offer_ids)

    @property
    def demands(self) -> int:
        """N, the number of demands."""
        return len(self.orders)

    @property
    def content(self) -> Any:
        """Units of each offer in one order of each type, as a sparse matrix (T, O)."""
        cells = self.line_units, (self.line_type, self.line_offer)
        return sparse.csr_array(cells, shape=(len(self.parcel), self.offers))

    @property
    def without(self) -> float:
        """What all orders cost if nothing is stocked: the sellers ship them."""
        return float(self.orders @ self.own)

    def space_of_type(self) -> Floats:
        """Return the capacity taken by one order of each type (T,)."""
        return np.asarray(self.content @ self.space)

    def inbound_of_type(self) -> Floats:
        """Return the cost of bringing what one order of each type holds to each site (S, T)."""
        return np.ascontiguousarray((self.content @ self.inbound.T).T)

    def bundle_of_type(self) -> Ints:
        """Return the bundle that each order type is served from (T,)."""
        bundle = np.empty(len(self.parcel), np.int64)
        bundle[self.line_type] = self.bundle[self.line_offer]
        return bundle


FLOAT_ARRAYS: Final = ("capacity", "stocking", "inbound", "space", "line_units", "lane", "orders", "own")
INT_ARRAYS: Final = (
    *("bundle", "line_type", "line_offer", "parcel"),
    *("demand_type", "demand_region"),
)
