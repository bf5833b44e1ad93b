"""The tables that grow with the orders, one chunk at a time, with Olist's columns."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from graph.days import DAY_S
from graph.model import NEVER
from ingest.synthetic.arrays import Ints, Kind, Stream, count_up, generator, hex_ids
from ingest.synthetic.calendar import Calendar
from ingest.synthetic.catalogue import Products, Sources
from ingest.synthetic.course import Outcome
from ingest.synthetic.demand import Demand
from ingest.synthetic.law import PAYMENT_TYPES
from ingest.synthetic.payments import Payments
from ingest.synthetic.places import Places
from ingest.synthetic.record import STATUSES, Record, wall, wall_of_local
from ingest.synthetic.reviews import Reviews
from ingest.synthetic.routing import Options
from ingest.synthetic.stock import CAUSES, EVENT_TYPES, StockEvents
from ingest.synthetic.world import World


@dataclass(frozen=True, slots=True)
class Market:
    """What all chunks share: settings, places, catalogue, clock, seed."""

    world: World
    seed: int
    places: Places
    sources: Sources
    products: Products
    calendar: Calendar


def orders_table(
    market: Market, demand: Demand, record: Record, promised_day: Ints, order_ids: pl.Series
) -> pl.DataFrame:
    """Return the orders of a chunk in order of purchase."""
    clock = market.calendar
    return pl.DataFrame(
        {
            "order_id": order_ids,
            "customer_id": hex_ids(market.seed, Kind.CUSTOMER, demand.number),
            "order_status": _named(STATUSES, record.status),
            "order_purchase_timestamp": wall(clock, demand.purchased_s),
            "order_approved_at": wall(clock, record.approved_s),
            "order_delivered_carrier_date": wall(clock, record.handed_s),
            "order_delivered_customer_date": wall(clock, record.delivered_s),
            "order_estimated_delivery_date": _local(promised_day * DAY_S),
        }
    )


def customers_table(market: Market, demand: Demand) -> pl.DataFrame:
    """Return one row an order, as Olist does; ``customer_unique_id`` names the person."""
    places, dest = market.places, demand.circumstances.dest_zip
    return pl.DataFrame(
        {
            "customer_id": hex_ids(market.seed, Kind.CUSTOMER, demand.number),
            "customer_unique_id": hex_ids(market.seed, Kind.PERSON, demand.person),
            "customer_zip_code_prefix": _named(places.zip_prefixes, dest),
            "customer_city": _named(tuple(places.cities()), dest),
            "customer_state": _named(tuple(places.state_codes), places.zip_state[dest]),
        }
    )


@dataclass(frozen=True, slots=True)
class Lines:
    """The lines of a chunk's orders: one row a unit, a parcel's freight spread over its units to the cent."""

    parcel: Ints
    number: Ints
    price_cents: Ints
    freight_cents: Ints


def lines_of(demand: Demand, options: Options) -> Lines:
    """Return the lines of all orders, numbered from 1 within each order."""
    picked = np.flatnonzero(options.chosen)
    quantity = demand.parcel_quantity
    parcel = np.repeat(np.arange(quantity.size), quantity)
    unit = count_up(quantity)
    freight = options.freight_cents[picked][parcel]
    units = quantity[parcel]
    share = freight // units + (unit < freight % units)
    number = 1 + count_up(np.bincount(demand.parcel_order[parcel], minlength=demand.number.size))
    return Lines(parcel, number, options.price_cents[picked][parcel], share)


def order_cents(demand: Demand, lines: Lines) -> Ints:
    """Return what each order costs: prices and freight of its lines."""
    cents = lines.price_cents + lines.freight_cents
    return np.bincount(demand.parcel_order[lines.parcel], cents, demand.number.size).astype(np.int64)


def items_table(
    market: Market, demand: Demand, options: Options, lines: Lines, outcome: Ints, order_ids: pl.Series
) -> pl.DataFrame:
    """Return the order lines; an order that turned out unavailable has none, as in Olist."""
    rng = generator(market.seed, Stream.PAYMENTS, 1 + int(demand.number[0]))
    ahead = DAY_S * (5 + rng.integers(0, 3, demand.number.size))
    shown = np.flatnonzero(outcome[demand.parcel_order[lines.parcel]] != Outcome.UNAVAILABLE)
    parcel = lines.parcel[shown]
    order = demand.parcel_order[parcel]
    source = options.source[options.chosen][parcel]
    return pl.DataFrame(
        {
            "order_id": order_ids.gather(order),
            "order_item_id": lines.number[shown],
            "product_id": market.products.product_ids.gather(demand.parcel_product[parcel]),
            "seller_id": market.sources.seller_ids.gather(market.sources.seller[source]),
            "shipping_limit_date": _local(market.calendar.local_s(demand.purchased_s + ahead)[order]),
            "price": lines.price_cents[shown] / 100.0,
            "freight_value": lines.freight_cents[shown] / 100.0,
        }
    )


def payments_table(payments: Payments, order_ids: pl.Series) -> pl.DataFrame:
    """Return the payments."""
    return pl.DataFrame(
        {
            "order_id": order_ids.gather(payments.order),
            "payment_sequential": payments.sequence,
            "payment_type": _named(PAYMENT_TYPES, payments.payment_type),
            "payment_installments": payments.installments,
            "payment_value": payments.value_cents / 100.0,
        }
    )


def reviews_table(market: Market, demand: Demand, reviews: Reviews, order_ids: pl.Series) -> pl.DataFrame:
    """Return the reviews; a few ids serve two orders, as in Olist."""
    number = demand.number[reviews.order]
    lottery = generator(market.seed, Stream.REVIEWS, 1 + int(demand.number[0])).random(number.size)
    shared = np.flatnonzero(lottery < market.world.quirks.shared_review_id)
    shared = shared[shared > 0]
    number[shared] = number[shared - 1]
    return pl.DataFrame(
        {
            "review_id": hex_ids(market.seed, Kind.REVIEW, number),
            "order_id": order_ids.gather(reviews.order),
            "review_score": reviews.score,
            "review_comment_title": pl.Series(reviews.title, dtype=pl.String).replace("", None),
            "review_comment_message": pl.Series(reviews.message, dtype=pl.String).replace("", None),
            "review_creation_date": _local(reviews.created_local_s),
            "review_answer_timestamp": _local(reviews.answered_local_s),
        }
    )


def shipments_table(
    market: Market, demand: Demand, options: Options, record: Record, order_ids: pl.Series
) -> pl.DataFrame:
    """Return one row a parcel that was handed over."""
    sent = np.flatnonzero(record.parcel_handed_s != NEVER)
    picked = np.flatnonzero(options.chosen)[sent]
    source = options.source[picked]
    houses = pl.Series([None, *market.sources.warehouse_ids], dtype=pl.String)
    return pl.DataFrame(
        {
            "order_id": order_ids.gather(demand.parcel_order[sent]),
            "seller_id": market.sources.seller_ids.gather(market.sources.seller[source]),
            "carrier_id": _named(tuple(c.carrier_id for c in market.world.carriers), options.carrier[picked]),
            "warehouse_id": houses.gather(market.sources.warehouse[source] + 1),
            "handed_over_at": wall(market.calendar, record.parcel_handed_s[sent]),
            "delivered_at": wall(market.calendar, record.parcel_delivered_s[sent]),
        }
    )


def opening_stock_table(market: Market) -> pl.DataFrame:
    """Return the receipt with which each offer's stock opens, at the first instant of the history."""
    products, sources, clock = market.products, market.sources, market.calendar
    count = products.offer_source.size
    return pl.DataFrame(
        {
            "inventory_event_id": hex_ids(market.seed, Kind.OPENING, np.arange(count)),
            "product_id": products.product_ids.gather(products.offer_product),
            "seller_id": sources.seller_ids.gather(sources.seller[products.offer_source]),
            "location_id": sources.location_ids.gather(products.offer_source),
            "order_id": pl.repeat(None, count, dtype=pl.String, eager=True),
            "event_type": pl.repeat("RECEIVED", count, eager=True),
            "quantity": np.full(count, market.world.stock.depth_units),
            "event_timestamp": wall(clock, np.full(count, clock.start_s)),
            "source": pl.repeat("opening", count, eager=True),
        }
    )


def stock_table(
    market: Market, demand: Demand, options: Options, events: StockEvents, order_ids: pl.Series
) -> pl.DataFrame:
    """Return the stock events, parcel by parcel in order of purchase (not in order of time)."""
    order = demand.parcel_order[events.parcel]
    source = options.source[options.chosen][events.parcel]
    parcel_number = 2 * demand.number[order] + demand.parcel_place[events.parcel]
    named = pl.DataFrame({"id": order_ids.gather(order), "named": events.of_order})
    return pl.DataFrame(
        {
            "inventory_event_id": hex_ids(
                market.seed, Kind.STOCK_EVENT, parcel_number * len(EVENT_TYPES) + events.event_type
            ),
            "product_id": market.products.product_ids.gather(demand.parcel_product[events.parcel]),
            "seller_id": market.sources.seller_ids.gather(market.sources.seller[source]),
            "location_id": market.sources.location_ids.gather(source),
            "order_id": named.select(pl.when("named").then("id")).to_series(),
            "event_type": _named(EVENT_TYPES, events.event_type),
            "quantity": events.quantity,
            "event_timestamp": wall(market.calendar, events.event_s),
            "source": _named(CAUSES, events.cause),
        }
    )


def _named(names: tuple[str, ...], codes: Ints) -> pl.Series:
    return pl.Series(names, dtype=pl.String).gather(codes)


def _local(local_s: Ints) -> pl.Series:
    return wall_of_local(local_s, np.ones(local_s.size, dtype=np.bool_))
