"""The score that a delivery may expect, learned from the past alone."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from graph.days import DAY_S
from replay.comparison.reviews import EDGES, LEAST, ScoreCurve
from tests.replay.comparison.planted import MONDAY_S, PROMISE_DAYS, facts

RNG = np.random.default_rng(2)
DAYS = RNG.uniform(1.0, 40.0, 20_000)
BEFORE_S = MONDAY_S + 100 * DAY_S


def planted() -> pl.DataFrame:
    """Return deliveries that lose two stars at the promise, and a tenth of one for each day beyond it."""
    delay = DAYS - PROMISE_DAYS
    score = np.where(delay > 0, 2.5 - 0.1 * np.minimum(delay, 10.0), 4.5)
    drawn = np.clip(np.floor(score + RNG.uniform(0.0, 1.0, len(DAYS))), 1, 5).astype(int)
    return facts(MONDAY_S + np.arange(len(DAYS)), DAYS, score=drawn)


def told(mean: float, var: float, on_time: float | None = None) -> pl.DataFrame:
    if on_time is None:
        on_time = float(mean <= PROMISE_DAYS)
    row = {"expected_days": mean, "var_days": var, "p_on_time": on_time, "promised_days": PROMISE_DAYS}
    return pl.DataFrame([row])


def test_the_jump_at_the_promise_is_found() -> None:
    curve = ScoreCurve.learn(planted(), BEFORE_S)
    assert curve is not None
    assert curve.jump == pytest.approx(2.05, abs=0.15)
    assert curve.n.sum() == len(DAYS)
    assert curve.to_dict()["jump_at_promise"] == curve.jump


def test_a_sure_delivery_has_the_score_of_its_class() -> None:
    curve = ScoreCurve.learn(planted(), BEFORE_S)
    assert curve is not None
    for delay in (-10.5, -1.0, 0.5, 8.0):
        place = int(np.searchsorted(EDGES, delay))
        assert curve.expected(told(PROMISE_DAYS + delay, 1e-6)) == pytest.approx(curve.score[place])


def test_the_told_probability_decides_between_the_sides() -> None:
    curve = ScoreCurve.learn(planted(), BEFORE_S)
    assert curve is not None
    sides = [float(curve.expected(told(PROMISE_DAYS, 30.0, p))[0]) for p in (1.0, 0.0)]
    assert sides[0] > sides[1] + 1.5
    assert curve.expected(told(PROMISE_DAYS, 30.0, 0.25)) == pytest.approx(0.25 * sides[0] + 0.75 * sides[1])
    # Next to no probability on a side: it is the class beside the promise.
    assert curve.expected(told(2.0, 1e-6, 0.0)) == pytest.approx(curve.score[EDGES.index(0.0) + 1])


def test_what_is_unknown_stays_unknown() -> None:
    curve = ScoreCurve.learn(planted(), BEFORE_S)
    assert curve is not None
    without = told(10.0, 4.0).with_columns(p_on_time=pl.lit(None, pl.Float64))
    assert np.isnan(curve.expected(without)).all()


def test_reviews_answered_later_teach_nothing() -> None:
    every = planted()
    cut = MONDAY_S + 20 * DAY_S
    early, altered = (
        every.filter(pl.col("reviewed_s") < cut),
        every.with_columns(
            review_score=pl.when(pl.col("reviewed_s") < cut).then("review_score").otherwise(1).cast(pl.Int32)
        ),
    )
    # Up to the cut no order is late by the clock of the span, so give both a late history.
    late = facts(MONDAY_S - 90 * DAY_S + np.arange(500), np.full(500, PROMISE_DAYS + 2.0), "h")
    curves = [ScoreCurve.learn(pl.concat([late, frame]), cut) for frame in (early, altered)]
    assert curves[0] is not None
    assert curves[1] is not None
    assert (curves[0].score == curves[1].score).all()


def test_too_few_reviews_make_no_curve() -> None:
    few = planted().head(LEAST - 1)
    assert ScoreCurve.learn(few, BEFORE_S) is None
    assert ScoreCurve.learn(planted().filter(~pl.col("late")), BEFORE_S) is None
    assert ScoreCurve.learn(planted(), MONDAY_S) is None
