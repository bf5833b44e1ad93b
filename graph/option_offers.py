"""What the candidates of an order add to the network: sellers and products that no snapshot knows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Self

import numpy as np

from graph.arrays import Codes, NetworkArrays, Parcel
from graph.errors import BadInput, Fault, UnknownName
from graph.model import UNKNOWN
from graph.names import category_row, zip_row
from graph.orders import Candidate, Order, OrderLine

_SIZES: Final = ("weight_g", "volume_cm3", "longest_side_cm")
_NOTHING: Final = Parcel(UNKNOWN, np.nan, np.nan, np.nan, np.nan)


@dataclass(frozen=True, slots=True)
class Offered:
    """Sellers by name with the rows of their zip prefixes, and the parcel of each line's product (L,).

    A parcel is None where the snapshot knows the product. The first candidate that tells a size is believed;
    the median of its category stands in for what none tells, and NaN for what is not known even then.
    """

    sellers: tuple[str, ...] = ()
    zips: tuple[int, ...] = ()
    parcels: tuple[Parcel | None, ...] = ()

    @classmethod
    def of(cls, arrays: NetworkArrays, order: Order, products: Sequence[int]) -> Self:
        """Read the candidates of an order; ``products`` are the rows of its lines' products (-1 unknown).

        Raises BadInput with every candidate that names or lacks a place or category.
        """
        known = [None] * len(products)
        if not any(line.candidates for line in order.lines):
            return cls(parcels=tuple(known))
        faults: list[Fault] = []
        places: dict[str, int] = {}
        for line in order.lines:
            for one in line.candidates:
                if one.seller_id not in arrays.seller_rows:
                    row = _place(arrays, order, line, one, faults)
                    if places.setdefault(one.seller_id, row) != row:
                        told = f"{one.seller_id}, {one.zip_prefix}"
                        faults.append(_fault(order, line, "two places of one seller", told, "Name one."))
        parcels = tuple(
            _parcel(arrays, order, line, faults) if row == UNKNOWN else None
            for line, row in zip(order.lines, products, strict=True)
        )
        if faults:
            raise BadInput(f"Order {order.order_id!r} has candidates that cannot be used.", faults)
        sellers = tuple(sorted(places))
        return cls(sellers, tuple(places[name] for name in sellers), parcels)

    @property
    def assumed(self) -> bool:
        """Whether a product is known from its candidates alone: then no route of the order was observed."""
        return any(parcel is not None for parcel in self.parcels)

    @property
    def origin_zip(self) -> Codes:
        """The rows of the sellers' zip prefixes, as codes."""
        return np.array(self.zips, np.int32)


def _place(arrays: NetworkArrays, order: Order, line: OrderLine, one: Candidate, faults: list[Fault]) -> int:
    """Return the row of the place where a seller ships from whom the snapshot does not know."""
    if one.zip_prefix is None:
        remedy = "The snapshot does not know the seller: say from which zip_prefix they ship."
        faults.append(_fault(order, line, "no zip prefix", one.seller_id, remedy))
        return UNKNOWN
    try:
        return zip_row(arrays.zip_rows, one.zip_prefix)
    except UnknownName as error:
        remedy = f"Nearest known: {', '.join(error.nearest)}." if error.nearest else "Give five digits."
        faults.append(_fault(order, line, "unknown zip prefix", one.zip_prefix, remedy))
        return UNKNOWN


def _parcel(arrays: NetworkArrays, order: Order, line: OrderLine, faults: list[Fault]) -> Parcel:
    """Return one unit of a product that only candidates tell of."""
    named = next((one.category for one in line.candidates if one.category is not None), None)
    usual = _NOTHING
    if named is not None:
        try:
            usual = arrays.category_parcel(category_row(arrays.category_rows, named))
        except UnknownName as error:
            remedy = f"Nearest known: {', '.join(error.nearest)}."
            faults.append(_fault(order, line, "unknown category", named, remedy))
    told = [
        next((size for one in line.candidates if (size := getattr(one, name)) is not None), None)
        for name in _SIZES
    ]
    sizes = [
        float(getattr(usual, name) if size is None else size) for name, size in zip(_SIZES, told, strict=True)
    ]
    price_cents = float(np.median([one.price_cents for one in line.candidates]))
    return Parcel(usual.category, sizes[0], sizes[1], sizes[2], price_cents)


def _fault(order: Order, line: OrderLine, kind: str, value: str, remedy: str) -> Fault:
    return Fault("orders", f"{order.order_id}, line {line.line_id}", "candidates", kind, value, remedy)
