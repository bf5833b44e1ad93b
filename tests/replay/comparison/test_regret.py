"""The decisions that cost most, and why."""

from __future__ import annotations

import polars as pl
import pytest

from replay.comparison.joined import Joined
from replay.comparison.regret import TERMS, WORST, Regret
from tests.replay.comparison.planted import COSTS, Planted


def ledger(hindsight: bool = False, **columns: pl.Expr) -> Regret:
    told, ended = Planted(orders=200, curse=0.0).frames()
    told["priced"] = told["priced"].with_columns(**columns)
    return Regret.of(Joined.of(told, ended, COSTS, None), [*told], COSTS, hindsight=hindsight)


def test_regret_is_what_a_decision_costs_beyond_the_cheapest() -> None:
    found = ledger()
    totals = [frame["total_cents"].to_numpy() for frame in found.outcomes.values()]
    assert found.cents[0] == pytest.approx(totals[0] - totals[1].clip(max=totals[0]))
    assert (found.cents.min(axis=0) == 0).all()
    told = found.totals()
    assert told["basis"] == "as_of"
    assert told["policies"]["priced"]["cents"] == 0.0
    by_reason = told["policies"]["as_is"]["cents_by_reason"]
    assert sum(by_reason.values()) == pytest.approx(told["policies"]["as_is"]["cents"])


def test_the_worst_come_first_with_their_terms() -> None:
    rows = ledger().worst()
    assert len(rows) == WORST
    assert {row["policy"] for row in rows} == {"as_is"}
    assert [row["regret_cents"] for row in rows] == sorted(
        (row["regret_cents"] for row in rows), reverse=True
    )
    for row in rows:
        assert list(row["cents_more"]) == list(TERMS)
        assert sum(row["cents_more"].values()) == pytest.approx(row["regret_cents"])
        assert row["best_policy"] == "priced"
        assert row["why"] == "time"
        assert row["source_ids"] != row["best_source_ids"]
        assert row["carrier_ids"] == row["best_carrier_ids"] == "unknown"


def test_a_carrier_that_alone_is_cheaper_is_named() -> None:
    told, ended = Planted(orders=60, moves=0.0).frames()
    dear = pl.col("freight_cents") + 900
    told["priced"] = told["as_is"].with_columns(carrier_ids=pl.lit("slow"), freight_cents=dear)
    row = Regret.of(Joined.of(told, ended, COSTS, None), [*told], COSTS, hindsight=False).worst()[0]
    assert (row["policy"], row["carrier_ids"], row["best_carrier_ids"]) == ("priced", "slow", "unknown")
    assert row["source_ids"] == row["best_source_ids"]


def test_an_empty_shelf_and_a_price_are_told_before_the_terms() -> None:
    dear = {"freight_cents": pl.col("freight_cents") + 5_000}
    short = ledger(**dear, stock_outs=pl.lit(1, pl.Int32)).worst()[0]
    assert (short["policy"], short["why"]) == ("priced", "stock")
    kept = ledger(**dear, price_version=pl.lit("v1")).worst()[0]
    assert (kept["policy"], kept["why"]) == ("priced", "scarcity")
    assert ledger(hindsight=True, **dear, price_version=pl.lit("v1")).worst()[0]["why"] == "freight"
    assert ledger(**dear).worst()[0]["why"] == "freight"


def test_hindsight_charges_what_lanes_really_took() -> None:
    told, ended = Planted(orders=400, moves=0.5, several=1.0, lanes=2, believed=3.0).frames()
    # What lane 1 really takes nobody could have known: a week more than all.
    slow = told["as_is"].filter(pl.col("source_ids") == "seller:1")["order_id"].to_list()
    ended = ended.with_columns(realised_days=pl.col("realised_days") + 7.0 * pl.col("order_id").is_in(slow))
    joined = Joined.of(told, ended, COSTS, None)
    moved = joined.moves["priced"].moved
    to_slow = moved & (joined.outcomes["priced"]["source_ids"] == "seller:1").to_numpy()
    known, later = (Regret.of(joined, [*told], COSTS, hindsight=flag) for flag in (False, True))
    assert (known.cents[1] == 0).all()
    assert (later.cents[1][to_slow] > 0).all()
    assert later.totals()["basis"] == "hindsight"
    assert later.totals()["policies"]["priced"]["orders"] == to_slow.sum()
