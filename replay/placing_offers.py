"""Which offers an assortment may stock: what each is expected to sell, and what is bought together."""

from __future__ import annotations

from typing import Final

import numpy as np
import polars as pl

from graph import Network
from graph.days import DAY_S, day_number, local_day
from graph.errors import BadInput, Fault
from inventory.events import StockKey
from inventory.forecast import demand_by_category, demand_of_products, purchases
from inventory.places import place_shares
from optimizer.placement.assortment_pairs import bundles, find_pairs
from optimizer.placement.scenario import Scenario
from optimizer.words import Ints
from replay.placing_new import OTHER, SUPPLY_DAYS

_OFFER: Final = ("product_id", "seller_id")


def expected_offers(
    scenario: Scenario, network: Network, events: pl.DataFrame, sold: pl.DataFrame
) -> pl.DataFrame:
    """Return the offers that sell most of what a scenario demands, at most ``assortment.offers`` of them.

    Columns: product_id, seller_id, item (position in ``scenario.items``), units expected in the horizon,
    relative_var (variance of the rate over its square); the best-selling first. The units of a group are
    the scenario's; what of them an offer takes is the forecast's: its product's share of the category
    (newcomers keep theirs: nobody can stock them), split to sellers by their sales. Only offers sold in
    `SUPPLY_DAYS` count, of sellers whom the scenario lets supply the item. ``events`` and ``sold`` are those
    of the snapshot. BadInput where nothing is left.
    """
    rates = _offer_rates(network, events, sold)
    items = pl.DataFrame({"item": range(len(scenario.items)), "name": list(scenario.items)})
    items = items.with_columns(pl.col("item").cast(pl.Int64))
    wanted = scenario.demands.group_by(name="item").agg(demanded=pl.sum("units"))
    by_group = rates.join(items, left_on="group", right_on="name").with_columns(name=pl.col("group"))
    by_product = rates.join(items, left_on="product_id", right_on="name").with_columns(
        name=pl.col("product_id"), share=pl.col("seller_share")
    )
    supply = scenario.supply.select("seller_id", name=pl.coalesce("product_id", "group"))
    found = (
        pl.concat([by_group, by_product.select(by_group.columns)])
        .join(supply.unique(), ["seller_id", "name"], "semi")
        .join(wanted, "name")
        .with_columns(units=pl.col("demanded") * pl.col("share"))
        .filter(pl.col("units") > 0)
        .sort("units", *_OFFER, descending=[True, False, False])
        .unique(_OFFER, keep="first", maintain_order=True)
        .head(scenario.settings.assortment.offers)
    )
    if found.is_empty():
        remedy = "Name products, or categories of the snapshot, and their sellers in supply."
        fault = Fault("demand", None, "group", "no offers", "", remedy)
        raise BadInput("The snapshot knows no offer of what the scenario demands.", [fault])
    return found.select(*_OFFER, "item", "units", "relative_var")


def _offer_rates(network: Network, events: pl.DataFrame, sold: pl.DataFrame) -> pl.DataFrame:
    """Return product_id, seller_id, group, share of the group's units, relative_var and seller_share."""
    at = network.meta.as_of
    known = purchases(events, network.tables["products"])
    whole = demand_by_category(known, at).select("category", whole="mean")
    age = day_number(local_day(at)) - pl.col("day")
    alive = sold.filter((age > 0) & (age <= SUPPLY_DAYS)).select(_OFFER).unique().sort(_OFFER)
    alive = alive.join(network.tables["sellers"].drop_nulls("zip_prefix"), "seller_id", "semi")
    keys = [StockKey(product, seller, seller) for product, seller in alive.iter_rows()]
    shares = place_shares(keys, sold, at)
    alive = alive.with_columns(
        pl.Series("seller_share", [shares[key].mean for key in keys], pl.Float64),
        pl.Series("seller_var", [shares[key].var for key in keys], pl.Float64),
    )
    own, var = pl.col("seller_share"), pl.col("seller_var")
    spread = pl.col("var") / pl.col("mean") ** 2  # of the product's rate
    return (
        alive.join(demand_of_products(known, at), "product_id")
        .join(whole, "category")
        .sort(_OFFER)
        .select(
            *_OFFER,
            pl.col("category").replace("", OTHER).alias("group"),
            (pl.col("mean") / pl.col("whole") * own).alias("share"),
            (spread + var / own**2 * (1.0 + spread)).alias("relative_var"),
            "seller_share",
        )
    )


def bought_together(offers: pl.DataFrame, events: pl.DataFrame, as_of_s: int) -> Ints:
    """Return the bundle of each offer: offers of one number were bought together, and not by chance.

    Told by the orders of the `SUPPLY_DAYS` before ``as_of_s`` (see `assortment_pairs`).
    """
    lines = (
        events.filter(
            (pl.col("kind") == "OrderPurchased")
            & pl.col("time_s").is_between(as_of_s - SUPPLY_DAYS * DAY_S, as_of_s, "left")
        )
        .select("subject", *_OFFER)
        .join(offers.select(_OFFER).with_row_index("offer"), _OFFER)
        .sort("subject", "offer")
    )
    order = lines["subject"].rle_id().cast(pl.Int64).to_numpy()
    pairs = find_pairs(order, lines["offer"].cast(pl.Int64).to_numpy(), offers.height)
    return bundles(pairs, offers.height) if len(pairs.first) else np.arange(offers.height)
