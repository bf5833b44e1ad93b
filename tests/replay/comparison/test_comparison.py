"""The whole comparison: JSON that a page can show, effects apart, and claims with their conditions."""

from __future__ import annotations

import json

import polars as pl
import pytest

from replay.comparison import MEASURES
from replay.comparison.comparison import UNPLANNED, Comparison, compare_outcomes
from tests.replay.comparison.planted import COSTS, MONDAY_S, Planted

KEYS = {
    *("seed", "resamples", "interval", "weeks", "orders", "against", "policies", "differences", "as_is"),
    *("review_score", "cannot_judge", "regret", "regret_totals", "effects", "assumptions"),
}


@pytest.fixture(scope="module")
def compared() -> Comparison:
    return Planted().compare()


def planned() -> Comparison:
    """Return a comparison of a policy with a plan that saves two days more on the orders it moves."""
    told, ended = Planted().frames()
    alone = {name: frame.clone() for name, frame in told.items()}
    moved = ~pl.col("as_recorded")
    told["priced"] = told["priced"].with_columns(
        expected_days=pl.col("expected_days") - 2.0 * moved, plan_units=moved.cast(pl.Int32)
    )
    return compare_outcomes(told, ended, COSTS, MONDAY_S, seed=1, unplanned=alone, planned=True)


def test_everything_is_json_and_named(compared: Comparison) -> None:
    told = json.loads(json.dumps(compared.to_dict(), allow_nan=False))
    assert set(told) == KEYS
    assert set(told["policies"]) == {"as_is", "priced"}
    names = [measure.name for measure in MEASURES]
    assert [row["measure"] for row in told["differences"]] == [n for n in names if n != "scarcity_cents"]
    for row in told["differences"]:
        assert row["low"] <= row["mean"] <= row["high"]
        assert row["correction"] == pytest.approx(row["mean"] - row["model"])
    assert told["effects"]["routing"] == told["differences"]
    assert told["effects"]["placement"] == []
    assert set(told["cannot_judge"]) == {"priced"}


def test_kept_orders_tell_what_really_came(compared: Comparison) -> None:
    kept = compared.to_dict()["policies"]["priced"]["kept"]
    assert kept["orders"] == (~compared.joined.moves["priced"].moved).sum()
    assert kept["realised_days"] == pytest.approx(kept["expected_days"], abs=0.1)
    record = compared.to_dict()["policies"]["as_is"]
    assert record["moved_share"] == 0.0
    assert record["kept"]["orders"] == compared.to_dict()["orders"]


def test_hidden_days_make_a_claim_void(compared: Comparison) -> None:
    claim = compared.found("priced", "expected_days")
    share = compared.to_dict()["policies"]["priced"]["moved_share"]
    days = compared.hidden_days("priced")
    assert claim.high is not None
    assert days is not None
    assert claim.high + share * days == pytest.approx(0.0)
    assert compared.hidden_days("as_is") is None
    assert Planted(believed=-1.0).compare().hidden_days("priced") is None
    assert any(f"{days:.1f} days" in sentence for sentence in compared.assumptions())


def test_placement_and_routing_add_up() -> None:
    compared = planned()
    whole = compared.found("priced", "expected_days")
    routing = {one.measure.name: one for one in compared.routing}
    placement = {one.measure.name: one for one in compared.placement}
    assert routing["expected_days"].policy == placement["expected_days"].against == "priced" + UNPLANNED
    together = routing["expected_days"].mean + placement["expected_days"].mean
    assert together == pytest.approx(whole.mean)
    assert placement["expected_days"].mean == pytest.approx(-0.6, abs=0.02)
    assert any("synthetic" in sentence for sentence in compared.assumptions())
    assert set(compared.to_dict()["regret_totals"]["policies"]) == {"as_is", "priced"}
    assert set(compared.to_dict()["policies"]) == {"as_is", "priced"}


def test_policies_are_compared_with_each_other_too() -> None:
    told, ended = Planted().frames()
    _, more = Planted(believed=3.0).frames()[0].values()
    compared = compare_outcomes({**told, "fastest": more}, ended, COSTS, MONDAY_S, seed=1)
    pair = compared.found("fastest", "expected_days", "priced")
    singles = [compared.found(name, "expected_days").mean for name in ("fastest", "priced")]
    assert pair.mean == pytest.approx(singles[0] - singles[1])
    with pytest.raises(KeyError):
        compared.found("priced", "expected_days", "fastest")


def test_scarcity_is_compared_between_policies_with_prices_alone() -> None:
    told, ended = Planted().frames()
    prices = {"price_version": pl.lit("v1"), "scarcity_cents": pl.lit(40, pl.Int64)}
    dear = told["priced"].with_columns(**{**prices, "scarcity_cents": pl.lit(70, pl.Int64)})
    cheap = told["priced"].with_columns(**prices)
    outcomes = {"as_is": told["as_is"], "cheap": cheap, "dear": dear}
    compared = compare_outcomes(outcomes, ended, COSTS, MONDAY_S, seed=1)
    assert compared.found("dear", "scarcity_cents", "cheap").mean == pytest.approx(30.0)
    with pytest.raises(KeyError):
        compared.found("dear", "scarcity_cents")
    assert compared.to_dict()["policies"]["as_is"]["scarcity_cents"] is None
