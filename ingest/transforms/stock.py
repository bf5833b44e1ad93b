"""From stock events to the stock that stands where."""

from __future__ import annotations

from collections.abc import Mapping

import narwhals as nw

from ingest.transforms.frames import Frame

# What each event does to the units on the shelf; reservations do not move goods.
SHELF_SIGN = {
    "RECEIVED": 1,
    "RETURNED": 1,
    "TRANSFER_IN": 1,
    "ADJUSTED": 1,
    "SHIPPED": -1,
    "DAMAGED": -1,
    "TRANSFER_OUT": -1,
}


def shelf_units(events: Frame, types: Mapping[str, str | int] | None = None) -> Frame:
    """Return ``location_id, seller_id, product_id, units`` for every place with units on the shelf.

    ``types`` says how ``events`` name each event type, where not by its own name.
    """
    sign = nw.lit(0)
    for kind, direction in SHELF_SIGN.items():
        name = kind if types is None else types.get(kind)
        if name is None:
            continue
        sign = nw.when(nw.col("event_type") == name).then(nw.lit(direction)).otherwise(sign)
    key = ("location_id", "seller_id", "product_id")
    moved = events.with_columns((sign * nw.col("quantity")).alias("units"))
    return moved.group_by(*key).agg(nw.col("units").sum()).filter(nw.col("units") > 0)
