"""Many orders that draw on the same stock and the same daily capacity."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from graph.errors import BadInput, Fault
from optimizer.problem import OrderProblem
from optimizer.words import Ints

Rows = tuple[NDArray[np.int64], ...]


@dataclass(frozen=True, slots=True, eq=False)
class BatchProblem:
    """Orders with what they share: ``stock`` (items, sources) and ``capacity`` (places).

    ``item[o][i]`` is the row of ``stock`` for item i of order o, ``source[o]`` and ``place[o]`` likewise.
    """

    orders: tuple[OrderProblem, ...]
    item_ids: tuple[str, ...]
    source_ids: tuple[str, ...]
    place_ids: tuple[str, ...]
    item: Rows
    source: Rows
    place: Rows
    stock: Ints
    capacity: Ints

    @classmethod
    def of(cls, orders: Sequence[OrderProblem]) -> Self:
        """Join orders by the names of their items, sources and places.

        Stock that an order does not name is 0. Raises BadInput where two orders disagree on what they share.
        """
        item_ids, item = _joined([order.item_ids for order in orders])
        source_ids, source = _joined([order.source_ids for order in orders])
        place_ids, place = _joined([order.place_ids for order in orders])
        stock = np.full((len(item_ids), len(source_ids)), -1, np.int64)
        capacity = np.full(len(place_ids), -1, np.int64)
        faults: list[Fault] = []
        for order, rows, columns, places in zip(orders, item, source, place, strict=True):
            cells = np.ix_(rows, columns)
            known, room = stock[cells], capacity[places]
            for column, mine, shared in (("stock", order.stock, known), ("capacity", order.capacity, room)):
                if np.any((shared >= 0) & (shared != mine)):
                    remedy = "Orders of one batch must see the same figures."
                    faults.append(
                        Fault("batch", order.order_id, column, "differs between orders", "", remedy)
                    )
            stock[cells] = order.stock
            capacity[places] = order.capacity
        if faults:
            raise BadInput("The orders of the batch do not fit together.", faults)
        stock = np.maximum(stock, 0)
        return cls(tuple(orders), item_ids, source_ids, place_ids, item, source, place, stock, capacity)


def _joined(names: Sequence[tuple[str, ...]]) -> tuple[tuple[str, ...], Rows]:
    """Return all names in order, and for each order the positions of its own among them."""
    every = sorted({name for own in names for name in own})
    position = {name: row for row, name in enumerate(every)}
    rows = tuple(np.array([position[name] for name in own], dtype=np.int64) for own in names)
    return tuple(every), rows
