"""Demand: who orders what and when, one chunk of orders at a time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ingest.synthetic.arrays import Flags, Ints, Stream, count_up, generator, in_order, pick
from ingest.synthetic.calendar import Calendar
from ingest.synthetic.catalogue import Products, Sources
from ingest.synthetic.law import PAYMENT_TYPES, Circumstances
from ingest.synthetic.places import Places
from ingest.synthetic.world import WEIGHT_MOST_G, World


@dataclass(frozen=True, slots=True)
class Demand:
    """The orders of a chunk in order of purchase, and their parcels in order of order.

    ``number`` counts orders from 0 over the whole marketplace; ``person`` is the number of the first order
    of the same person. A parcel is a product and a quantity of one order: ``parcel_order`` is the order's row
    here, ``parcel_place`` 0 or 1 inside its order.
    """

    number: Ints
    purchased_s: Ints
    person: Ints
    circumstances: Circumstances
    parcel_order: Ints
    parcel_place: Ints
    parcel_product: Ints
    parcel_quantity: Ints
    parcel_weight_g: Ints


def draw_demand(
    world: World,
    places: Places,
    calendar: Calendar,
    offers: tuple[Products, Sources],
    total: int,
    chunk: range,
    seed: int,
) -> Demand:
    """Draw the orders with the numbers ``chunk`` out of ``total``; chunks are independent of each other."""
    rng = generator(seed, Stream.DEMAND, chunk.start)
    number = np.arange(chunk.start, chunk.stop)
    count = number.size
    purchased = calendar.purchases((number + rng.random(count)) / total)
    dest, person = _buyers(world, places, rng, number)
    shares = in_order(world.payments.shares, PAYMENT_TYPES)
    circumstances = Circumstances(
        dest_zip=dest,
        payment_type=pick(rng, shares, count),
        day=calendar.local_day(purchased),
        weekday=calendar.weekday(purchased),
        hour=calendar.hour(purchased),
    )
    order, place, product = _baskets(world, rng, count, *offers)
    weight = offers[0].weight_g[product]
    quantity = 1 + pick(rng, np.array(world.baskets.quantity_weights), product.size)
    quantity = np.minimum(quantity, np.maximum(1, WEIGHT_MOST_G // weight))
    return Demand(
        number, purchased, person, circumstances, order, place, product, quantity, weight * quantity
    )


def _buyers(world: World, places: Places, rng: np.random.Generator, number: Ints) -> tuple[Ints, Ints]:
    """Return destinations and persons; a returning person buys to the address of the earlier order."""
    dest = pick(rng, places.zip_buyers, number.size)
    returns = np.flatnonzero(rng.random(number.size) < world.buyers.repeat_share)
    returns = returns[returns > 0]
    earlier = (rng.random(returns.size) * returns).astype(np.int64)
    person = number.copy()
    person[returns], dest[returns] = number[earlier], dest[earlier]
    return dest, person


def _baskets(
    world: World, rng: np.random.Generator, count: int, products: Products, sources: Sources
) -> tuple[Ints, Ints, Ints]:
    """Return (order, place, product) of each parcel; two products of one order never share a seller."""
    first = pick(rng, products.popularity, count)
    second = pick(rng, products.popularity, count)
    two = np.flatnonzero((rng.random(count) < world.baskets.two_products) & (first != second))
    two = two[~_share_a_seller(products, sources, first[two], second[two])]
    order = np.concatenate([np.arange(count), two])
    place = np.concatenate([np.zeros(count, dtype=np.int64), np.ones(two.size, dtype=np.int64)])
    product = np.concatenate([first, second[two]])
    rows = np.lexsort((place, order))
    return order[rows], place[rows], product[rows]


def _share_a_seller(products: Products, sources: Sources, first: Ints, second: Ints) -> Flags:
    """Return for each pair of products whether any seller offers both."""
    sellers = len(sources.seller_ids)
    keys: list[Ints] = []
    for product in (first, second):
        row, offer = offers_of(products, product)
        keys.append(np.unique(row * sellers + sources.seller[products.offer_source[offer]]))
    shared = np.intersect1d(keys[0], keys[1], assume_unique=True) // sellers
    return np.bincount(shared, minlength=first.size) > 0


def offers_of(products: Products, product: Ints) -> tuple[Ints, Ints]:
    """Return (row, offer) for every offer of each given product."""
    begin, end = products.first_offer[product], products.first_offer[product + 1]
    row = np.repeat(np.arange(product.size), end - begin)
    return row, begin[row] + count_up(end - begin)
