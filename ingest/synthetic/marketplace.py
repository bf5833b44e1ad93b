"""The synthetic marketplace: from a world, a number of orders and a seed to tables and their truth.

Orders are made in chunks of a fixed size in order of purchase, each from random streams of its own, so memory
does not grow with their number. Only the units sold so far, one integer an offer, go from chunk to chunk.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from graph.errors import BadInput
from graph.stores.files import replaced_folder
from ingest.synthetic.answers import option_table, parameter_tables, parcel_table
from ingest.synthetic.arrays import Ints, Kind, hex_ids
from ingest.synthetic.calendar import make_calendar
from ingest.synthetic.catalogue import draw_products, draw_sources
from ingest.synthetic.chunk_tables import (
    Market,
    customers_table,
    items_table,
    lines_of,
    opening_stock_table,
    order_cents,
    orders_table,
    payments_table,
    reviews_table,
    shipments_table,
    stock_table,
)
from ingest.synthetic.course import Course, run_course
from ingest.synthetic.demand import Demand, draw_demand
from ingest.synthetic.law import Law, draw_law
from ingest.synthetic.payments import draw_payments
from ingest.synthetic.places import draw_places
from ingest.synthetic.record import export
from ingest.synthetic.reviews import draw_reviews
from ingest.synthetic.routing import Options, route
from ingest.synthetic.static_tables import static_tables
from ingest.synthetic.stock import draw_stock_events
from ingest.synthetic.world import World
from ingest.synthetic.writer import FolderWriter, Format

CHUNK = 50_000
"""Orders a chunk; part of the format: another size gives another marketplace."""

MOST_ORDERS = 100_000_000

Frames = Mapping[str, pl.DataFrame]
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Made:
    """A part of a marketplace: tables by file stem, truth by file stem, orders made so far."""

    tables: Frames
    truth: Frames
    orders: int


def silent(done: int, total: int) -> None:
    """Report nothing."""


def make(world: World, orders: int, seed: int, *, with_truth: bool = True) -> Iterator[Made]:
    """Yield the static tables and parameters first, then one part a chunk of orders.

    ``orders`` from 1 to 100 million; ``seed`` any integer that is not negative. Raises ``BadInput`` outside.
    Without ``with_truth`` the parts' ``truth`` is empty.
    """
    if not 1 <= orders <= MOST_ORDERS:
        raise BadInput(f"{orders} orders: give a number from 1 to {MOST_ORDERS}.")
    if seed < 0:
        raise BadInput(f"Seed {seed}: give an integer that is not negative.")
    places = draw_places(world, seed)
    sellers, activity = draw_sources(world, places, orders, seed)
    products, sources = draw_products(world, sellers, activity, orders, seed)
    calendar = make_calendar(world, seed, places.state_codes)
    market = Market(world, seed, places, sources, products, calendar)
    law = draw_law(world, places, sources, calendar, seed)
    parameters = parameter_tables(market, law) if with_truth else {}
    tables = dict(static_tables(world, places, sources, products, seed))
    if world.stock.events:
        tables["olist_inventory_events"] = opening_stock_table(market)
    yield Made(tables, parameters, 0)
    sold = np.zeros(products.offer_source.size, dtype=np.int64)
    for start in range(0, orders, CHUNK):
        numbers = range(start, min(start + CHUNK, orders))
        chunk = _run(market, law, orders, numbers)
        truth = _truth(market, chunk) if with_truth else {}
        yield Made(_tables(market, chunk, sold), truth, numbers.stop)


def write(
    world: World, orders: int, seed: int, out: Path, fmt: Format = "csv", progress: Progress = silent
) -> None:
    """Write a marketplace to the folder ``out``: the tables as CSV or Parquet, and ``truth/`` as Parquet.

    ``progress(done, total)`` is called after each chunk of orders. Same arguments, same bytes. The folder
    appears whole or not at all.
    Raises ``BadInput`` when ``orders`` or ``seed`` is out of bounds or ``out`` is not an empty or new folder.
    """
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise BadInput(f"{out} exists and is not an empty folder. Give a new one, or empty it.")
    parts = make(world, orders, seed)
    first = next(parts)
    with (
        replaced_folder(out) as folder,
        FolderWriter(folder, fmt) as tables,
        FolderWriter(folder / "truth", "parquet") as truth,
    ):
        (folder / "truth" / "world.json").write_text(world.model_dump_json(indent=2) + "\n", encoding="utf-8")
        _append(tables, truth, first)
        for part in parts:
            _append(tables, truth, part)
            progress(part.orders, orders)


def _append(tables: FolderWriter, truth: FolderWriter, part: Made) -> None:
    for stem, frame in part.tables.items():
        tables.append(stem, frame)
    for stem, frame in part.truth.items():
        truth.append(stem, frame)


@dataclass(frozen=True, slots=True)
class _Chunk:
    demand: Demand
    options: Options
    course: Course
    order_ids: pl.Series


def _run(market: Market, law: Law, total: int, numbers: range) -> _Chunk:
    world, seed, offers = market.world, market.seed, (market.products, market.sources)
    demand = draw_demand(world, market.places, market.calendar, offers, total, numbers, seed)
    options = route(world, law, offers, demand, seed)
    course = run_course(world, law, market.calendar, demand, options, seed)
    return _Chunk(demand, options, course, hex_ids(seed, Kind.ORDER, demand.number))


def _truth(market: Market, chunk: _Chunk) -> Frames:
    return {
        "options": option_table(market, chunk.demand, chunk.options, chunk.order_ids),
        "parcels": parcel_table(market, chunk.demand, chunk.options, chunk.course, chunk.order_ids),
    }


def _tables(market: Market, chunk: _Chunk, sold: Ints) -> Frames:
    world, clock, seed = market.world, market.calendar, market.seed
    demand, options, course, ids = chunk.demand, chunk.options, chunk.course, chunk.order_ids
    record = export(world, clock, demand, course, seed)
    lines = lines_of(demand, options)
    payments = draw_payments(world, demand, order_cents(demand, lines), seed)
    reviews = draw_reviews(world, clock, demand, course, seed)
    tables = {
        "olist_orders_dataset": orders_table(market, demand, record, course.promised_day, ids),
        "olist_customers_dataset": customers_table(market, demand),
        "olist_order_items_dataset": items_table(market, demand, options, lines, course.outcome, ids),
        "olist_order_payments_dataset": payments_table(payments, ids),
        "olist_order_reviews_dataset": reviews_table(market, demand, reviews, ids),
        "olist_shipments_dataset": shipments_table(market, demand, options, record, ids),
    }
    if world.stock.events:
        offer = options.offer[options.chosen]
        events = draw_stock_events(world, clock, demand, course, offer, sold, seed)
        tables["olist_inventory_events"] = stock_table(market, demand, options, events, ids)
    return tables
