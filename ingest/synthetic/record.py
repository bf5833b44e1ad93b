"""What an export at the end of the history shows of the true course: stamps cut, status, known quirks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from graph.days import DAY_S
from graph.model import NEVER
from ingest.synthetic.arrays import Flags, Ints, Stream, generator
from ingest.synthetic.calendar import Calendar
from ingest.synthetic.course import Course, Outcome
from ingest.synthetic.demand import Demand
from ingest.synthetic.world import World

STATUSES = (
    "created",
    "approved",
    "invoiced",
    "processing",
    "shipped",
    "delivered",
    "canceled",
    "unavailable",
)
_CREATED, _APPROVED, _INVOICED, _PROCESSING, _SHIPPED, _DELIVERED, _CANCELED, _UNAVAILABLE = range(8)


@dataclass(frozen=True, slots=True)
class Record:
    """What an export shows, by order and by parcel: epoch seconds (``NEVER`` is empty) and status."""

    approved_s: Ints
    handed_s: Ints
    delivered_s: Ints
    status: Ints
    parcel_handed_s: Ints
    parcel_delivered_s: Ints


def export(world: World, calendar: Calendar, demand: Demand, course: Course, seed: int) -> Record:
    """Return the record of a chunk: the course up to the end of the history, with the world's quirks."""
    rng = generator(seed, Stream.QUIRKS, 1 + int(demand.number[0]))
    approved = known(world, calendar, course.approved_s)
    handed = known(world, calendar, course.handed_s)
    delivered = known(world, calendar, course.delivered_s)
    status = _status(rng, course, approved, handed, delivered, known(world, calendar, course.canceled_s))
    parcel_handed = known(world, calendar, course.parcel_handed_s)
    parcel_delivered = known(world, calendar, course.parcel_delivered_s)
    lottery = rng.random((3, demand.number.size))
    quirks = world.quirks
    swapped = (lottery[0] < quirks.hand_over_before_approval) & (delivered != NEVER)
    approved = np.where(swapped, np.minimum(handed + 3600, delivered), approved)
    # One parcel only: a quirk of the order's stamp is one of the shipment's too.
    single = np.bincount(demand.parcel_order, minlength=status.size) == 1
    backwards = (lottery[1] < quirks.delivery_before_hand_over) & (delivered != NEVER) & single & ~swapped
    handed = np.where(backwards, known(world, calendar, delivered + DAY_S // 2), handed)
    unstamped = (lottery[2] < quirks.delivered_without_stamp) & (delivered != NEVER)
    delivered = np.where(unstamped, NEVER, delivered)
    back, lost = backwards[demand.parcel_order], unstamped[demand.parcel_order]
    parcel_handed = np.where(back, handed[demand.parcel_order], parcel_handed)
    return Record(approved, handed, delivered, status, parcel_handed, np.where(lost, NEVER, parcel_delivered))


def known(world: World, calendar: Calendar, stamps: Ints) -> Ints:
    """Return the stamps that the export knows: those before its end, all in a complete history."""
    return stamps if world.history.complete else np.where(stamps < calendar.end_s, stamps, NEVER)


def _status(
    rng: np.random.Generator, course: Course, approved: Ints, handed: Ints, delivered: Ints, canceled: Ints
) -> Ints:
    waiting = rng.choice([_APPROVED, _INVOICED, _PROCESSING], approved.size, p=[0.01, 0.29, 0.70])
    status = np.where(approved == NEVER, _CREATED, waiting)
    status = np.where(handed != NEVER, _SHIPPED, status)
    status = np.where(delivered != NEVER, _DELIVERED, status)
    status = np.where(canceled != NEVER, _CANCELED, status)
    return np.where((course.outcome == Outcome.UNAVAILABLE) & (approved != NEVER), _UNAVAILABLE, status)


def wall(calendar: Calendar, stamps: Ints) -> pl.Series:
    """Return local wall times without a zone (``Datetime``, seconds), empty where ``NEVER``."""
    return wall_of_local(calendar.local_s(stamps), stamps != NEVER)


def wall_of_local(local_s: Ints, shown: Flags) -> pl.Series:
    """Return local wall seconds as ``Datetime``, empty where not ``shown``."""
    frame = pl.DataFrame({"s": local_s, "shown": shown})
    return frame.select(
        pl.when("shown").then(pl.from_epoch("s", time_unit="s").cast(pl.Datetime("us")))
    ).to_series()
