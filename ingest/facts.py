"""From checked tables to facts: the transforms, wired and run on Polars.

Facts are what the source says as of T, in the shapes that the rest of Malha reads: node tables, packages,
evidence by place, offers, demand, events. Nothing here is fitted or assumed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import narwhals as nw
import polars as pl

from graph.distance import haversine_km
from graph.model import UNKNOWN_CARRIER
from graph.tables import INSTANT, SCHEMAS
from ingest.checked import Checked
from ingest.clock import ZONE
from ingest.tables import TABLES
from ingest.transforms import events, geography, offers, packages, routes, stock
from ingest.transforms.frames import Frame

Frames = Mapping[str, pl.LazyFrame]

AT_A_TIME = 250_000
ALL_TIME_S = 2**62
IN_MEMORY: Final = "in-memory"
"""The engine for joins and sums over packages, which lie in memory anyway: a third faster than streaming."""
PACKAGE_ORDER = ("purchased_s", "order_id", "seller_id", "carrier_id", "warehouse_id")


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known as of T.

    ``nodes`` and ``evidence`` are tables by name; ``packages`` has one row a package with its stages, its
    places and its contents. Instants in ``packages`` are epoch seconds (columns ``…_s``); null is unknown.
    """

    nodes: Mapping[str, pl.DataFrame]
    packages: pl.DataFrame
    evidence: Mapping[str, pl.DataFrame]


def gather(checked: Checked, nodes: Mapping[str, pl.DataFrame]) -> Facts:
    """Return the facts of checked tables, with the node tables that ``gather_nodes`` found in them."""
    tables = _in_seconds(checked)
    journeys = _packages(tables, nodes)
    return Facts(nodes, journeys, _evidence(tables, journeys))


def event_log(checked: Checked, facts: Facts, at_a_time: int = AT_A_TIME) -> Iterator[pl.DataFrame]:
    """Yield the events in the one order in which they are played (columns: ``transforms.events``).

    One frame holds the events of a stretch of time in which ``at_a_time`` packages are bought, so that a
    long history does not have to fit into memory as a log.
    """
    tables = {name: nw.from_native(frame) for name, frame in _in_seconds(checked).items()}
    sent = nw.from_native(facts.packages.lazy())
    known = ("order_id", "purchased_s", "approved_s", "promised_s", "to_zip_prefix")
    orders, items = nw.from_native(facts.packages.select(known).unique().lazy()), tables["items"]
    parts = [
        events.purchased(orders, items),
        events.registered(orders, tables["payments"]),
        events.approved(orders, items),
        events.handed_over(sent),
        events.delivered(sent),
        events.reviewed(tables["reviews"]),
    ]
    if "inventory_events" in tables:
        parts.append(events.stock_moved(tables["inventory_events"]))
    stretches = _stretches(facts.packages["purchased_s"], at_a_time)
    for stretch in stretches:
        played = [events.within(part, *stretch) if len(stretches) > 1 else part for part in parts]
        log = pl.concat(pl.collect_all([part.to_native() for part in played], engine=IN_MEMORY))
        # Sorted as a frame at rest: a third of the time of a sort inside a lazy plan.
        yield events.in_total_order(nw.from_native(log, eager_only=True)).to_native()


def _stretches(purchased_s: pl.Series, at_a_time: int) -> list[tuple[int, int]]:
    """Return half-open stretches of seconds that cover all time, cut at every so many purchases."""
    cuts = purchased_s.sort().gather_every(at_a_time)[1:].unique(maintain_order=True).to_list()
    return list(pairwise([-ALL_TIME_S, *cuts, ALL_TIME_S]))


def _in_seconds(checked: Checked) -> dict[str, pl.LazyFrame]:
    """Return the tables with integer instants (``x_at`` becomes ``x_s``); orders get their local day.

    What tells the end of the story (an order's final status) is left out: no fact may depend on it.
    """
    tables = {}
    for name, frame in checked.tables.items():
        stamps = [column for column, dtype in frame.schema.items() if dtype == INSTANT]
        seconds = [pl.col(c).dt.epoch("s").alias(c.removesuffix("_at") + "_s") for c in stamps]
        if name == "orders":
            local = pl.col("purchased_at").dt.convert_time_zone(ZONE)
            seconds.append(local.dt.date().cast(pl.Int32).alias("day"))
        tables[name] = frame.lazy().with_columns(seconds).drop(*stamps, *TABLES[name].final)
    return tables


def gather_nodes(checked: Checked) -> dict[str, pl.DataFrame]:
    """Return the node tables that come straight from the source, sorted by key."""
    tables = _in_seconds(checked)
    micro = [(pl.col(c) * geography.MICRO).round().cast(pl.Int64).alias(f"{c}_e6") for c in ("lat", "lng")]
    points = tables["geolocation"].select("zip_prefix", "city", "state", *micro)
    named = pl.concat([points.select("zip_prefix", "city", "state"), _mentions(tables, points)])
    # Collected before they are used several times: the million points are read once.
    own = (geography.towns(nw.from_native(named)), geography.centroids(nw.from_native(points)))
    towns, centroids = (nw.from_native(frame) for frame in _collected(own))
    zip_prefixes = geography.placed(towns, centroids).to_native().collect()
    products = packages.weights_and_volumes(nw.from_native(tables["products"]))
    nodes = {
        "zip_prefixes": _in_degrees(zip_prefixes),
        "regions": _in_degrees(_regions(zip_prefixes)),
        "categories": _categories(tables),
        "products": products.to_native().collect(),
        "sellers": tables["sellers"].collect(),
        "warehouses": _optional(tables, "warehouses"),
        "carriers": _carriers(tables),
    }
    return {name: frame.sort(SCHEMAS[name].key) for name, frame in nodes.items()}


def _mentions(tables: Frames, points: pl.LazyFrame) -> pl.LazyFrame:
    """Return places that people and sites name although geolocation lacks them."""
    no_town = [pl.lit(None, pl.String).alias(c) for c in ("city", "state")]
    named = [tables[name].select("zip_prefix", "city", "state") for name in ("customers", "sellers")]
    if "warehouses" in tables:
        named.append(tables["warehouses"].select("zip_prefix", *no_town))
    return pl.concat(named).join(points.select("zip_prefix").unique(), on="zip_prefix", how="anti")


def _regions(zip_prefixes: pl.DataFrame) -> pl.DataFrame:
    own = zip_prefixes.lazy().select("zip_prefix", "state", "lat_e6", "lng_e6")
    found: pl.LazyFrame = geography.regions(nw.from_native(own)).to_native()
    return found.collect()


def _in_degrees(frame: pl.DataFrame) -> pl.DataFrame:
    degrees = [(pl.col(f"{axis}_e6") / geography.MICRO).alias(axis) for axis in ("lat", "lng")]
    return frame.with_columns(degrees).drop("lat_e6", "lng_e6")


def _categories(tables: Frames) -> pl.DataFrame:
    """Return the categories that products have; one without translation keeps its own name."""
    used = tables["products"].select("category").drop_nulls().unique()
    english = pl.col("category_english").fill_null(pl.col("category"))
    return used.join(tables["categories"], on="category", how="left").with_columns(english).collect()


def _carriers(tables: Frames) -> pl.DataFrame:
    """Return the carriers of the source's table, of its shipments, and of what left without a shipment."""
    given = _optional(tables, "carriers")
    named = [given.select("carrier_id")]
    if "shipments" in tables:
        named.append(tables["shipments"].select("carrier_id").unique().collect())
    known = pl.concat(named).unique().drop_nulls()
    if known.is_empty() or _some_left_without_shipment(tables):
        unknown = pl.DataFrame({"carrier_id": [UNKNOWN_CARRIER]})
        known = pl.concat([known, unknown]).unique()
    return known.join(given, on="carrier_id", how="left")


def _some_left_without_shipment(tables: Frames) -> bool:
    """Tell whether there may be packages of the carrier ``unknown`` (see ``transforms.packages``)."""
    if "shipments" not in tables:
        return True
    left: pl.LazyFrame = nw.from_native(tables["orders"]).filter(packages.was_handed_over()).to_native()
    alone = left.join(tables["shipments"], on="order_id", how="anti").select(pl.len()).collect()
    return bool(alone.item())


def _optional(tables: Frames, name: str) -> pl.DataFrame:
    return tables[name].collect() if name in tables else SCHEMAS[name].empty()


def _packages(tables: Frames, nodes: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """Return every package with its stamps, stages, contents, places and distance, in total order."""
    table = {name: nw.from_native(frame) for name, frame in tables.items()}
    items = table["items"]
    products = nw.from_native(nodes["products"].lazy())
    orders = packages.order_facts(table["orders"], table["customers"], table["payments"], items)
    contents = packages.contents(items, products)
    orders, contents = (nw.from_native(frame) for frame in _collected((orders, contents)))
    sent = packages.packages(orders, contents, table.get("shipments"))
    sites = nw.from_native(nodes["warehouses"].lazy())
    timed = packages.stage_times(packages.located(sent, table["sellers"], sites)).to_native()
    month = pl.from_epoch(pl.col("delivered_s")).dt.convert_time_zone(ZONE).dt.strftime("%Y-%m")
    placed = _with_places(timed, nodes["zip_prefixes"].lazy())
    return _with_distance(
        placed.with_columns(month.alias("month")).collect(engine=IN_MEMORY).sort(*PACKAGE_ORDER)
    )


def _with_places(timed: pl.LazyFrame, zip_prefixes: pl.LazyFrame) -> pl.LazyFrame:
    for end in ("from", "to"):
        place = zip_prefixes.select(
            pl.col("zip_prefix").alias(f"{end}_zip_prefix"),
            *(pl.col(c).alias(f"{end}_{c}") for c in ("region", "state", "lat", "lng")),
        )
        timed = timed.join(place, on=f"{end}_zip_prefix", how="left")
    return timed


def _with_distance(placed: pl.DataFrame) -> pl.DataFrame:
    ends = (placed[c].to_numpy() for c in ("from_lat", "from_lng", "to_lat", "to_lng"))
    distance = pl.Series("distance_km", haversine_km(*ends)).fill_nan(None)
    return placed.with_columns(distance).drop("from_lat", "from_lng", "to_lat", "to_lng")


def _evidence(tables: Frames, journeys: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """Return what was observed: offers, demand, and the statistics between places."""
    seen = nw.from_native(journeys.lazy())
    sold = offers.sales(nw.from_native(tables["items"]), nw.from_native(tables["orders"]))
    wanted = {
        "offers": offers.offers(sold),
        "demand": offers.demand(sold, nw.from_native(tables["customers"])),
        "zip_pairs": routes.observed_routes(seen),
        "lanes": routes.lane_evidence(seen),
        "states": routes.state_reference(seen),
        "lane_months": routes.lane_months(seen),
        "seller_carriers": routes.seller_carriers(seen),
    }
    if "inventory_events" in tables:
        wanted["shelves"] = stock.shelf_units(nw.from_native(tables["inventory_events"]))
    frames = pl.collect_all([lazy.to_native() for lazy in wanted.values()], engine=IN_MEMORY)
    return dict(zip(wanted, frames, strict=True))


def _collected(frames: Iterable[Frame]) -> list[pl.LazyFrame]:
    """Run several transforms at once and return their results, ready to be used again and again."""
    return [frame.lazy() for frame in pl.collect_all([frame.to_native() for frame in frames])]
