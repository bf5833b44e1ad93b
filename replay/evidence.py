"""What a forecast at a purchase rests on: the deliveries seen before it, by level."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from graph.lead_time.journeys import CodeArray, IntArray, Journeys
from graph.lead_time.levels import lane_key, narrowest, pair_key
from graph.model import NEVER, UNKNOWN

_WIDTH = 1 << 40
"""Room for the seconds of any history on an axis of (group, second)."""


def evidence(journeys: Journeys, row: IntArray) -> tuple[NDArray[np.int8], IntArray]:
    """Return basis code and n of some journeys: deliveries stamped before each one's purchase.

    A package's carrier is known at its hand-over, later than that; the carrier that its seller used last
    stands for it (the one used last by anyone, for a seller without hand-overs).
    """
    pair = pair_key(journeys.origin_region, journeys.dest_region)
    state = pair_key(journeys.origin_state, journeys.dest_state)
    lane = lane_key(pair, journeys.carrier)
    wanted = lane_key(pair[row], expected_carrier(journeys, row))
    everything = np.zeros(len(journeys), np.int64)
    asked = ((lane, wanted), (pair, pair[row]), (state, state[row]), (everything, everything[row]))
    return narrowest(tuple(_seen_before(journeys, row, key, of_row) for key, of_row in asked))


def expected_carrier(journeys: Journeys, row: IntArray) -> CodeArray:
    """Return the carrier of each seller's last hand-over before the purchase, else of anyone's; (rows,)."""
    by_seller = _last_handed(journeys, row, journeys.seller.astype(np.int64) + 1)
    anyone = _last_handed(journeys, row, np.zeros(len(journeys), np.int64))
    used = np.where(by_seller >= 0, by_seller, anyone)
    found: CodeArray = np.where(used >= 0, journeys.carrier[used], np.int32(UNKNOWN))
    return found


def _seen_before(journeys: Journeys, row: IntArray, key: IntArray, wanted: IntArray) -> IntArray:
    """Count the deliveries of a group stamped before the purchases of ``row``; ``wanted``: their groups."""
    known = np.unique(key)
    group = np.searchsorted(known, key)
    asked = np.minimum(np.searchsorted(known, wanted), known.shape[0] - 1)
    done = np.flatnonzero(journeys.delivered_s != NEVER)
    axis = np.sort(_place(group[done], journeys.delivered_s[done]))
    upto = np.searchsorted(axis, _place(asked, journeys.purchased_s[row]))
    found: IntArray = np.where(known[asked] == wanted, upto - np.searchsorted(axis, asked * _WIDTH), 0)
    return found


def _last_handed(journeys: Journeys, row: IntArray, group: IntArray) -> IntArray:
    """Return the row of the last hand-over in each one's group before its purchase, -1 without one."""
    handed = np.flatnonzero(journeys.handed_s != NEVER)
    place = _place(group[handed], journeys.handed_s[handed])
    order = np.argsort(place, kind="stable")
    at = np.searchsorted(place[order], _place(group[row], journeys.purchased_s[row])) - 1
    if not handed.shape[0]:
        return np.full(row.shape, -1)
    last = handed[order[np.maximum(at, 0)]]
    found: IntArray = np.where((at >= 0) & (group[last] == group[row]), last, -1)
    return found


def _place(group: IntArray, instant_s: IntArray) -> IntArray:
    """Return places on one ascending axis: the group first, then the second."""
    return group * _WIDTH + np.clip(instant_s, 0, _WIDTH - 1)
