"""How orders ended, against the files read by hand, and what was planted in them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from ingest.source import open_source
from replay.facts_of_orders import SCHEMA, STAGES
from replay.recorded import Past, read_past

DAY_S = 86_400


@pytest.fixture(scope="module")
def past(market_dir: Path) -> Past:
    return read_past(open_source(str(market_dir)))


def raw(market_dir: Path, name: str) -> pl.DataFrame:
    return pl.read_csv(market_dir / f"olist_{name}_dataset.csv", infer_schema=False)


def test_one_row_an_order_with_lines(past: Past, market_dir: Path) -> None:
    assert past.facts.schema == SCHEMA
    assert set(past.facts["order_id"]) == set(raw(market_dir, "order_items")["order_id"])
    assert past.facts["order_id"].is_unique().all()
    assert past.facts.equals(past.facts.sort("purchased_s", "order_id"))


def test_days_and_lateness_are_the_last_packages(past: Past, market_dir: Path) -> None:
    shipments = raw(market_dir, "shipments")
    several = shipments.group_by("order_id").agg(
        n=pl.len(), arrived=pl.col("delivered_at").is_not_null().all(), last=pl.col("delivered_at").max()
    )
    told = past.facts.join(several, on="order_id")
    ended = told.filter("arrived")
    assert ended.filter(pl.col("n") > 1).height > 5
    local = pl.from_epoch("delivered_s").dt.replace_time_zone("UTC").dt.convert_time_zone("America/Sao_Paulo")
    assert (ended.select(local.dt.strftime("%Y-%m-%d %H:%M:%S")).to_series() == ended["last"]).all()
    assert ended["realised_days"].to_list() == pytest.approx(
        ((ended["delivered_s"] - ended["purchased_s"]) / DAY_S).to_list()
    )
    assert (ended["late"] == (ended["realised_days"] > ended["promised_days"])).all()
    open_ones = told.filter(~pl.col("arrived"))
    assert open_ones.height > 5
    assert (
        open_ones.select(pl.col("realised_days", "delivered_s", "late").is_null().all()).row(0) == (True,) * 3
    )


def test_stages_add_up_where_none_was_blanked(past: Past) -> None:
    whole = past.facts.drop_nulls([f"{stage}_days" for stage in STAGES])
    assert whole.height > 0.9 * past.facts["realised_days"].count()
    total = sum((whole[f"{stage}_days"] for stage in STAGES), start=pl.Series([0.0] * whole.height))
    assert total.to_list() == pytest.approx(whole["realised_days"].to_list())


def test_reviews_are_the_last_answers(past: Past, market_dir: Path) -> None:
    answers = raw(market_dir, "order_reviews").sort("review_answer_timestamp", "review_id")
    last = answers.unique("order_id", keep="last", maintain_order=True)
    told = past.facts.join(last.select("order_id", "review_score"), on="order_id", how="inner", suffix="_raw")
    assert told.height > 1_000
    assert (told["review_score"].cast(pl.String) == told["review_score_raw"]).all()
    assert past.facts.filter(pl.col("review_score").is_not_null())["reviewed_s"].null_count() == 0


def test_sellers_and_states_are_named(past: Past, market_dir: Path) -> None:
    items = raw(market_dir, "order_items").group_by("order_id").agg(pl.col("seller_id").unique().sort())
    told = past.facts.join(items, on="order_id")
    assert (told["seller_ids"] == told["seller_id"].list.join(";")).all()
    homes = raw(market_dir, "orders").join(raw(market_dir, "customers"), on="customer_id")
    placed = past.facts.join(homes, on="order_id", suffix="_raw")
    assert (placed["customer_state"] == placed["customer_state_raw"]).all()


def test_the_real_history_ends_as_the_design_says(olist_dir: Path) -> None:
    told = read_past(open_source(str(olist_dir))).facts
    before = told.filter(pl.col("delivered_s") < int(datetime(2018, 6, 1, 3, tzinfo=UTC).timestamp()))
    assert before["realised_days"].mean() == pytest.approx(13.3, abs=0.1)
    assert (
        before.filter(~pl.col("late"))["review_score"].mean()
        > 1.5 + before.filter("late")["review_score"].mean()
    )
