"""Candidates that an order brings along: sellers and products that no snapshot knows, and what is assumed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph import BadInput, Network
from graph.options import OptionFinder, Options
from graph.orders import Candidate, Order, OrderLine
from tests.graph.make import World, network

NET = network(1, World())
PLACE = NET.arrays.zip_prefixes[0]
KNOWN = NET.arrays.product_ids[0]


def find(*lines: OrderLine, net: Network = NET) -> Options:
    order = Order("o1", net.arrays.zip_prefixes[-1], lines)
    return OptionFinder(net.arrays, net.lead_times, net.freight, 180 * 86_400).find(order, net.meta.as_of_s)


def line(*candidates: Candidate, product_id: str = "new", line_id: str = "l1") -> OrderLine:
    return OrderLine(line_id, product_id, 2, candidates=candidates)


def rows_of(options: Options, seller_id: str) -> np.ndarray:
    return np.flatnonzero(options.source == options.source_ids.index(f"seller:{seller_id}"))


def test_a_new_product_of_a_new_seller_has_a_route_that_says_it_is_assumed() -> None:
    options = find(line(Candidate("new-seller", 5_000, PLACE, weight_g=700.0)))
    assert options.source_ids == ("seller:new-seller",)
    assert options.candidate.all()
    assert not options.lapsed.any()
    assert {str(options.times[row].basis) for row in range(len(options.source))} == {"synthetic"}
    assert np.isfinite(options.times.mean_days).all()
    assert (options.package_freight + options.unit_freight[0] > 0).all()
    assert options.weight_g.tolist() == [700.0]


def test_a_new_seller_of_a_known_product_stands_beside_those_that_are_known() -> None:
    before = find(OrderLine("l1", KNOWN, 2))
    options = find(line(Candidate("new-seller", 5_000, PLACE), product_id=KNOWN))
    assert set(options.source_ids) == {*before.source_ids, "seller:new-seller"}
    new = rows_of(options, "new-seller")
    assert {str(options.times[row].basis) for row in new} == {"synthetic"}
    for row, (source, carrier) in enumerate(
        zip(before.source.tolist(), before.carrier.tolist(), strict=True)
    ):
        [same] = np.flatnonzero(
            (options.source == options.source_ids.index(before.source_ids[source]))
            & (options.carrier == carrier)
        )
        assert options.unit_freight[0, same] == before.unit_freight[0, row]
        assert options.times[int(same)].mean_days == before.times[row].mean_days
        assert options.times[int(same)].basis == before.times[row].basis


def test_a_new_seller_is_read_as_the_usual_one_of_that_place() -> None:
    [old] = [name for name in find(OrderLine("l1", KNOWN, 1)).source_ids if name.startswith("seller:")][:1]
    row = NET.arrays.seller_rows[old.partition(":")[2]]
    place = NET.arrays.zip_prefixes[NET.arrays.seller_zip[row]]
    options = find(line(Candidate("new-seller", 5_000, place), product_id=KNOWN))
    new, known = rows_of(options, "new-seller"), rows_of(options, old.partition(":")[2])
    assert options.distance_km[new].tolist() == options.distance_km[known].tolist()


def test_what_the_order_says_of_an_offer_counts_instead_of_what_was_sold() -> None:
    [old, *_] = [name for name in find(OrderLine("l1", KNOWN, 2)).source_ids if name.startswith("seller:")]
    seller = old.partition(":")[2]
    gone = find(line(Candidate(seller, 5_000, active=False), product_id=KNOWN))
    assert gone.lapsed[0, rows_of(gone, seller)].all()
    order = Order("o1", PLACE, (line(Candidate(seller, 5_000), product_id=KNOWN),))
    late = NET.meta.as_of_s + 400 * 86_400
    finder = OptionFinder(NET.arrays, NET.lead_times, NET.freight, 180 * 86_400)
    told = finder.find(order, late)
    assert not told.lapsed[0, rows_of(told, seller)].any()
    others = np.setdiff1d(np.flatnonzero(told.candidate[0]), rows_of(told, seller))
    held = [row for row in others if told.source_ids[told.source[row]].endswith(f":{seller}")]
    assert told.lapsed[0, [row for row in others if row not in held]].all()


def test_a_category_stands_in_for_sizes_that_nobody_tells() -> None:
    category = NET.arrays.category_names[0]
    usual = NET.arrays.category_parcel(0)
    options = find(line(Candidate("a", 100, PLACE), Candidate("b", 300, PLACE, category, volume_cm3=9.0)))
    assert options.weight_g[0] == pytest.approx(usual.weight_g, nan_ok=True)
    assert options.volume_cm3.tolist() == [9.0]
    bare = find(line(Candidate("a", 100, PLACE)))
    assert np.isnan(bare.weight_g).all()


def test_every_candidate_that_cannot_be_used_is_told_at_once() -> None:
    wrong = (
        Candidate("a", 100),
        Candidate("b", 100, "99999"),
        Candidate("c", 100, PLACE, "no-such-category"),
    )
    with pytest.raises(BadInput) as told:
        find(line(*wrong))
    assert [fault.kind for fault in told.value.faults] == [
        "no zip prefix",
        "unknown zip prefix",
        "unknown category",
    ]
    twice = line(Candidate("a", 1, PLACE)), line(Candidate("a", 1, NET.arrays.zip_prefixes[1]), line_id="l2")
    with pytest.raises(BadInput) as told:
        find(*twice)
    assert [fault.kind for fault in told.value.faults] == ["two places of one seller"]


@pytest.mark.parametrize(
    "wrong",
    [{"price_cents": -1}, {"weight_g": 0.0}, {"volume_cm3": float("nan")}, {"seller_id": ""}],
    ids=lambda wrong: next(iter(wrong)),
)
def test_a_line_refuses_what_is_no_candidate(wrong: dict[str, object]) -> None:
    sound = Candidate("a", 100, PLACE)
    with pytest.raises(BadInput):
        line(replace(sound, **wrong))  # type: ignore[arg-type]
    with pytest.raises(BadInput):
        line(sound, sound)


@given(st.sampled_from(NET.arrays.product_ids), st.sampled_from(NET.arrays.zip_prefixes), st.integers(1, 3))
@settings(max_examples=40, deadline=None)
def test_an_offer_told_as_it_is_known_changes_nothing_but_that_it_has_not_lapsed(
    product_id: str, dest: str, quantity: int
) -> None:
    offers = NET.tables["offers"].filter(product_id=product_id)
    told = [Candidate(row["seller_id"], row["price_cents"]) for row in offers.iter_rows(named=True)]
    finder = OptionFinder(NET.arrays, NET.lead_times, NET.freight, 180 * 86_400)
    plain = Order("o1", dest, (OrderLine("l1", product_id, quantity),))
    at_s = NET.meta.as_of_s + 400 * 86_400
    before = finder.find(plain, at_s)
    after = finder.find(plain.with_candidates({product_id: told}), at_s)
    assert after.source_ids == before.source_ids
    for name in ("candidate", "package_freight", "unit_freight", "distance_km", "weight_g"):
        np.testing.assert_array_equal(getattr(after, name), getattr(before, name))
    np.testing.assert_array_equal(after.times.mean_days, before.times.mean_days)
    np.testing.assert_array_equal(after.times.basis, before.times.basis)
    assert before.lapsed[before.candidate].all()
    assert not after.lapsed.any()


def test_a_seller_ships_from_one_place() -> None:
    own = line(Candidate("a", 1, PLACE))
    other = OrderLine("l2", "other", 1)
    order = Order("o1", PLACE, (own, other)).with_candidates(
        {"other": [Candidate("a", 2, "99999"), Candidate("b", 2, "11111")], "third": [Candidate("c", 1)]}
    )
    assert order.lines[0] == own
    assert order.lines[1].candidates == (Candidate("a", 2, PLACE), Candidate("b", 2, "11111"))
