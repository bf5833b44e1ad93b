"""Sources that only the ledger knows: units that came since the snapshot, at places that it can locate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Self

from graph.arrays import NetworkArrays
from graph.model import UNKNOWN
from graph.orders import Order
from inventory.events import StockKey
from inventory.ledger import Ledger


@dataclass(frozen=True, slots=True)
class Places:
    """``more``: sources by line id that have units of its product, but no offer of it in the network.

    ``left_out``: sources of which the network knows no place, or not the seller, so that no route starts
    there; in order of their ids.
    """

    more: Mapping[str, Sequence[str]] = field(default_factory=dict)
    left_out: tuple[str, ...] = ()

    def beside(self, record: Mapping[str, tuple[str, str]]) -> dict[str, list[str]]:
        """Return these and the recorded sources, (source_id, carrier_id) by line id, together by line id."""
        named = {line_id: list(names) for line_id, names in self.more.items()}
        for line_id, (source, _) in record.items():
            named.setdefault(line_id, []).append(source)
        return named

    @classmethod
    def of(cls, arrays: NetworkArrays, order: Order, ledger: Ledger) -> Self:
        """Ask the ledger, once, where the products of an order lie."""
        return cls.among(arrays, order, ledger.places([line.product_id for line in order.lines]))

    @classmethod
    def among(cls, arrays: NetworkArrays, order: Order, stocked: Mapping[str, Sequence[str]]) -> Self:
        """Sort out the sources that have units of the products of an order, by product."""
        more: dict[str, list[str]] = {}
        left_out: set[str] = set()
        for line in order.lines:
            if not stocked[line.product_id] or line.product_id not in arrays.product_rows:
                continue  # known from the order's own candidates alone: these say who offers it
            offered = _offered(arrays, line.product_id)
            told = {candidate.source_id for candidate in line.candidates}
            for name in stocked[line.product_id]:
                if name in told:
                    continue
                found = _located(arrays, name)
                if found is None:
                    left_out.add(name)
                elif found not in offered:
                    more.setdefault(line.line_id, []).append(name)
        return cls(more, tuple(sorted(left_out)))


def _offered(arrays: NetworkArrays, product_id: str) -> set[tuple[int, int]]:
    """Return the codes (warehouse, seller) of the sources that the network knows to have a product."""
    table = arrays.product_sources
    rows = table.index.of(arrays.product_rows[product_id])
    return set(zip(table.warehouse[rows].tolist(), table.seller[rows].tolist(), strict=True))


def _located(arrays: NetworkArrays, name: str) -> tuple[int, int] | None:
    """Return the codes of a source; None where the network does not know its seller, or where it lies."""
    key = StockKey.of_source("", name)
    seller = arrays.seller_rows.get(key.seller_id, UNKNOWN)
    if key.location_id == key.seller_id:
        warehouse, placed = UNKNOWN, seller != UNKNOWN and arrays.seller_zip[seller] != UNKNOWN
    else:
        warehouse = arrays.warehouse_rows.get(key.location_id, UNKNOWN)
        placed = warehouse != UNKNOWN and arrays.warehouse_zip[warehouse] != UNKNOWN
    return (warehouse, seller) if placed and seller != UNKNOWN else None
