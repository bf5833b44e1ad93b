"""The estimated tables of a network: lanes and sellers, read from the fitted lead times and freight."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import polars as pl

from graph.arrays import codes_of, state_names
from graph.freight import Freight, FreightQuery
from graph.lead_time import LeadTimes, RouteQuery
from graph.model import BASES, NEVER
from graph.tables import INSTANT, SCHEMAS
from ingest.transforms.routes import REFERENCE
from replay.drift import Drift

Tables = Mapping[str, pl.DataFrame]


def lanes(
    evidence: Tables, nodes: Tables, lead_times: LeadTimes, freight: Freight, drift: Drift
) -> pl.DataFrame:
    """Return the lanes seen before T, each with the lead time and freight of its reference parcel.

    The reference parcel is the median parcel of the lane, else of its pair of states, in one unit; its
    seller is an average one. ``drift`` says which lanes are stale.
    """
    seen = _with_reference(evidence, nodes)
    query = _query(seen, nodes, lead_times.as_of_s)
    times = lead_times.read(query)
    transit = times.stage("transit")
    estimated = {
        "mean_days": times.mean_days,
        "var_days": times.var_days,
        "p50_days": times.quantile(0.50),
        "p80_days": times.quantile(0.80),
        "p95_days": times.quantile(0.95),
        "transit_mean_days": transit.mean_days,
        "transit_var_days": transit.var_days,
        "freight_cents_per_kg": freight.cents_per_kg(_parcel(query)),
    }
    basis = pl.Series("basis", [str(BASES[code]) for code in times.basis], dtype=pl.String)
    columns = [pl.Series(name, values) for name, values in estimated.items()]
    ends = (query.origin_region, query.dest_region), query.carrier, (query.origin_state, query.dest_state)
    since = pl.Series("stale_since_s", drift.stale_since(*ends))
    known = since != NEVER
    flags = [known.alias("stale"), since.set(~known, None)]
    return _shaped("lanes", seen.with_columns(*columns, basis, *flags))


def sellers(nodes: Tables, lead_times: LeadTimes) -> pl.DataFrame:
    """Return the seller nodes with what was learned of each."""
    known = nodes["sellers"]
    times = lead_times.sellers(known.height)
    learned = [
        pl.Series("effect_log", times.effect_log),
        pl.Series("handling_mean_days", times.handling_mean_days),
        pl.Series("handling_var_days", times.handling_var_days),
        pl.Series("n", times.n),
    ]
    return _shaped("sellers", known.with_columns(learned))


def observed(evidence: Tables, nodes: Tables) -> dict[str, pl.DataFrame]:
    """Return the tables of a network that are plain observations, in their schema.

    ``stocks`` is what warehouses hold; a seller's own shelf is the ledger's affair.
    """
    named = {name: evidence[name] for name in ("zip_pairs", "lane_months", "seller_carriers", "offers")}
    shelves = evidence.get("shelves")
    if shelves is not None:
        held = shelves.rename({"location_id": "warehouse_id"})
        named["stocks"] = held.join(nodes["warehouses"], on="warehouse_id", how="semi")
    return {name: _shaped(name, frame) for name, frame in named.items()}


def _with_reference(evidence: Tables, nodes: Tables) -> pl.DataFrame:
    """Return the lanes with states and a reference parcel that has no gaps but unknown distances."""
    home = nodes["regions"].select("region", "state")
    seen = evidence["lanes"]
    for end in ("from", "to"):
        seen = seen.join(
            home.rename({"region": f"{end}_region", "state": f"{end}_state"}), f"{end}_region", "left"
        )
    by_state = evidence["states"].rename({name: f"{name}_state" for name in REFERENCE})
    filled = [pl.coalesce(name, f"{name}_state").alias(name) for name in REFERENCE]
    joined = seen.join(by_state, on=["from_state", "to_state"], how="left").with_columns(filled)
    return joined.sort(SCHEMAS["lanes"].key)


def _query(seen: pl.DataFrame, nodes: Tables, at_s: int) -> RouteQuery:
    known_states = state_names(nodes["zip_prefixes"])
    return RouteQuery.build(
        seen.height,
        at_s=at_s,
        origin_region=codes_of(seen["from_region"], nodes["regions"]["region"]),
        dest_region=codes_of(seen["to_region"], nodes["regions"]["region"]),
        origin_state=codes_of(seen["from_state"], known_states),
        dest_state=codes_of(seen["to_state"], known_states),
        carrier=codes_of(seen["carrier_id"], nodes["carriers"]["carrier_id"]),
        **{name: seen[name].cast(pl.Float64).fill_null(np.nan).to_numpy() for name in REFERENCE},
    )


def _parcel(query: RouteQuery) -> FreightQuery:
    return FreightQuery(
        seller=query.seller,
        dest_region=query.dest_region,
        carrier=query.carrier,
        same_state=query.origin_state == query.dest_state,
        distance_km=query.distance_km,
        weight_g=query.weight_g,
        volume_cm3=query.volume_cm3,
        price_cents=query.price_cents,
    )


def _shaped(name: str, frame: pl.DataFrame) -> pl.DataFrame:
    """Return a frame in the columns, types and row order of its schema; ``…_s`` becomes an instant."""
    schema = SCHEMAS[name]
    instants = [
        pl.from_epoch(pl.col(f"{column}_s")).cast(INSTANT).alias(column)
        for column, dtype in schema.columns.items()
        if dtype == INSTANT
    ]
    shaped = frame.with_columns(instants).select(*schema.columns)
    return shaped.cast(pl.Schema(schema.columns)).sort(schema.key)
