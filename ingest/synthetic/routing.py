"""How the recorded choice was made: the options shown, the rule's propensities, the draw."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from ingest.synthetic.arrays import Flags, Floats, Ints, Stream, count_up, generator
from ingest.synthetic.catalogue import Products, Sources
from ingest.synthetic.demand import Demand
from ingest.synthetic.law import Law, StageMedians
from ingest.synthetic.world import MOST_OPTIONS, RuleName, World


@dataclass(frozen=True, slots=True)
class Options:
    """One row an option, in order of parcel; ``first[p]`` is the first row of parcel p.

    ``price_cents`` is a unit's, ``freight_cents`` the parcel's; ``chosen`` marks the recorded choice of each
    parcel and ``propensity`` the chance that the rule would choose the option.
    """

    parcel: Ints
    first: Ints
    offer: Ints
    source: Ints
    carrier: Ints
    price_cents: Ints
    freight_cents: Ints
    km: Floats
    medians: StageMedians
    log_mean: Floats
    log_sd: Floats
    propensity: Floats
    chosen: Flags

    @property
    def mean_days(self) -> Floats:
        """Mean of the lognormal law."""
        return np.exp(self.log_mean + 0.5 * self.log_sd**2)


def route(world: World, law: Law, offers: tuple[Products, Sources], demand: Demand, seed: int) -> Options:
    """Return every option that the buyers were shown, with the recorded choice."""
    rng = generator(seed, Stream.ROUTING, int(demand.number[0]))
    parcel, offer, carrier = _shown(world, offers, demand, rng)
    source = offers[0].offer_source[offer]
    orders = demand.circumstances.take(demand.parcel_order[parcel])
    km = law.distance_km(source, orders.dest_zip)
    medians = law.medians(orders, source, carrier, km)
    log_mean = law.log_mean(orders, source, carrier, medians)
    freight = freight_cents(world, demand.parcel_weight_g[parcel], km, carrier)
    price = offers[0].offer_price_cents[offer]
    first = np.flatnonzero(np.diff(parcel, prepend=-1))
    money = price * demand.parcel_quantity[parcel] + freight
    days = np.exp(log_mean + 0.5 * law.log_sd[carrier] ** 2)
    propensity = _propensities(world, parcel, first, _Signals(km, money.astype(np.float64), days))
    return Options(
        parcel=parcel,
        first=first,
        offer=offer,
        source=source,
        carrier=carrier,
        price_cents=price,
        freight_cents=freight,
        km=km,
        medians=medians,
        log_mean=log_mean,
        log_sd=law.log_sd[carrier],
        propensity=propensity,
        chosen=_draw(rng, parcel, first, propensity),
    )


def freight_cents(world: World, weight_g: Ints, km: Floats, carrier: Ints) -> Ints:
    """Return the carriers' tariff: base + weight + distance, rounded to the nearest cent."""
    base, per_kg, per_km = (
        np.array([getattr(c, name) for c in world.carriers], dtype=np.float64)[carrier]
        for name in ("base_cents", "cents_per_kg", "cents_per_km")
    )
    return np.round(base + per_kg * weight_g / 1000.0 + per_km * km).astype(np.int64)


def _shown(
    world: World, offers: tuple[Products, Sources], demand: Demand, rng: np.random.Generator
) -> tuple[Ints, Ints, Ints]:
    """Return (parcel, offer, carrier) rows: at most 12 options an order.

    A product with more offers than fit shows a run of them from a random start, so each is shown as often.
    """
    products, sources = offers
    parcels = np.bincount(demand.parcel_order)[demand.parcel_order]
    fit = MOST_OPTIONS // (min(world.sellers.carriers_each, len(world.carriers)) * parcels)
    begin = products.first_offer[demand.parcel_product]
    known = products.first_offer[demand.parcel_product + 1] - begin
    shown = np.minimum(known, fit)
    start = (rng.random(known.size) * known).astype(np.int64) * (known > fit)
    row = np.repeat(np.arange(known.size), shown)
    offer = begin[row] + (start[row] + count_up(shown)) % known[row]
    admits = _within_limits(world, demand.parcel_weight_g, products.longest_side_cm[demand.parcel_product])
    at, carrier = np.nonzero(sources.works_with[products.offer_source[offer]] & admits[row])
    return row[at], offer[at], carrier


def _within_limits(world: World, weight_g: Ints, side_cm: Ints) -> Flags:
    heaviest = np.array([c.max_weight_g for c in world.carriers])
    longest = np.array([c.max_side_cm for c in world.carriers])
    limits: Flags = (weight_g[:, None] <= heaviest) & (side_cm[:, None] <= longest)
    return limits


@dataclass(frozen=True, slots=True)
class _Signals:
    km: Floats
    money_cents: Floats
    days: Floats


_Rule = Callable[[World, _Signals], Floats]
_SCORES: Mapping[RuleName, _Rule] = {
    "nearest": lambda _, option: option.km,
    "cheapest": lambda _, option: option.money_cents,
    "softmax": lambda world, option: option.money_cents + world.rule.cents_per_day * option.days,
    "random": lambda _, option: np.zeros(option.km.size),
}


def _propensities(world: World, parcel: Ints, first: Ints, signals: _Signals) -> Floats:
    """Return the chance of each option under the rule; options that tie share alike."""
    score = _SCORES[world.rule.name](world, signals)
    excess = score - np.minimum.reduceat(score, first)[parcel]
    if world.rule.name == "softmax":
        weight = np.exp(-excess / world.rule.temperature_cents)
    else:
        weight = (excess <= 1e-9).astype(np.float64)
    by_rule = weight / np.add.reduceat(weight, first)[parcel]
    options = np.diff(np.append(first, parcel.size))[parcel]
    return (1.0 - world.rule.explore) * by_rule + world.rule.explore / options


def _draw(rng: np.random.Generator, parcel: Ints, first: Ints, propensity: Floats) -> Flags:
    """Draw one option of each parcel."""
    upto = np.cumsum(propensity)
    begin = upto[first] - propensity[first]
    aim = (begin + rng.random(first.size) * np.add.reduceat(propensity, first))[parcel]
    reached = upto > aim
    # The first option that reaches the aim; should rounding let none do so, the parcel's last.
    last = np.append(first[1:], parcel.size) - 1
    reached[last] = True
    before = np.concatenate([[False], reached[:-1]])
    before[first] = False
    chosen: Flags = reached & ~before
    return chosen
