"""The real history: packages equal to an independent reading of the tables, and the figures of the page."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import polars as pl
import pytest

from ingest.source import open_source
from replay.insight.claims import STATE, Verdict
from replay.insight.insight import Insight
from replay.insight.packages import Log
from replay.insight.settings import RankingSettings
from tests.replay.insight.raw import Row, read_rows

pytestmark = pytest.mark.campaign
PAGE = (Path(__file__).parents[3] / "docs" / "insight.md").read_text("utf-8")


@pytest.fixture(scope="module")
def insight(olist_dir: Path) -> Insight:
    return Insight(Log.of_source(open_source(olist_dir)), RankingSettings())


@pytest.fixture(scope="module")
def plain(olist_dir: Path, insight: Insight) -> list[Row]:
    return read_rows(olist_dir, insight.log.as_of_s)


def test_every_package_is_the_one_of_the_tables(insight: Insight, plain: list[Row]) -> None:
    found = insight.packages.filter(pl.col("seller_id").is_not_null()).sort("order_id", "seller_id")
    assert found.height == len(plain) == 80_790
    for column in (
        "purchased_s",
        "approved_s",
        "handed_s",
        "delivered_s",
        "promised_s",
        "price_cents",
        "late",
    ):
        assert found[column].to_list() == [getattr(row, column) for row in plain], column
    assert found["shipping_limit_s"].to_list() == [row.limit_s for row in plain]
    assert found["review_score"].to_list() == [row.score for row in plain]


def test_breaches_are_those_of_the_tables(insight: Insight, plain: list[Row]) -> None:
    since = insight.log.as_of_s - 180 * 86_400
    missed = Counter(
        row.seller_id
        for row in plain
        if row.purchased_s >= since and row.handed_s and row.limit_s and row.handed_s > row.limit_s
    )
    told = insight.sellers.breaches.filter(evidence="strong")
    worst = told.row(0, named=True)
    assert (worst["breaches"], worst["n"]) == (45, 48)
    assert missed[worst["seller_id"]] <= worst["breaches"]
    assert f"{worst['breaches']} of {worst['n']} after the limit" in PAGE


def test_the_figures_of_the_page_are_those_of_the_program(insight: Insight) -> None:
    claims = insight.claims
    assert {claim.verdict for claim in claims.claims} == {Verdict.HOLDS_BY_SELECTION}
    assert {claim.nearest for claim in claims.claims} == {"slowest_15_percent"}
    here = next(tried.state for tried in claims.tried if tried.selection.name == "slowest_15_percent")
    every = claims.day_handling["all"]
    day = insight.diagnosis.overall.filter(stage="transit").row(0, named=True)
    told = insight.bottlenecks.to_dict()
    sao_paulo = told["bottlenecks"][0]
    wanted = [
        f"{here.n:,} item rows with {here.hours:.1f} h".replace(",", " "),
        f"{here.saved_hours:.1f} h and {100 * (here.shorter or 0):.1f} % on those rows",
        f"all {every['packages']:,} packages".replace(",", " "),
        f"{every['rescued']:,} of {every['late']:,} late packages".replace(",", " "),
        f"{every['late_in_transit']:,} of the {every['late']:,} late packages".replace(",", " "),
        f"**{100 * day['late_excess_share']:.1f} %**",
        f"{insight.sellers.ranked.height} sellers ranked",
        f"the fence is {told['fence_hours']:.0f} h",
        f"{sao_paulo['current_outlier_count']} outliers, {sao_paulo['waiting_outliers']} of them still",
        f"reviewed order ({insight.satisfaction.reviews:,})".replace(",", " "),
    ]
    assert sao_paulo["state"] == STATE
    assert not [text for text in wanted if text not in PAGE.replace("\n", " ")]
