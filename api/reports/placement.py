"""The page that ``malha place`` writes: the plan on a map, what it costs, how it serves, what is proven."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import numpy as np
import polars as pl

from api.placing import Placed
from api.render.place import (
    calibration_lines,
    cost_rows,
    proof,
    service_rows,
)
from api.render.place_headline import caveats, headline
from api.render.place_studies import money, study_tables
from api.reports.page import write_html
from api.reports.plots import COLOURS, MARKS, Plot
from graph import Network
from optimizer.placement.scenario import DIRECT, Scenario

_MOST_ROWS: Final = 40
"""Rows of a table on the page; the CSV beside it has them all."""


_GREY: Final = "#b8b8b8"
_SHADES: Final = tuple(colour for colour in COLOURS if colour != "#7a7a7a")
"""Colours of sites: none that is near the grey of what sellers ship."""


def write_page(path: Path, placed: Placed, network: Network | None, source: str) -> Path:
    """Write a plan as one page that needs nothing else; without a network there is no map."""
    plan = placed.to_dict()
    return write_html(
        path,
        "placement.html",
        title=headline(plan),
        caveats=caveats(plan),
        proof=proof(plan),
        source=source,
        plan=plan,
        figures=figures(placed, network),
        costs=cost_rows(plan),
        service=service_rows(plan),
        compared=plan["as_is"] is not None,
        sites=site_rows(placed),
        transfers=_transfers(placed),
        more_transfers=max(len(placed.tables.transfers) - _MOST_ROWS, 0),
        assumptions=assumptions(placed.scenario),
        studies=study_tables(plan),
        calibration=calibration_lines(placed.scenario.settings.calibration),
    )


def figures(placed: Placed, network: Network | None) -> list[tuple[str, str]]:
    """Return what each plot shows, and the plot as an ``<svg>`` element."""
    found = []
    if network is not None:
        told = (
            "Where demand lies (area by units) and which site serves most of it there; grey is shipped by "
            "its sellers. Stars are open sites, crosses those that stay closed."
        )
        found.append((told, _map(placed, network)))
    beside = "" if placed.as_is is None else ", beside shipping all from the sellers"
    found.append((f"What the plan is charged{beside}.", _charges(placed)))
    found.append(("Units that each open site handles in the horizon.", _units(placed)))
    if len(placed.studies.get("frontier", ())) > 1:
        told = "The frontier: each point is a plan, and no other one is both cheaper and more often on time."
        found.append((told, _frontier(placed)))
    if len(placed.answer.history) > 1:
        told = "The search: the best plan found and the bound that no plan can pass, over time."
        found.append((told, _search(placed)))
    return found


def _map(placed: Placed, network: Network) -> str:
    scenario, plot = placed.scenario, Plot("map", 6.4, 6.4)
    places = _places(placed, network)
    opened = placed.tables.sites["warehouse_id"].to_list()
    colour = {name: _SHADES[row % len(_SHADES)] for row, name in enumerate(opened)} | {DIRECT: _GREY}
    most = max(float(places["units"].max() or 0.0), 1e-12)  # type: ignore[arg-type]
    plot.axes.scatter(
        places["lng"].to_numpy(),
        places["lat"].to_numpy(),
        s=(4.0 + 160.0 * places["units"] / most).to_numpy(),
        c=[colour[name] for name in places["warehouse_id"]],
        alpha=0.75,
        linewidths=0,
    )
    zips = network.tables["zip_prefixes"].select("zip_prefix", "lat", "lng")
    sites = scenario.sites.join(zips, "zip_prefix", "left").drop_nulls(["lat", "lng"]).sort("warehouse_id")
    closed = sites.filter(~pl.col("warehouse_id").is_in(opened))
    at = closed["lng"].to_numpy(), closed["lat"].to_numpy()
    plot.axes.scatter(*at, marker="x", s=22, color="#777777", linewidths=0.8, zorder=3)
    for row in sites.filter(pl.col("warehouse_id").is_in(opened)).iter_rows(named=True):
        name, lng, lat = row["warehouse_id"], row["lng"], row["lat"]
        star: dict[str, Any] = {
            "marker": "*",
            "s": 190,
            "edgecolors": "black",
            "linewidths": 0.7,
            "zorder": 4,
        }
        plot.axes.scatter([lng], [lat], color=colour[name], **star)
        plot.axes.annotate(name, (lng, lat), xytext=(6, 6), textcoords="offset points")
    plot.axes.set(xlabel="longitude", ylabel="latitude", aspect="equal")
    return plot.svg()


def _places(placed: Placed, network: Network) -> pl.DataFrame:
    """Return lat, lng, units and the site that serves most of it, for each place of demand."""
    demands = placed.scenario.demands.select("demand_id", "zip_prefix", "region")
    flows = placed.tables.flows.join(demands, "demand_id")
    zips = network.tables["zip_prefixes"].select("zip_prefix", "lat", "lng")
    regions = network.tables["regions"].select("region", "lat", "lng")
    flows = flows.join(zips, "zip_prefix", "left").join(regions, "region", "left", suffix="_region")
    at = [pl.coalesce(name, f"{name}_region").alias(name) for name in ("lat", "lng")]
    by_site = (
        flows.with_columns(at)
        .drop_nulls(["lat", "lng"])
        .group_by("lat", "lng", "warehouse_id")
        .agg(pl.sum("units"))
        .sort("lat", "lng", "units", "warehouse_id", descending=[False, False, True, False])
    )
    return by_site.group_by("lat", "lng", maintain_order=True).agg(pl.first("warehouse_id"), pl.sum("units"))


def _charges(placed: Placed) -> str:
    plan, plot = placed.to_dict(), Plot("charges")
    found = [("plan", plan["charges_cents"])]
    if plan["as_is"] is not None:
        found.append(("as is", plan["as_is"]["charges_cents"]))
    names = [name for name in plan["charges_cents"] if any(charges[name] for _, charges in found)]
    height = 0.8 / len(found)
    for row, (label, charges) in enumerate(found):
        values = [charges[name] / 100 for name in names]
        plot.axes.barh(np.arange(len(names)) + row * height, values, height, label=label, color=COLOURS[row])
    plot.axes.set_yticks(np.arange(len(names)) + 0.4 - height / 2, names)
    plot.axes.invert_yaxis()
    plot.axes.set(xlabel="cost over the horizon")
    plot.axes.legend(frameon=False, fontsize=9)
    return plot.svg()


def _units(placed: Placed) -> str:
    sites, plot = placed.tables.sites.sort("units", descending=True).head(_MOST_ROWS), Plot("units")
    places = np.arange(len(sites))
    plot.axes.bar(places, sites["units"].to_numpy(), color=COLOURS[0])
    capacity = sites["capacity_units"].to_numpy()
    plot.axes.plot(places, capacity, color=COLOURS[1], marker="_", markersize=16, linestyle="")
    plot.axes.set_xticks(places, sites["warehouse_id"].to_list(), rotation=60 if len(sites) > 12 else 0)
    plot.axes.set(ylabel="units (line: capacity)")
    return plot.svg()


def _frontier(placed: Placed) -> str:
    points, plot = placed.studies["frontier"], Plot("frontier")
    shares = [100.0 * point["on_time_share"] for point in points]
    costs = [point["value_cents"] / 100 for point in points]
    plot.axes.plot(shares, costs, color=COLOURS[0], marker=MARKS[0])
    for share, cost, point in zip(shares, costs, points, strict=True):
        label = f"{len(point['sites'])}"
        plot.axes.annotate(label, (share, cost), xytext=(4, 4), textcoords="offset points", fontsize=8)
    plot.axes.set(xlabel="share of demand on time, % (number: open sites)", ylabel="cost over the horizon")
    return plot.svg()


def _search(placed: Placed) -> str:
    plot = Plot("search")
    steps = [step for step in placed.answer.history if np.isfinite(step.bound) and np.isfinite(step.value)]
    for row, name in enumerate(("value", "bound")):
        values = [getattr(step, name) / 100 for step in steps]
        label = ("best plan", "bound")[row]
        seconds = [step.seconds for step in steps]
        plot.axes.step(seconds, values, where="post", color=COLOURS[row], label=label)
        plot.axes.plot(seconds[-1:], values[-1:], color=COLOURS[row], marker=MARKS[row])
    plot.axes.set(xlabel="seconds", ylabel="cost over the horizon")
    plot.axes.legend(frameon=False, fontsize=9)
    return plot.svg()


def site_rows(placed: Placed) -> list[tuple[str, ...]]:
    """Return the open sites with what each handles."""
    total = max(float(placed.scenario.demands["units"].sum()), 1e-12)
    rows: list[tuple[str, ...]] = []
    for row in placed.tables.sites.sort("units", descending=True).iter_rows(named=True):
        capacity = row["capacity_units"]
        used = "" if not capacity else f"{row['units'] / capacity:.0%}"
        facts = (f"{row['units']:,.1f}", f"{row['units'] / total:.1%}", used, money(row["fixed_cost_cents"]))
        rows.append((row["warehouse_id"], row["zip_prefix"], *facts, f"{row['handling_hours']:g}"))
    return rows


def _transfers(placed: Placed) -> list[dict[str, Any]]:
    largest = placed.tables.transfers.sort("units", "seller_id", descending=[True, False]).head(_MOST_ROWS)
    return largest.to_dicts()


def _stockable(scenario: Scenario) -> list[str]:
    """Return what is assumed of products that nobody can stock yet."""
    units = scenario.demands["units"].to_numpy()
    if (share := float(units @ scenario.stockable) / max(float(units.sum()), 1e-12)) < 1:
        return [
            f"{1.0 - share:.1%} of the demand is for what cannot be stocked (stockable_share in demand.csv): "
            "its sellers ship it, whichever sites open."
        ]
    if scenario.demand["group"].is_null().all():
        return []
    return [
        "All demand of a group is counted as if it could be stocked, products that nobody has sold yet "
        "included: with those the plan promises more than a shelf can do (stockable_share in demand.csv)."
    ]


def assumptions(scenario: Scenario) -> list[str]:
    """Return what the figures rest on, as sentences."""
    settings, weights = scenario.settings, scenario.settings.weights
    origin = settings.origin
    told = [
        f"On time means within {settings.service.promise_days:g} days of purchase; a day costs "
        f"{money(weights.time_cents_per_day)} a unit, a late unit {money(weights.late_cents)}.",
        "A site's lead times are those of a seller without its own effect at that place, after the site's "
        "handling hours (basis: synthetic). Costs of sites are as sites.csv states them.",
        f"A unit lies on the shelf for {settings.cover_days:g} days on average.",
        "Demand, freight and times are expected values; a demand is served in whole or in shares.",
    ]
    if scenario.inbound is not None:
        told.append(
            f"Bringing stock in is assumed to cost {money(settings.inbound.base_cents)} a unit and "
            f"{money(settings.inbound.cents_per_tonne_km)} a tonne and km, unless inbound.csv says otherwise."
        )
    if settings.direct:
        told.append("What is not stocked ships from its sellers, mixed as they supplied it until now.")
    told += _stockable(scenario)
    if scenario.demand["period"].n_unique() > 1:
        told.append("Sites are opened once, serve every period alike and keep their capacity in each.")
    if "as_of" in origin:
        told.append(f"Computed from snapshot {origin.get('snapshot_id', '')[:12]}, as of {origin['as_of']}.")
    return told
