"""A placement as tables for people and programs: sites, flows, transfers, opening stock, and the summary."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
import polars as pl

from optimizer.placement.answer import PlacementAnswer
from optimizer.placement.plan import FacilityPlan
from optimizer.placement.scenario import Charge, Scenario
from optimizer.placement.transfers import group_transfers
from optimizer.words import Bools, Floats, Ints


@dataclass(frozen=True, slots=True, eq=False)
class PlanTables:
    """A plan by ids. ``sites``: the open ones with what they handle; ``flows``: who serves what.

    ``transfers``: who sends what where, to be sent and there by when; ``stock``: what lies on the shelves
    (only where demand is by product: units by warehouse, seller and product). ``summary``: JSON values.
    """

    sites: pl.DataFrame
    flows: pl.DataFrame
    transfers: pl.DataFrame
    stock: pl.DataFrame
    summary: dict[str, Any]

    @property
    def tables_id(self) -> str:
        """SHA-256 of sites, flows, transfers and stock: two plans of one id are the same."""
        return str(self.summary["tables_id"])

    def with_stock(self, stock: pl.DataFrame, transfers: pl.DataFrame) -> Self:
        """Return the tables with another opening stock, and what brings it."""
        name = _digest(self.sites, self.flows, transfers, stock)
        summary = {**self.summary, "tables_id": name}
        return replace(self, stock=stock, transfers=transfers, summary=summary)


@dataclass(frozen=True, slots=True, eq=False)
class _Flows:
    """The flows of a plan by site and demand, lots of one demand together: (F,) each.

    What cannot be stocked of a demand comes from its sellers, whichever site serves the rest.
    """

    site: Ints
    demand: Ints
    units: Floats

    @classmethod
    def of(cls, scenario: Scenario, plan: FacilityPlan) -> _Flows:
        lots, count = scenario.lots, len(scenario.site_ids)
        whole = scenario.demands["units"].to_numpy()
        demand = lots.demand[plan.demand]
        units = whole[demand] * lots.fraction[plan.demand] * plan.share
        kept = np.where(plan.site < scenario.sites.height, scenario.stockable[demand], 1.0)
        rest = np.flatnonzero(kept < 1)
        site = np.append(plan.site, np.full(len(rest), count - 1))
        demand = np.append(demand, demand[rest])
        units = np.append(units * kept, (units * (1.0 - kept))[rest])
        key, place = np.unique(demand * count + site, return_inverse=True)
        total = np.bincount(place, units, minlength=len(key)).astype(np.float64)
        return cls(key % count, key // count, total)


def plan_tables(scenario: Scenario, answer: PlacementAnswer) -> PlanTables:
    """Return a plan for the scenario's ``problem()`` as tables, with costs by charge and service."""
    flows = _Flows.of(scenario, answer.plan)
    sites = _sites(scenario, answer.plan.open, flows)
    told = _flow_table(scenario, flows)
    transfers = group_transfers(scenario, flows.site, flows.demand, flows.units)
    stock = _stock(scenario, transfers)
    summary = {
        "tables_id": _digest(sites, told, transfers, stock),
        "as_of": scenario.settings.origin.get("as_of"),
        "snapshot_id": scenario.settings.origin.get("snapshot_id"),
        "horizon_days": scenario.settings.horizon_days,
        "status": str(answer.status),
        "method": str(answer.method),
        "value_cents": round(answer.value, 2),
        "bound_cents": round(answer.bound, 2),
        "gap": answer.gap,
        "seconds": round(answer.seconds, 3),
        "repeatable": answer.repeatable,
        "charges_cents": charges_of(scenario, answer.plan),
        "service": service_figures(scenario, answer.plan),
        "sites": sites["warehouse_id"].to_list(),
        "history": [
            [round(step.seconds, 3), *(value if np.isfinite(value) else None for value in step[1:])]
            for step in answer.history
        ],
    }
    return PlanTables(sites, told, transfers, stock, summary)


def charges_of(scenario: Scenario, plan: FacilityPlan) -> dict[str, float]:
    """Return what a plan is charged in cents, by charge; they add up to its value."""
    flows = _Flows.of(scenario, plan)
    per_unit = scenario.charges(flows.site, flows.demand)
    own = plan.open[: scenario.sites.height]
    fixed = scenario.sites["fixed_cost_cents"].to_numpy()[own].sum() * scenario.settings.weights.fixed
    unit_unserved = scenario.settings.unserved_cents_per_unit or 0.0
    charges = {Charge.FIXED: fixed, **{name: flows.units @ cents for name, cents in per_unit.items()}}
    charges[Charge.UNSERVED] = unit_unserved * (_total(scenario) - flows.units.sum())
    return {str(charge): round(float(charges.get(charge, 0.0)), 2) for charge in Charge}


def service_figures(scenario: Scenario, plan: FacilityPlan) -> dict[str, float]:
    """Return expected days and the share on time (unserved units are late), and where demand is served from.

    ``stockable_share``: the share of demand that sites can serve at all; ``reachable_share``: the share that
    some site which is not closed would bring within the promise more probably than its sellers do; 1 where
    sellers do not ship.
    """
    flows, total = _Flows.of(scenario, plan), max(_total(scenario), 1e-12)
    service = scenario.known_service
    served = flows.units.sum()
    days = service.mean(flows.site, flows.demand)
    p = service.on_time(flows.site, flows.demand)
    return {
        "units": round(total, 4),
        "served_share": round(float(served / total), 6),
        "from_sites_share": round(float(flows.units[flows.site < scenario.sites.height].sum() / total), 6),
        "mean_days": round(float(flows.units @ days / max(served, 1e-12)), 4),
        "p_on_time": round(float(flows.units @ p / total), 6),
        "kept_share": round(float(flows.units @ scenario.on_time(flows.site, flows.demand) / total), 6),
        "stockable_share": round(float(_stockable_units(scenario).sum() / total), 6),
        "reachable_share": round(reachable_share(scenario), 6),
    }


def reachable_share(scenario: Scenario) -> float:
    """Return the share of demand that stocking can bring sooner: see `service_figures`."""
    if not scenario.settings.direct:
        return 1.0  # then nobody ships what cannot be stocked, and there is none
    demand = np.arange(scenario.demands.height)
    best = np.zeros(len(demand))
    for site in np.flatnonzero(scenario.sites["status"].to_numpy() != "closed"):
        allowed = np.isfinite(scenario.known_service.freight(site, demand))
        best = np.maximum(best, np.where(allowed, scenario.known_service.on_time(site, demand), 0.0))
    direct = scenario.known_service.on_time(scenario.sites.height, demand)
    return float(_stockable_units(scenario)[best > direct].sum() / max(_total(scenario), 1e-12))


def direct_plan(scenario: Scenario) -> FacilityPlan | None:
    """Return the plan that opens nothing and ships everything from the sellers; None where that cannot be."""
    site, demand = scenario.sites.height, np.arange(scenario.demands.height)
    if not scenario.settings.direct or not np.isfinite(scenario.known_service.freight(site, demand)).all():
        return None
    opened: Bools = np.arange(len(scenario.site_ids)) == site
    return FacilityPlan.assigned(opened, np.full(len(scenario.lots.ids), site))


def _stockable_units(scenario: Scenario) -> Floats:
    return np.asarray(scenario.demands["units"].to_numpy() * scenario.stockable)


def _total(scenario: Scenario) -> float:
    return float(scenario.demands["units"].sum())


def _sites(scenario: Scenario, is_open: Bools, flows: _Flows) -> pl.DataFrame:
    own = scenario.sites.height
    units = np.bincount(flows.site, flows.units, minlength=len(scenario.site_ids))[:own]
    columns = ("warehouse_id", "zip_prefix", "handling_hours", "capacity_units", "daily_capacity_orders")
    return (
        scenario.sites.select(*columns, "fixed_cost_cents")
        .with_columns(units=pl.Series(units).round(4))
        .filter(pl.Series(is_open[:own]))
        .sort("warehouse_id")
    )


def _flow_table(scenario: Scenario, flows: _Flows) -> pl.DataFrame:
    service, demands = scenario.known_service, scenario.demands
    whole = demands["units"].to_numpy()[flows.demand]
    cents = sum(scenario.charges(flows.site, flows.demand).values())
    return pl.DataFrame(
        {
            "warehouse_id": pl.Series(scenario.site_ids, dtype=pl.String)[flows.site],
            "demand_id": demands["demand_id"][flows.demand],
            "units": flows.units.round(6),
            "share": (flows.units / np.where(whole > 0, whole, 1.0)).round(6),
            "unit_cost_cents": np.broadcast_to(cents, flows.units.shape).round(2),
            "lead_time_mean_days": service.mean(flows.site, flows.demand).round(3),
            "p_on_time": service.on_time(flows.site, flows.demand).round(4),
        }
    ).sort("demand_id", "warehouse_id")


def _stock(scenario: Scenario, transfers: pl.DataFrame) -> pl.DataFrame:
    """Return the opening stock of demand by product: whole units, rounded up."""
    products = scenario.demand["product_id"].drop_nulls().unique()
    return (
        transfers.filter(pl.col("item").is_in(products.implode()))
        .select(
            "warehouse_id",
            "seller_id",
            pl.col("item").alias("product_id"),
            (pl.col("units_first") - 1e-9).ceil().cast(pl.Int64).alias("units"),
        )
        .filter(pl.col("units") > 0)
        .sort("warehouse_id", "seller_id", "product_id")
    )


def _digest(*tables: pl.DataFrame) -> str:
    told = [table.write_csv() for table in tables]
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()
