"""From checked tables to facts: the transforms, wired and run on Polars.

Facts are what the source says as of T, in the shapes that the rest of Malha reads: node tables, packages,
evidence by place, offers, demand, events. Nothing here is fitted or assumed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

import narwhals as nw
import numpy as np
import polars as pl

from graph.days import local_stamps
from graph.distance import haversine_km
from graph.model import UNKNOWN_CARRIER
from graph.tables import INSTANT
from ingest.checked import Checked
from ingest.names import CODE, Names, coded, named, translated
from ingest.nodes import IN_MEMORY, gather_nodes
from ingest.tables import TABLES
from ingest.transforms import offers, packages, routes, stock
from ingest.transforms.frames import Frame

__all__ = ["Facts", "gather", "gather_nodes"]

Frames = Mapping[str, pl.LazyFrame]
Tables = Mapping[str, pl.DataFrame]

PACKAGE_ORDER: Final = ("purchased_s", "order_id", "seller_id", "carrier_id", "warehouse_id")
EVIDENCE_ORDER: Final = {
    "offers": ("product_id", "seller_id"),
    "demand": ("product_id", "seller_id", "region", "day"),
    "zip_pairs": ("from_zip_prefix", "to_zip_prefix", "carrier_id", "category"),
    "lanes": ("from_region", "to_region", "carrier_id"),
    "states": ("from_state", "to_state"),
    "lane_months": ("from_region", "to_region", "carrier_id", "month"),
    "seller_carriers": ("seller_id", "carrier_id"),
    "shelves": ("location_id", "seller_id", "product_id"),
}


_SPACES: Final = {
    "order_id": "orders",
    "payment_type": "payment types",
    "review_id": "reviews",
    "inventory_event_id": "inventory_events",
    "location_id": "locations",
    "event_type": "event types",
    "source": "sources of stock events",
}


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known as of T.

    ``nodes`` and ``evidence`` are tables by name, sorted by key. ``packages`` has one row a package with its
    stages, its places and its contents: instants are epoch seconds (columns ``…_s``), ids, places and
    category codes of ``names`` (by column), the rows of the sorted node tables; null is unknown.
    """

    nodes: Tables
    packages: pl.DataFrame
    evidence: Tables
    names: Names

    def without_packages(self) -> Facts:
        """Return what is left to know once the packages are journeys.

        What stands in no table of the network (packages, demand, the names of orders) is let go.
        """
        kept = {name: frame for name, frame in self.evidence.items() if name != "demand"}
        return Facts(self.nodes, self.packages.clear(), kept, {})


def gather(checked: Checked, nodes: Tables) -> Facts:
    """Return the facts of checked tables, with the node tables that ``gather_nodes`` found in them."""
    names = _names(checked, nodes)
    tables = _on_nodes(checked, names)
    sent = _packages(tables, nodes, names)
    evidence = _evidence(tables, sent, nodes, names)
    types = names["payment_type"]
    paid = types.gather(sent["payment_type"]).cast(pl.Enum(types))
    return Facts(nodes, sent.with_columns(paid.alias("payment_type")), evidence, names)


def _names(checked: Checked, nodes: Tables) -> dict[str, pl.Series]:
    """Return the names behind the codes of each column of the packages, the evidence and the events."""
    zip_prefixes = nodes["zip_prefixes"]
    states = zip_prefixes["state"].drop_nulls().unique().sort()
    places = {"zip_prefix": zip_prefixes["zip_prefix"], "region": nodes["regions"]["region"], "state": states}
    return {
        **{f"{end}{place}": found for place, found in places.items() for end in ("", "from_", "to_")},
        "product_id": nodes["products"]["product_id"],
        "seller_id": nodes["sellers"]["seller_id"],
        "carrier_id": nodes["carriers"]["carrier_id"],
        "warehouse_id": nodes["warehouses"]["warehouse_id"],
        "category": nodes["categories"]["category"],
        **{name: checked.names[space] for name, space in _SPACES.items() if space in checked.names},
    }


def in_seconds(table: str, frame: pl.DataFrame) -> pl.LazyFrame:
    """Return a checked table with integer instants (``x_at`` becomes ``x_s``).

    What tells the end of the story (an order's final status) is left out: no fact may depend on it.
    """
    stamps = [column for column, dtype in frame.schema.items() if dtype == INSTANT]
    seconds = [pl.col(c).dt.epoch("s").alias(c.removesuffix("_at") + "_s") for c in stamps]
    return frame.lazy().with_columns(seconds).drop(*stamps, *TABLES[table].final)


def _on_nodes(checked: Checked, names: Names) -> dict[str, pl.LazyFrame]:
    """Return the tables in seconds; places and carriers become codes of the network's nodes."""
    tables = {}
    for table in TABLES.values():
        if table.name not in checked.tables or table.name == "geolocation":
            continue
        frame = checked.tables[table.name]
        own = {column.name: checked.names[column.space] for column in table.columns if column.space}
        recoded = [
            _recoded(frame[column], own[column], names[column])
            for column in ("zip_prefix", "carrier_id")
            if column in own and not own[column].equals(names[column])
        ]
        tables[table.name] = in_seconds(table.name, frame.with_columns(recoded))
    local = local_stamps(pl.col("purchased_s"))
    day = local.dt.date().cast(pl.Int32).alias("day")
    return tables | {"orders": tables["orders"].with_columns(day)}


def _recoded(codes: pl.Series, own: pl.Series, names: pl.Series) -> pl.Series:
    return translated(codes, np.append(coded(own, names).to_numpy(), np.int32(-1)))


def _packages(tables: Frames, nodes: Tables, names: Names) -> pl.DataFrame:
    """Return every package with its stamps, stages, contents, places and distance, in total order."""
    table = {name: nw.from_native(frame) for name, frame in tables.items()}
    goods = nodes["products"].select(
        pl.int_range(pl.len(), dtype=CODE).alias("product_id"),
        coded(nodes["products"]["category"], names["category"]),
        "weight_g",
        "volume_cm3",
    )
    orders = packages.order_facts(table["orders"], table["customers"], table["payments"], table["items"])
    contents = packages.contents(table["items"], nw.from_native(goods.lazy()))
    orders, contents = (nw.from_native(frame) for frame in _collected((orders, contents)))
    [unknown] = coded(pl.Series([UNKNOWN_CARRIER]), names["carrier_id"])
    sent = packages.packages(orders, contents, table.get("shipments"), unknown)
    sites = table.get(
        "warehouses", nw.from_native(pl.LazyFrame(schema={"warehouse_id": CODE, "zip_prefix": CODE}))
    )
    timed = packages.stage_times(packages.located(sent, table["sellers"], sites)).to_native()
    placed = _with_places(timed.drop("customer_id", "day"), nodes["zip_prefixes"], names)
    return _with_distance(placed.collect(engine=IN_MEMORY).sort(*PACKAGE_ORDER))


def _with_places(timed: pl.LazyFrame, zip_prefixes: pl.DataFrame, names: Names) -> pl.LazyFrame:
    coded_places = zip_prefixes.select(
        pl.int_range(pl.len(), dtype=CODE).alias("zip_prefix"),
        coded(zip_prefixes["region"], names["region"]),
        coded(zip_prefixes["state"], names["state"]),
        "lat",
        "lng",
    )
    for end in ("from", "to"):
        place = coded_places.lazy().rename({name: f"{end}_{name}" for name in coded_places.columns})
        timed = timed.join(place, on=f"{end}_zip_prefix", how="left")
    return timed


def _with_distance(placed: pl.DataFrame) -> pl.DataFrame:
    ends = (placed[c].to_numpy() for c in ("from_lat", "from_lng", "to_lat", "to_lng"))
    distance = pl.Series("distance_km", haversine_km(*ends)).fill_nan(None)
    return placed.with_columns(distance).drop("from_lat", "from_lng", "to_lat", "to_lng")


def _evidence(tables: Frames, sent: pl.DataFrame, nodes: Tables, names: Names) -> dict[str, pl.DataFrame]:
    """Return what was observed: offers, demand, and the statistics between places."""
    local = local_stamps(pl.col("delivered_s"))
    month = (local.dt.year() * 12 + local.dt.month() - 1).alias("month")
    seen = nw.from_native(sent.lazy().with_columns(month))
    sold = offers.sales(nw.from_native(tables["items"]), nw.from_native(tables["orders"]))
    to_region = coded(nodes["zip_prefixes"]["region"], names["region"])
    region = pl.lit(to_region).gather(pl.col("zip_prefix")).alias("region")
    wanted = {
        "offers": offers.offers(sold),
        "demand": offers.demand(sold, nw.from_native(tables["customers"].select("customer_id", region))),
        "zip_pairs": routes.observed_routes(seen),
        "lanes": routes.lane_evidence(seen),
        "states": routes.state_reference(seen),
        "lane_months": routes.lane_months(seen),
        "seller_carriers": routes.seller_carriers(seen),
    }
    if "inventory_events" in tables:
        types = {name: code for code, name in enumerate(names["event_type"])}
        wanted["shelves"] = stock.shelf_units(nw.from_native(tables["inventory_events"]), types)
    frames = pl.collect_all([lazy.to_native() for lazy in wanted.values()], engine=IN_MEMORY)
    return {
        name: _spelled(named(frame.sort(EVIDENCE_ORDER[name]), names))
        for name, frame in zip(wanted, frames, strict=True)
    }


def _spelled(evidence: pl.DataFrame) -> pl.DataFrame:
    """Return evidence with its months as ``YYYY-MM``."""
    if "month" not in evidence.columns:
        return evidence
    year, month = pl.col("month") // 12, pl.col("month") % 12 + 1
    return evidence.with_columns(pl.date(year, month, 1).dt.strftime("%Y-%m").alias("month"))


def _collected(frames: Iterable[Frame]) -> list[pl.LazyFrame]:
    """Run several transforms at once and return their results, ready to be used again and again."""
    done = pl.collect_all([frame.to_native() for frame in frames], engine=IN_MEMORY)
    return [frame.lazy() for frame in done]
