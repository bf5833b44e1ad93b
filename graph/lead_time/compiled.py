"""Reading the lead-time model, compiled: all rows of a query in one pass, from locations to evidence.

A request asks for some fifty rows. Array operations on so few cost as much as they would on thousands, a
hundred of them cost more than everything else in a recommendation; one compiled pass costs microseconds.
All of it stands in this file, since the cache of compiled code looks at one file's date; what it takes and
gives stands in ``laid_out``.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from graph.lead_time.journeys import FloatArray, IntArray
from graph.lead_time.laid_out import Asked, Flags, Levels, Moment, Online, Reading, Trees
from graph.lead_time.levels import ENOUGH, lane_key
from graph.model import BASIS_CODE, UNKNOWN, Basis

_LANE: Final = BASIS_CODE[Basis.LANE]
_REGION: Final = BASIS_CODE[Basis.REGION]
_STATE: Final = BASIS_CODE[Basis.STATE]
_GLOBAL: Final = BASIS_CODE[Basis.GLOBAL]
_SYNTHETIC: Final = BASIS_CODE[Basis.SYNTHETIC]
_COMPONENTS: Final = 4
_HANDLING: Final = 2
_SIGNALS: Final = 4
_FEATURES: Final = 18
_SHORTEST_SITE_DAYS: Final = 1e-3

_STEP: Final = int(lane_key(np.ones(1, np.int64), np.full(1, UNKNOWN, np.int32))[0])
"""How far the keys of neighbours are apart in ``levels``: what a code is multiplied with to be packed."""

# Rows side by side: with a fixed count the inner loop needs no remainder.
_BLOCK: Final = 16
_ALL: Final = np.uint64(2**64 - 1)
_ONE: Final = np.uint64(1)
_NONE: Final = np.uint64(0)
# A de Bruijn sequence: times a power of two, its top six bits name the power.
SEQUENCE: Final = np.uint64(0x03F79D71B4CB0A89)
TOP: Final = np.uint64(58)


def read(asked: Asked, moment: Moment, levels: Levels, online: Online | None) -> Reading:
    """Read all rows, each at its moment; without ``online`` the total follows the levels too."""
    return Reading(*_compiled()[0](asked, moment, levels, online))


def locate(asked: Asked, moment: Moment, online: Online) -> tuple[FloatArray, IntArray]:
    """Return the total's location on log days and its bucket of each row."""
    found: tuple[FloatArray, IntArray] = _compiled()[1](asked, moment, online)
    return found


def add_leaves(columns: FloatArray, trees: Trees, found: FloatArray) -> None:
    """Add the trees' sums to ``found``, (rows,); ``columns`` is (features, rows)."""
    _compiled()[2](columns, trees, found)


def _slot(code: int, size: int) -> int:
    """Return the row in a dense table of ``size`` rows: 0 for unknown codes, code + 1 for the others."""
    return code + 1 if 0 <= code < size - 1 else 0


def _sellers(asked: Asked, size: int) -> IntArray:
    """Return the rows of the sellers; a site with its own handling time has no seller."""
    found = np.empty(len(asked.seller), np.int64)
    for row in range(len(found)):
        found[row] = _slot(asked.seller[row], size)
        if len(asked.site_handling_days) and not np.isnan(asked.site_handling_days[row]):
            found[row] = 0
    return found


def _state_pairs(asked: Asked, side: int) -> IntArray:
    """Return the rows of the state pairs in tables of ``side`` states, the unknown one included, squared."""
    found = np.empty(len(asked.seller), np.int64)
    for row in range(len(found)):
        found[row] = _slot(asked.origin_state[row], side) * side + _slot(asked.dest_state[row], side)
    return found


def _pair_keys(asked: Asked) -> IntArray:
    found = np.empty(len(asked.seller), np.int64)
    for row in range(len(found)):
        found[row] = (np.int64(asked.origin_region[row]) + 1) * _STEP + asked.dest_region[row] + 1
    return found


def _find(keys: IntArray, key: int) -> int:
    """Return the place of a key among sorted ones, or that of the first larger one."""
    low, high = 0, len(keys)
    while low < high:
        middle = (low + high) >> 1
        if keys[middle] < key:
            low = middle + 1
        else:
            high = middle
    return low


def _places(keys: IntArray, wanted: IntArray) -> IntArray:
    """Return what ``_find`` says of each wanted key; neighbours that want the same are searched for once."""
    found = np.empty(len(wanted), np.int64)
    for row in range(len(wanted)):
        same = row > 0 and wanted[row] == wanted[row - 1]
        found[row] = found[row - 1] if same else _find(keys, wanted[row])
    return found


def _rows_of(keys: IntArray, places: IntArray, wanted: IntArray) -> IntArray:
    """Return the row of each key, the one after the last for a key that was never seen.

    ``places``: a place a little before that of each key.
    """
    found = np.empty(len(wanted), np.int64)
    for row in range(len(wanted)):
        place = places[row]
        while place < len(keys) and keys[place] < wanted[row]:
            place += 1
        found[row] = place if place < len(keys) and keys[place] == wanted[row] else len(keys)
    return found


def _read(asked: Asked, moment: Moment, levels: Levels, online: Online | None) -> tuple[Any, ...]:
    keys, states = _pair_keys(asked), _state_pairs(asked, int(np.sqrt(len(levels.state))))
    pairs = _rows_of(levels.pair_keys, _places(levels.pair_keys, keys), keys)
    lanes = keys
    if len(levels.lane_keys):
        first = _places(levels.lane_keys, keys * _STEP)
        lanes = _rows_of(levels.lane_keys, first, keys * _STEP + asked.carrier + 1)
    location = _add_up(asked, levels, states, pairs, lanes)
    basis, n = _evidence(asked, levels, states, pairs, lanes)
    stage_bucket = levels.bucket[states]
    total_bucket = stage_bucket
    if online is not None:
        location[0], total_bucket = _locate(asked, moment, online)
    _share_out(asked, levels, location, total_bucket, stage_bucket)
    return location, total_bucket, stage_bucket, basis, n


def _add_up(asked: Asked, levels: Levels, states: IntArray, pairs: IntArray, lanes: IntArray) -> FloatArray:
    """Add the levels up, (components, rows)."""
    location = np.empty((_COMPONENTS, len(states)))
    sellers = _sellers(asked, len(levels.seller))
    for row in range(len(states)):
        carrier = _slot(asked.carrier[row], len(levels.carrier))
        for part in range(_COMPONENTS):
            own = levels.state[states[row], part] + levels.pair[pairs[row], part]
            own += levels.carrier[carrier, part]
            if len(levels.lane_keys):
                own += levels.lane[lanes[row], part]
            location[part, row] = own + levels.seller[sellers[row], part]
    return location


def _evidence(
    asked: Asked, levels: Levels, states: IntArray, pairs: IntArray, lanes: IntArray
) -> tuple[NDArray[np.int8], IntArray]:
    """Say on which level each row rests, and on how many journeys."""
    basis, n = np.empty(len(states), np.int8), np.empty(len(states), np.int64)
    for row in range(len(states)):
        # With one carrier in the history, a region pair is a lane.
        pair_n, state_n = levels.pair_n[pairs[row]], levels.state_n[states[row]]
        lane_n = levels.lane_n[lanes[row]] if len(levels.lane_keys) else pair_n
        if lane_n >= ENOUGH:
            basis[row], n[row] = _LANE, lane_n
        elif pair_n >= ENOUGH:
            basis[row], n[row] = _REGION, pair_n
        elif state_n >= ENOUGH:
            basis[row], n[row] = _STATE, state_n
        else:
            basis[row], n[row] = _GLOBAL, levels.overall_n
        if len(asked.assumed) and asked.assumed[row]:
            basis[row] = _SYNTHETIC
    return basis, n


def _share_out(
    asked: Asked, levels: Levels, location: FloatArray, total_bucket: IntArray, stage_bucket: IntArray
) -> None:
    """Scale the stages' means so that they add up to the total's, or the total's to a site's own handling."""
    for row in range(len(total_bucket)):
        bucket, m1_total = stage_bucket[row], levels.m1_total[total_bucket[row]]
        mean, stages = np.exp(location[0, row]) * m1_total, 0.0
        for part in range(1, _COMPONENTS):
            stages += np.exp(location[part, row]) * levels.m1[part, bucket]
        scale = np.log(mean / stages)
        for part in range(1, _COMPONENTS):
            location[part, row] += scale
        if len(asked.site_handling_days) and not np.isnan(asked.site_handling_days[row]):
            m1 = levels.m1[_HANDLING, bucket]
            own = max(asked.site_handling_days[row], _SHORTEST_SITE_DAYS)
            mean += own - np.exp(location[_HANDLING, row]) * m1
            location[_HANDLING, row] = np.log(own / m1)
            location[0, row] = np.log(mean / m1_total)


def _locate(asked: Asked, moment: Moment, online: Online) -> tuple[FloatArray, IntArray]:
    columns = np.empty((_FEATURES, len(asked.seller)))
    bucket = _signals(asked, online, columns)
    _parcels(asked, moment, columns)
    found = _routes(asked, online)
    if len(online.trees.value):
        _add_leaves(columns, online.trees, found)
    else:
        found += columns[0] + columns[_SIGNALS]
    return found, bucket


def _signals(asked: Asked, online: Online, columns: FloatArray) -> IntArray:
    """Write the lanes' signals; return the buckets."""
    side = int(np.sqrt(online.state_pair.shape[1]))
    pairs, bucket = _state_pairs(asked, side), np.empty(len(asked.seller), np.int64)
    for row in range(len(pairs)):
        pair, region = pairs[row], _slot(asked.dest_region[row], online.dest_region.shape[1])
        for part in range(_SIGNALS):
            columns[part, row] = online.state_pair[part, pair]
            columns[_SIGNALS + part, row] = online.dest_region[part, region]
        if pair == 0 and asked.origin_state[row] == asked.dest_state[row] >= 0:
            pair = side * side
        told = _slot(asked.carrier[row], len(online.carrier)) > 0
        bucket[row] = online.bucket[1 if told else 0, pair]
    return bucket


def _parcels(asked: Asked, moment: Moment, columns: FloatArray) -> None:
    """Write what ``online.base.parcel_features`` says."""
    at = 2 * _SIGNALS
    _log1p(asked.weight_g, columns[at + 2])
    _log1p(asked.volume_cm3, columns[at + 3])
    _log1p(asked.price_cents, columns[at + 4])
    for row in range(len(asked.seller)):
        columns[at, row] = asked.distance_km[row]
        columns[at + 1, row] = 1.0 if asked.origin_state[row] == asked.dest_state[row] else 0.0
        # A line of the history is one unit.
        columns[at + 5, row] = asked.n_lines[row] + (asked.quantity[row] - 1.0)
        columns[at + 6, row] = asked.n_sellers[row]
        columns[at + 7, row] = asked.payment_type[row] if asked.payment_type[row] >= 0 else np.nan
        columns[at + 8, row] = moment.weekday[row]
        columns[at + 9, row] = moment.hour[row]


def _log1p(values: FloatArray, found: FloatArray) -> None:
    """Write log(1 + value), at least 0; routes of one request often ship one parcel."""
    for row in range(len(values)):
        if row and values[row] == values[row - 1]:
            found[row] = found[row - 1]
        else:
            found[row] = np.log1p(np.maximum(values[row], 0.0))


def _routes(asked: Asked, online: Online) -> FloatArray:
    """Return start, seller's and route's effect: of the carrier told, else the mean over the seller's."""
    keys, sellers = _pair_keys(asked) * _STEP, _sellers(asked, len(online.seller))
    lane_keys, places = online.lane_keys, _places(online.lane_keys, keys)
    found = online.start + online.seller[sellers]
    for row in range(len(found)):
        told = _slot(asked.carrier[row], len(online.carrier))
        place = places[row]
        for carrier in range(len(online.carrier)):
            key = keys[row] + carrier
            while place < len(lane_keys) and lane_keys[place] < key:
                place += 1
            if told and carrier != told:
                continue
            effect = online.carrier[carrier]
            if place < len(lane_keys) and lane_keys[place] == key:
                effect += online.lane[place]
            found[row] += effect if told else online.share[sellers[row], carrier] * effect
    return found


def _add_leaves(columns: FloatArray, trees: Trees, found: FloatArray) -> None:
    """Add the trees' sums; neighbours that are alike (the carriers of one source) are read once."""
    firsts, runs = _runs(columns)
    block, shared = np.zeros((2 * len(columns), _BLOCK)), np.empty(2 * len(columns), np.bool_)
    sums = np.empty(len(firsts))
    for start in range(0, len(firsts), _BLOCK):
        rows = firsts[start : start + _BLOCK]
        _load(columns, rows, block, shared)
        sums[start : start + _BLOCK] = _block_sums(block, shared, trees)[: len(rows)]
    found += sums[runs]


def _runs(columns: FloatArray) -> tuple[IntArray, IntArray]:
    """Return the first row of each run of neighbours that are alike, and the run of each row."""
    firsts, runs = np.empty(columns.shape[1], np.int64), np.empty(columns.shape[1], np.int64)
    count = 0
    for row in range(len(runs)):
        alike = row > 0
        for feature in range(len(columns)):
            alike = alike and _alike(columns[feature, row], columns[feature, row - 1])
        if not alike:
            firsts[count] = row
            count += 1
        runs[row] = count - 1
    return firsts[:count], runs


def _alike(one: float, other: float) -> bool:
    return one == other or (np.isnan(one) and np.isnan(other))


def _block_sums(block: FloatArray, shared: Flags, trees: Trees) -> FloatArray:
    """Return the trees' sums of a block; a test in which all its rows are alike is made once for all."""
    sums, left, tests = np.zeros(_BLOCK), np.empty(_BLOCK, np.uint64), np.empty(64, np.int64)
    for tree in range(len(trees.first) - 1):
        begin, end = trees.first[tree], trees.first[tree + 1]
        every, count = _ALL, 0
        for node in range(begin, end):
            column = trees.column[node]
            if shared[column] and not block[column, 0] <= trees.threshold[node]:
                every &= trees.kept[node]
        for node in range(begin, end):  # of the other tests, those that still have leaves to strike
            tests[count] = node
            count += (not shared[trees.column[node]]) & ((every & ~trees.kept[node]) != _NONE)
        left[:] = every
        for test in range(count):
            node = tests[test]
            x, threshold, kept = block[trees.column[node]], trees.threshold[node], trees.kept[node]
            for row in range(_BLOCK):
                left[row] &= _ALL if x[row] <= threshold else kept
        for row in range(_BLOCK):
            lowest = left[row] & (~left[row] + _ONE)
            sums[row] += trees.value[tree, (lowest * SEQUENCE) >> TOP]
    return sums


def _load(columns: FloatArray, rows: IntArray, block: FloatArray, shared: Flags) -> None:
    """Lay out a block of rows and note the features in which all of them are alike.

    NaN fails every test: right for a node that sends it to the right; to the left goes minus infinity.
    """
    for feature in range(len(columns)):
        alike = True
        for place in range(len(rows)):
            x = columns[feature, rows[place]]
            block[2 * feature, place] = x
            block[2 * feature + 1, place] = -np.inf if np.isnan(x) else x
            alike &= _alike(x, columns[feature, rows[0]])
        shared[2 * feature] = shared[2 * feature + 1] = alike


_ENTRIES: Final = (_read, _locate, _add_leaves)
_PARTS: Final = (
    _slot,
    _sellers,
    _state_pairs,
    _pair_keys,
    _find,
    _places,
    _rows_of,
    _add_up,
    _evidence,
    _share_out,
)
_LEAVES: Final = (_add_leaves, _runs, _alike, _block_sums, _load)
_MORE: Final = (_locate, _signals, _parcels, _log1p, _routes, *_LEAVES)


@cache
def _compiled() -> tuple[Callable[..., Any], ...]:
    # A slow import, for those who ask for lead times.
    from numba import njit  # noqa: PLC0415
    from numba.extending import register_jitable  # noqa: PLC0415

    for part in (*_PARTS, *_MORE):
        register_jitable(part)
    return tuple(njit(cache=True)(entry) for entry in _ENTRIES)
