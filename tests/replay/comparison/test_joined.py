"""Outcomes side by side: the same orders for all, and no comparison without the record."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from graph.days import DAY_S
from graph.errors import BadInput
from replay.comparison.joined import MATURE_DAYS, Joined, mature_before, recorded_policy
from replay.comparison.measures import MEASURES
from tests.replay.comparison.planted import COSTS, Planted


def test_only_orders_that_all_policies_serve_are_compared() -> None:
    told, ended = Planted(orders=100).frames()
    lost = {"as_is": {0, 3}, "priced": {3, 7}}
    for name, rows in lost.items():
        gone = pl.Series([order in rows for order in range(100)])
        told[name] = told[name].with_columns(
            expected_days=pl.when(~gone).then("expected_days"), decided=~gone
        )
    joined = Joined.of(told, ended, COSTS, None)
    kept = [f"o{order:06d}" for order in range(100) if order not in {0, 3, 7}]
    for name in told:
        assert joined.outcomes[name]["order_id"].to_list() == kept
        assert joined.expected[name].height == len(joined.moves[name].moved) == len(kept)
    assert joined.facts["order_id"].to_list() == kept


def test_the_record_is_found_by_what_it_does() -> None:
    told, ended = Planted(orders=100).frames()
    assert recorded_policy({"priced": told["priced"], "history": told["as_is"]}) == "history"
    with pytest.raises(BadInput, match="--policy as_is"):
        Joined.of({"priced": told["priced"]}, ended, COSTS, None)


def test_nothing_served_is_nothing_to_compare() -> None:
    told, ended = Planted(orders=10, moves=0.0).frames()
    none = {name: frame.with_columns(expected_days=pl.lit(None, pl.Float64)) for name, frame in told.items()}
    with pytest.raises(BadInput, match="nothing to compare"):
        Joined.of(none, ended, COSTS, None)


def test_changes_and_errors_are_what_was_planted() -> None:
    planted = Planted(orders=300, believed=1.5, noise=0.0, level=0.25)
    told, ended = planted.frames()
    joined = Joined.of(told, ended, COSTS, None)
    moved = joined.moves["priced"].moved
    assert joined.change("priced", "expected_days") == pytest.approx(np.where(moved, -1.5, 0.0))
    days = next(measure for measure in MEASURES if measure.name == "expected_days")
    ripe = joined.purchased_s < joined.mature_s
    assert 0 < ripe.sum() < 300
    assert joined.check(days).error[ripe] == pytest.approx(0.25)
    assert np.isnan(joined.check(days).error[~ripe]).all()
    assert (joined.moves["priced"].lane == joined.moves["priced"].recorded_lane)[~moved].all()
    assert (joined.moves["priced"].lane != joined.moves["priced"].recorded_lane)[moved].all()


def test_purchases_ripen_before_the_last_delivery() -> None:
    _, ended = Planted(orders=50).frames()
    assert mature_before(ended) == ended["delivered_s"].max() - MATURE_DAYS * DAY_S
    assert mature_before(ended.clear()) < 0


def test_means_are_those_of_the_columns() -> None:
    told, ended = Planted(orders=80).frames()
    joined = Joined.of(told, ended, COSTS, None)
    means = joined.means("priced")
    assert means["expected_days"] == pytest.approx(told["priced"]["expected_days"].mean())
    assert means["freight_cents"] == told["priced"]["freight_cents"].mean()
    assert means["review_score"] is None
