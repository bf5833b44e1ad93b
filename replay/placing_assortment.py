"""What to stock at the open sites of a scenario: an assortment problem made from the scenario's own figures.

A demand of the scenario (a place and an item) is a region of the assortment, so that serving it from a site
costs what the scenario says: freight, handling and days of the item's average unit. What its seller ships
himself pays his own freight and days, from where he is.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import polars as pl

from graph import Network
from graph.errors import BadInput, Fault
from optimizer.placement.assortment_problem import AssortmentProblem
from optimizer.placement.assortment_tables import Range
from optimizer.placement.scenario import Charge, Scenario
from optimizer.placement.transfers import known_inbound
from optimizer.words import Floats, Ints
from replay.placing import Found
from replay.placing_offers import bought_together, expected_offers

_ON_THE_WAY = (Charge.HANDLING, Charge.FREIGHT, Charge.TIME, Charge.LATE)
"""What an order pays that a site serves; bringing and holding its units is paid when they are brought."""

_ROOM = pl.min_horizontal("capacity_units", "room_units")


def assortment_of(
    scenario: Scenario, opened: Sequence[str], network: Network, events: pl.DataFrame, sold: pl.DataFrame
) -> Range:
    """Return what may be stocked at the ``opened`` sites of a completed scenario, and what it would bring.

    Stock comes once, before the horizon, so a unit is held for half of it, and what a site may hold is the
    less of its room and its capacity. All periods count together. ``events`` and ``sold``
    (``demand.parquet``) are those of the network's snapshot. BadInput where sellers may not ship themselves,
    or nobody supplies anything.
    """
    check_assortment(scenario)
    sites = scenario.sites
    site = np.flatnonzero(sites["warehouse_id"].is_in(list(opened)).to_numpy())
    offers = expected_offers(scenario, network, events, sold)
    offer, demand, orders = _demands(scenario, offers)
    count, pair = offers.height, _pairs(scenario, offers)
    every = np.arange(scenario.demands.height)
    charges = scenario.charges(site[:, None], every)
    lane = sum(np.broadcast_to(charges[name], (len(site), len(every))) for name in _ON_THE_WAY)
    fee = scenario.settings.assortment.stocking_cents
    problem = AssortmentProblem(
        site_ids=tuple(sites["warehouse_id"].gather(site)),
        offer_ids=tuple(offers.select(pl.format("{}:{}", "product_id", "seller_id")).to_series()),
        capacity=sites.select(_ROOM).to_series().fill_null(np.inf).to_numpy()[site],
        stocking=np.full((len(site), count), fee),
        inbound=_inbound(scenario, site, offers, pair),
        space=np.ones(count),
        bundle=bought_together(offers, events, network.meta.as_of_s),
        line_type=np.arange(count),
        line_offer=np.arange(count),
        line_units=np.ones(count),
        parcel=np.zeros(count, np.int64),
        lane=np.asarray(lane)[None],
        demand_type=offer,
        demand_region=demand,
        orders=orders,
        own=_own(scenario, network, offers, offer, demand),
    )
    return Range(site, offers, pair, problem)


def check_assortment(scenario: Scenario) -> None:
    """Refuse a scenario of which it cannot be asked what to stock; BadInput with the reasons."""
    if faults := [*_cannot(scenario)]:
        raise BadInput("What to stock cannot be asked of this scenario.", faults)


def _cannot(scenario: Scenario) -> Iterator[Fault]:
    if not scenario.settings.direct:
        yield Fault(
            "scenario.toml", None, "direct", "false", "", "Write direct = true: sellers ship the rest."
        )
    if scenario.supply.is_empty():
        yield Fault("supply", None, None, "missing table", "", "Say who supplies what.")


def _demands(scenario: Scenario, offers: pl.DataFrame) -> tuple[Ints, Ints, Floats]:
    """Return offer, demand and expected units of every pair of one item, by offer and demand."""
    units = scenario.demands["units"].to_numpy()
    whole = np.bincount(scenario.item, units, len(scenario.items))
    of_item = [np.flatnonzero((scenario.item == item) & (units > 0)) for item in range(len(scenario.items))]
    rows = [of_item[item] for item in offers["item"]]
    offer = np.repeat(np.arange(len(rows)), [len(row) for row in rows])
    demand = np.concatenate(rows)
    share = offers["units"].to_numpy() / whole[offers["item"].to_numpy()]
    return offer, demand, units[demand] * share[offer]


def _pairs(scenario: Scenario, offers: pl.DataFrame) -> Ints:
    """Return the row of each offer's seller and item in the scenario's inbound transport, (O,)."""
    inbound = known_inbound(scenario)
    known = pl.DataFrame(
        {
            "seller_id": pl.Series(inbound.seller_ids, dtype=pl.String)[inbound.seller],
            "item": inbound.item,
            "pair": np.arange(len(inbound.seller)),
        }
    )
    return offers.join(known, ["seller_id", "item"], "left", maintain_order="left")["pair"].to_numpy()


def _inbound(scenario: Scenario, site: Ints, offers: pl.DataFrame, pair: Ints) -> Floats:
    """Return what bringing a unit and holding it for half of the horizon costs, (S, O)."""
    settings = scenario.settings
    held = scenario.holding_cents_per_day[offers["item"].to_numpy()] * settings.horizon_days / 2.0
    cents = settings.weights.inbound * known_inbound(scenario).seller_cents[np.ix_(site, pair)]
    return np.asarray(cents + settings.weights.holding * held)


def _own(scenario: Scenario, network: Network, offers: pl.DataFrame, offer: Ints, demand: Ints) -> Floats:
    """Return what an order costs that its seller ships himself, (N,)."""
    if scenario.known_service.stated:
        return _sum(scenario.charges(np.full(len(demand), scenario.sites.height), demand))
    found, weights = Found.of(scenario, network), scenario.settings.weights
    who = (
        pl.Series(found.sellers, dtype=pl.String).search_sorted(offers["seller_id"]).cast(pl.Int64).to_numpy()
    )
    own = np.empty(len(demand))
    first = np.searchsorted(offer, np.arange(offers.height + 1))
    for seller in np.unique(who):
        times = found.seller_times(seller)
        late = 1.0 - times.cdf(scenario.settings.service.promise_days)
        waiting = weights.time_cents_per_day * times.mean_days + weights.late_cents * late
        for row in np.flatnonzero(who == seller):
            part = slice(first[row], first[row + 1])
            place, parcel = found.place[demand[part]], found.parcels.take([scenario.item[demand[first[row]]]])
            freight = found.seller_freight(np.array([seller]), found.places.take(place), parcel)[0]
            own[part] = weights.freight * freight + waiting[place]
    return own


def _sum(charges: dict[Charge, Any]) -> Floats:
    return np.asarray(sum(charges[name] for name in _ON_THE_WAY))
