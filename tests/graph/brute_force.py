"""The recommendation done the slow, obvious way: loops over the tables, one route at a time, then a sort."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from math import inf, isnan

import polars as pl

from graph import FreightQuery, LeadTime, Network, Rank, RouteRequest
from graph.distance import haversine_km
from graph.lead_time import RouteQuery

LAPSE = timedelta(days=180)


@dataclass(frozen=True)
class Slow:
    """One candidate with everything that decides its place."""

    source_id: str
    carrier_id: str
    freight_cents: int
    distance_km: float
    score: float
    lead_time: LeadTime
    tie: tuple[str, str, str]

    @property
    def key(self) -> tuple[object, ...]:
        distance = inf if isnan(self.distance_km) else self.distance_km
        return self.score, self.freight_cents, distance, *self.tie


def recommend(network: Network, request: RouteRequest) -> list[Slow]:
    """Return all candidates in order; ``request`` names known things and no instant."""
    rows = [
        _judge(network, request, source, carrier)
        for source in _sources(network, request)
        for carrier in network.tables["carriers"].iter_rows(named=True)
        if _admits(carrier, _unit(network, request), request.quantity)
    ]
    return sorted(rows, key=lambda row: row.key)


def _category(network: Network, request: RouteRequest) -> str | None:
    for row in network.tables["categories"].iter_rows(named=True):
        if request.category in (row["category"], row["category_english"]):
            return str(row["category"])
    return None


def _products(network: Network, request: RouteRequest) -> pl.DataFrame:
    products = network.tables["products"]
    if request.product_id is not None:
        return products.filter(pl.col("product_id") == request.product_id)
    return products.filter(pl.col("category") == _category(network, request))


def _unit(network: Network, request: RouteRequest) -> dict[str, float]:
    """Return the reference unit: medians, gaps filled by the category's and then the network's median."""
    chain = [_products(network, request)]
    category = chain[0]["category"][0] if len(chain[0]) else None
    if category is not None:
        chain.append(network.tables["products"].filter(pl.col("category") == category))
    chain.append(network.tables["products"])
    prices = network.tables["offers"].group_by("product_id").agg(pl.col("price_cents").median())
    unit = {}
    for name in ("weight_g", "volume_cm3", "longest_side_cm", "price_cents"):
        medians = [step.join(prices, on="product_id", how="left")[name].median() for step in chain]
        unit[name] = next((float(value) for value in medians if value is not None), float("nan"))
    return unit


def _sources(network: Network, request: RouteRequest) -> list[tuple[str | None, str, float | None]]:
    """Return (warehouse, seller, price or None) of everyone who can ship."""
    wanted = set(_products(network, request)["product_id"].to_list())
    found: dict[tuple[str | None, str], float | None] = {}
    for offer in network.tables["offers"].iter_rows(named=True):
        if offer["product_id"] not in wanted or offer["last_sold"] < network.meta.as_of - LAPSE:
            continue
        price = float(offer["price_cents"]) if request.product_id else None
        found[None, offer["seller_id"]] = price
        for stock in network.tables["stocks"].iter_rows(named=True):
            same = (stock["product_id"], stock["seller_id"]) == (offer["product_id"], offer["seller_id"])
            if same and stock["units"] >= request.quantity:
                found[stock["warehouse_id"], offer["seller_id"]] = price
    return [(warehouse, seller, price) for (warehouse, seller), price in found.items()]


def _admits(carrier: dict[str, object], unit: dict[str, float], quantity: int) -> bool:
    weight, side = carrier["max_weight_g"], carrier["max_side_cm"]
    heavy = isinstance(weight, float) and unit["weight_g"] * quantity > weight
    return not heavy and not (isinstance(side, float) and unit["longest_side_cm"] > side)


def _judge(
    network: Network,
    request: RouteRequest,
    source: tuple[str | None, str, float | None],
    carrier: dict[str, object],
) -> Slow:
    warehouse_id, seller_id, price = source
    nodes, arrays = network.tables, network.arrays
    home = nodes["sellers"].row(by_predicate=pl.col("seller_id") == seller_id, named=True)
    hours = None
    if warehouse_id is not None:
        home = nodes["warehouses"].row(by_predicate=pl.col("warehouse_id") == warehouse_id, named=True)
        hours = home["handling_hours"]
    origin = arrays.zip_rows[home["zip_prefix"]]
    dest = arrays.zip_rows[request.zip_prefix]
    unit = _unit(network, request)
    code = arrays.carrier_ids.index(carrier["carrier_id"])
    distance = float(
        haversine_km(
            arrays.zip_lat[origin], arrays.zip_lng[origin], arrays.zip_lat[dest], arrays.zip_lng[dest]
        )
    )
    common = {
        "seller": -1 if warehouse_id is not None else arrays.seller_ids.index(seller_id),
        "dest_region": arrays.zip_region[dest],
        "carrier": code,
        "distance_km": distance,
    }
    cost = unit["price_cents"] if price is None else price
    query = FreightQuery(
        **common,
        same_state=arrays.zip_state[origin] == arrays.zip_state[dest],
        weight_g=unit["weight_g"],
        volume_cm3=unit["volume_cm3"],
        price_cents=cost,
        quantity=request.quantity,
    )
    cents = int(network.freight.estimate(query))
    times = network.lead_times.read(
        RouteQuery.build(
            1,
            at_s=network.meta.as_of_s,
            **common,
            origin_zip=origin,
            dest_zip=dest,
            origin_region=arrays.zip_region[origin],
            origin_state=arrays.zip_state[origin],
            dest_state=arrays.zip_state[dest],
            weight_g=unit["weight_g"] * request.quantity,
            volume_cm3=unit["volume_cm3"] * request.quantity,
            price_cents=cost * request.quantity,
            freight_cents=float(cents),
            quantity=request.quantity,
            **({} if hours is None else {"site_handling_days": hours / 24.0}),
        )
    )
    time = times[0]
    ids = ("seller", seller_id) if warehouse_id is None else ("warehouse", warehouse_id, seller_id)
    tie = ("" if warehouse_id is None else warehouse_id, seller_id, str(carrier["carrier_id"]))
    return Slow(
        ":".join(ids), str(carrier["carrier_id"]), cents, distance, _score(request, time, cents), time, tie
    )


def _score(request: RouteRequest, time: LeadTime, cents: int) -> float:
    on_time = (
        time.cdf(request.promise_days)
        if request.promise_days is not None
        else request.probability
        if request.probability is not None
        else 0.9
    )
    match request.rank:
        case Rank.FASTEST:
            return time.mean_days
        case Rank.CHEAPEST:
            return float(cents)
        case Rank.BALANCED:
            weights = request.weights
            late = weights.late * (100.0 * (1.0 - on_time))
            return weights.days * time.mean_days + weights.freight * cents + late
    if request.promise_days is not None:
        return -on_time
    if request.probability is not None:
        return time.quantile(request.probability)
    return time.mean_days + request.z * time.sd_days
