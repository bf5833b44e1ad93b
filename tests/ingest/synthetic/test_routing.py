from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from tests.ingest.synthetic.conftest import Marketplace, changed, made

PARCEL = ("order_id", "product_id")


def test_an_order_has_at_most_twelve_options_and_a_parcel_one_choice(default: Marketplace) -> None:
    options = default.truth.options()
    assert options.group_by("order_id").len()["len"].max() <= 12
    assert (options.group_by(PARCEL).agg(pl.sum("chosen"))["chosen"] == 1).all()
    assert options.select(*PARCEL, "source_id", "carrier_id").is_unique().all()
    kinds = options["source_id"].str.split(":").list.first().value_counts()
    assert set(kinds.columns) == {"source_id", "count"}
    assert set(kinds["source_id"]) == {"seller", "warehouse"}


def test_propensities_add_up_and_are_what_happens(default: Marketplace) -> None:
    options = default.truth.options()
    total = options.group_by(PARCEL).agg(pl.sum("propensity"))["propensity"]
    assert np.allclose(total.to_numpy(), 1.0)
    assert options["propensity"].min() > 0  # exploration: every option can be judged
    ties = options.with_columns(bin=(pl.col("propensity") * 10).floor())
    for _, rows in ties.group_by("bin", maintain_order=True):
        expected = rows["propensity"].mean()
        error = np.sqrt((rows["propensity"] * (1 - rows["propensity"])).sum()) / rows.height
        assert abs(rows["chosen"].mean() - expected) <= 3.5 * error + 1e-9


def test_the_tables_record_the_choice(default: Marketplace) -> None:
    chosen = default.truth.options().filter("chosen")
    sources = default.truth.parameters["sources"].select("source_id", "seller_id", "location_id")
    chosen = chosen.join(sources, "source_id")
    items = default.table("olist_order_items_dataset")
    lines = items.group_by(*PARCEL, "seller_id").agg(pl.first("price"), pl.sum("freight_value"))
    both = lines.join(chosen, [*PARCEL, "seller_id"])
    assert both.height == lines.height
    assert (both["freight_value"] == both["freight_cents"]).all()
    assert (both["price"] == both["price_cents"]).all()
    shipments = default.table("olist_shipments_dataset")
    sent = shipments.join(chosen, ["order_id", "seller_id", "carrier_id"])
    assert sent.height == shipments.height
    house = sent.select(pl.col("warehouse_id").fill_null(pl.col("seller_id")))["warehouse_id"]
    assert (house == sent["location_id"]).all()


def test_options_keep_to_the_carriers_limits(default: Marketplace) -> None:
    parcels = default.truth.parcels.select(*PARCEL, "weight_g")
    rows = (
        default.truth.options()
        .join(parcels, PARCEL)
        .join(default.table("olist_carriers_dataset"), "carrier_id")
    )
    assert (rows["weight_g"] <= rows["max_weight_g"]).all()
    contracts = (
        default.truth.parameters["sources"].explode("carrier_ids").rename({"carrier_ids": "carrier_id"})
    )
    assert rows.join(contracts, ["source_id", "carrier_id"], "anti").is_empty()


@pytest.mark.parametrize("name", ["nearest", "cheapest", "random"])
def test_rules_choose_by_their_score(
    tmp_path: Path, null: Marketplace, default: Marketplace, name: str
) -> None:
    world = changed(default.world, rule={"name": name, "explore": 0.0})
    options = made(tmp_path / name, world, 3_000, 2).truth.options()
    parcels = default_quantities(tmp_path / name)
    money = pl.col("price_cents") * pl.col("quantity") + pl.col("freight_cents")
    score = {"nearest": pl.col("distance_km"), "cheapest": money, "random": pl.lit(0)}[name]
    rows = options.join(parcels, PARCEL).with_columns(score=score.cast(pl.Float64))
    best = pl.col("score") <= pl.col("score").min().over(PARCEL)
    ties = best.cast(pl.Float64) / best.sum().over(PARCEL)
    assert np.allclose(*(rows.select("propensity", ties.alias("ties")).to_numpy().T))
    assert rows.filter("chosen").select(best.alias("best"))["best"].all()


def default_quantities(folder: Path) -> pl.DataFrame:
    return pl.read_parquet(folder / "truth" / "parcels.parquet").select(*PARCEL, "quantity")


def test_two_parcels_of_an_order_never_share_a_seller(default: Marketplace) -> None:
    shipments = default.table("olist_shipments_dataset")
    assert shipments.select("order_id", "seller_id").is_unique().all()
    two = shipments.group_by("order_id").len().filter(pl.col("len") == 2).height
    assert 0.01 < two / default.table("olist_orders_dataset").height < 0.03
