"""A report made from a history: with a plan and without, and nothing from after its end in its rankings."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from api import policies
from graph.days import local_day
from graph.plan import PlacementPlan
from ingest.source import open_source
from replay.canonical import canonical
from replay.insight.modelled import BASIS
from replay.recorded import Past
from replay.report.making import LAST_DAYS, Made, Sources, Wanted, make

START, END = datetime(2017, 6, 1, 3, tzinfo=UTC), datetime(2017, 6, 15, 3, tzinfo=UTC)
SPAN_S = int(START.timestamp()), int(END.timestamp())


@pytest.fixture(scope="module")
def sources(market_dir: Path) -> Sources:
    return Sources.read("market", open_source(market_dir), lambda _text: None)


def plan(past: Past) -> PlacementPlan:
    """Stock the offers sold most before the start beside the customers who bought most."""
    known = past.lines.filter(pl.col("purchased_s") < SPAN_S[0])
    most = (
        known.group_by("product_id", "seller_id")
        .agg(pl.col("quantity").sum())
        .sort("quantity", "product_id", "seller_id", descending=[True, False, False])
    )
    place = known["zip_prefix"].mode().sort()[0]
    limits = pl.Series([None], dtype=pl.Int64)
    sites = pl.DataFrame(
        {"warehouse_id": ["north"], "zip_prefix": [place], "handling_hours": [6.0]}
        | {"capacity_units": limits, "daily_capacity_orders": limits}
    )
    stock = most.head(40).select(pl.lit("north").alias("warehouse_id"), "seller_id", "product_id")
    return PlacementPlan.of(START, sites, stock.with_columns(units=pl.lit(50, pl.Int64)))


@pytest.fixture(scope="module")
def made(sources: Sources) -> tuple[Made, list[tuple[float, str]]]:
    told: list[tuple[float, str]] = []
    chosen = [policies.load(name) for name in ("as_is", "cheapest")]
    wanted = Wanted(chosen, chosen[-1].costs, placement=plan, seed=3)
    return make(sources, SPAN_S, wanted, lambda share, text: told.append((share, text))), told


def test_placement_and_routing_are_told_apart(made: tuple[Made, list[tuple[float, str]]]) -> None:
    numbers = made[0].report.to_dict()
    effects = numbers["comparison"]["effects"]
    assert {row["policy"] for row in effects["routing"]} == {"cheapest (no plan)"}
    assert {(row["policy"], row["against"]) for row in effects["placement"]} == {
        ("cheapest", "cheapest (no plan)")
    }
    assert made[0].outcomes["cheapest"]["plan_units"].sum() > 0
    assert numbers["replayed"]["placement"]["warehouses"] == ["north"]
    assert (numbers["source"], numbers["seed"]) == ("market", 3)
    assert (numbers["first_day"], numbers["last_day"]) == ("2017-06-01", "2017-06-14")
    assert numbers["happened"]["orders"] == numbers["replayed"]["orders"]["decided"]


def test_progress_only_grows(made: tuple[Made, list[tuple[float, str]]]) -> None:
    shares = [share for share, _ in made[1]]
    assert shares == sorted(shares)
    assert 0.0 <= shares[0] <= shares[-1] <= 1.0
    assert {text for _, text in made[1]} >= {"Replaying", "Replaying with the plan", "Comparing"}


def test_rankings_know_nothing_from_after_the_stretch(
    made: tuple[Made, list[tuple[float, str]]], sources: Sources
) -> None:
    told = made[0].report.insight
    assert told["as_of_s"] == SPAN_S[1]
    known = sources.log.packages(SPAN_S[1])
    assert told["kpis"]["now"]["delivered"] <= known["order_id"].n_unique()
    assert sum(row["n"] for row in told["routes"]["routes"]) <= known.height
    assert told["diagnosis"]["expected_from"] == BASIS
    assert told["diagnosis"]["packages"] <= made[0].report.happened["packages"]


def test_the_numbers_are_json_and_the_same_again(made: tuple[Made, list[tuple[float, str]]]) -> None:
    one, two = (made[0].report.to_dict() for _ in range(2))
    assert canonical(one) == canonical(two)
    assert len(one["report_id"]) == 64


def test_without_a_stretch_it_is_the_last_days(sources: Sources) -> None:
    from_s, to_s = sources.span_s(None, None)
    assert to_s == int(sources.past.lines["purchased_s"].max()) + 1  # type: ignore[arg-type]
    assert (LAST_DAYS - 1) * 86_400 < to_s - from_s <= LAST_DAYS * 86_400
    days = {local_day(datetime.fromtimestamp(at_s, UTC)) for at_s in range(from_s, to_s, 3_600)}
    assert len(days | {local_day(datetime.fromtimestamp(to_s - 1, UTC))}) == LAST_DAYS
    assert sources.span_s(START, END) == SPAN_S
    assert sources.span_s(None, END)[0] == SPAN_S[1] - LAST_DAYS * 86_400
