"""What the carriers' calendars do to the routes of an order: days of waiting, and reasons against a route."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import numpy as np

from graph.options import Options
from graph.pickup import Missed, Pickups
from optimizer.policy import Policy
from optimizer.problem import Block
from optimizer.words import Bools, Constraint, Floats, Heed, Ints, Reason


@dataclass(frozen=True, slots=True, eq=False)
class Waits:
    """``days`` (routes,) until the carrier of each route picks up; ``blocks``: who may not let a parcel wait.

    ``since`` is the full hour from which on parcels wait. It and the days are None where no carrier has a
    calendar.
    """

    since: datetime | None = None
    days: Floats | None = None
    blocks: tuple[Block, ...] = ()

    @classmethod
    def of(cls, pickups: Pickups, options: Options, policy: Policy, at: datetime) -> Waits:
        """Return the waits of a parcel that is ready at an aware instant.

        How long the source itself takes is not looked at: it belongs to the lead time.
        """
        heeded = pickups.regardless(cut_off=policy.cut_off is Heed.OFF, weekday=policy.pickup_day is Heed.OFF)
        if heeded.always:
            return NO_WAITS
        missed = heeded.missed(at)
        days = missed.wait_days[options.carrier].astype(np.float64)
        # Calendars know whole hours only: what is told in full hours repeats the decision.
        since = at.replace(minute=0, second=0, microsecond=0)
        return cls(since, days, tuple(_blocks(missed, options, policy)))


NO_WAITS: Final = Waits()


def _blocks(missed: Missed, options: Options, policy: Policy) -> Iterator[Block]:
    """Yield the reasons that are hard or have a price.

    Both are told where both hold, so that mending what is told lets the parcel leave today. The cut-off
    needs the first whole hour that would do; the day of pickup needs the ISO weekday of today, and has that
    of the next pickup.
    """
    hour = np.full_like(missed.cut_off_hour, missed.hour + 1)
    weekday = np.full_like(missed.next_weekday, missed.weekday)
    if _counts(policy, Constraint.CUT_OFF, policy.cut_off):
        yield from _block(Reason.CUT_OFF_PASSED, missed.late, (hour, missed.cut_off_hour), options)
    if _counts(policy, Constraint.PICKUP_DAY, policy.pickup_day):
        yield from _block(Reason.NO_PICKUP, missed.off_day, (weekday, missed.next_weekday), options)


def _counts(policy: Policy, constraint: Constraint, heed: Heed) -> bool:
    return heed is Heed.HARD or constraint in policy.soft


def _block(reason: Reason, where: Bools, numbers: tuple[Ints, Ints], options: Options) -> Iterator[Block]:
    """Yield a block for the carriers where it holds, as (lines, routes)."""
    if where.any():
        needed, available = (values[options.carrier].astype(np.float64) for values in numbers)
        pairs = np.broadcast_to(where[options.carrier], options.candidate.shape)
        yield Block(reason, pairs, needed, available)
