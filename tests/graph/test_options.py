"""Options of an order: the same sources, freight and lead time as a recommendation gives for one product."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph import BadInput, Network
from graph.options import OptionFinder, Options
from graph.orders import Order, OrderLine
from tests.graph.make import World, network

NETWORKS = [
    network(1, World()),
    network(2, World(zips=3, products=3, sellers=20, warehouses=0, carriers=1)),
    network(3, World(zips=5, products=9, sellers=5, warehouses=4, carriers=4)),
]
LAPSE_S = 180 * 86_400


def finder(net: Network) -> OptionFinder:
    return OptionFinder(net.arrays, net.lead_times, net.freight, LAPSE_S)


def order(net: Network, *wanted: tuple[str, int], dest: str | None = None) -> Order:
    lines = tuple(OrderLine(f"l{i}", product, units) for i, (product, units) in enumerate(wanted))
    return Order("o1", dest or net.arrays.zip_prefixes[0], lines)


def find(net: Network, asked: Order) -> Options:
    return finder(net).find(asked, net.meta.as_of_s)


@st.composite
def single(draw: st.DrawFn) -> tuple[Network, Order]:
    net = draw(st.sampled_from(NETWORKS))
    product = draw(st.sampled_from(net.arrays.product_ids))
    dest = draw(st.sampled_from(net.arrays.zip_prefixes))
    return net, order(net, (product, draw(st.integers(1, 3))), dest=dest)


@given(single())
@settings(max_examples=60, deadline=None)
def test_one_line_has_the_routes_of_a_recommendation(case: tuple[Network, Order]) -> None:
    net, asked = case
    line = asked.lines[0]
    routes = net.recommend(
        zip_prefix=asked.zip_prefix, product_id=line.product_id, quantity=line.quantity, k=1_000
    )
    options = find(net, asked)
    rows = {
        (options.source_ids[s], options.carrier_ids[c]): row
        for row, (s, c) in enumerate(zip(options.source.tolist(), options.carrier.tolist(), strict=True))
    }
    for route in routes:
        row = rows[route.source_id, route.carrier_id]
        assert options.candidate[0, row]
        assert not options.lapsed[0, row]
        assert options.times[row].mean_days == pytest.approx(route.lead_time.mean_days, rel=1e-12)
        distance_km = np.nan if route.distance_km is None else route.distance_km
        assert options.distance_km[row] == pytest.approx(distance_km, nan_ok=True)
        freight = options.package_freight[row] + line.quantity * options.unit_freight[0, row]
        # Parts are rounded each for itself: half a cent a part.
        assert abs(freight - route.freight_cents) <= 0.5 + 0.5 * (line.quantity + 1)


def test_lapsed_offers_stay_in_sight() -> None:
    net = NETWORKS[0]
    late = net.meta.as_of_s + 400 * 86_400
    options = finder(net).find(order(net, (net.arrays.product_ids[0], 1)), late)
    assert options.candidate.any()
    assert options.lapsed[options.candidate].all()


def test_a_source_that_the_snapshot_does_not_know_is_added() -> None:
    net = NETWORKS[1]
    product = net.arrays.product_ids[0]
    known = find(net, order(net, (product, 1))).source_ids
    stranger = next(f"seller:{name}" for name in net.arrays.seller_ids if f"seller:{name}" not in known)
    options = finder(net).find(order(net, (product, 1)), net.meta.as_of_s, {"l0": [stranger]})
    assert set(options.source_ids) == {*known, stranger}
    column = options.source_ids.index(stranger)
    assert options.candidate[0, options.source == column].all()
    assert not options.lapsed[0, options.source == column].any()


def test_each_line_has_its_own_sources_in_one_grid() -> None:
    net = NETWORKS[0]
    one, other = net.arrays.product_ids[:2]
    both = find(net, order(net, (one, 1), (other, 2)))
    for line, (product, units) in enumerate([(one, 1), (other, 2)]):
        alone = find(net, order(net, (product, units)))
        mine = {both.source_ids[s] for s in both.source[both.candidate[line]]}
        assert mine == set(alone.source_ids)


def test_every_unknown_name_is_told_at_once() -> None:
    net = NETWORKS[0]
    with pytest.raises(BadInput) as told:
        find(net, order(net, ("nothing", 1), ("p99", 1), dest="99999"))
    assert [fault.column for fault in told.value.faults] == ["zip_prefix", "product_id", "product_id"]
