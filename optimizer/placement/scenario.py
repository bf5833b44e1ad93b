"""A scenario: the tables that a planner edits, checked, and the placement problem that they state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cached_property
from typing import Any, Final

import numpy as np
import polars as pl

from graph.errors import BadInput, Fault
from optimizer.placement.lots import Lots, lots_of
from optimizer.placement.problem import CLOSED, FREE, OPEN, FacilityProblem
from optimizer.placement.scenario_cells import SiteStatus
from optimizer.placement.scenario_faults import cross_faults
from optimizer.placement.scenario_settings import WHERE, Settings, settings_of
from optimizer.placement.scenario_tables import ITEM, LACKS_COLUMN, TABLES, read_tables
from optimizer.placement.service import Inbound, Service, service_of
from optimizer.placement.supply import inbound_of, positions
from optimizer.words import Floats, Ints

DIRECT: Final = "direct"
"""The site that stands for the sellers' own places: what is not stocked ships from there, as today."""

_FORCED: Final = {SiteStatus.OPEN: OPEN, SiteStatus.CLOSED: CLOSED, SiteStatus.CANDIDATE: FREE}


class Charge(StrEnum):
    """What a plan is charged for, in cents as the weights of the scenario count them."""

    FIXED = "fixed"
    HANDLING = "handling"
    INBOUND = "inbound"
    FREIGHT = "freight"
    HOLDING = "holding"
    TIME = "time"
    LATE = "late"
    UNSERVED = "unserved"


@dataclass(frozen=True, eq=False)
class Scenario:
    """The tables of a scenario as `read_tables` types them, its settings, and what serving and supply cost.

    I sites are the rows of ``sites``, and `DIRECT` after them where the settings allow it; J demands are the
    different ``demand_id``, sorted. ``service`` and ``inbound`` are None where the scenario does not state
    them: `replay.placing` computes them from a snapshot.
    """

    sites: pl.DataFrame
    demand: pl.DataFrame
    products: pl.DataFrame
    supply: pl.DataFrame
    flows: pl.DataFrame
    settings: Settings
    service: Service | None = None
    inbound: Inbound | None = None

    @cached_property
    def demands(self) -> pl.DataFrame:
        """One row a demand: demand_id, zip_prefix, region, item, units, units_sd of all periods; sorted."""
        return (
            self.demand.group_by("demand_id")
            .agg(
                pl.first("zip_prefix", "region"),
                ITEM.first().alias("item"),
                pl.sum("units"),
                (pl.col("units_sd") ** 2).sum().sqrt(),
            )
            .sort("demand_id")
        )

    @cached_property
    def periods(self) -> tuple[str, ...]:
        """The periods of the demand, sorted; one without a name where there are none."""
        return tuple(self.demand["period"].unique().sort())

    @cached_property
    def parts(self) -> Floats:
        """The part of each demand that sites can serve in each period, (P, J); sellers ship what is left."""
        units = np.zeros((len(self.periods), self.demands.height))
        at = positions(self.demand["period"], self.periods)
        of = positions(self.demand["demand_id"], tuple(self.demands["demand_id"]))
        np.add.at(units, (at, of), (self.demand["units"] * self.demand["stockable_share"]).to_numpy())
        whole = self.demands["units"].to_numpy()
        parts: Floats = np.divide(units, whole, out=np.zeros_like(units), where=whole > 0)
        return np.minimum(parts, 1.0)

    @cached_property
    def stockable(self) -> Floats:
        """The part of each demand that sites can serve, (J,); all of it where nothing is demanded."""
        whole = self.demands["units"].to_numpy()
        return np.where(whole > 0, np.minimum(self.parts.sum(axis=0), 1.0), 1.0)

    @cached_property
    def site_ids(self) -> tuple[str, ...]:
        """The ids of the I sites, `DIRECT` last where it is allowed."""
        return (*self.sites["warehouse_id"], *((DIRECT,) if self.settings.direct else ()))

    @cached_property
    def items(self) -> tuple[str, ...]:
        """The products and groups that are demanded, sorted; "" stands for everything alike."""
        return tuple(self.demands["item"].unique().sort())

    @cached_property
    def item(self) -> Ints:
        """The item of each demand (J,), a position in ``items``."""
        return positions(self.demands["item"], self.items)

    @cached_property
    def lots(self) -> Lots:
        """The demands as the problem has them: split where ``flows`` asks for a part of one."""
        demands = self.demands.with_columns(pl.col("units") * pl.Series(self.stockable))
        return lots_of(self.flows, demands, self.site_ids)

    def with_service(self, service: Service, inbound: Inbound | None) -> Scenario:
        """Return the scenario with what it does not state itself."""
        return replace(self, service=self.service or service, inbound=self.inbound or inbound)

    def charges(self, site: Any, demand: Any) -> dict[Charge, Floats]:
        """Return what one unit of each demand pays when a site serves it, by charge; the two broadcast.

        BadInput where lead times and freight are not known.
        """
        service, weights = self.known_service, self.settings.weights
        own = np.asarray(site) < self.sites.height
        item = self.item[demand]
        charges = {
            Charge.HANDLING: weights.handling * self._by_site("handling_cost_cents")[site],
            Charge.FREIGHT: _weighted(weights.freight, service.freight(site, demand)),
            Charge.HOLDING: weights.holding
            * own
            * self.settings.cover_days
            * self.holding_cents_per_day[item],
            Charge.TIME: weights.time_cents_per_day * service.mean(site, demand),
            Charge.LATE: weights.late_cents * (1.0 - service.on_time(site, demand)),
        }
        if self.inbound is not None:
            cents = self.inbound.unit_cents[np.minimum(site, self.sites.height - 1), item]
            charges[Charge.INBOUND] = weights.inbound * own * cents
        return {charge: np.asarray(cents, np.float64) for charge, cents in charges.items()}

    def on_time(self, site: Any, demand: Any) -> Floats:
        """Return the share of each demand that counts as on time when a site serves it; the two broadcast."""
        service, asked = self.known_service, self.settings.service
        p = service.on_time(site, demand)
        return p if asked.probability is None else (p >= asked.probability).astype(np.float64)

    def problem(self) -> FacilityProblem:
        """Return the placement problem. BadInput where lead times and freight are not known.

        A plan serves every period from the same sites, whose capacity holds in each of them. A site that
        serves a demand serves what can be stocked of it; the sellers ship the rest, at what they cost.
        """
        settings, lots, sites = self.settings, self.lots, self.sites.height
        count = len(self.site_ids)
        units = self.demands["units"].to_numpy()[lots.demand] * lots.fraction
        cost, on_time = self._served(units)
        lots.close(cost)
        extra = count - sites  # DIRECT is open and counts for nothing
        capacity = self.sites["capacity_units"].fill_null(np.inf).to_numpy()
        status = [_FORCED[SiteStatus(name)] for name in self.sites["status"]]
        low, high = settings.min_sites, settings.max_sites
        if settings.exact_sites is not None:
            low = high = settings.exact_sites
        fixed = self._by_site("fixed_cost_cents")
        plain = len(self.periods) == 1 and bool((self.stockable == 1).all())
        return FacilityProblem(
            site_ids=self.site_ids,
            demand_ids=lots.ids,
            fixed=settings.weights.fixed * fixed,
            cost=cost,
            units=units,
            capacity=np.append(capacity, np.full(extra, np.inf)),
            min_units=self._by_site("min_units"),
            parts=None if plain else self.parts[:, lots.demand],
            forced=np.array([*status, *[OPEN] * extra], np.int8),
            min_sites=None if low is None else low + extra,
            max_sites=None if high is None else high + extra,
            budget=settings.budget_cents,
            spend=fixed,
            single_source=settings.single_sourcing,
            on_time=on_time,
            min_on_time=settings.service.share,
            unserved=None if settings.unserved_cents_per_unit is None else self._unserved_cents * units,
        )

    def _served(self, units: Floats) -> tuple[Floats, Floats]:
        """Return what ``units`` (L,) of each lot cost from each site, and their share on time: (I, L) each.

        Of a demand that can be stocked in part the sellers ship the rest.
        """
        lot, part = self.lots.demand, self.stockable[self.lots.demand]
        mixed = np.flatnonzero(part < 1)
        kept, rest = part[mixed], 1.0 - part[mixed]
        shape = len(self.site_ids), len(lot)
        cost, on_time = np.empty(shape), np.empty(shape)
        for site in reversed(range(shape[0])):  # the sellers first
            charges = self.charges(site, lot).values()
            cost[site] = sum(np.broadcast_to(cents, units.shape) for cents in charges)
            on_time[site] = self.on_time(site, lot)
            if len(mixed) and site < self.sites.height:
                mean = kept * cost[site, mixed] + rest * cost[-1, mixed]
                cost[site, mixed] = np.where(kept > 0, mean, np.inf)
                on_time[site, mixed] = kept * on_time[site, mixed] + rest * on_time[-1, mixed]
        for site in range(shape[0]):
            cost[site] = _weighted(units, cost[site])
        return cost, on_time

    @property
    def _unserved_cents(self) -> float:
        return self.settings.unserved_cents_per_unit or 0.0

    @cached_property
    def holding_cents_per_day(self) -> Floats:
        """What a unit of each item costs to hold for a day (K,)."""
        rates = dict(self.products.select(ITEM.alias("item"), "holding_cost_cents_per_day").iter_rows())
        return np.array([rates.get(item, 0.0) for item in self.items])

    def _by_site(self, column: str) -> Floats:
        """Return a column of the sites, with 0 for `DIRECT`."""
        own = self.sites[column].to_numpy()
        return np.append(own, np.zeros(len(self.site_ids) - len(own)))

    @property
    def known_service(self) -> Service:
        """The service; BadInput where it is not known."""
        if self.service is None:
            raise BadInput(
                f"The scenario states no service. Give service.csv, or name a snapshot in {WHERE} or with "
                "--snapshot to compute it from."
            )
        return self.service


def scenario_of(tables: Mapping[str, pl.DataFrame], settings: Mapping[str, Any]) -> Scenario:
    """Return the scenario of raw tables and settings; BadInput with every fault, by table and row.

    ``tables``: frames by name as `scenario_tables.TABLES` describes them, of text or typed cells, each with
    a column ``row`` or counted from 2.
    """
    frames, faults = read_tables(tables)
    asked, found = settings_of(settings)
    faults += found
    scenario = Scenario(
        frames["sites"], frames["demand"], frames["products"], frames["supply"], frames["flows"], asked
    )
    lacking = {fault.table for fault in faults if fault.kind == LACKS_COLUMN}
    whole = {name: frame for name, frame in tables.items() if name not in lacking}
    faults += cross_faults(frames, whole, asked, DIRECT)
    if faults:
        raise BadInput("The scenario cannot be used as it is:", sorted(faults, key=_by_place))
    days = asked.service.promise_days
    if not frames["service"].is_empty():
        demand_ids = scenario.demands["demand_id"].to_list()
        service = service_of(frames["service"], scenario.site_ids, demand_ids, days, DIRECT)
        scenario = replace(scenario, service=service)
    if not frames["inbound"].is_empty():
        sites = scenario.sites["warehouse_id"].to_list()
        inbound = inbound_of(frames["inbound"], sites, scenario.supply, scenario.items)
        scenario = replace(scenario, inbound=inbound)
    return scenario


def _by_place(fault: Fault) -> tuple[int, int]:
    order = list(TABLES)
    table = order.index(fault.table) if fault.table in order else len(order)
    return table, fault.row if isinstance(fault.row, int) else 0


def _weighted(weight: float | Floats, cents: Floats) -> Floats:
    """Return cents times a weight or units; inf, which is not allowed, stays so whatever they are."""
    allowed = np.isfinite(cents)
    return np.where(allowed, weight * np.where(allowed, cents, 0.0), np.inf)
