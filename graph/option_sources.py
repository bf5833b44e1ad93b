"""Who could ship the lines of an order, one column a source: what each has of which line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from graph.arrays import Codes, Floats, NetworkArrays
from graph.errors import BadInput
from graph.model import UNKNOWN
from graph.option_offers import Offered
from graph.orders import Candidate, Order

Bools = NDArray[np.bool_]
Source = tuple[str, str]
"""(warehouse_id, seller_id); the warehouse is "" where the seller ships its own stock."""

_SELLER: Final = "seller"
_NO_ROWS: Final = np.zeros(0, np.int64)


@dataclass(frozen=True, slots=True)
class LineSources:
    """The sources of an order (S,), and what each has of which line (L, S).

    ``assumed`` (S,): nothing was observed of the seller or the warehouse, or of a product of the order.
    """

    names: list[Source]
    shipper: Codes
    origin_zip: Codes
    handling_days: Floats
    candidate: Bools
    lapsed: Bools
    price_cents: Floats
    assumed: Bools

    @classmethod
    def of(
        cls,
        arrays: NetworkArrays,
        order: Order,
        products: Sequence[int],
        sold_since_s: int,
        more: Mapping[str, Sequence[str]],
        offered: Offered,
    ) -> Self:
        """Gather the sources of an order's lines; offers last sold before ``sold_since_s`` have lapsed.

        ``products`` are rows, -1 for a product that only the order's candidates tell of (``offered``).
        """
        table = arrays.product_sources
        known = [table.index.of(product) if product != UNKNOWN else _NO_ROWS for product in products]
        gathered = _Gathered(arrays, offered)
        for line, rows in enumerate(known):
            lapsed = table.last_sold_s[rows] < sold_since_s
            for row, old in zip(rows.tolist(), lapsed.tolist(), strict=True):
                seller, warehouse = int(table.seller[row]), int(table.warehouse[row])
                gathered.add(line, seller, warehouse, float(table.price_cents[row]), lapsed=old)
            for source_id in more.get(order.lines[line].line_id, ()):
                gathered.add_named(line, source_id)
            for candidate in order.lines[line].candidates:
                gathered.add_candidate(line, candidate)
        return cls(*gathered.columns(len(products)))


@dataclass(slots=True)
class _Gathered:
    """Sources as they are met: (warehouse code, seller code) -> what each line has there.

    The codes of sellers that the snapshot does not know follow on those that it does.
    """

    arrays: NetworkArrays
    offered: Offered
    found: dict[tuple[int, int], dict[int, tuple[float, bool]]] = field(default_factory=dict)

    def add(self, line: int, seller: int, warehouse: int, price_cents: float, *, lapsed: bool) -> None:
        """Note that a source has a line; a second mention only adds what the first did not know."""
        lines = self.found.setdefault((warehouse, seller), {})
        if line not in lines or (lines[line][1] and not lapsed):
            lines[line] = (price_cents, lapsed)

    def add_candidate(self, line: int, candidate: Candidate) -> None:
        """Note what the order itself says of a seller's offer; it counts instead of what is known of it."""
        seller = self._seller(candidate.seller_id)
        self.found.setdefault((UNKNOWN, seller), {})
        for (warehouse, owner), lines in self.found.items():
            if owner == seller and (warehouse == UNKNOWN or line in lines):
                lines[line] = (float(candidate.price_cents), not candidate.active)

    def _seller(self, seller_id: str) -> int:
        if seller_id in self.offered.sellers:
            return len(self.arrays.seller_ids) + self.offered.sellers.index(seller_id)
        return _row(self.arrays.seller_rows, "seller", seller_id)

    def add_named(self, line: int, source_id: str) -> None:
        """Note a source by its id, at the price that its seller asks already, if it does."""
        warehouse_id, seller_id = _source(source_id)
        seller = self._seller(seller_id)
        warehouse = _row(self.arrays.warehouse_rows, "warehouse", warehouse_id) if warehouse_id else UNKNOWN
        own = self.found.get((UNKNOWN, seller), {}).get(line, (np.nan, False))
        self.add(line, seller, warehouse, own[0], lapsed=False)

    def columns(self, lines: int) -> tuple[list[Source], Codes, Codes, Floats, Bools, Bools, Floats, Bools]:
        """Return the columns of ``LineSources``; codes sort as names do, -1 (no warehouse) first."""
        arrays, keys = self.arrays, sorted(self.found)
        warehouse = np.array([key[0] for key in keys], np.int32)
        seller = np.array([key[1] for key in keys], np.int32)
        candidate, lapsed = (np.zeros((lines, len(keys)), np.bool_) for _ in range(2))
        price = np.full((lines, len(keys)), np.nan)
        for column, key in enumerate(keys):
            for line, (cents, old) in self.found[key].items():
                candidate[line, column], lapsed[line, column], price[line, column] = True, old, cents
        own, new = warehouse == UNKNOWN, seller >= len(arrays.seller_ids)
        seller_zip = np.append(arrays.seller_zip, self.offered.origin_zip)
        return (
            [("" if w < 0 else arrays.warehouse_ids[w], self._seller_id(s)) for w, s in keys],
            np.where(own & ~new, seller, np.int32(UNKNOWN)),
            np.where(own, seller_zip[seller], np.append(arrays.warehouse_zip, UNKNOWN)[warehouse]),
            np.append(arrays.warehouse_days, np.nan)[warehouse],
            candidate,
            lapsed,
            price,
            (own & new) | arrays.assumed(warehouse) | self.offered.assumed,
        )

    def _seller_id(self, seller: int) -> str:
        known = self.arrays.seller_ids
        return known[seller] if seller < len(known) else self.offered.sellers[seller - len(known)]


def _row(rows: Mapping[str, int], kind: str, name: str) -> int:
    row = rows.get(name)
    if row is None:
        raise BadInput(f"The snapshot knows no {kind} {name!r}.")
    return row


def source_id(name: Source) -> str:
    """Return the id that a source is known by: ``seller:<id>`` or ``warehouse:<id>:<seller>``."""
    warehouse, seller = name
    return f"warehouse:{warehouse}:{seller}" if warehouse else f"{_SELLER}:{seller}"


def _source(source_id: str) -> Source:
    kind, _, rest = source_id.partition(":")
    if kind == _SELLER:
        return "", rest
    warehouse, _, seller = rest.partition(":")
    return warehouse, seller
