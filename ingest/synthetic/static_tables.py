"""The tables that do not grow with the orders: places, sellers, products, warehouses, carriers."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import polars as pl

from ingest.synthetic.arrays import Flags, Ints, Stream, generator
from ingest.synthetic.catalogue import Products, Sources, category_facts
from ingest.synthetic.places import Places
from ingest.synthetic.world import World

_POINT_SD_DEGREES = 0.004
_ABROAD = (41.146, -8.611)  # Porto: a buyer's point that no delivery in Brazil has
_ACCENTS = {"sao paulo": "são paulo", "brasilia": "brasília", "goiania": "goiânia", "vitoria": "vitória"}


def static_tables(
    world: World, places: Places, sources: Sources, products: Products, seed: int
) -> Mapping[str, pl.DataFrame]:
    """Return the static tables by file stem, with Olist's columns."""
    rng = generator(seed, Stream.QUIRKS)
    cities = pl.Series(places.cities(), dtype=pl.String)
    prefixes = pl.Series(places.zip_prefixes, dtype=pl.String)
    states = pl.Series(places.state_codes, dtype=pl.String)
    home = sources.zip[: len(sources.seller_ids)]
    return {
        "olist_geolocation_dataset": _geolocation(world, places, prefixes, cities, states, rng),
        "olist_sellers_dataset": pl.DataFrame(
            {
                "seller_id": sources.seller_ids,
                "seller_zip_code_prefix": prefixes.gather(home),
                "seller_city": cities.gather(home),
                "seller_state": states.gather(places.zip_state[home]),
            }
        ),
        "olist_products_dataset": _products(world, products, rng),
        "product_category_name_translation": category_facts()
        .drop("share")
        .rename({"category": "product_category_name", "category_english": "product_category_name_english"}),
        "olist_warehouses_dataset": _warehouses(world, sources, prefixes),
        "olist_carriers_dataset": carriers_table(world),
    }


def carriers_table(world: World) -> pl.DataFrame:
    """Return what is public of the carriers: tariff, limits, calendar."""
    public = (
        *("carrier_id", "service", "base_cents", "cents_per_kg", "cents_per_km"),
        *("max_weight_g", "max_side_cm", "cut_off_hour", "pickup_weekdays"),
    )
    return pl.DataFrame({name: [getattr(carrier, name) for carrier in world.carriers] for name in public})


def _geolocation(
    world: World,
    places: Places,
    prefixes: pl.Series,
    cities: pl.Series,
    states: pl.Series,
    rng: np.random.Generator,
) -> pl.DataFrame:
    """Draw several noisy points a zip prefix, with the quirks of the real table."""
    located = np.flatnonzero(rng.random(places.zip_state.size) >= world.quirks.missing_geolocation)
    zips = np.repeat(located, 1 + rng.poisson(world.places.rows_per_zip_prefix - 1.0, located.size))
    noise = rng.normal(0.0, _POINT_SD_DEGREES, (2, zips.size))
    lottery = rng.random((3, zips.size))
    abroad = lottery[0] < world.quirks.points_outside_brazil
    lat = np.where(abroad, _ABROAD[0], places.zip_lat[zips]) + noise[0]
    lng = np.where(abroad, _ABROAD[1], places.zip_lng[zips]) + noise[1]
    rows = np.arange(zips.size)
    repeats = np.flatnonzero((lottery[1] < world.quirks.repeated_points) & (zips == np.roll(zips, 1)))
    rows[repeats] -= 1  # the point before, once more
    city = cities.gather(zips)
    accented = pl.Series(lottery[2] < world.quirks.accented_city)
    city = pl.select(pl.when(accented).then(city.replace(_ACCENTS)).otherwise(city)).to_series()
    return pl.DataFrame(
        {
            "geolocation_zip_code_prefix": prefixes.gather(zips),
            "geolocation_lat": np.round(lat, 6),
            "geolocation_lng": np.round(lng, 6),
            "geolocation_city": city,
            "geolocation_state": states.gather(places.zip_state[zips]),
        }
    )[rows]


def _products(world: World, products: Products, rng: np.random.Generator) -> pl.DataFrame:
    count = products.weight_g.size
    lottery = rng.random((2, count))
    unnamed = lottery[0] < world.quirks.missing_category
    unmeasured = lottery[1] < world.quirks.missing_measures
    names = category_facts()["category"].gather(products.category)
    sides = products.sides_cm

    def shown(values: pl.Series | Ints, hidden: Flags) -> pl.Series:
        frame = pl.DataFrame({"value": values, "hidden": hidden})
        return frame.select(pl.when(~pl.col("hidden")).then("value")).to_series()

    return pl.DataFrame(
        {
            "product_id": products.product_ids,
            "product_category_name": shown(names, unnamed),
            "product_name_lenght": shown(rng.integers(20, 64, count), unnamed),
            "product_description_lenght": shown(rng.integers(100, 2500, count), unnamed),
            "product_photos_qty": shown(1 + rng.poisson(1.2, count), unnamed),
            "product_weight_g": shown(products.weight_g, unmeasured),
            "product_length_cm": shown(sides[:, 0], unmeasured),
            "product_height_cm": shown(sides[:, 1], unmeasured),
            "product_width_cm": shown(sides[:, 2], unmeasured),
        }
    )


def _warehouses(world: World, sources: Sources, prefixes: pl.Series) -> pl.DataFrame:
    settings, count = world.warehouses, len(sources.warehouse_ids)
    return pl.DataFrame(
        {
            "warehouse_id": pl.Series(sources.warehouse_ids, dtype=pl.String),
            "zip_code_prefix": prefixes.gather(sources.warehouse_zip),
            "capacity_units": [settings.capacity_units] * count,
            "fixed_cost_cents_per_day": [settings.fixed_cost_cents_per_day] * count,
            "handling_hours": [settings.handling_hours] * count,
            "daily_capacity_orders": [settings.daily_capacity_orders] * count,
            "cutoff_hour_local": [settings.cutoff_hour_local] * count,
        }
    )
