"""A plan in a network: its warehouses are sources, marked as assumed, and nothing else changes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph import BadInput, Network, Recommendation, RouteRequest
from graph.orders import Order, OrderLine
from graph.plan import SITES, STOCK, PlacementPlan
from tests.graph.make import AS_OF, World, network

NEW = "n0"


def sites(*rows: tuple[str, str, float | None]) -> pl.DataFrame:
    full = [(*row, None, None) for row in rows]
    return pl.DataFrame(full, schema=dict(SITES), orient="row")


def stock(*rows: tuple[str, str, str, int]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=dict(STOCK), orient="row")


def offered(net: Network) -> list[tuple[str, str]]:
    """Return (seller, product) of every offer."""
    return list(net.tables["offers"].select("seller_id", "product_id").iter_rows())


def told(answer: Recommendation, planned: Iterable[str]) -> dict[tuple[str, str], dict[str, object]]:
    """Return what is told of each route from no planned warehouse, but for its place in the list."""
    return {
        (route.source_id, route.carrier_id): {
            name: value for name, value in route.to_dict().items() if name not in {"rank", "why"}
        }
        for route in answer
        if not any(route.source_id.startswith(f"warehouse:{name}:") for name in planned)
    }


@pytest.fixture(scope="module")
def net() -> Network:
    return network(3)


@st.composite
def plans(draw: st.DrawFn) -> tuple[Network, PlacementPlan]:
    net = network(draw(st.integers(0, 6)), World(warehouses=draw(st.integers(0, 2)), journeys=150))
    zips = net.tables["zip_prefixes"]["zip_prefix"].to_list()
    names = [f"n{i}" for i in range(draw(st.integers(1, 3)))]
    places = [(name, draw(st.sampled_from(zips)), draw(st.floats(0, 72))) for name in names]
    pairs = draw(st.lists(st.sampled_from(offered(net)), max_size=12, unique=True))
    depth = [(draw(st.sampled_from(names)), *pair, draw(st.integers(1, 5))) for pair in pairs]
    return net, PlacementPlan.of(
        AS_OF - timedelta(days=draw(st.integers(0, 5))), sites(*places), stock(*depth)
    )


@given(plans(), st.data())
def test_a_plan_adds_its_warehouses_and_changes_nothing_else(
    case: tuple[Network, PlacementPlan], data: st.DataObject
) -> None:
    net, plan = case
    planned = net.with_plan(plan)
    request = RouteRequest(
        zip_prefix=data.draw(st.sampled_from(net.tables["zip_prefixes"]["zip_prefix"].to_list())),
        product_id=data.draw(st.sampled_from(net.tables["offers"]["product_id"].to_list())),
        quantity=data.draw(st.integers(1, 3)),
        promise_days=8.0,
        k=1_000,
    )
    before, after = net.recommend(request), planned.recommend(request)
    names = plan.sites["warehouse_id"].to_list()
    assert told(after, names) == told(before, ())
    added = [route for route in after if any(f":{name}:" in route.source_id for name in names)]
    assert all(str(route.lead_time.basis) == "synthetic" for route in added)
    want = plan.stock.filter(
        (pl.col("product_id") == request.product_id) & (pl.col("units") >= request.quantity)
    )
    lapsed = net.tables["offers"].filter(pl.col("last_sold") < AS_OF - timedelta(days=180))
    want = want.join(lapsed, ["product_id", "seller_id"], "anti")
    allowed = {route.carrier_id for route in after}
    assert len(added) == len(want) * len(allowed)


@given(plans())
def test_orders_see_the_same_routes_and_those_from_the_plan(case: tuple[Network, PlacementPlan]) -> None:
    net, plan = case
    product, dest = plan.stock["product_id"], net.tables["zip_prefixes"]["zip_prefix"][0]
    wanted = product[0] if len(product) else net.tables["offers"]["product_id"][0]
    order = Order("o", dest, (OrderLine("1", wanted, 2),), promise_days=7.0)
    before, after = net.options(order, AS_OF), net.with_plan(plan).options(order, AS_OF)
    place = {name: row for row, name in enumerate(after.source_ids)}
    old = [place[name] for name in before.source_ids]
    routes = [row * len(after.carrier_ids) + c for row in old for c in range(len(after.carrier_ids))]
    assert (after.times.mean_days[routes] == before.times.mean_days).all()
    assert (after.unit_freight[:, routes] == before.unit_freight).all()
    assert (after.p_on_time[routes] == before.p_on_time).all()
    new = [row for row, name in enumerate(after.source_ids) if name not in before.source_ids]
    assert all(str(after.times[row * len(after.carrier_ids)].basis) == "synthetic" for row in new)
    assert all(after.source_ids[row].startswith("warehouse:n") for row in new)


def test_a_warehouse_beside_the_customer_wins() -> None:
    """Within a state transit takes less long, so stock that waits there comes first."""
    net = network(5, World(sellers=1, warehouses=0, carriers=1, journeys=2_000))
    zips = net.tables["zip_prefixes"]
    home = net.tables["sellers"]["zip_prefix"][0]
    state = zips.filter(pl.col("zip_prefix") == home)["state"][0]
    there = zips.filter((pl.col("state") != state) & (pl.col("located") == "prefix"))["zip_prefix"][0]
    offers = net.tables["offers"].filter(pl.col("last_sold") > AS_OF - timedelta(days=100))
    seller, product = offers.select("seller_id", "product_id").row(0)
    ask = RouteRequest(zip_prefix=there, product_id=product, promise_days=6.0)
    assert net.recommend(ask)[0].source_id == f"seller:{seller}"
    plan = PlacementPlan.of(AS_OF, sites((NEW, there, 6.0)), stock((NEW, seller, product, 1)))
    planned = net.with_plan(plan)
    first, second = planned.recommend(ask)
    assert (first.source_id, second.source_id) == (f"warehouse:{NEW}:{seller}", f"seller:{seller}")
    assert first.lead_time.mean_days < second.lead_time.mean_days - 1
    assert first.lead_time.stage("handling").mean_days == pytest.approx(0.25)
    assert first.origin_zip_prefix == there
    two = replace(ask, quantity=2)
    assert [route.source_kind.value for route in planned.recommend(two)] == ["seller"]


def test_it_is_named_by_both_and_stays_so_when_it_is_saved(net: Network, tmp_path: Path) -> None:
    seller, product = offered(net)[0]
    zip_prefix = net.tables["zip_prefixes"]["zip_prefix"][0]
    plan = PlacementPlan.of(AS_OF, sites((NEW, zip_prefix, 6.0)), stock((NEW, seller, product, 9)))
    planned = net.with_plan(plan)
    assert planned.meta.snapshot_id == f"{net.meta.snapshot_id}+{plan.plan_id}"
    assert planned.meta.as_of == net.meta.as_of
    assert net.tables["warehouses"].height == planned.tables["warehouses"].height - 1
    planned.save(tmp_path)
    ask = RouteRequest(zip_prefix=zip_prefix, product_id=product, promise_days=6.0, k=50)
    assert Network.open(tmp_path).recommend(ask).to_dict() == planned.recommend(ask).to_dict()


def test_a_warehouse_that_is_known_gains_stock_and_stays_as_it_is(net: Network) -> None:
    name, place = net.tables["warehouses"].select("warehouse_id", "zip_prefix").row(0)
    held = (
        net.tables["stocks"]
        .filter((pl.col("warehouse_id") == name) & (pl.col("units") > 0))
        .row(0, named=True)
    )
    key = (held["seller_id"], held["product_id"])
    planned = net.with_plan(PlacementPlan.of(AS_OF, sites((name, place, 1.0)), stock((name, *key, 5))))
    assert planned.tables["warehouses"].equals(net.tables["warehouses"])
    now = planned.tables["stocks"].filter(warehouse_id=name, seller_id=key[0], product_id=key[1])
    assert now["units"].to_list() == [held["units"] + 5]
    assert not planned.arrays.any_assumed


def test_the_id_is_that_of_the_content() -> None:
    rows = [("a", "01310", 6.0), ("b", "20000", 12.0)]
    depth = [("a", "s1", "p1", 3), ("b", "s1", "p2", 4)]
    plan = PlacementPlan.of(AS_OF, sites(*rows), stock(*depth))
    turned = PlacementPlan.of(
        AS_OF, sites(*rows[::-1]).with_columns(note=pl.lit("x")), stock(*depth[::-1], ("a", "s9", "p9", 0))
    )
    assert (plan.plan_id, plan.units) == (turned.plan_id, 7)
    others = [
        PlacementPlan.of(AS_OF + timedelta(days=1), plan.sites, plan.stock),
        PlacementPlan.of(AS_OF, sites(rows[0], ("b", "20000", 12.5)), plan.stock),
        PlacementPlan.of(AS_OF, plan.sites, stock(depth[0], ("b", "s1", "p2", 5))),
    ]
    assert len({plan.plan_id, *(other.plan_id for other in others)}) == 4


def test_every_fault_is_told_at_once() -> None:
    wrong_sites = sites(
        ("a:b", "01310", 1.0),
        ("b", "1310", None),
        ("b", "01310", -1.0),
        ("in_transit", "01310", float("nan")),
    )
    wrong_stock = stock(("b", "s", "p", -1), ("c", "s", "p", 1), ("b", "s", "p", 2), ("b", "", "p", 1))
    with pytest.raises(BadInput) as refused:
        PlacementPlan.of(AS_OF, wrong_sites, wrong_stock)
    found = {(fault.table, fault.row, fault.column) for fault in refused.value.faults}
    assert found == {
        ("sites", 1, "warehouse_id"),
        ("sites", 4, "warehouse_id"),
        ("sites", 3, "warehouse_id"),
        ("sites", 2, "zip_prefix"),
        ("sites", 2, "handling_hours"),
        ("sites", 3, "handling_hours"),
        ("sites", 4, "handling_hours"),
        ("stock", 1, "units"),
        ("stock", 2, "warehouse_id"),
        ("stock", 3, "product_id"),
        ("stock", 4, "seller_id"),
    }
    with pytest.raises(BadInput, match="missing column"):
        PlacementPlan.of(AS_OF, wrong_sites.drop("zip_prefix"), wrong_stock)
    with pytest.raises(BadInput, match="no time zone"):
        PlacementPlan.of(datetime(2018, 1, 1), sites(("a", "01310", 1.0)), stock())  # noqa: DTZ001 (that is the fault)
    with pytest.raises(BadInput, match="at least one warehouse"):
        PlacementPlan.of(AS_OF, sites(), stock())


def test_what_the_network_lacks_and_what_is_later_is_refused(net: Network) -> None:
    zips = net.tables["zip_prefixes"]["zip_prefix"]
    known = net.tables["warehouses"].row(0, named=True)
    seller, product = offered(net)[0]
    elsewhere = next(name for name in zips if name != known["zip_prefix"])
    sold = {one for _, one in offered(net)}
    lacking = next(
        (one, item) for one, _ in offered(net) for item in sold if (one, item) not in set(offered(net))
    )
    plan = PlacementPlan.of(
        AS_OF,
        sites((known["warehouse_id"], elsewhere, 1.0), (NEW, "99999", 1.0), (seller, zips[0], 1.0)),
        stock((NEW, "nobody", "nothing", 1), (NEW, *lacking, 1), (NEW, seller, product, 1)),
    )
    with pytest.raises(BadInput) as refused:
        net.with_plan(plan)
    assert sorted(fault.kind for fault in refused.value.faults) == [
        "another warehouse of this name",
        "no offer",
        "the id of a seller",
        "unknown product",
        "unknown seller",
        "unknown zip prefix",
    ]
    later = PlacementPlan.of(AS_OF + timedelta(seconds=1), sites((NEW, zips[0], 1.0)), stock())
    with pytest.raises(BadInput, match="later than the snapshot's as-of"):
        net.with_plan(later)


def test_a_second_plan_stands_beside_the_first(net: Network) -> None:
    place = net.tables["zip_prefixes"]["zip_prefix"][0]
    plans = [
        PlacementPlan.of(datetime(2018, 4, 1, tzinfo=UTC), sites((name, place, 1.0)), stock())
        for name in "xy"
    ]
    both = net.with_plan(plans[0]).with_plan(plans[1])
    assert both.meta.snapshot_id.count("+") == 2
    codes = [both.arrays.warehouse_rows[name] for name in ("x", "y")]
    assert both.arrays.assumed(both.arrays.seller_zip[:0]).tolist() == []
    assert both.arrays._assumed[codes].all()
