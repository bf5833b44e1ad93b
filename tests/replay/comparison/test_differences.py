"""Differences that find a planted truth, curse of the pick included, and say nothing where nothing is."""

from __future__ import annotations

import polars as pl
import pytest

from replay.comparison.comparison import compare_outcomes
from replay.comparison.joined import mature_before
from replay.comparison.measures import Verdict
from tests.replay.comparison.planted import COSTS, MONDAY_S, Planted


def test_a_true_gain_is_found() -> None:
    planted = Planted()
    claim = planted.compare().found("priced", "expected_days")
    assert claim.model == pytest.approx(planted.gain, rel=0.05)
    assert claim.low is not None
    assert claim.high is not None
    assert claim.low < planted.gain < claim.high < 0.0
    assert claim.verdict is Verdict.GAIN


def test_errors_of_all_orders_alike_cancel() -> None:
    straight, shifted = (Planted(level=level).compare().found("priced", "expected_days") for level in (0, 5))
    assert shifted.mean == pytest.approx(straight.mean, rel=0.05)


def test_a_gain_that_only_the_model_believes_is_not_claimed() -> None:
    cursed = Planted(believed=1.0, curse=1.0)
    claim = cursed.compare().found("priced", "expected_days")
    assert claim.model == pytest.approx(-0.3, rel=0.1)
    assert claim.mean == pytest.approx(0.0, abs=0.1)
    assert claim.verdict is Verdict.NONE


def test_intervals_hold_as_often_as_they_say() -> None:
    """Ninety per cent of sixty: fewer than 46 would be a chance of one in a thousand."""
    held = 0
    for seed in range(60):
        planted = Planted(orders=400, curse=0.7, noise=3.0, seed=seed)
        claim = planted.compare(seed).found("priced", "expected_days")
        assert claim.low is not None
        assert claim.high is not None
        held += claim.low <= planted.gain <= claim.high
    assert 46 <= held <= 59


def test_without_outcomes_of_kept_orders_nothing_is_claimed() -> None:
    claim = Planted(orders=40, several=1.0, moves=0.9).compare().found("priced", "expected_days")
    assert not claim.checked
    assert claim.mean < 0.0
    assert claim.verdict is Verdict.NONE


def test_one_week_has_no_interval_and_no_verdict() -> None:
    claim = Planted(weeks=1).compare().found("priced", "freight_cents")
    assert (claim.low, claim.high, claim.verdict) == (None, None, Verdict.NONE)
    assert claim.mean == pytest.approx(-30.0, rel=0.1)


def test_who_keeps_the_record_changes_nothing() -> None:
    compared = Planted(moves=0.0).compare()
    for one in compared.differences:
        assert (one.mean, one.low, one.high, one.verdict) == (0.0, 0.0, 0.0, Verdict.NONE)


def test_money_is_a_plain_mean_and_less_of_it_a_gain() -> None:
    claim = Planted().compare().found("priced", "freight_cents")
    assert claim.mean == claim.model == pytest.approx(-30.0, rel=0.1)
    assert claim.verdict is Verdict.GAIN
    assert claim.kept == claim.moved == 0


def test_more_on_time_is_a_gain_and_all_costs_follow() -> None:
    compared = Planted(believed=4.0, weeks=12).compare()
    assert compared.found("priced", "p_on_time").mean > 0.0
    assert compared.found("priced", "total_cents").verdict is Verdict.GAIN


def test_the_same_seed_gives_the_same_bits() -> None:
    first, again = (Planted().compare(3).to_dict() for _ in range(2))
    assert first == again
    assert first != Planted().compare(4).to_dict()


def test_purchases_whose_slow_ones_are_missing_check_nothing() -> None:
    told, ended = Planted().frames()
    claim = compare_outcomes(told, ended, COSTS, MONDAY_S, seed=0).found("priced", "expected_days")
    unripe = pl.col("purchased_s") >= mature_before(ended)
    wild = ended.with_columns(pl.when(unripe).then(99.0).otherwise("realised_days").alias("realised_days"))
    assert wild["realised_days"].max() == 99.0
    assert compare_outcomes(told, wild, COSTS, MONDAY_S, seed=0).found("priced", "expected_days") == claim
