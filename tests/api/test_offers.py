"""Offers told against a network: what it cannot use is named, and keeps no order from being decided."""

from __future__ import annotations

from pathlib import Path

import pytest

from api.offers import why_not, with_told
from graph import Network
from graph.orders import Order, OrderLine
from inventory.offers import Offer


@pytest.fixture(scope="module")
def network(small_snapshot: Path) -> Network:
    return Network.open(small_snapshot)


def test_what_a_network_cannot_use_is_left_out(network: Network) -> None:
    arrays = network.arrays
    place, seller, product = arrays.zip_prefixes[0], arrays.seller_ids[0], arrays.product_ids[0]
    good = [
        Offer("new", "new", 100, place),
        Offer("new", seller, 100),
        Offer("new", "other", 100, place, arrays.category_names[0]),
        Offer(product, "new", 100, place, "no-such-category"),  # the snapshot knows the product's own
    ]
    bad = [
        Offer("new", "nowhere", 100),
        Offer("new", "far", 100, "99999"),
        Offer("new", "odd", 100, place, "no-such-category"),
    ]
    assert [why_not(arrays, offer) for offer in good] == [None] * 4
    assert all(why_not(arrays, offer) for offer in bad)
    order = Order("o", place, (OrderLine("1", "new", 1), OrderLine("2", product, 1)))
    told = with_told(network, order, [*good, *bad])
    assert [one.seller_id for one in told.lines[0].candidates] == ["new", seller, "other"]
    assert [one.seller_id for one in told.lines[1].candidates] == ["new"]
    assert network.options(told, network.meta.as_of).candidate.any()
