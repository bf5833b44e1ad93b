"""Stock events: every unit sold was received first, so no fold of them ever goes below zero.

Every offer opens with ``depth_units`` in stock and is restocked as many at a time, ahead of the reservation
that would lack them. Released and returned units come on top, so a fold never shows less stock than is
counted here.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from graph.days import DAY_S
from graph.model import NEVER
from ingest.synthetic.arrays import Flags, Floats, Ints, Stream, generator
from ingest.synthetic.calendar import Calendar
from ingest.synthetic.course import Course, Outcome
from ingest.synthetic.demand import Demand
from ingest.synthetic.record import known
from ingest.synthetic.world import World

EVENT_TYPES = ("REORDERED", "RECEIVED", "RESERVED", "RELEASED", "SHIPPED", "RETURNED", "DAMAGED")
_REORDERED, _RECEIVED, _RESERVED, _RELEASED, _SHIPPED, _RETURNED, _DAMAGED = range(7)
CAUSES = ("restock", "order", "cancel", "customer")
_CAUSE = np.array([0, 0, 1, 2, 1, 3, 3])
# Order events carry an order id; restocks and damages do not.
_OF_ORDER = np.array([False, False, True, True, True, True, False])


@dataclass(frozen=True, slots=True)
class StockEvents:
    """One row an event: its parcel (the row in this chunk), type, units and instant (epoch seconds).

    ``cause`` is a position in ``CAUSES``; ``of_order`` tells whether the event names the parcel's order.
    """

    parcel: Ints
    event_type: Ints
    quantity: Ints
    event_s: Ints

    @property
    def cause(self) -> Ints:
        """Return what booked each event."""
        return _CAUSE[self.event_type]

    @property
    def of_order(self) -> Flags:
        """Return which events belong to an order."""
        return _OF_ORDER[self.event_type]


def draw_stock_events(
    world: World, calendar: Calendar, demand: Demand, course: Course, offer: Ints, sold: Ints, seed: int
) -> StockEvents:
    """Return the stock events of a chunk, and add its units to ``sold`` (units reserved so far, by offer)."""
    rng = generator(seed, Stream.STOCK, int(demand.number[0]))
    count = demand.parcel_order.size
    lottery = rng.random((4, count))
    pace = np.exp(rng.normal(np.log(world.stock.restock_days), 0.35, count))
    outcome = course.outcome[demand.parcel_order]
    purchased = demand.purchased_s[demand.parcel_order]
    reserves = outcome != Outcome.UNAVAILABLE
    quantity = np.where(reserves, demand.parcel_quantity, 0)
    received = _receipts(world, offer, quantity, sold)
    received_at = np.maximum(calendar.start_s, purchased - 60 - (lottery[0] * 3 * DAY_S).astype(np.int64))
    received_at = np.where(received > 0, received_at, NEVER)
    reordered_at = received_at - (pace * DAY_S).astype(np.int64)
    reordered_at = np.where(reordered_at >= calendar.start_s, reordered_at, NEVER)
    returned_at, damaged_at = _returns(world, course, lottery)
    stamps = (
        (reordered_at, received),
        (received_at, received),
        (np.where(reserves, purchased, NEVER), quantity),
        (course.canceled_s[demand.parcel_order], quantity),
        (course.parcel_handed_s, quantity),
        (returned_at, quantity),
        (damaged_at, quantity),
    )
    event_s = np.concatenate([known(world, calendar, at) for at, _ in stamps])
    shown = np.flatnonzero(event_s != NEVER)
    kind, parcel = np.repeat(np.arange(len(stamps)), count), np.tile(np.arange(count), len(stamps))
    rows = shown[np.lexsort((kind[shown], parcel[shown]))]
    units = np.concatenate([units for _, units in stamps])
    return StockEvents(parcel[rows], kind[rows], units[rows], event_s[rows])


def _receipts(world: World, offer: Ints, quantity: Ints, sold: Ints) -> Ints:
    """Return the units received ahead of each parcel; every offer opens with the depth in stock."""
    depth = world.stock.depth_units
    rows = np.argsort(offer, kind="stable")
    running = np.cumsum(quantity[rows])
    first = np.flatnonzero(np.diff(offer[rows], prepend=-1))
    within = running - np.repeat(running[first] - quantity[rows][first], np.diff(np.append(first, rows.size)))
    after = np.empty_like(quantity)
    after[rows] = within + sold[offer[rows]]
    before = after - quantity
    np.add.at(sold, offer, quantity)
    lots: Ints = np.maximum(1, -(-after // depth)) - np.maximum(1, -(-before // depth))
    return lots * depth


def _returns(world: World, course: Course, lottery: Floats) -> tuple[Ints, Ints]:
    """Return when parcels came back, and when what came back was found damaged."""
    delivered = course.parcel_delivered_s
    returns = (lottery[1] < world.stock.return_rate) & (delivered != NEVER)
    returned_at = np.where(returns, delivered + ((3 + 12 * lottery[2]) * DAY_S).astype(np.int64), NEVER)
    damaged = returns & (lottery[3] < world.stock.damage_share)
    return returned_at, np.where(damaged, returned_at + 3600, NEVER)
