"""Packages agree with the plain tables and with the facts, and know nothing of the future."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from graph.errors import SnapshotError
from graph.model import UNDELIVERED_DAYS, UNHANDED_DAYS
from ingest.checks import check
from ingest.facts import gather, gather_nodes
from ingest.names import named
from ingest.source import open_source
from replay.insight.expected import with_expected
from replay.insight.packages import SCHEMA, Log, packages
from tests.replay.insight.raw import Row

DAY_S = 86_400
SAME = {
    "purchased_s": "purchased_s",
    "approved_s": "approved_s",
    "handed_s": "handed_s",
    "delivered_s": "delivered_s",
    "promised_s": "promised_s",
    "shipping_limit_s": "limit_s",
    "handling_days": "handling_days",
    "transit_days": "transit_days",
    "total_days": "total_days",
    "late": "late",
    "price_cents": "price_cents",
    "freight_cents": "freight_cents",
    "n_lines": "n_lines",
    "review_score": "score",
    "customer_state": "customer_state",
    "seller_state": "seller_state",
}


def test_every_package_has_what_the_plain_tables_say(packages: pl.DataFrame, rows: list[Row]) -> None:
    found = packages.filter(pl.col("seller_id").is_not_null()).sort("order_id", "seller_id")
    assert found.height == len(rows) > 2_000
    for column, name in SAME.items():
        wanted = [getattr(row, name) for row in rows]
        told = found[column].round(9).to_list() if column.endswith("_days") else found[column].to_list()
        assert told == [round(days, 9) if isinstance(days, float) else days for days in wanted], column


def test_the_log_and_the_facts_tell_the_same_packages(market_dir: Path) -> None:
    checked = check(open_source(market_dir), None)
    facts = gather(checked, gather_nodes(checked))
    told = named(facts.packages, facts.names).sort("order_id", "seller_id", "carrier_id", "warehouse_id")
    found = Log.of_source(open_source(market_dir)).packages()
    found = found.sort("order_id", "seller_id", "carrier_id", "warehouse_id")
    assert found["carrier_id"].n_unique() > 1
    assert found["warehouse_id"].null_count() < found.height
    pairs = {
        "warehouse_id": "warehouse_id",
        "seller_state": "from_state",
        "customer_region": "to_region",
        "handed_s": "handed_over_s",
        "distance_km": "distance_km",
        "category": "category",
    }
    for column, name in pairs.items():
        assert found[column].to_list() == told[name].to_list(), column
    for stage in ("approval", "handling", "transit", "total"):
        seconds = (found[f"{stage}_days"] * DAY_S).round().cast(pl.Int64)
        assert seconds.to_list() == told[f"{stage}_seconds"].to_list()


def test_the_packages_of_an_instant_need_nothing_later(nine_dir: Path, log: Log) -> None:
    as_of_s = log.as_of_s - 120 * DAY_S
    whole = with_expected(log.packages(as_of_s))
    early = log.events.filter(pl.col("time_s") < as_of_s)
    later = log.events.filter(pl.col("time_s") >= as_of_s)
    altered = pl.concat([early, later.with_columns(pl.col("time_s") + 5, pl.lit(1, pl.Int32).alias("score"))])
    assert later.collect().height > 1_000
    assert_frame_equal(with_expected(packages(altered, log.tables, as_of_s)), whole, check_exact=True)
    cut = Log.of_source(open_source(nine_dir), _at(as_of_s))
    assert_frame_equal(with_expected(cut.packages()), whole, check_exact=True)


def test_what_was_expected_does_not_change_when_more_is_known(log: Log, packages: pl.DataFrame) -> None:
    as_of_s = log.as_of_s - 120 * DAY_S
    then = with_expected(log.packages(as_of_s)).filter(pl.col("seller_id").is_not_null())
    now = packages.join(then.select("order_id", "seller_id"), on=["order_id", "seller_id"], how="semi")
    columns = [name for name in then.columns if name.startswith("expected_")]
    assert_frame_equal(now.select(columns), then.select(columns), check_exact=True)


def test_the_expectation_is_the_mean_of_the_pair_before_the_day(packages: pl.DataFrame) -> None:
    sold = packages.filter(pl.col("seller_id").is_not_null())
    row = sold.filter(pl.col("expected_handling_days").is_not_null()).row(-1, named=True)
    day_s = (row["purchased_s"] - 3 * 3_600) // DAY_S * DAY_S + 3 * 3_600
    known = packages.filter(
        pl.col("handling_days").is_not_null() & pl.col("handed_s").is_between(day_s - 90 * DAY_S, day_s - 1)
    )
    same = (pl.col("seller_state") == row["seller_state"]) & (
        pl.col("customer_state") == row["customer_state"]
    )
    own = known.filter(same)["handling_days"]
    wanted = own if own.len() >= 30 else known["handling_days"]
    assert row["expected_handling_days"] == pytest.approx(wanted.mean(), abs=1e-4)


def test_a_package_is_where_its_stamps_say_and_lost_when_it_waits_too_long() -> None:
    at = 1_000_000_000
    ages = {"waits": 10, "forgotten": 95, "travels": 100, "vanished": 130, "new": 1, "there": 200}
    ages |= {"just waits": UNHANDED_DAYS, "just travels": 125}
    events = [_event("OrderPurchased", at - days * DAY_S, order) for order, days in ages.items()]
    events += [_event("OrderApproved", at - days * DAY_S + 60, o) for o, days in ages.items() if o != "new"]
    way = {"travels": 90, "vanished": 125, "there": 190, "just travels": UNDELIVERED_DAYS}
    for order, handed in way.items():
        events.append(_event("HandedToCarrier", at - handed * DAY_S, order, part="s"))
    events.append(_event("Delivered", at - 100 * DAY_S, "there", part="s"))
    found = packages(pl.LazyFrame(events, infer_schema_length=None), _tables(), at)
    assert dict(zip(found["order_id"], found["at"], strict=True)) == {
        "waits": "handling",
        "forgotten": "lost",
        "travels": "transit",
        "vanished": "lost",
        "new": "approval",
        "there": "delivered",
        "just waits": "handling",
        "just travels": "transit",
    }
    assert found.schema == SCHEMA


def test_a_snapshot_without_its_events_is_refused(small_snapshot: Path, tmp_path: Path) -> None:
    log = Log.of_snapshot(small_snapshot)
    assert log.packages().height > 2_000
    assert log.snapshot_id
    with pytest.raises(SnapshotError, match="holds no snapshot"):
        Log.of_snapshot(tmp_path)
    folder = tmp_path / log.snapshot_id
    folder.mkdir()
    (folder / "network").symlink_to(small_snapshot / log.snapshot_id / "network")
    with pytest.raises(SnapshotError, match="missing"):
        Log.of_snapshot(folder)


def _at(instant_s: int) -> datetime:
    return datetime.fromtimestamp(instant_s, UTC)


def _event(kind: str, time_s: int, order: str, part: str = "1") -> dict[str, object]:
    return {
        "time_s": time_s,
        "kind": kind,
        "subject": order,
        "part": part,
        "product_id": "p",
        "seller_id": "s",
        "zip_prefix": "01310",
        "price_cents": 100,
        "freight_cents": 10,
        "promised_s": time_s + 10 * DAY_S,
        "shipping_limit_s": time_s + 5 * DAY_S,
        "score": None,
        "carrier_id": None,
        "warehouse_id": None,
    }


def _tables() -> dict[str, pl.DataFrame]:
    zips = {"zip_prefix": ["01310"], "state": ["SP"], "region": ["013"], "lat": [-23.5], "lng": [-46.6]}
    return {
        "zip_prefixes": pl.DataFrame(zips),
        "sellers": pl.DataFrame({"seller_id": ["s"], "zip_prefix": ["01310"]}),
        "products": pl.DataFrame({"product_id": ["p"], "category": ["toys"]}),
    }
