"""Who sells what from where: sellers, warehouses, products, offers, and the carriers of each source."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import files

import numpy as np
import polars as pl

from ingest.synthetic.arrays import (
    Flags,
    Floats,
    Ints,
    Kind,
    Stream,
    falling,
    generator,
    hex_ids,
    in_order,
    pick,
)
from ingest.synthetic.places import Places, zip_near
from ingest.synthetic.world import SIDE_MOST_CM, WEIGHT_MOST_G, World


@dataclass(frozen=True, slots=True)
class Sources:
    """What can ship: every seller's own stock first, then each pair of a warehouse and a seller it serves.

    Positions: ``seller`` in ``seller_ids``, ``warehouse`` in ``warehouse_ids`` (-1: the seller's own place),
    ``zip`` in the zip prefixes, ``habit`` in the list of weekday texts. ``works_with[source, carrier]``.
    """

    seller_ids: pl.Series
    warehouse_ids: tuple[str, ...]
    warehouse_zip: Ints
    habits: tuple[str, ...]
    seller: Ints
    warehouse: Ints
    zip: Ints
    habit: Ints
    handling_days: Floats
    works_with: Flags

    @property
    def source_ids(self) -> pl.Series:
        """``seller:<id>`` or ``warehouse:<id>:<seller>``."""
        sellers = self.seller_ids.gather(self.seller)
        held = pl.Series(["", *self.warehouse_ids], dtype=pl.String).gather(self.warehouse + 1)
        own = pl.Series(self.warehouse < 0)
        return pl.select(
            pl.when(own).then("seller:" + sellers).otherwise("warehouse:" + held + ":" + sellers)
        ).to_series()

    @property
    def location_ids(self) -> pl.Series:
        """Where the stock lies: the warehouse, or the seller's own place under the seller's id."""
        held = pl.Series(["", *self.warehouse_ids], dtype=pl.String).gather(self.warehouse + 1)
        own = pl.Series(self.warehouse < 0)
        return pl.select(pl.when(own).then(self.seller_ids.gather(self.seller)).otherwise(held)).to_series()


@dataclass(frozen=True, slots=True)
class Products:
    """Products and their offers; the offers of product p are ``first_offer[p] : first_offer[p + 1]``."""

    product_ids: pl.Series
    category: Ints
    weight_g: Ints
    sides_cm: Ints
    popularity: Floats
    first_offer: Ints
    offer_source: Ints
    offer_price_cents: Ints

    @property
    def longest_side_cm(self) -> Ints:
        """Longest of length, height and width."""
        longest: Ints = self.sides_cm.max(axis=1)
        return longest

    @property
    def offer_product(self) -> Ints:
        """Return the product of each offer."""
        return np.repeat(np.arange(self.weight_g.size), np.diff(self.first_offer))


def draw_sources(world: World, places: Places, orders: int, seed: int) -> tuple[Sources, Floats]:
    """Draw the sellers and, unfilled yet, the warehouses; return them with the sellers' relative activity."""
    rng = generator(seed, Stream.SELLERS)
    count = _scaled(
        orders, world.sellers.orders_per_seller, world.sellers.most, least=min(40, world.sellers.most)
    )
    wanted = in_order(world.sellers.state_shares, places.state_codes)
    sellers = Sources(
        seller_ids=hex_ids(seed, Kind.SELLER, np.arange(count)),
        warehouse_ids=tuple(f"wh_{state.lower()}_{n + 1}" for n, state in enumerate(world.warehouses.states)),
        warehouse_zip=_warehouse_zips(world, places, rng),
        habits=(*(habit.weekdays for habit in world.sellers.habits), world.warehouses.weekdays),
        seller=np.arange(count),
        warehouse=np.full(count, -1),
        zip=zip_near(places, rng, pick(rng, wanted, count)),
        habit=pick(rng, np.array([habit.share for habit in world.sellers.habits]), count),
        handling_days=np.full(count, world.sellers.handling_days),
        works_with=_contracts(world, rng, count),
    )
    return sellers, falling(rng, count, world.sellers.activity_exponent)


def draw_products(
    world: World, sellers: Sources, activity: Floats, orders: int, seed: int
) -> tuple[Products, Sources]:
    """Draw products with their offers, and fill the warehouses; return the products and all sources."""
    rng = generator(seed, Stream.PRODUCTS)
    count = _scaled(
        orders, world.products.orders_per_product, world.products.most, least=min(100, world.products.most)
    )
    product, seller = _who_sells(world, rng, activity, count)
    base = world.products.price_median_cents * np.exp(rng.normal(0, world.products.price_sd, count))
    price = base[product] * np.exp(rng.normal(0, 1, product.size) * world.products.price_spread)
    price = np.maximum(np.round(price), 100).astype(np.int64)
    held = np.flatnonzero(
        rng.random(product.size) < (world.warehouses.stocked_share if sellers.warehouse_ids else 0.0)
    )
    house = rng.integers(0, max(1, len(sellers.warehouse_ids)), held.size)
    pairs, source = np.unique(house * activity.size + seller[held], return_inverse=True)
    sources = _with_warehouses(world, sellers, pairs // activity.size, pairs % activity.size)
    product = np.concatenate([product, product[held]])
    source = np.concatenate([seller, activity.size + source])
    order = np.lexsort((source, product))
    weight_g, sides_cm = _measures(rng, count)
    products = Products(
        product_ids=hex_ids(seed, Kind.PRODUCT, np.arange(count)),
        category=pick(rng, category_facts()["share"].to_numpy(), count),
        weight_g=weight_g,
        sides_cm=sides_cm,
        popularity=falling(rng, count, world.products.popularity_exponent),
        first_offer=np.concatenate([[0], np.cumsum(np.bincount(product, minlength=count))]),
        offer_source=source[order],
        offer_price_cents=np.concatenate([price, price[held]])[order],
    )
    return products, sources


def category_facts() -> pl.DataFrame:
    """Return the categories that ship with the package: Portuguese and English name, share of products."""
    return pl.read_csv(
        files("ingest.synthetic").joinpath("facts/categories.csv").read_bytes(), comment_prefix="#"
    )


def _scaled(orders: int, each: float, most: int, least: int) -> int:
    return int(min(most, max(least, round(orders / each))))


def _warehouse_zips(world: World, places: Places, rng: np.random.Generator) -> Ints:
    found = np.zeros(len(world.warehouses.states), dtype=np.int64)
    for at, state in enumerate(world.warehouses.states):
        inside = np.flatnonzero(
            (places.zip_state == places.state_codes.index(state)) & (places.zip_in_capital == 1)
        )
        found[at] = inside[rng.integers(inside.size)]
    return found


def _contracts(world: World, rng: np.random.Generator, count: int) -> Flags:
    """Draw which carriers each seller works with: the widest always, others by share, up to the limit."""
    share = np.array([carrier.share for carrier in world.carriers])
    lottery = rng.random((count, share.size))
    wants = lottery < share
    lottery[:, world.widest_carrier], wants[:, world.widest_carrier] = -1.0, True
    place = np.argsort(
        np.argsort(np.where(wants, lottery, 2.0), axis=1, kind="stable"), axis=1, kind="stable"
    )
    contracts: Flags = wants & (place < world.sellers.carriers_each)
    return contracts


def _who_sells(world: World, rng: np.random.Generator, activity: Floats, count: int) -> tuple[Ints, Ints]:
    """Return (product, seller) pairs, each once; a product has 1 to ``sellers_most`` sellers, few mostly."""
    sizes = np.arange(1, min(world.products.sellers_most, activity.size) + 1)
    wanted = sizes[pick(rng, sizes.astype(np.float64) ** -world.products.sellers_exponent, count)]
    product = np.repeat(np.arange(count), wanted)
    seller = pick(rng, activity, product.size)
    pairs = np.unique(product * activity.size + seller)  # a seller drawn twice for a product sells it once
    return pairs // activity.size, pairs % activity.size


def _with_warehouses(world: World, sellers: Sources, house: Ints, seller: Ints) -> Sources:
    count = house.size
    contracts = np.zeros((count, len(world.carriers)), dtype=np.bool_)
    by_share = sorted(
        range(len(world.carriers)), key=lambda c: (c != world.widest_carrier, -world.carriers[c].share, c)
    )
    contracts[:, by_share[: world.sellers.carriers_each]] = True
    return Sources(
        seller_ids=sellers.seller_ids,
        warehouse_ids=sellers.warehouse_ids,
        warehouse_zip=sellers.warehouse_zip,
        habits=sellers.habits,
        seller=np.concatenate([sellers.seller, seller]),
        warehouse=np.concatenate([sellers.warehouse, house]),
        zip=np.concatenate([sellers.zip, sellers.warehouse_zip[house]]),
        habit=np.concatenate([sellers.habit, np.full(count, len(sellers.habits) - 1)]),
        handling_days=np.concatenate(
            [sellers.handling_days, np.full(count, world.warehouses.handling_hours / 24)]
        ),
        works_with=np.concatenate([sellers.works_with, contracts]),
    )


def _measures(rng: np.random.Generator, count: int) -> tuple[Ints, Ints]:
    """Draw weights (g) and three sides (cm) that roughly fit them."""
    weight = np.clip(np.exp(rng.normal(np.log(750.0), 1.25, count)), 50, WEIGHT_MOST_G)
    volume = weight * np.exp(rng.normal(np.log(6.0), 0.6, count))  # cm3
    shape = np.exp(rng.normal(0, 0.35, (count, 3)))
    sides = np.cbrt(volume)[:, None] * shape / np.cbrt(shape.prod(axis=1))[:, None]
    least = np.array([16, 2, 11])  # Correios takes no smaller parcel than 16 x 2 x 11 cm
    sides_cm = np.clip(np.round(sides), least, SIDE_MOST_CM).astype(np.int64)
    return np.round(weight / 50).astype(np.int64) * 50, sides_cm
