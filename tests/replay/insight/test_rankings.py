"""Rankings agree with an independent query, know nothing of the future, and are fair to new sellers."""

from __future__ import annotations

from collections import defaultdict
from statistics import fmean

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from graph.errors import BadInput
from replay.insight.breaches import Evidence, breaches
from replay.insight.criteria import Criterion, score
from replay.insight.expected import with_expected
from replay.insight.packages import Log, packages
from replay.insight.rankings import rank_sellers
from replay.insight.routes import RouteLevel, rank_routes
from replay.insight.settings import RankingSettings
from replay.insight.shrunk import shrunk_means
from tests.replay.insight.raw import Row

DAY_S = 86_400
SETTINGS = RankingSettings()


def in_window(rows: list[Row], as_of_s: int) -> dict[str, list[Row]]:
    """Return the packages of the window by seller, those lost to sight left out."""
    found = defaultdict(list)
    for row in rows:
        waited = row.handed_s is None and as_of_s - row.purchased_s > 90 * DAY_S
        travelled = row.handed_s is not None and as_of_s - row.handed_s > 120 * DAY_S
        lost = row.delivered_s is None and (waited or travelled)
        if row.purchased_s >= as_of_s - SETTINGS.window_days * DAY_S and not lost:
            found[row.seller_id].append(row)
    return found


def test_raw_figures_of_sellers_agree_with_the_plain_tables(
    packages: pl.DataFrame, rows: list[Row], log: Log
) -> None:
    ranking = rank_sellers(packages, log.as_of_s, SETTINGS)
    plain = in_window(rows, log.as_of_s)
    assert set(ranking.sellers["seller_id"]) == set(plain)
    for told in ranking.sellers.iter_rows(named=True):
        own = plain[told["seller_id"]]
        days = [row.handling_days for row in own if row.handling_days is not None]
        due = [
            row
            for row in own
            if row.limit_s is not None and (row.handed_s is not None or row.limit_s < log.as_of_s)
        ]
        missed = [row for row in due if (row.handed_s or log.as_of_s) > (row.limit_s or 0)]
        late = [row.late for row in own if row.late is not None]
        assert told["n"] == len(own)
        assert (told["rank"] is not None) == (len(own) >= SETTINGS.least_packages)
        assert told["handling_days"] == (pytest.approx(fmean(days)) if days else None)
        assert (told["due"], told["breaches"]) == (len(due), len(missed))
        assert told["late_share"] == (pytest.approx(fmean(late)) if late else None)
    assert len(plain) > 20


def test_raw_figures_of_routes_agree_with_the_plain_tables(
    packages: pl.DataFrame, rows: list[Row], log: Log
) -> None:
    ranking = rank_routes(packages, log.as_of_s, SETTINGS, RouteLevel.STATE)
    plain = defaultdict(list)
    for row in (row for own in in_window(rows, log.as_of_s).values() for row in own):
        if row.handed_s is not None:
            plain[row.seller_state, row.customer_state].append(row)
    assert {(row["from"], row["to"]) for row in ranking.routes.to_dicts()} == set(plain)
    for told in ranking.routes.iter_rows(named=True):
        own = plain[told["from"], told["to"]]
        days = [row.transit_days for row in own if row.transit_days is not None]
        due = [row for row in own if row.delivered_s is not None or row.promised_s < log.as_of_s]
        late = [row for row in due if row.late is not False]
        assert told["n"] == len(own)
        assert told["transit_days"] == (pytest.approx(fmean(days)) if days else None)
        assert (told["due"], told["late"]) == (len(due), len(late))


def test_the_best_come_first_and_intervals_hold_their_means(packages: pl.DataFrame, log: Log) -> None:
    ranking = rank_sellers(packages, log.as_of_s, SETTINGS)
    assert ranking.ranked["score"].is_sorted(descending=True)
    assert ranking.ranked["rank"].to_list() == list(range(1, ranking.ranked.height + 1))
    for name in ("score", "speed_factor", "breach_share", "review_effect"):
        ends = ranking.sellers.select(
            pl.col(f"{name}_low") <= pl.col(name), pl.col(name) <= pl.col(f"{name}_high")
        )
        assert all(ends[column].all() for column in ends.columns), name
    told = ranking.to_dict(3)
    assert [row["rank"] for row in told["sellers"]] == [1, 2, 3]
    worst = ranking.to_dict(1, worst=True)["sellers"]
    assert worst[0]["rank"] == ranking.ranked.height
    assert sum(ranking.sellers["exposure_share"]) == pytest.approx(1.0)


def test_rankings_need_nothing_later(log: Log) -> None:
    as_of_s = log.as_of_s - 60 * DAY_S
    later = log.events.filter(pl.col("time_s") >= as_of_s)
    altered = pl.concat(
        [
            log.events.filter(pl.col("time_s") < as_of_s),
            later.with_columns(pl.lit(1, pl.Int32).alias("score")),
        ]
    )
    then, other = (with_expected(packages(events, log.tables, as_of_s)) for events in (log.events, altered))
    one, two = (rank_sellers(frame, as_of_s, SETTINGS) for frame in (then, other))
    assert_frame_equal(one.sellers, two.sellers, check_exact=True)
    assert one.to_dict() == two.to_dict()


def test_who_is_new_is_shown_like_a_good_seller_and_who_is_bad_hardly() -> None:
    mean, n = np.array([-1.0, 1.0, 0.0, 0.0]), np.array([400.0, 400.0, 0.0, 400.0])
    shrunk = shrunk_means(mean, n, 1.0)
    scored = score({"speed": Criterion(n, mean, shrunk, -1)}, {"speed": 1.0})
    good, bad, new, usual = scored.exposure
    assert bad < usual < new
    assert new == pytest.approx(good, rel=0.25)
    assert scored.exposure.sum() == pytest.approx(1.0)


def test_a_parcel_that_still_waits_makes_its_seller_slower(packages: pl.DataFrame, log: Log) -> None:
    waiting = packages.filter(pl.col("at") == "handling")
    seller = waiting["seller_id"][0]
    before = rank_sellers(packages, log.as_of_s, SETTINGS).sellers
    overdue = pl.when((pl.col("at") == "handling") & (pl.col("seller_id") == seller))
    earlier = overdue.then(pl.col("approved_s") - 30 * DAY_S).otherwise(pl.col("approved_s"))
    after = rank_sellers(packages.with_columns(approved_s=earlier), log.as_of_s, SETTINGS).sellers
    factor = [frame.filter(pl.col("seller_id") == seller)["speed_factor"][0] for frame in (before, after)]
    assert factor[1] > factor[0]


def test_what_a_warehouse_packs_says_nothing_of_the_sellers_handling(
    packages: pl.DataFrame, log: Log
) -> None:
    stored = packages.with_columns(warehouse_id=pl.lit("w"))
    told = rank_sellers(stored, log.as_of_s, SETTINGS)
    assert told.sellers["due"].sum() == told.breaches.height == 0
    assert told.sellers["handling_days"].null_count() == told.sellers.height
    assert told.sellers["reviews"].sum() > 0


def test_a_breach_is_a_hand_over_after_the_limit_or_none_by_now() -> None:
    at = 1_000 * DAY_S
    rows = [
        ("kept", 990, 995, 996, "transit"),
        ("missed", 990, 997, 996, "transit"),
        ("still there", 990, None, 996, "handling"),
        ("not due yet", 990, None, 1_005, "handling"),
        ("lost", 890, None, 896, "lost"),
        ("no limit", 990, 995, None, "transit"),
    ]
    frame = pl.DataFrame(
        rows, schema=["seller_id", "purchased_s", "handed_s", "shipping_limit_s", "at"], orient="row"
    ).with_columns(
        pl.col("purchased_s", "handed_s", "shipping_limit_s") * DAY_S,
        warehouse_id=pl.lit(None, dtype=pl.String),
    )
    told = breaches(frame, at, SETTINGS)
    assert dict(zip(told["seller_id"], told["breaches"], strict=True)) == {
        "kept": 0,
        "missed": 1,
        "still there": 1,
    }


def test_a_penalty_needs_an_interval_above_all_sellers_and_enough_packages() -> None:
    at = 1_000 * DAY_S
    sent = [("often", 30, 40), ("twice", 2, 2), *((f"s{i}", i % 3, 40) for i in range(30))]
    rows = [
        {"seller_id": name, "purchased_s": at - 9 * DAY_S, "handed_s": at - (3 if k < missed else 6) * DAY_S}
        for name, missed, n in sent
        for k in range(n)
    ]
    frame = pl.DataFrame(rows).with_columns(
        shipping_limit_s=at - 5 * DAY_S, at=pl.lit("transit"), warehouse_id=pl.lit(None, dtype=pl.String)
    )
    told = {row["seller_id"]: row for row in breaches(frame, at, SETTINGS).to_dicts()}
    assert told["often"]["evidence"] == Evidence.STRONG
    assert told["often"]["excess_breaches"] == pytest.approx(30 - 40 * told["often"]["usual_share"])
    assert told["twice"]["share"] == 1.0
    assert told["twice"]["evidence"] == Evidence.WEAK
    assert told["s0"]["evidence"] == Evidence.NONE


def test_an_empty_history_has_empty_rankings(packages: pl.DataFrame, log: Log) -> None:
    nothing = packages.clear()
    told = rank_sellers(nothing, log.as_of_s, SETTINGS).to_dict()
    assert (told["sellers"], told["seller_of_the_month"], told["breach_share"]) == ([], None, None)
    assert rank_routes(nothing, log.as_of_s, SETTINGS).to_dict()["routes"] == []


@pytest.mark.parametrize(
    ("wrong", "column"),
    [
        ({"window_days": 0}, "window_days"),
        ({"sellers": {"speed": 1.0}}, "sellers"),
        ({"sellers": {"speed": -1.0, "reliability": 1.0, "satisfaction": 1.0}}, "sellers.speed"),
        ({"routes": {"speed": 0.0, "reliability": 0.0}}, "routes"),
        ({"medium": 0.5}, "impact"),
    ],
)
def test_settings_that_make_no_sense_are_refused(wrong: dict[str, object], column: str) -> None:
    with pytest.raises(BadInput) as caught:
        RankingSettings(**wrong)  # type: ignore[arg-type]
    assert [fault.column for fault in caught.value.faults] == [column]
