"""What becomes of the orders: totals drawn from the law, split into stages; promises; ends outside the law.

One normal draw an order serves all its parcels (comonotone), so the law of an order is closed too: its
quantiles are the largest of its parcels', its distribution function the smallest.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from graph.days import DAY_S
from graph.model import NEVER
from ingest.synthetic.arrays import Floats, Ints, Stream, generator, pick
from ingest.synthetic.calendar import Calendar
from ingest.synthetic.demand import Demand
from ingest.synthetic.law import Law
from ingest.synthetic.routing import Options
from ingest.synthetic.world import World

# Log-scale spread of the stages' shares of the total: approval varies most, transit least.
_APPROVAL_SD, _HANDLING_SD, _TRANSIT_SD = 1.10, 0.55, 0.25
_APPROVAL_MOST, _HANDLING_LEAST, _TRANSIT_LEAST = 0.5, 0.25, 0.15


class Outcome(IntEnum):
    """How an order ends, if the history were long enough to see it."""

    DELIVERED = 0
    LOST = 1
    CANCELED = 2
    UNAVAILABLE = 3


@dataclass(frozen=True, slots=True)
class Course:
    """The true course of each order and parcel, uncut; instants in epoch seconds, ``NEVER`` where none comes.

    ``total_days`` is each parcel's draw from its law, whatever the outcome; ``promised_day`` the local day
    (days since 1970-01-01) of the promise.
    """

    outcome: Ints
    approved_s: Ints
    handed_s: Ints
    delivered_s: Ints
    canceled_s: Ints
    promised_day: Ints
    parcel_handed_s: Ints
    parcel_delivered_s: Ints
    total_days: Floats


def run_course(
    world: World, law: Law, calendar: Calendar, demand: Demand, options: Options, seed: int
) -> Course:
    """Draw the course of a chunk of orders."""
    rng = generator(seed, Stream.COURSE, int(demand.number[0]))
    picked = np.flatnonzero(options.chosen)
    count, parcel_order = demand.number.size, demand.parcel_order
    total = np.exp(options.log_mean[picked] + options.log_sd[picked] * rng.normal(0, 1, count)[parcel_order])
    approval, handling_part = _split(law, options, picked, total, rng)
    # One approval an order: no later than half of its quickest parcel.
    approval_days = np.full(count, np.inf)
    np.minimum.at(approval_days, parcel_order, approval)
    purchased = demand.purchased_s
    approved = purchased + np.round(approval_days * DAY_S).astype(np.int64)
    delivered = purchased[parcel_order] + np.round(total * DAY_S).astype(np.int64)
    left = delivered - approved[parcel_order]
    handed = approved[parcel_order] + np.round(left * handling_part).astype(np.int64)
    shares = world.outcomes.canceled, world.outcomes.unavailable, world.outcomes.lost
    outcome = _outcomes(rng, count, *shares)
    canceled = _canceled(rng, outcome, purchased, _last(count, parcel_order, handed))
    lost, gone = outcome == Outcome.LOST, outcome >= Outcome.CANCELED
    approved[(outcome == Outcome.CANCELED) & (canceled <= approved)] = NEVER
    delivered[(lost | gone)[parcel_order]] = NEVER
    handed[gone[parcel_order]] = NEVER
    return Course(
        outcome=outcome,
        approved_s=approved,
        handed_s=_last(count, parcel_order, handed),
        delivered_s=_last(count, parcel_order, delivered),
        canceled_s=canceled,
        promised_day=_promise(world, law, calendar, demand, options.source[picked]),
        parcel_handed_s=handed,
        parcel_delivered_s=delivered,
        total_days=total,
    )


def _split(
    law: Law, options: Options, picked: Ints, total: Floats, rng: np.random.Generator
) -> tuple[Floats, Floats]:
    """Return approval days, and the share of handling in what follows approval, of each parcel.

    A slow seller is slow in handling; lanes, carriers and levels act in transit.
    """
    medians = options.medians
    approval, before, plain = medians.approval[picked], medians.handling[picked], medians.total[picked]
    seller = np.expm1(law.source_effect_log[options.source[picked]])
    handling = np.maximum(before + plain * seller, _HANDLING_LEAST * before)
    typical = np.exp(options.log_mean[picked])
    transit = np.maximum(typical - approval - handling, _TRANSIT_LEAST * typical)
    noise = rng.normal(0, 1, (3, total.size))
    parts = [
        days * np.exp(sd * draw - sd**2 / 2)
        for days, sd, draw in zip(
            (approval, handling, transit), (_APPROVAL_SD, _HANDLING_SD, _TRANSIT_SD), noise, strict=True
        )
    ]
    approval_share = np.minimum(parts[0] / sum(parts), _APPROVAL_MOST)
    return total * approval_share, parts[1] / (parts[1] + parts[2])


def _last(count: int, parcel_order: Ints, stamps: Ints) -> Ints:
    """Return the latest stamp of each order's parcels."""
    latest = np.full(count, NEVER, dtype=np.int64)
    np.maximum.at(latest, parcel_order, stamps)
    return latest


def _outcomes(rng: np.random.Generator, count: int, canceled: float, unavailable: float, lost: float) -> Ints:
    rest = max(0.0, 1.0 - canceled - unavailable - lost)
    return pick(rng, np.array([rest, lost, canceled, unavailable]), count)


def _canceled(rng: np.random.Generator, outcome: Ints, purchased: Ints, handed: Ints) -> Ints:
    """Return when orders were canceled: somewhere between purchase and the hand-over that never came."""
    at = purchased + 60 + (rng.random(outcome.size) * np.maximum(handed - purchased - 60, 1)).astype(np.int64)
    return np.where(outcome == Outcome.CANCELED, at, NEVER)


def _promise(world: World, law: Law, calendar: Calendar, demand: Demand, source: Ints) -> Ints:
    """Return the promised local day: padded reference days of the recorded source, effects unknown to it."""
    names = [carrier.carrier_id for carrier in world.carriers]
    reference = np.full(source.size, names.index(world.promise.reference_carrier))
    orders = demand.circumstances.take(demand.parcel_order)
    km = law.distance_km(source, orders.dest_zip)
    usual = law.medians(orders, source, reference, km).total
    ahead = np.maximum(np.ceil(world.promise.pad * usual), world.promise.least_days).astype(np.int64)
    most = np.zeros(demand.number.size, dtype=np.int64)
    np.maximum.at(most, demand.parcel_order, ahead)
    today: Ints = calendar.local_s(demand.purchased_s) // DAY_S
    return today + most
