"""The facts of a small marketplace: what they may depend on, and what they may not."""

from __future__ import annotations

from dataclasses import replace

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from ingest.checked import Checked
from ingest.checks import check
from ingest.facts import Facts, gather, gather_nodes
from ingest.log import event_log
from ingest.names import named
from tests.ingest import tiny
from tests.ingest.history import Frames, InMemory

ORDERS, SHIPMENTS = "olist_orders_dataset", "olist_shipments_dataset"


def market(*without: str) -> Frames:
    sheets = tiny.marketplace()
    return {file: tiny.frame(sheet) for file, sheet in sheets.items() if file not in without}


def facts_and_log(checked: Checked) -> tuple[Facts, pl.DataFrame]:
    facts = gather(checked, gather_nodes(checked))
    return facts, pl.concat(event_log(checked, facts))


def same(left: Checked, right: Checked) -> None:
    """Require the same facts, up to the order of the rows where the facts promise none, and the same log."""
    (one, log), (other, other_log) = facts_and_log(left), facts_and_log(right)
    assert_frame_equal(log, other_log)
    assert_frame_equal(one.packages, other.packages)
    for found, wanted in ((one.nodes, other.nodes), (one.evidence, other.evidence)):
        assert found.keys() == wanted.keys()
        for name, frame in found.items():
            assert_frame_equal(frame, wanted[name], check_row_order=False)


def test_the_final_status_changes_nothing() -> None:
    frames = market()
    statuses = pl.Series(["canceled", None, "unavailable", "shipped", "as it may be"] * 12)
    altered = frames | {ORDERS: frames[ORDERS].with_columns(statuses.alias("order_status"))}
    left, right = check(InMemory(frames)), check(InMemory(altered))
    assert right.named("orders")["status"].n_unique() == 5
    same(left, right)


def test_a_sellers_two_shipments_of_one_order_stand_in_one_order() -> None:
    frames = market()
    sent = frames[SHIPMENTS]
    again = sent.with_columns(
        pl.lit("road").alias("carrier_id"),
        pl.when(pl.col("warehouse_id").is_null()).then(pl.lit("depot-1")).alias("warehouse_id"),
    )
    doubled = pl.concat([sent, again]).unique(maintain_order=True)
    checked = check(InMemory(frames | {SHIPMENTS: doubled}))
    assert checked.tables["shipments"].height > sent.height
    for seed in range(3):
        shuffled = {
            name: frame.sample(fraction=1, shuffle=True, seed=seed) for name, frame in checked.tables.items()
        }
        same(checked, replace(checked, tables=shuffled))


@pytest.mark.parametrize("absent", [(SHIPMENTS,), (SHIPMENTS, "olist_carriers_dataset")])
def test_every_package_goes_by_a_carrier_that_is_known(absent: tuple[str, ...]) -> None:
    facts, _ = facts_and_log(check(InMemory(market(*absent))))
    assert set(named(facts.packages, facts.names)["carrier_id"]) == {"unknown"}
    assert "unknown" in facts.nodes["carriers"]["carrier_id"]
    assert facts.nodes["carriers"].height == (1 if "olist_carriers_dataset" in absent else 3)


def test_an_order_without_shipments_is_known_to_have_been_delivered() -> None:
    frames = market()
    whole, _ = facts_and_log(check(InMemory(frames)))
    assert whole.nodes["carriers"]["carrier_id"].to_list() == ["air", "road"]
    others = frames[SHIPMENTS].filter(pl.col("order_id") != "order-03")
    facts, log = facts_and_log(check(InMemory(frames | {SHIPMENTS: others})))
    assert facts.nodes["carriers"]["carrier_id"].to_list() == ["air", "road", "unknown"]
    assert log.filter(kind="Delivered")["subject"].n_unique() == tiny.ORDERS
    alone = named(facts.packages, facts.names).filter(order_id="order-03")
    assert alone["carrier_id"].unique().to_list() == ["unknown"]
    assert alone["total_seconds"].null_count() == 0


def test_a_carrier_is_known_at_its_hand_over_and_not_before() -> None:
    _, log = facts_and_log(check(InMemory(market())))
    before = log.filter(pl.col("kind").is_in(["OrderPurchased", "PaymentRegistered", "OrderApproved"]))
    assert before.height > 0
    assert before["carrier_id"].null_count() == before["warehouse_id"].null_count() == before.height
    assert log.filter(kind="HandedToCarrier")["carrier_id"].null_count() == 0


def test_an_order_that_lost_its_items_is_handed_over_and_delivered_all_the_same() -> None:
    frames = market()
    items = frames["olist_order_items_dataset"].filter(pl.col("order_id") != "order-03")
    facts, log = facts_and_log(check(InMemory(frames | {"olist_order_items_dataset": items})))
    told = log.filter(subject="order-03").select("kind", "seller_id", "carrier_id").rows()
    assert ("HandedToCarrier", None, "unknown") in told
    assert ("Delivered", None, "unknown") in told
    assert "unknown" in facts.nodes["carriers"]["carrier_id"]


def test_places_without_state_lose_no_package() -> None:
    frames = market()
    for file, frame in frames.items():
        stateless = [c for c in frame.columns if c.endswith("_state")]
        zip_prefix = next((c for c in frame.columns if c.endswith("zip_code_prefix")), None)
        if stateless and zip_prefix:
            nobody = pl.when(pl.col(zip_prefix) != "20031").then(pl.col(stateless[0]))
            frames[file] = frame.with_columns(nobody.alias(stateless[0]))
    facts, _ = facts_and_log(check(InMemory(frames)))
    place = facts.nodes["zip_prefixes"].filter(zip_prefix="20031")
    assert place.select("state", "region", "located").rows() == [(None, "200", "prefix")]
    assert facts.evidence["lanes"]["n"].sum() == facts.packages["total_seconds"].count()
