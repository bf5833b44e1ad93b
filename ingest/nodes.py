"""From checked tables to the node tables of the network: places, goods, sellers, warehouses, carriers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import narwhals as nw
import numpy as np
import polars as pl

from graph.model import UNKNOWN_CARRIER
from graph.tables import SCHEMAS
from ingest.checked import Checked
from ingest.names import CODE, NO_NAMES, coded, translated
from ingest.names import named as with_names
from ingest.transforms import geography, packages

Tables = Mapping[str, pl.DataFrame]

IN_MEMORY: Final = "in-memory"
"""The engine for joins and sums over what lies in memory anyway: a third faster than streaming."""

_PLACE: Final = {"zip_prefix": "zip prefixes", "city": "cities", "state": "states"}
_PLACED: Final = ("geolocation", "customers", "sellers", "warehouses")


def gather_nodes(checked: Checked) -> dict[str, pl.DataFrame]:
    """Return the node tables that come straight from the source, sorted by key."""
    zip_prefixes = _zip_prefixes(checked)
    products = packages.weights_and_volumes(nw.from_native(checked.named("products").lazy()))
    nodes = {
        "zip_prefixes": _in_degrees(zip_prefixes),
        "regions": _in_degrees(_regions(zip_prefixes)),
        "categories": _categories(checked),
        "products": products.to_native().collect(engine=IN_MEMORY),
        "sellers": checked.named("sellers"),
        "warehouses": _optional(checked, "warehouses"),
        "carriers": _carriers(checked),
    }
    return {name: frame.sort(SCHEMAS[name].key) for name, frame in nodes.items()}


def _zip_prefixes(checked: Checked) -> pl.DataFrame:
    """Return every zip prefix that anybody names; worked out on codes, a million points are read once."""
    names, places = _in_one_space(checked)
    micro = [(pl.col(c) * geography.MICRO).round().cast(pl.Int64).alias(f"{c}_e6") for c in ("lat", "lng")]
    points = checked.tables["geolocation"].select(places["geolocation"]["zip_prefix"], *micro)
    own = (
        geography.towns(nw.from_native(_mentions(places).lazy())),
        geography.centroids(nw.from_native(points.lazy())),
    )
    frames = pl.collect_all([frame.to_native() for frame in own], engine=IN_MEMORY)
    towns, centroids = (nw.from_native(with_names(frame, names).lazy()) for frame in frames)
    placed: pl.LazyFrame = geography.placed(towns, centroids).to_native()
    return placed.collect(engine=IN_MEMORY)


def _in_one_space(checked: Checked) -> tuple[dict[str, pl.Series], dict[str, pl.DataFrame]]:
    """Return zip prefix, city and state of each table that has them, as codes of names shared by all."""
    names: dict[str, pl.Series] = {}
    codes: dict[str, list[pl.Series]] = {}
    for column, spaces in _PLACE.items():
        known = {t: checked.names.get(f"{spaces} of {t}", NO_NAMES) for t in _PLACED if t in checked.tables}
        names[column] = pl.concat([NO_NAMES, *known.values()]).unique().sort()
        for table, own in known.items():
            to = np.append(coded(own, names[column]).to_numpy(), np.int32(-1))
            codes.setdefault(table, []).append(translated(_column(checked.tables[table], column), to))
    return names, {table: pl.DataFrame(columns) for table, columns in codes.items()}


def _column(frame: pl.DataFrame, name: str) -> pl.Series:
    """Return a column of codes; of a table that has no such column, nulls."""
    nothing = pl.repeat(None, frame.height, dtype=CODE, eager=True).alias(name)
    return frame[name] if name in frame.columns else nothing


def _mentions(places: Tables) -> pl.DataFrame:
    """Return who names which place: geolocation, and people and sites where geolocation lacks a prefix."""
    points = places["geolocation"]
    located = points["zip_prefix"].unique().implode()
    lacking = [
        frame.filter(~frame["zip_prefix"].is_in(located))
        for table, frame in places.items()
        if table != "geolocation"
    ]
    return pl.concat([points, *lacking])


def _regions(zip_prefixes: pl.DataFrame) -> pl.DataFrame:
    own = zip_prefixes.lazy().select("zip_prefix", "state", "lat_e6", "lng_e6")
    found: pl.LazyFrame = geography.regions(nw.from_native(own)).to_native()
    return found.collect(engine=IN_MEMORY)


def _in_degrees(frame: pl.DataFrame) -> pl.DataFrame:
    degrees = [(pl.col(f"{axis}_e6") / geography.MICRO).alias(axis) for axis in ("lat", "lng")]
    return frame.with_columns(degrees).drop("lat_e6", "lng_e6")


def _categories(checked: Checked) -> pl.DataFrame:
    """Return the categories that products have; one without translation keeps its own name."""
    used = checked.tables["products"].select("category").drop_nulls().unique()
    english = pl.col("category_english").fill_null(pl.col("category"))
    return used.join(checked.tables["categories"], on="category", how="left").with_columns(english)


def _carriers(checked: Checked) -> pl.DataFrame:
    """Return the carriers of the source's table, of its shipments, and of what left without a shipment."""
    given = _optional(checked, "carriers")
    known = checked.names.get("carriers", NO_NAMES).alias("carrier_id")
    if known.is_empty() or _some_left_without_shipment(checked):
        known = pl.concat([known, pl.Series([UNKNOWN_CARRIER])]).unique()
    return known.to_frame("carrier_id").join(given, on="carrier_id", how="left")


def _some_left_without_shipment(checked: Checked) -> bool:
    """Tell whether there may be packages of the carrier ``unknown`` (see ``transforms.packages``)."""
    tables = checked.tables
    if "shipments" not in tables:
        return True
    stamped = ~pl.all_horizontal(pl.col("handed_over_at", "delivered_at").is_null())
    left = tables["orders"].filter(stamped).select("order_id")
    named = tables["shipments"].select("order_id").unique()
    with_both = named.join(tables["items"].select("order_id").unique(), on="order_id", how="semi")
    return not left.join(with_both, on="order_id", how="anti").is_empty()


def _optional(checked: Checked, table: str) -> pl.DataFrame:
    return checked.named(table) if table in checked.tables else SCHEMAS[table].empty()
