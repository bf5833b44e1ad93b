"""What is under way at an instant, with the law of how long it takes: what detectors of orders look at."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from graph.days import DAY_S
from graph.lead_time import LeadTimeBatch, LeadTimes, RouteQuery
from graph.lead_time.journeys import FloatArray, IntArray, Journeys
from graph.model import NEVER, UNDELIVERED_DAYS, UNHANDED_DAYS, UNKNOWN, is_lost

_ASKED: Final = frozenset(one.name for one in fields(RouteQuery)) & frozenset(
    one.name for one in fields(Journeys)
)


@dataclass(frozen=True, slots=True, eq=False)
class Parcels:
    """Packages bought and not delivered at ``at_s``: equally long, one row a package.

    ``order_id``, ``seller_id``: names; ``…_s``: epoch seconds, NEVER where it has not happened before
    ``at_s``. ``times``: the law of each package's lead time from its purchase, as of ``at_s``.
    """

    at_s: int
    order_id: pl.Series
    seller_id: pl.Series
    purchased_s: IntArray
    approved_s: IntArray
    handed_s: IntArray
    promised_s: IntArray
    shipping_limit_s: IntArray
    times: LeadTimeBatch

    @property
    def handed(self) -> NDArray[np.bool_]:
        """Which have left with the carrier."""
        found: NDArray[np.bool_] = self.handed_s != NEVER
        return found

    def days_since(self, stamp_s: IntArray) -> FloatArray:
        """Return the days from instants to now; 0 where there is none."""
        days: FloatArray = np.where(stamp_s == NEVER, 0.0, (self.at_s - stamp_s) / DAY_S)
        return days

    def __len__(self) -> int:
        return len(self.order_id)


@dataclass(frozen=True, slots=True, eq=False)
class Named:
    """Journeys with their names: ``order_id`` by row, ``seller_id`` by the code of the seller."""

    journeys: Journeys
    order_id: pl.Series
    seller_id: pl.Series


def under_way(named: Named, lead_times: LeadTimes, at_s: int) -> Parcels:
    """Return the packages under way at an instant; what is stamped at it or later is not looked at.

    ``lead_times``: as of that instant or earlier.
    """
    row, stamps = _open(named.journeys, at_s)
    taken = {name: getattr(named.journeys, name)[row] for name in _ASKED}
    taken["carrier"] = np.where(stamps["handed_s"] == NEVER, np.int32(UNKNOWN), taken["carrier"])
    seller = named.seller_id.gather(taken["seller"])
    times = lead_times.read(RouteQuery.build(len(row), at_s, **taken))
    limits = {
        "promised_s": named.journeys.promised_s[row],
        "shipping_limit_s": np.where(
            stamps["approved_s"] == NEVER, NEVER, named.journeys.shipping_limit_s[row]
        ),
    }
    return Parcels(at_s, named.order_id.gather(row), seller, **stamps, **limits, times=times)


def some(times: LeadTimeBatch, row: IntArray) -> LeadTimeBatch:
    """Return some rows of a batch, without its stages."""
    return LeadTimeBatch(times.location[row], times.bucket[row], times.spread, times.basis[row], times.n[row])


def _open(journeys: Journeys, at_s: int) -> tuple[IntArray, dict[str, IntArray]]:
    """Return the rows under way, and their stamps as known."""
    bought = int(np.searchsorted(journeys.purchased_s, at_s))

    def known(name: str) -> IntArray:
        stamp: IntArray = getattr(journeys, name)[:bought]
        found: IntArray = np.where(stamp >= at_s, NEVER, stamp)
        return found

    purchased, handed = journeys.purchased_s[:bought], known("handed_s")
    waited, travelled = is_lost(at_s - purchased, UNHANDED_DAYS), is_lost(at_s - handed, UNDELIVERED_DAYS)
    lost = np.where(handed == NEVER, waited, travelled)
    row = np.flatnonzero((known("delivered_s") == NEVER) & ~lost)
    stamps = {"purchased_s": purchased, "approved_s": known("approved_s"), "handed_s": handed}
    return row, {name: stamp[row] for name, stamp in stamps.items()}
