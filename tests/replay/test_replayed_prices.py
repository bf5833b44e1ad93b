"""Prices in a replay: solved by the replayed clock, repeated to the bit, blind to what comes later."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from api import policies
from graph.lead_time import OnlineParameters
from ingest.source import open_source
from optimizer.policy import Policy, PriceSchedule
from optimizer.prices import PriceTable
from replay.opened import opening_stock
from replay.recorded import Past, read_past
from replay.replayed import Replayed, replay
from replay.replayed_prices import purchases_of

FEW_TREES = OnlineParameters(lane_trees=8, seller_trees=4, base_minimum=400)
FIRST, LAST = (int(datetime(2018, month, 1, 3, tzinfo=UTC).timestamp()) for month in (2, 3))
NOON = int(datetime(2018, 2, 14, 15, tzinfo=UTC).timestamp())
PRICED = policies.load("priced")
QUICK = replace(PRICED, name="quick", prices=PriceSchedule(shadow_orders=5, futures=4))


def replayed(past: Past, policy: Policy, last: int = LAST) -> Replayed:
    stock = opening_stock(past, FIRST)
    return replay(past, (FIRST, last), [policy], PRICED.costs, stock, parameters=FEW_TREES)


def table_of(made: Replayed) -> PriceTable:
    table = made.runs[0].table
    assert table is not None
    return table


@pytest.fixture(scope="module")
def past(market_dir: Path) -> Past:
    return read_past(open_source(str(market_dir)))


@pytest.fixture(scope="module")
def made(past: Past) -> Replayed:
    return replayed(past, QUICK)


def test_prices_are_solved_again_at_most_once_a_day_and_decide(made: Replayed) -> None:
    totals = made.runs[0].totals
    versions = made.runs[0].outcomes["price_version"]
    assert 20 <= totals.price_versions == versions.n_unique() <= 28
    assert versions.null_count() == totals.unanswered
    assert table_of(made).version in versions
    assert any("solved again" in line for line in made.assumptions())


def test_a_window_of_replayed_orders_judges_them(made: Replayed) -> None:
    shadow = table_of(made).shadow
    assert shadow is not None
    assert shadow.orders >= 5


def test_the_same_replay_has_the_same_prices(past: Past, made: Replayed) -> None:
    again = replayed(past, QUICK)
    assert again.runs[0].totals == made.runs[0].totals
    assert table_of(again).version == table_of(made).version


def test_what_is_bought_later_moves_no_price(past: Past) -> None:
    known = replace(past, lines=past.lines.filter(pl.col("purchased_s") < NOON))
    whole, cut = (table_of(replayed(some, QUICK, NOON)) for some in (past, known))
    assert whole.version == cut.version


def test_purchases_are_those_of_the_record(past: Past) -> None:
    found = purchases_of(past)
    assert found["units"].sum() == past.lines["quantity"].sum()
    assert found.select("order_id", "product_id").is_duplicated().sum() == 0
    assert found["region"].str.len_chars().unique().to_list() == [3]
