"""Journeys prepared for playing: groups, features and days of every row, and what was forecast for it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from graph.days import DAY_S, DAY_STARTS_S
from graph.lead_time.journeys import COMPONENTS, FloatArray, IntArray, Journeys
from graph.lead_time.levels import pair_key, pair_slot, slot
from graph.lead_time.online.base import parcel_features
from graph.lead_time.online.signals import LANE_SIGNALS, SELLER_SIGNALS
from graph.lead_time.value import FLOOR_DAYS
from graph.model import NEVER


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """The groups and features of every journey, prepared once: what does not change with the state.

    ``pair``: key of the region pair; ``carrier``: code + 1, 0 = unknown, to be used only once the parcel is
    handed over; ``log_days``: (components, rows), NaN where not known.
    """

    seller: IntArray
    state_pair: IntArray
    dest_region: IntArray
    pair: IntArray
    carrier: IntArray
    same_state: NDArray[np.bool_]
    parcel: FloatArray
    log_days: FloatArray
    start_day: FloatArray
    handed_day: FloatArray
    delivered_day: FloatArray
    states: int
    regions: int
    sellers: int
    carriers: int

    @classmethod
    def of(cls, journeys: Journeys) -> Rows:
        """Prepare journeys; days are counted from the epoch, NaN where an event is not known."""
        states = 1 + int(max(journeys.origin_state.max(initial=-1), journeys.dest_state.max(initial=-1)))
        regions = 1 + int(journeys.dest_region.max(initial=-1))
        sellers = 1 + int(journeys.seller.max(initial=-1))
        carriers = 1 + int(journeys.carrier.max(initial=-1))
        return cls(
            seller=slot(journeys.seller, sellers),
            state_pair=pair_slot(journeys.origin_state, journeys.dest_state, states),
            dest_region=slot(journeys.dest_region, regions),
            pair=pair_key(journeys.origin_region, journeys.dest_region),
            carrier=slot(journeys.carrier, carriers),
            same_state=(journeys.origin_state == journeys.dest_state) & (journeys.origin_state >= 0),
            parcel=parcel_features(journeys, journeys.purchased_s),
            log_days=np.stack(
                [np.log(np.maximum(journeys.days(name), FLOOR_DAYS[name])) for name in COMPONENTS]
            ),
            start_day=to_day(journeys.purchased_s),
            handed_day=to_day(journeys.handed_s),
            delivered_day=to_day(journeys.delivered_s),
            states=states,
            regions=regions,
            sellers=sellers,
            carriers=carriers,
        )


def to_day(instant_s: IntArray) -> FloatArray:
    """Return epoch days (float, days start at Brasilia's midnight); NaN where the instant is unknown."""
    found: FloatArray = np.where(instant_s == NEVER, np.nan, (instant_s - DAY_STARTS_S) / DAY_S)
    return found


@dataclass(slots=True, eq=False)
class Issued:
    """What was forecast for each journey at its purchase, NaN before: arrays by journey row.

    ``location`` = ``base`` + ``mixed`` + level. ``mixed``: effect of lane and carriers as known at the
    purchase; ``named``: the same for the parcel's own carrier, NaN until the hand-over tells which it is.
    """

    lane_signals: NDArray[np.float32]
    seller_signals: NDArray[np.float32]
    base: FloatArray
    mixed: FloatArray
    named: FloatArray
    location: FloatArray
    bucket: IntArray
    day: IntArray

    @classmethod
    def empty(cls, rows: int) -> Issued:
        """Return room for so many journeys."""
        # The signals wait here for the next fits only: half the room is exact enough.
        return cls(
            np.full((rows, len(LANE_SIGNALS)), np.nan, np.float32),
            np.full((rows, len(SELLER_SIGNALS)), np.nan, np.float32),
            *(np.full(rows, np.nan) for _ in range(4)),
            *(np.zeros(rows, np.int64) for _ in range(2)),
        )


@dataclass(frozen=True, slots=True, eq=False)
class DayEvents:
    """Rows whose approval, hand-over or delivery is stamped on one day, each in order of time."""

    approved: IntArray
    handed: IntArray
    delivered: IntArray
