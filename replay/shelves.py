"""What the ledger has of an order's products, read once and then looked at as its routes need it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Self

import numpy as np

from graph.options import Options
from graph.orders import Order
from inventory.books import places_of
from inventory.events import StockKey
from inventory.ledger import Ledger
from inventory.stock import Units
from optimizer.words import UNLIMITED, Ints


@dataclass(frozen=True, slots=True)
class Shelves:
    """The units of an order's products, by the place where they lie."""

    ledger: Ledger
    product_ids: tuple[str, ...]
    units: Mapping[StockKey, Units]

    @classmethod
    def of(cls, ledger: Ledger, order: Order, *, lock: bool = False) -> Self:
        """Read what there is, under lock if it is to be taken."""
        product_ids = tuple(dict.fromkeys(line.product_id for line in order.lines))
        return cls(ledger, product_ids, ledger.units(product_ids, lock=lock))

    @property
    def places(self) -> dict[str, tuple[str, ...]]:
        """The sources that have units of each product, promised ones included."""
        return places_of(self.units, self.product_ids)

    def stock(self, options: Options, spare: Mapping[StockKey, int] | None = None) -> Ints:
        """Return the units that may be promised, (products, sources), with ``spare`` ones beside them."""
        keys = [StockKey.of_source("", name) for name in options.source_ids]
        stock = np.zeros((len(options.product_ids), len(keys)), np.int64)
        for row, product_id in enumerate(options.product_ids):
            for column, (_, seller_id, location_id) in enumerate(keys):
                key = StockKey(product_id, seller_id, location_id)
                lying = self.units.get(key)
                there = 0 if lying is None else lying.current - lying.reserved
                stock[row, column] = there + (spare.get(key, 0) if spare else 0)
        return stock.clip(0, UNLIMITED)

    def room(self, options: Options, day: date) -> dict[str, int]:
        """Return how many packages the places of sources may still pack on a day, where that is limited."""
        location = {
            place: StockKey.of_source("", name).location_id
            for place, name in zip(options.places, options.source_ids, strict=True)
        }
        left = self.ledger.packages_left((place, day) for place in location.values())
        return {name: left[place, day] for name, place in location.items() if (place, day) in left}
