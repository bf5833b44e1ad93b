"""Recommendation: complete, in a total order, and true in every number."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count, product

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph import BadInput, Network, Rank, RouteRequest, SourceKind, UnknownName, Weights
from graph.choice import best_rows
from graph.tables import INSTANT
from tests.graph import brute_force
from tests.graph.make import AS_OF, World, network, tables

NETWORKS = {
    (seed, world): network(seed, world)
    for seed, world in [
        (1, World()),
        (2, World(zips=3, products=3, sellers=20, warehouses=0, carriers=1)),
        (3, World(zips=5, products=9, sellers=5, warehouses=4, carriers=4)),
        (4, World(zips=2, products=1, sellers=2, warehouses=1, carriers=1, journeys=1)),
    ]
}


LIGHT = World(carriers=1)


@st.composite
def asked(draw: st.DrawFn) -> tuple[Network, RouteRequest]:
    net = NETWORKS[draw(st.sampled_from(sorted(NETWORKS, key=lambda key: key[0])))]
    what = draw(
        st.one_of(
            st.sampled_from(["beleza_saude", "health_beauty", "pcs"]).map(lambda c: {"category": c}),
            st.sampled_from(net.arrays.product_ids).map(lambda p: {"product_id": p}),
        )
    )
    how = draw(
        st.one_of(
            st.just({}),
            st.floats(0.5, 40).map(lambda days: {"promise_days": days}),
            st.floats(0.05, 0.99).map(lambda p: {"probability": p}),
        )
    )
    weight = st.floats(0, 500)
    weights = st.builds(Weights, days=weight, freight=st.floats(0.1, 10), late=weight)
    return net, RouteRequest(
        draw(st.sampled_from(net.arrays.zip_prefixes)),
        **what,
        **how,
        quantity=draw(st.integers(1, 3)),
        rank=draw(st.sampled_from(Rank)),
        z=draw(st.floats(0, 3)),
        weights=draw(weights),
        k=draw(st.integers(1, 8)),
    )


def agree_with_brute_force(net: Network, request: RouteRequest) -> None:
    slow, fast = brute_force.recommend(net, request), net.recommend(request)
    assert fast.candidates == len(slow)
    assert [(r.source_id, r.carrier_id) for r in fast] == [
        (r.source_id, r.carrier_id) for r in slow[: request.k]
    ]
    for own, other in zip(fast, slow, strict=False):
        assert own.freight_cents == other.freight_cents
        assert own.lead_time.mean_days == pytest.approx(other.lead_time.mean_days, rel=1e-12)
        assert own.distance_km == pytest.approx(
            None if np.isnan(other.distance_km) else other.distance_km, abs=1e-9
        )
        if request.promise_days is None:
            wanted = request.probability or 0.9
            assert own.p_on_time == wanted
            assert own.promise_days == pytest.approx(other.lead_time.quantile(wanted))
        else:
            assert own.promise_days == request.promise_days
            assert own.p_on_time == pytest.approx(other.lead_time.cdf(request.promise_days))


def sweep() -> Iterator[tuple[Network, RouteRequest]]:
    """Every network, category and product under every rank, with the rest of the request taken in turn."""
    turn = count()
    hows: tuple[dict[str, float], ...] = ({}, {"promise_days": 7.0}, {"probability": 0.75})
    for net in NETWORKS.values():
        whats = [{"category": "pcs"}, {"category": "health_beauty"}]
        whats += [{"product_id": product} for product in net.arrays.product_ids]
        for what, rank in product(whats, Rank):
            i = next(turn)
            zip_prefix = net.arrays.zip_prefixes[i % len(net.arrays.zip_prefixes)]
            k = (99, 1, 4)[i // 3 % 3]
            yield (
                net,
                RouteRequest(zip_prefix, **what, **hows[i % 3], rank=rank, quantity=1 + i // 5 % 3, k=k),
            )


def test_the_best_routes_are_those_of_a_brute_force_search_for_everything_there_is() -> None:
    several = 0
    for net, request in sweep():
        agree_with_brute_force(net, request)
        several += len(net.recommend(request)) > 1
    assert several > 50


@given(asked())
def test_the_best_routes_are_those_of_a_brute_force_search(case: tuple[Network, RouteRequest]) -> None:
    agree_with_brute_force(*case)


@pytest.mark.campaign
@settings(max_examples=3_000)
@given(asked())
def test_the_best_routes_are_those_of_a_brute_force_search_at_length(
    case: tuple[Network, RouteRequest],
) -> None:
    agree_with_brute_force(*case)


few = st.integers(0, 2)


@given(
    st.lists(st.tuples(few, few, st.sampled_from([1.0, 2.0, float("nan")])), min_size=1), st.integers(1, 6)
)
def test_ties_go_to_freight_then_distance_then_place(rows: list[tuple[int, int, float]], size: int) -> None:
    score, cents, km = (np.array(column) for column in zip(*rows, strict=True))
    wanted = sorted(range(len(rows)), key=lambda i: (score[i], cents[i], np.nan_to_num(km[i], nan=np.inf), i))
    assert best_rows(score.astype(float), cents, km, size).tolist() == wanted[:size]


@pytest.fixture(scope="module")
def net() -> Network:
    return NETWORKS[1, World()]


def ask(net: Network, **changed: object) -> list[tuple[str, str]]:
    found = net.recommend(**{"zip_prefix": "10470", "category": "pcs", "k": 50} | changed)
    return [(route.source_id, route.carrier_id) for route in found]


def test_a_seller_with_two_carriers_makes_two_routes(net: Network) -> None:
    routes = ask(net)
    assert len(routes) == len(set(routes))
    assert any({(source, "c0"), (source, "c1")} <= set(routes) for source, _ in routes)


def test_fewer_routes_are_the_first_of_more_routes(net: Network) -> None:
    assert ask(net, k=3) == ask(net)[:3]


def test_the_best_alone_is_still_compared_with_the_second(net: Network) -> None:
    both = net.recommend(zip_prefix="10470", category="pcs", k=2)
    (alone,) = net.recommend(zip_prefix="10470", category="pcs", k=1)
    assert alone.why == both[0].why
    assert "the second" in alone.why


def test_the_same_request_has_the_same_answer(net: Network) -> None:
    request = RouteRequest("10470", product_id="p01", promise_days=9)
    assert net.recommend(request).to_dict() == net.recommend(request).to_dict()


def test_a_cep_stands_for_its_prefix(net: Network) -> None:
    assert ask(net, zip_prefix="10470-123") == ask(net, zip_prefix=" 10470123 ") == ask(net)


def test_a_category_is_known_by_both_names(net: Network) -> None:
    assert ask(net, category="Health Beauty") == ask(net, category="beleza_saude") != ask(net)


def test_a_warehouse_must_hold_units_enough(net: Network) -> None:
    few = {source for source, _ in ask(net, category="beleza_saude") if source.startswith("warehouse")}
    many = {
        source
        for source, _ in ask(net, category="beleza_saude", quantity=4)
        if source.startswith("warehouse")
    }
    assert few
    assert not many


def test_a_warehouse_ships_from_its_own_place_with_its_own_handling(net: Network) -> None:
    found = net.recommend(zip_prefix="10470", category="beleza_saude", k=50)
    stored = [route for route in found if route.source_kind is SourceKind.WAREHOUSE]
    hours = dict(net.tables["warehouses"].select("warehouse_id", "handling_hours").iter_rows())
    places = dict(net.tables["warehouses"].select("warehouse_id", "zip_prefix").iter_rows())
    assert stored
    for route in stored:
        warehouse = route.source_id.split(":")[1]
        assert route.lead_time.stage("handling").mean_days == pytest.approx(hours[warehouse] / 24)
        assert route.origin_zip_prefix == places[warehouse]


def test_stages_add_up_to_the_mean(net: Network) -> None:
    for route in net.recommend(zip_prefix="10470", category="pcs", k=50):
        means = [route.lead_time.stage(name).mean_days for name in ("approval", "handling", "transit")]
        assert sum(means) == pytest.approx(route.lead_time.mean_days)


def test_an_offer_lapses_with_time(net: Network) -> None:
    found = net.recommend(zip_prefix="10470", product_id="p01", at=AS_OF + timedelta(days=400), quantity=1)
    assert not len(found)
    assert found.note == (
        "All offers have lapsed: none was sold in the 180 days before the instant asked for."
    )
    assert found.to_dict()["routes"] == []


@pytest.mark.parametrize(("late_s", "active"), [(0, True), (1, False)])
def test_an_offer_lasts_180_days_to_the_second(late_s: int, active: bool) -> None:
    sold = AS_OF - timedelta(days=180, seconds=late_s)
    made = tables(2, LIGHT)
    offers = made["offers"].head(1).with_columns(pl.lit(sold).cast(INSTANT).alias("last_sold"))
    small = made["products"].with_columns(longest_side_cm=pl.lit(20.0))
    net = network(2, LIGHT, offers=offers, products=small)
    found = net.recommend(zip_prefix="10470", product_id=offers["product_id"][0])
    assert bool(len(found)) is active


def test_units_that_a_warehouse_lacks_are_not_promised() -> None:
    made = tables(2, LIGHT)
    stocks = made["stocks"].head(1).with_columns(units=pl.lit(2, pl.Int64))
    warehouse, seller, product = stocks.row(0)[:3]
    offers = made["offers"].filter(pl.col("product_id") == product, pl.col("seller_id") == seller)
    offers = offers.with_columns(pl.lit(AS_OF - timedelta(days=1)).cast(INSTANT).alias("last_sold"))
    small = made["products"].with_columns(longest_side_cm=pl.lit(20.0))
    net = network(2, LIGHT, offers=offers, stocks=stocks, products=small)
    own, stored = f"seller:{seller}", f"warehouse:{warehouse}:{seller}"
    for quantity, sources in [(1, {own, stored}), (2, {own, stored}), (3, {own})]:
        found = net.recommend(zip_prefix="10470", product_id=product, quantity=quantity, k=99)
        assert {route.source_id for route in found} == sources


def test_a_parcel_that_no_carrier_admits_has_no_route() -> None:
    made = tables(1)["products"].with_columns(
        pl.lit(1e9).alias("weight_g"), pl.lit(1e9).alias("longest_side_cm")
    )
    found = network(1, products=made).recommend(zip_prefix="10470", product_id="p01")
    assert found.note == "No carrier's limits admit the parcel."


def test_a_product_that_nobody_offers_has_no_route() -> None:
    offers = tables(1)["offers"].filter(pl.col("product_id") != "p01")
    found = network(1, offers=offers).recommend(zip_prefix="10470", product_id="p01")
    assert found.note == "No seller has ever sold this before the snapshot's as-of."


def test_a_naive_instant_is_local_to_sao_paulo(net: Network) -> None:
    local = datetime(2018, 4, 30, 21, 0)  # noqa: DTZ001  # that is the as-of, three hours behind UTC
    assert ask(net, at=local) == ask(net)
    with pytest.raises(BadInput, match="ask for a later instant"):
        ask(net, at=local - timedelta(seconds=1))


@pytest.mark.parametrize(
    ("changed", "nearest"),
    [
        ({"zip_prefix": "10471"}, ("10470", "10940", "10000")),
        ({"zip_prefix": "1047"}, ("10470", "10000", "10940")),
        ({"zip_prefix": "abc"}, ()),
        ({"category": "helth_beauty"}, ("health_beauty",)),
        ({"category": None, "product_id": "p033"}, ("p03", "p01", "p02")),
    ],
)
def test_an_unknown_name_proposes_the_nearest(
    net: Network, changed: dict[str, object], nearest: tuple[str, ...]
) -> None:
    with pytest.raises(UnknownName) as caught:
        ask(net, **changed)
    assert caught.value.nearest == nearest


@pytest.mark.parametrize(
    "changed",
    [
        {"category": None},
        {"product_id": "p01"},
        {"promise_days": 9, "probability": 0.9},
        {"promise_days": 0},
        {"probability": 1.0},
        {"quantity": 0},
        {"k": 0},
        {"z": -1},
        {"rank": "prettiest"},
    ],
)
def test_a_request_that_makes_no_sense_is_refused(net: Network, changed: dict[str, object]) -> None:
    with pytest.raises(BadInput):
        ask(net, **changed)


@pytest.mark.parametrize("weights", [(-1, 1, 1), (0, 0, 0), (float("nan"), 1, 1), (float("inf"), 1, 1)])
def test_weights_that_make_no_sense_are_refused(weights: tuple[float, float, float]) -> None:
    with pytest.raises(BadInput):
        Weights(*weights)


def test_a_request_and_keywords_together_are_refused(net: Network) -> None:
    with pytest.raises(BadInput):
        net.recommend(RouteRequest("10470", category="pcs"), k=3)


def test_the_json_form_has_the_keys_of_the_contract(net: Network) -> None:
    answer = net.recommend(zip_prefix="10470", category="pcs").to_dict()
    assert json.loads(json.dumps(answer, allow_nan=False)) == answer
    assert set(answer) == {"snapshot_id", "as_of", "routes"}
    route = answer["routes"][0]
    assert set(route) == {
        "rank", "source_id", "source_kind", "carrier_id", "origin_zip_prefix", "distance_km",
        "freight_cents", "p_on_time", "promise_days", "lead_time", "why",
    }  # fmt: skip
    days = {"mean_days", "sd_days", "p50_days", "p80_days", "p95_days"}
    assert set(route["lead_time"]) == days | {"basis", "n", "stages"}
    assert set(route["lead_time"]["stages"]) == {"approval", "handling", "transit"}
    assert all(set(stage) == days for stage in route["lead_time"]["stages"].values())


def test_later_ranks_do_not_change_when_an_unrelated_weight_does(net: Network) -> None:
    request = RouteRequest("10470", category="pcs", rank=Rank.CHEAPEST)
    other = replace(request, weights=Weights(days=1), z=3.0)
    assert net.recommend(request).to_dict() == net.recommend(other).to_dict()
