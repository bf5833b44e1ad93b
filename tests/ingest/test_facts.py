"""The facts of the real history against a recomputation that shares no code with Malha."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from statistics import fmean
from zoneinfo import ZoneInfo

import polars as pl
import pytest

from ingest.checked import Checked
from ingest.checks import check
from ingest.facts import Facts, gather, gather_nodes
from ingest.log import event_log
from ingest.source import open_source
from ingest.transforms.events import ORDER

ROWS = {
    "orders": 80_450,
    "items": 91_231,
    "customers": 80_450,
    "payments": 84_242,
    "geolocation": 1_000_163,
    "products": 32_951,
    "sellers": 3_095,
    "categories": 71,
}


@pytest.fixture(scope="module")
def checked(olist_dir: Path) -> Checked:
    return check(open_source(olist_dir), datetime.fromisoformat("2018-06-01T00:00-03:00"))


@pytest.fixture(scope="module")
def facts(checked: Checked) -> Facts:
    return gather(checked, gather_nodes(checked))


def rows(folder: Path, stem: str) -> Iterator[dict[str, str]]:
    with (folder / f"{stem}.csv").open(encoding="utf-8-sig", newline="") as file:
        yield from csv.DictReader(file)


def test_row_counts_are_those_of_the_files(checked: Checked, olist_dir: Path) -> None:
    for name, expected in ROWS.items():
        report = checked.reports[name]
        assert report.read == expected
        assert report.read == report.used + report.set_aside + report.later_than_as_of
    assert checked.reports["reviews"].read == sum(1 for _ in rows(olist_dir, "olist_order_reviews_dataset"))


def test_stage_means_and_late_share_agree_with_plain_python(facts: Facts, olist_dir: Path) -> None:
    days: dict[str, list[float]] = {"approval": [], "handling": [], "transit": [], "total": []}
    late: list[bool] = []
    for order in rows(olist_dir, "olist_orders_dataset"):
        stamps = [_stamp(order[name]) for name in _STAMPS]
        bought, approved, handed, delivered, promised = stamps
        if delivered and bought and promised and delivered >= bought:
            late.append(delivered > promised)
        for stage, start, end in (
            ("approval", bought, approved),
            ("handling", approved, handed),
            ("transit", handed, delivered),
            ("total", bought, delivered),
        ):
            if start and end and end >= start:
                days[stage].append((end - start).total_seconds() / 86_400)
    orders = facts.packages.unique("order_id")
    for stage, expected in days.items():
        found = orders[f"{stage}_seconds"].drop_nulls() / 86_400
        assert found.len() == len(expected)
        assert found.mean() == pytest.approx(fmean(expected), abs=1e-9)
    assert orders.filter(pl.col("total_seconds").is_not_null())["late"].mean() == pytest.approx(
        fmean(late), abs=1e-12
    )


_STAMPS = (
    "order_purchase_timestamp",
    "order_approved_at",
    "order_delivered_carrier_date",
    "order_delivered_customer_date",
    "order_estimated_delivery_date",
)


def _stamp(text: str) -> datetime | None:
    if not text:
        return None
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("America/Sao_Paulo")).astimezone(UTC)


def test_design_figures_of_the_history(facts: Facts) -> None:
    delivered = facts.packages.unique("order_id").filter(pl.col("total_seconds").is_not_null())
    assert delivered.height == pytest.approx(75_429, abs=10)
    means = {
        stage: delivered[f"{stage}_seconds"].mean() / 86_400
        for stage in ("total", "approval", "handling", "transit")
    }
    assert means == {
        "total": pytest.approx(13.3, abs=0.06),
        "approval": pytest.approx(0.4, abs=0.06),
        "handling": pytest.approx(3.0, abs=0.06),
        "transit": pytest.approx(10.0, abs=0.06),
    }


def test_every_stamp_of_every_order_is_an_event(checked: Checked, facts: Facts) -> None:
    log = pl.concat(event_log(checked, facts))
    orders = checked.tables["orders"]
    for kind, stamp in (
        ("OrderPurchased", "purchased_at"),
        ("OrderApproved", "approved_at"),
        ("HandedToCarrier", "handed_over_at"),
        ("Delivered", "delivered_at"),
    ):
        told = log.filter(kind=kind)["subject"].n_unique()
        assert told == orders[stamp].drop_nulls().len()
    keys = log.select(ORDER)
    assert keys.equals(keys.sort(pl.all()))
    assert keys.is_unique().all()
    assert log.filter(kind="PaymentRegistered").height == checked.reports["payments"].used


def test_offers_and_demand_count_every_item(checked: Checked, facts: Facts) -> None:
    items = checked.tables["items"]
    assert facts.evidence["offers"]["n"].sum() == items.height
    assert facts.evidence["demand"]["units"].sum() == items.height
    assert facts.evidence["offers"].height == items.select("product_id", "seller_id").n_unique()


def test_observed_routes_and_lanes_count_every_delivered_package(facts: Facts) -> None:
    delivered = facts.packages.drop_nulls(["total_seconds", "seller_id"])
    assert facts.evidence["zip_pairs"]["n"].sum() == delivered.height
    assert facts.evidence["lane_months"]["n"].sum() == delivered.height
    lanes = facts.evidence["lanes"]
    assert lanes["n"].sum() == delivered.height


def test_a_log_made_in_stretches_is_the_same_log(checked: Checked, facts: Facts) -> None:
    stretches = list(event_log(checked, facts, at_a_time=10_000))
    assert len(stretches) == 9
    assert pl.concat(stretches).equals(pl.concat(event_log(checked, facts)))
