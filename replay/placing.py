"""What a scenario does not say itself, computed from a snapshot: freight, lead times, inbound transport.

A demand lies at its zip prefix, or at the centroid of its region. Freight is that of one average parcel of
the product or group; the lead time is that of the average parcel over all demand: the parcel moves it by
about one per cent, the place many times over. A site ships without a seller's own effect, after its own
handling hours: the basis of its times is ``synthetic``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import polars as pl

from graph import Network
from graph.arrays import codes_of
from graph.errors import BadInput, Fault
from graph.freight import FreightQuery
from graph.law import billable_kg
from graph.lead_time import LeadTimeBatch, RouteQuery
from graph.model import UNKNOWN
from optimizer.placement.scenario import Scenario
from optimizer.placement.scenario_tables import ROW
from optimizer.placement.service import Direct, Inbound, Service
from optimizer.placement.supply import supply_of
from optimizer.words import Floats, Ints
from replay.placing_ends import Ends, Parcels, parcels_of, place_ends, zip_ends, zip_rows

HOURS: float = 24.0


def complete(scenario: Scenario, network: Network) -> Scenario:
    """Return the scenario with the service and inbound transport that it does not state.

    BadInput with every place, item and seller that the snapshot does not know, by table and row.
    """
    if scenario.service is not None and (scenario.inbound is not None or scenario.supply.is_empty()):
        return scenario
    if scenario.settings.direct and scenario.supply.is_empty():
        remedy = "Say who supplies what, or set direct = false."
        raise BadInput(
            "The scenario lets sellers ship, and names none.",
            [Fault("supply", None, None, "missing table", "", remedy)],
        )
    found = Found.of(scenario, network)
    inbound = scenario.inbound
    if inbound is None and not scenario.supply.is_empty():
        inbound = found.inbound()
    return scenario.with_service(scenario.service or found.service(), inbound)


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """A scenario's names found in a network: ``place`` (J,) is the demand's position in ``places``.

    ``usual``: the average parcel over all that is demanded.
    """

    scenario: Scenario
    network: Network
    sites: Ends
    places: Ends
    place: Ints
    parcels: Parcels
    usual: Parcels
    sellers: tuple[str, ...]
    seller: Ints
    seller_ends: Ends

    @classmethod
    def of(cls, scenario: Scenario, network: Network) -> Found:
        """Find them; BadInput with everything that the network does not know, by table and row."""
        demands = scenario.demands
        keys = demands.select("zip_prefix", "region").unique().sort("zip_prefix", "region", nulls_last=True)
        placed = demands.join(keys.with_row_index("place"), ["zip_prefix", "region"], nulls_equal=True)
        sellers = tuple(scenario.supply["seller_id"].unique().sort())
        if faults := [*_unknown(scenario, network)]:
            raise BadInput("The snapshot does not know everything that the scenario names:", faults)
        zips, parcels = zip_ends(network), parcels_of(scenario, network)
        units = np.bincount(scenario.item, demands["units"].to_numpy()).astype(np.float64)
        seller = codes_of(pl.Series(sellers, dtype=pl.String), network.tables["sellers"]["seller_id"])
        return cls(
            scenario,
            network,
            zips.take(zip_rows(network, scenario.sites["zip_prefix"])),
            place_ends(network, keys),
            placed.sort("demand_id")["place"].cast(pl.Int64).to_numpy(),
            parcels,
            parcels.mean(units),
            sellers,
            seller.astype(np.int64),
            zips.take(network.arrays.seller_zip[seller]),
        )

    def service(self) -> Service:
        """Return freight and lead times of every site, and of the sellers where they may ship."""
        shape = len(self.sites.lat), len(self.places.lat)
        carrier = np.zeros(shape, np.int64)
        mean, sd, on_time = (np.empty(shape) for _ in range(3))
        for site in range(len(mean)):
            mean[site], sd[site], on_time[site], carrier[site] = self._by_best_carrier(site)
        freight = np.empty((len(mean), len(self.place)))
        to, parcels = self.places.take(self.place), self.parcels.take(self.scenario.item)
        for site in range(len(mean)):
            query = self.freight_query(self.sites.take([site]), to, parcels, carrier[site, self.place])
            freight[site] = self.network.freight.estimate(query)
        direct = self._direct() if self.scenario.settings.direct else None
        return Service(freight, self.place, mean, sd, on_time, direct)

    def _by_best_carrier(self, site: int) -> tuple[Floats, Floats, Floats, Ints]:
        """Return mean, sd, P(on time) and carrier to all places: the carrier of least cost to each."""
        weights, carriers = self.scenario.settings.weights, len(self.network.arrays.carrier_ids)
        count = len(self.places.lat)
        to = self.places.take(np.tile(np.arange(count), carriers))
        carrier, start = np.repeat(np.arange(carriers), count), self.sites.take([site])
        days = float(self.scenario.sites["handling_hours"][site]) / HOURS
        times = self.times(start, to, carrier, handling_days=days)
        on_time = times.cdf(self.scenario.settings.service.promise_days)
        cents = self.network.freight.estimate(self.freight_query(start, to, self.usual, carrier))
        cost = weights.freight * cents + weights.time_cents_per_day * times.mean_days
        cost += weights.late_cents * (1.0 - on_time)
        best = cost.reshape(carriers, count).argmin(axis=0)
        rows = best * count + np.arange(count)
        return times.mean_days[rows], times.sd_days[rows], on_time[rows], best

    def _direct(self) -> Direct:
        """Return freight and lead times of what sellers ship themselves, mixed in their shares of an item."""
        scenario, places = self.scenario, len(self.places.lat)
        seller, item, share = _shares(scenario, self.sellers)
        means, squares, on_time = (np.empty((len(self.sellers), places)) for _ in range(3))
        for row in range(len(self.sellers)):
            times = self.seller_times(row)
            means[row] = times.mean_days
            squares[row] = times.var_days + times.mean_days**2
            on_time[row] = times.cdf(scenario.settings.service.promise_days)
        demands = len(self.place)
        cents, mean, square, kept = (np.zeros(demands) for _ in range(4))
        for code, rows in self._demands_by_item():
            pairs = np.flatnonzero(item == code)
            to = self.places.take(self.place[rows])
            who, weight = seller[pairs], share[pairs]
            cents[rows] = weight @ self.seller_freight(who, to, self.parcels.take([code]))
            for figure, of_seller in ((mean, means), (square, squares), (kept, on_time)):
                figure[rows] = weight @ of_seller[np.ix_(who, self.place[rows])]
        return Direct(cents, mean, np.sqrt(np.maximum(square - mean**2, 0.0)), kept)

    def _demands_by_item(self) -> Iterator[tuple[int, Ints]]:
        order = np.argsort(self.scenario.item, kind="stable")
        ends = np.searchsorted(self.scenario.item[order], np.arange(len(self.scenario.items) + 1))
        for code in range(len(self.scenario.items)):
            yield code, order[ends[code] : ends[code + 1]]

    def seller_times(self, row: int) -> LeadTimeBatch:
        """Return the lead times of what one of ``sellers`` ships to all places."""
        start, code = self.seller_ends.take([row]), self.seller[row]
        return self.times(start, self.places, UNKNOWN, seller=code)

    def seller_freight(self, who: Ints, to: Ends, parcel: Parcels) -> Floats:
        """Return the freight of what some of ``sellers`` (W,) ship to D ends, (W, D)."""
        start = self.seller_ends.take(who[:, None])
        query = self.freight_query(start, to, parcel, UNKNOWN)
        cents = self.network.freight.estimate(replace(query, seller=self.seller[who][:, None]))
        return cents.astype(np.float64)

    def inbound(self) -> Inbound:
        """Return what bringing stock from its sellers costs and takes, priced by distance."""
        rule, scenario = self.scenario.settings.inbound, self.scenario
        seller, item, units = supply_of(scenario.supply, scenario.items, self.sellers)
        km = self.sites.take(np.s_[:, None]).km_to(self.seller_ends.take(seller))
        km = np.where(np.isnan(km), np.nanmedian(km) if np.isfinite(km).any() else 0.0, km)
        typical = self.network.freight.typical
        weight, volume = self.parcels.weight_g[item], self.parcels.volume_cm3[item]
        kg = billable_kg(
            np.where(np.isnan(weight), typical[0], weight), np.where(np.isnan(volume), typical[1], volume)
        )
        cents = rule.base_cents + rule.cents_per_tonne_km * 1e-3 * kg * km
        days = rule.days + km / rule.km_per_day
        return Inbound.of(self.sellers, (seller, item, units), len(scenario.items), cents, days)

    def times(self, start: Ends, to: Ends, carrier: Any, **more: Any) -> LeadTimeBatch:
        """Return the lead times of the usual parcel from a start to D ends."""
        parcel = self.usual
        handling = more.pop("handling_days", None)
        query = RouteQuery.build(
            len(to.lat),
            self.network.meta.as_of_s,
            origin_region=start.region,
            dest_region=to.region,
            origin_state=start.state,
            dest_state=to.state,
            carrier=carrier,
            distance_km=start.km_to(to),
            weight_g=parcel.weight_g,
            volume_cm3=parcel.volume_cm3,
            price_cents=parcel.price_cents,
            site_handling_days=handling,
            assumed=None if handling is None else True,
            **more,
        )
        return self.network.lead_times.read(query)

    def freight_query(self, start: Ends, to: Ends, parcel: Parcels, carrier: Any) -> FreightQuery:
        """Return what to ask freight with; starts, ends and parcels broadcast."""
        return FreightQuery(
            seller=UNKNOWN,
            dest_region=to.region,
            carrier=carrier,
            same_state=(start.state == to.state) & (to.state >= 0),
            distance_km=start.km_to(to),
            weight_g=parcel.weight_g,
            volume_cm3=parcel.volume_cm3,
            price_cents=np.where(np.isnan(parcel.price_cents), 0.0, parcel.price_cents),
        )


def _unknown(scenario: Scenario, network: Network) -> Iterator[Fault]:
    """Yield what the network does not know."""
    tables = network.tables
    sought = (
        ("sites", scenario.sites, "zip_prefix", tables["zip_prefixes"]["zip_prefix"]),
        ("demand", scenario.demand, "zip_prefix", tables["zip_prefixes"]["zip_prefix"]),
        ("demand", scenario.demand, "region", tables["regions"]["region"]),
        ("supply", scenario.supply, "seller_id", tables["sellers"]["seller_id"]),
    )
    for table, frame, column, known in sought:
        wrong = frame.filter(pl.col(column).is_not_null() & ~pl.col(column).is_in(known.implode()))
        for row in wrong.unique(column, maintain_order=True).head(20).iter_rows(named=True):
            remedy = "The snapshot knows no such name: correct it, or give the table service."
            yield Fault(table, row[ROW], column, f"unknown {column.replace('_', ' ')}", row[column], remedy)


def _shares(scenario: Scenario, sellers: tuple[str, ...]) -> tuple[Ints, Ints, Floats]:
    """Return who supplies what, and the share of the item's units that each supplies."""
    seller, item, units = supply_of(scenario.supply, scenario.items, sellers)
    nothing = np.zeros((0, len(seller)))
    made = Inbound.of(sellers, (seller, item, units), len(scenario.items), nothing, nothing)
    return seller, item, made.share
