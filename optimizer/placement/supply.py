"""Who supplies what, and what bringing it to the sites costs, as a scenario's tables state it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

from optimizer.placement.scenario_tables import ITEM
from optimizer.placement.service import Inbound
from optimizer.words import Floats, Ints


def supply_of(
    supply: pl.DataFrame, items: Sequence[str], seller_ids: Sequence[str]
) -> tuple[Ints, Ints, Floats]:
    """Return who supplies what: seller, item (positions) and units, of ``items``, which are sorted.

    Where nothing is said every seller supplies every item alike.
    """
    if supply.is_empty():
        pairs = len(seller_ids) * len(items)
        seller = np.tile(np.arange(len(seller_ids)), len(items))
        return seller, np.repeat(np.arange(len(items)), len(seller_ids)), np.ones(pairs)
    rows = supply.with_columns(ITEM.alias("item")).filter(pl.col("item").is_in(list(items)))
    rows = rows.sort("item", "seller_id")
    seller, item = positions(rows["seller_id"], seller_ids), positions(rows["item"], items)
    return seller, item, rows["units"].to_numpy()


def inbound_of(
    table: pl.DataFrame, site_ids: Sequence[str], supply: pl.DataFrame, items: Sequence[str]
) -> Inbound:
    """Return what the table ``inbound`` states, of every seller in it to every site."""
    sellers = tuple(table["seller_id"].unique().sort())
    seller, item, units = supply_of(supply, items, sellers)
    cents, days = (
        table.pivot("warehouse_id", index="seller_id", values=column)
        .sort("seller_id")
        .select(site_ids)
        .to_numpy()
        .T
        for column in ("unit_cost_cents", "lead_time_days")
    )
    return Inbound.of(sellers, (seller, item, units), len(items), cents[:, seller], days[:, seller])


def positions(values: pl.Series, names: Sequence[str]) -> Ints:
    """Return the position of each value among sorted names."""
    return pl.Series(names, dtype=pl.String).search_sorted(values).cast(pl.Int64).to_numpy()
