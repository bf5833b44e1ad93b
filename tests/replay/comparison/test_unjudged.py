"""What outcomes cannot judge, counted by reason."""

from __future__ import annotations

import polars as pl

from replay.comparison.unjudged import REASONS, cannot_judge
from tests.replay.comparison.planted import Planted


def test_each_reason_counts_and_an_order_counts_once() -> None:
    told, ended = Planted(orders=100, moves=0.2, several=0.5).frames()
    frame = told["priced"]
    moved = ~frame["as_recorded"]
    first_kept = frame.filter(~moved)["order_id"][:3].to_list()
    ended = ended.with_columns(
        realised_days=pl.when(~pl.col("order_id").is_in(first_kept[:1])).then("realised_days")
    )
    frame = frame.with_columns(
        short_units=pl.col("order_id").is_in(first_kept[:2]).cast(pl.Int32),
        plan_units=(moved & (frame["order_id"] == frame.filter(moved)["order_id"][0])).cast(pl.Int32),
        decided=pl.col("order_id") != first_kept[2],
    )
    found = cannot_judge(frame, ended)
    counts = {row["reason"]: row["orders"] for row in found["reasons"]}
    assert counts == {
        "not_decided": 1,
        "not_kept": moved.sum(),
        "no_outcome": 1,
        "short_units": 2,
        "synthetic": 1,
    }
    assert list(counts) == list(REASONS)
    assert found["share"] == (moved.sum() + 3) / 100
    assert found["without_outcome"] == (moved.sum() + 2) / 100
    assert found["orders"] == 100


def test_a_kept_and_delivered_order_is_judged() -> None:
    told, ended = Planted(orders=30).frames()
    assert cannot_judge(told["as_is"], ended)["share"] == 0.0
