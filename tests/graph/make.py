"""Small networks by hand, for the tests of this package: drawn from a seed, with ties and gaps on purpose."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl

from graph import Freight, FreightQuery, FreightSample, LeadTimes, Network, SnapshotMeta
from graph.arrays import NetworkArrays
from graph.lead_time import Journeys
from graph.tables import SCHEMAS

AS_OF = datetime(2018, 5, 1, tzinfo=UTC)
STATES = ("RJ", "SP")


@dataclass(frozen=True)
class World:
    """How large a network to draw."""

    zips: int = 12
    first_zip: int = 10_000
    products: int = 6
    sellers: int = 8
    warehouses: int = 2
    carriers: int = 2
    journeys: int = 400


def table(name: str, **columns: object) -> pl.DataFrame:
    return pl.DataFrame(columns, schema=dict(SCHEMAS[name].columns)).sort(SCHEMAS[name].key)


def tables(seed: int, world: World = World()) -> dict[str, pl.DataFrame]:
    """Draw all tables of a network; coordinates repeat, so that distances tie."""
    rng = np.random.default_rng(seed)
    zips = [f"{world.first_zip + 470 * i:05d}" for i in range(world.zips)]
    regions = sorted({name[:3] for name in zips})
    lat = {name: float(-20 - i % 3) if i % 5 else None for i, name in enumerate(zips)}
    made = {
        "zip_prefixes": table(
            "zip_prefixes",
            zip_prefix=zips,
            lat=list(lat.values()),
            lng=[None if value is None else -45.0 for value in lat.values()],
            city=["city"] * len(zips),
            state=[STATES[i % 2] for i in range(len(zips))],
            region=[name[:3] for name in zips],
            located=["none" if value is None else "prefix" for value in lat.values()],
        ),
        "regions": table(
            "regions",
            region=regions,
            lat=[-20.0] * len(regions),
            lng=[-45.0] * len(regions),
            state=["SP"] * len(regions),
        ),
        "categories": table(
            "categories", category=["beleza_saude", "pcs"], category_english=["health_beauty", None]
        ),
        "products": table(
            "products",
            product_id=[f"p{i:02d}" for i in range(world.products)],
            category=[("beleza_saude", "pcs", None)[i % 3] for i in range(world.products)],
            weight_g=[float(rng.integers(100, 30_000)) if i % 4 else None for i in range(world.products)],
            volume_cm3=[float(rng.integers(500, 90_000)) for _ in range(world.products)],
            longest_side_cm=[float(rng.integers(10, 120)) for _ in range(world.products)],
        ),
        "sellers": table(
            "sellers",
            seller_id=[f"s{i:02d}" for i in range(world.sellers)],
            zip_prefix=rng.choice(zips, world.sellers).tolist(),
            city=["city"] * world.sellers,
            state=["SP"] * world.sellers,
            effect_log=[0.0] * world.sellers,
            handling_mean_days=[2.0] * world.sellers,
            handling_var_days=[1.0] * world.sellers,
            n=[1] * world.sellers,
        ),
        "warehouses": table(
            "warehouses",
            warehouse_id=[f"w{i}" for i in range(world.warehouses)],
            zip_prefix=rng.choice(zips, world.warehouses).tolist(),
            capacity_units=[100] * world.warehouses,
            fixed_cost_cents_per_day=[1000] * world.warehouses,
            handling_hours=[12.0 + 24 * i for i in range(world.warehouses)],
            daily_capacity_orders=[50] * world.warehouses,
            cutoff_hour_local=[14] * world.warehouses,
        ),
        "carriers": table(
            "carriers",
            carrier_id=[f"c{i}" for i in range(world.carriers)],
            service=["parcel"] * world.carriers,
            base_cents=[None if i % 2 else 900.0 for i in range(world.carriers)],
            cents_per_kg=[None if i % 2 else 120.0 for i in range(world.carriers)],
            cents_per_km=[None if i % 2 else 1.5 for i in range(world.carriers)],
            max_weight_g=[30_000.0 if i % 2 else None for i in range(world.carriers)],
            max_side_cm=[None if i % 2 else 100.0 for i in range(world.carriers)],
            cut_off_hour=[None] * world.carriers,
            pickup_weekdays=["12345"] * world.carriers,
        ),
    }
    made["offers"] = _offers(rng, world)
    made["stocks"] = _stocks(rng, made["offers"], world)
    made["lanes"] = _lanes(regions, world)
    return made


def _offers(rng: np.random.Generator, world: World) -> pl.DataFrame:
    pairs = [
        (f"p{p:02d}", f"s{s:02d}")
        for p in range(world.products)
        for s in range(world.sellers)
        if rng.random() < 0.6
    ]
    return table(
        "offers",
        product_id=[product for product, _ in pairs],
        seller_id=[seller for _, seller in pairs],
        price_cents=rng.integers(1_000, 30_000, len(pairs)).tolist(),
        n=[3] * len(pairs),
        last_sold=[AS_OF - timedelta(days=int(rng.integers(1, 250))) for _ in pairs],
    )


def _stocks(rng: np.random.Generator, offers: pl.DataFrame, world: World) -> pl.DataFrame:
    rows = [
        (f"w{w}", seller, product, int(rng.integers(0, 4)))
        for product, seller in offers.select("product_id", "seller_id").iter_rows()
        for w in range(world.warehouses)
        if rng.random() < 0.3
    ]
    names = ("warehouse_id", "seller_id", "product_id", "units")
    return table("stocks", **{name: [row[i] for row in rows] for i, name in enumerate(names)})


def _lanes(regions: list[str], world: World) -> pl.DataFrame:
    keys = [(a, b, f"c{c}") for a in regions[:3] for b in regions for c in range(world.carriers)]
    plain = {
        name: [7.5] * len(keys) for name, dtype in SCHEMAS["lanes"].columns.items() if dtype == pl.Float64
    }
    return table(
        "lanes",
        **plain,
        from_region=[key[0] for key in keys],
        to_region=[key[1] for key in keys],
        carrier_id=[key[2] for key in keys],
        n=[6] * len(keys),
        basis=["lane"] * len(keys),
        last_seen=[AS_OF - timedelta(days=1)] * len(keys),
        stale=[key[2] == "c0" for key in keys],
        stale_since=[AS_OF - timedelta(days=9) if key[2] == "c0" else None for key in keys],
    )


def journeys(arrays: NetworkArrays, seed: int, rows: int) -> Journeys:
    """Draw delivered packages between the network's own places."""
    rng = np.random.default_rng(seed)
    seller = rng.integers(0, len(arrays.seller_ids), rows)
    origin = arrays.seller_zip[seller]
    dest = rng.integers(0, len(arrays.zip_prefixes), rows)
    handling = rng.lognormal(0.5, 0.5, rows)
    transit = rng.lognormal(1.5 + 0.3 * (arrays.zip_state[origin] != arrays.zip_state[dest]), 0.5)
    total = 0.2 + handling + transit
    purchased = np.sort(int(AS_OF.timestamp()) - 86_400 * rng.integers(60, 300, rows))
    return Journeys.build(
        rows,
        purchased_s=purchased,
        approved_s=purchased + 17_280,
        handed_s=purchased + 17_280 + (86_400 * handling).astype(np.int64),
        delivered_s=purchased + (86_400 * total).astype(np.int64),
        approval_days=0.2,
        handling_days=handling,
        transit_days=transit,
        total_days=total,
        seller=seller,
        origin_zip=origin,
        dest_zip=dest,
        origin_region=arrays.zip_region[origin],
        dest_region=arrays.zip_region[dest],
        origin_state=arrays.zip_state[origin],
        dest_state=arrays.zip_state[dest],
        carrier=rng.integers(0, len(arrays.carrier_ids), rows),
        category=0,
        distance_km=rng.uniform(10, 2_000, rows),
        weight_g=rng.uniform(100, 9_000, rows),
        volume_cm3=rng.uniform(500, 30_000, rows),
        price_cents=rng.integers(1_000, 30_000, rows),
        freight_cents=rng.integers(800, 4_000, rows),
    )


def freight_sample(seen: Journeys) -> FreightSample:
    items = FreightQuery(
        seller=seen.seller,
        dest_region=seen.dest_region,
        carrier=seen.carrier,
        same_state=seen.origin_state == seen.dest_state,
        distance_km=seen.distance_km,
        weight_g=seen.weight_g,
        volume_cm3=seen.volume_cm3,
        price_cents=seen.price_cents,
    )
    return FreightSample(items, seen.purchased_s, seen.freight_cents.astype(np.int64))


def network(seed: int = 0, world: World = World(), **changed: pl.DataFrame) -> Network:
    """Make a network whose lead times and freight are fitted on drawn journeys."""
    made = tables(seed, world) | changed
    made = {name: made.get(name, schema.empty()) for name, schema in SCHEMAS.items()}
    seen = journeys(NetworkArrays(made), seed, world.journeys)
    as_of_s = int(AS_OF.timestamp())
    meta = SnapshotMeta(f"{seed:064x}", AS_OF, {"offer_lapse_days": 180})
    fitted = Freight.fit(freight_sample(seen), as_of_s)
    return Network.from_tables(made, LeadTimes.fit(seen, as_of_s), fitted, meta)
