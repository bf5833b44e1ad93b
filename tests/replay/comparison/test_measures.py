"""What came of the record, in the same units as what was expected."""

from __future__ import annotations

import polars as pl
import pytest

from replay.comparison.measures import MEASURES, Verdict, expected, realised
from tests.replay.comparison.planted import COSTS, PROMISE_DAYS, Planted


def test_verdicts_need_the_whole_interval_on_one_side() -> None:
    less, more = (next(m for m in MEASURES if m.name == name) for name in ("expected_days", "p_on_time"))
    assert less.verdict(-2.0, -1.0) is more.verdict(1.0, 2.0) is Verdict.GAIN
    assert less.verdict(1.0, 2.0) is more.verdict(-2.0, -1.0) is Verdict.LOSS
    assert less.verdict(-1.0, 1.0) is less.verdict(0.0, 1.0) is more.verdict(-1.0, 0.0) is Verdict.NONE


def test_every_measure_has_its_column_and_every_checked_one_its_outcome() -> None:
    told, ended = Planted(orders=60).frames()
    assert expected(told["as_is"], ended, None).columns == [measure.name for measure in MEASURES]
    came = realised(told["as_is"], ended, COSTS, 2**40)
    assert came.columns == [measure.name for measure in MEASURES if measure.checked]


def test_outcomes_are_charged_as_expectations_are() -> None:
    told, ended = Planted(orders=60, noise=6.0).frames()
    record = told["as_is"]
    came = realised(record, ended, COSTS, 2**40)
    facts = record.select("order_id").join(ended, on="order_id", how="left", maintain_order="left")
    days = facts["realised_days"]
    late = (days > PROMISE_DAYS).cast(pl.Float64)
    assert 0 < late.sum() < 60
    assert (came["p_on_time"] == 1.0 - late).all()
    fixed = record["freight_cents"] + record["package_cents"]
    assert came["total_cents"].to_list() == pytest.approx((fixed + 60 * days + 1500 * late).to_list())
    assert came["var_days"].to_list() == pytest.approx(((days - record["expected_days"]) ** 2).to_list())


def test_without_a_promise_nothing_is_late() -> None:
    told, ended = Planted(orders=5).frames()
    record = told["as_is"].with_columns(p_on_time=pl.lit(None, pl.Float64))
    came = realised(record, ended.with_columns(late=pl.lit(None, pl.Boolean)), COSTS, 2**40)
    assert came["total_cents"].null_count() == 0
    assert came["p_on_time"].null_count() == 5


def test_what_never_arrived_has_no_outcome() -> None:
    told, ended = Planted(orders=5).frames()
    lost = ended.with_columns(pl.lit(None, pl.Float64).alias("realised_days"), late=pl.lit(None, pl.Boolean))
    came = realised(told["as_is"], lost, COSTS, 2**40)
    assert came.null_count().sum_horizontal().item() == 5 * came.width
