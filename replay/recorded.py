"""The recorded past as a replay needs it: what was bought when, who shipped it, what it taught."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import groupby
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from graph.arrays import codes_of, state_names
from graph.days import DAY_S
from graph.distance import haversine_km
from graph.lead_time.journeys import Journeys
from graph.option_sources import source_id
from graph.orders import Order, OrderLine
from graph.tables import SCHEMAS
from ingest.checked import Checked
from ingest.checks import check, silent
from ingest.facts import Facts, gather, gather_nodes
from ingest.source import Source
from replay.desk import Choice
from replay.encode import journeys
from replay.facts_of_orders import facts_of_orders

_LINE = ("order_id", "product_id", "seller_id")
_OFFER = ("product_id", "seller_id")


@dataclass(frozen=True, slots=True)
class Purchase:
    """An order at its purchase, and what was done with it.

    ``record``: line id -> (source_id, carrier_id), told by the hand-over. ``offered``: the same from the
    seller's own place, all that is known at the purchase. ``offers``: the offers that it bought, as rows of
    ``Past.tables["offers"]``, with what was paid in cents. ``carrier_assumed``: lines that were never handed
    over, so that nobody recorded a carrier.
    """

    order: Order
    at: datetime
    record: Mapping[str, Choice]
    offered: Mapping[str, Choice]
    offers: tuple[tuple[int, int], ...]
    carrier_assumed: int

    @property
    def at_s(self) -> int:
        """The instant of the purchase in epoch seconds."""
        return int(self.at.timestamp())


@dataclass(frozen=True, slots=True, eq=False)
class Past:
    """A whole history: answers included, so whoever reads it must look no further than the clock.

    ``journeys``: every package from the place that it left; ``from_sellers``: the same as if each had left
    its seller's own place, for until the hand-over nobody knows that a warehouse will pack it.
    ``tables``: the node tables and the offers (product_id, seller_id, ...) of a network that knows all of
    it, sorted by key. ``sales``: (at_s, offer, price_cents), one row an offer and instant, in order of both:
    the lowest price where one instant saw several. ``demand``: units by product, seller, region and local
    day. ``lines``: one row a line of an order, in order of (purchased_s, order_id, line).
    ``empty_orders``: (purchased_s) of orders without any line. ``facts``: how each order ended
    (`replay.facts_of_orders`).
    """

    tables: Mapping[str, pl.DataFrame]
    journeys: Journeys
    from_sellers: Journeys
    sales: pl.DataFrame
    demand: pl.DataFrame
    lines: pl.DataFrame
    empty_orders: pl.Series
    facts: pl.DataFrame

    def purchases(self, span_s: tuple[int, int]) -> Iterator[Purchase]:
        """Yield the orders with lines purchased in [from, to), in order of (instant, order id)."""
        from_s, to_s = span_s
        bought = pl.col("purchased_s")
        wanted = self.lines.filter((bought >= from_s) & (bought < to_s))
        first = self.tables["carriers"]["carrier_id"][0]
        for _, rows in groupby(wanted.iter_rows(named=True), key=lambda row: row["order_id"]):
            yield _purchase(list(rows), first)

    def count(self, span_s: tuple[int, int]) -> int:
        """Return how many orders ``purchases`` yields."""
        from_s, to_s = span_s
        bought = pl.col("purchased_s")
        return self.lines.filter((bought >= from_s) & (bought < to_s))["order_id"].n_unique()


def read_past(source: Source, progress: Callable[[str], None] = silent) -> Past:
    """Return everything that a source holds. Raises BadInput (all faults at once) for unreadable tables."""
    checked = check(source, None, progress)
    progress("Gathering facts")
    facts = gather(checked, gather_nodes(checked))
    offers = facts.evidence["offers"].sort(_OFFER)
    last_sold = pl.from_epoch(pl.col("last_sold_s")).dt.cast_time_unit("us").dt.replace_time_zone("UTC")
    numbered = offers.select(*_OFFER, pl.int_range(pl.len()).alias("offer"))
    items = _items(checked).join(numbered, on=_OFFER, how="left")
    at_instant = items.group_by("purchased_s", "offer").agg(pl.col("price_cents").min())
    sent = facts.packages.filter(pl.col("seller_id").is_not_null())
    made = journeys(sent)
    orders = checked.named("orders")
    empty = orders.join(items, on="order_id", how="anti")["purchased_at"].dt.epoch("s")
    return Past(
        tables={
            **{name: schema.empty() for name, schema in SCHEMAS.items()},
            **facts.nodes,
            "offers": offers.with_columns(last_sold.alias("last_sold")),
        },
        journeys=made,
        from_sellers=_from_sellers(made, sent["warehouse_id"].is_not_null().to_numpy(), facts.nodes),
        sales=at_instant.sort("purchased_s", "offer").rename({"purchased_s": "at_s"}),
        demand=facts.evidence["demand"],
        lines=_lines(items, checked, facts),
        empty_orders=empty.sort(),
        facts=facts_of_orders(checked, facts),
    )


def _from_sellers(
    made: Journeys, by_warehouse: NDArray[np.bool_], nodes: Mapping[str, pl.DataFrame]
) -> Journeys:
    """Return the journeys with the seller's own place as the origin of those that a warehouse sent."""
    if not by_warehouse.any():
        return made
    zips, rows = nodes["zip_prefixes"], np.flatnonzero(by_warehouse)
    place = codes_of(nodes["sellers"]["zip_prefix"], zips["zip_prefix"])[made.seller[rows]]
    lat, lng = (zips[name].fill_null(np.nan).to_numpy() for name in ("lat", "lng"))
    dest = made.dest_zip[rows]
    own = {
        "origin_zip": place,
        "origin_region": codes_of(zips["region"], nodes["regions"]["region"])[place],
        "origin_state": codes_of(zips["state"], state_names(zips))[place],
        "distance_km": haversine_km(lat[place], lng[place], lat[dest], lng[dest]),
    }
    columns = {name: getattr(made, name).copy() for name in own}
    for name, column in columns.items():
        column[rows] = own[name]
    return replace(made, **columns)


def _items(checked: Checked) -> pl.DataFrame:
    """Return every item with the stamps of its order, by names."""
    orders = checked.named("orders").select(
        "order_id",
        "customer_id",
        pl.col("purchased_at").dt.epoch("s").alias("purchased_s"),
        pl.col("promised_at").dt.epoch("s").alias("promised_s"),
    )
    items = checked.named("items").select(*_LINE, "line", "price_cents")
    return items.join(orders, on="order_id", how="inner")


def _lines(items: pl.DataFrame, checked: Checked, facts: Facts) -> pl.DataFrame:
    """Return the lines of all orders: equal items are one line with a quantity."""
    once = ("purchased_s", "promised_s", "customer_id", "offer")
    lines = items.group_by(_LINE).agg(
        pl.col("line").min(),
        pl.len().cast(pl.Int64).alias("quantity"),
        pl.col("price_cents").min(),
        *(pl.col(name).first() for name in once),
    )
    customers = checked.named("customers").select("customer_id", "zip_prefix")
    return (
        lines.join(customers, on="customer_id", how="left")
        .join(_shipped(facts), on=("order_id", "seller_id"), how="left")
        .sort("purchased_s", "order_id", "line")
    )


def _shipped(facts: Facts) -> pl.DataFrame:
    """Return order_id, seller_id, carrier_id, warehouse_id: of several shipments the first by carrier."""
    key = ("order_id", "seller_id")
    columns = (*key, "carrier_id", "warehouse_id")
    sent = facts.packages.filter(pl.col("seller_id").is_not_null()).select(columns)
    one = sent.sort(columns, nulls_last=True).unique(key, keep="first", maintain_order=True)
    return one.select(facts.names[name].gather(one[name]).alias(name) for name in columns)


def _purchase(rows: list[dict[str, Any]], any_carrier: str) -> Purchase:
    head = rows[0]
    promise = None if head["promised_s"] is None else (head["promised_s"] - head["purchased_s"]) / DAY_S
    at = datetime.fromtimestamp(head["purchased_s"], UTC)
    order = Order(
        order_id=head["order_id"],
        zip_prefix=head["zip_prefix"],
        lines=tuple(OrderLine(str(row["line"]), row["product_id"], row["quantity"]) for row in rows),
        purchased_at=at,
        promise_days=promise if promise is None or promise > 0 else None,
    )

    def choices(warehouse: str) -> dict[str, Choice]:
        """Return each line's choice, ``warehouse``: the column that tells who held the stock."""
        return {
            str(row["line"]): (
                source_id((row.get(warehouse) or "", row["seller_id"])),
                row["carrier_id"] or any_carrier,
            )
            for row in rows
        }

    return Purchase(
        order=order,
        at=at,
        record=choices("warehouse_id"),
        offered=choices(""),
        offers=tuple((row["offer"], row["price_cents"]) for row in rows),
        carrier_assumed=sum(row["carrier_id"] is None for row in rows),
    )
