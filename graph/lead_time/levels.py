"""From the broad to the narrow: state pair, region pair, lane; and how a row finds the narrowest it has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from graph.lead_time.journeys import CodeArray, FloatArray, IntArray
from graph.model import BASIS_CODE, Basis

ENOUGH: Final = 5
"""An estimate rests on the narrowest level that has seen at least so many journeys."""

_SHIFT: Final = 20


def pair_key(origin: CodeArray, dest: CodeArray) -> IntArray:
    """Pack two codes (-1 allowed) into one sortable int64."""
    key: IntArray = ((origin.astype(np.int64) + 1) << _SHIFT) | (dest.astype(np.int64) + 1)
    return key


def lane_key(pair: IntArray, carrier: CodeArray) -> IntArray:
    """Pack a region pair and a carrier (-1 allowed) into one sortable int64."""
    key: IntArray = (pair << _SHIFT) | (carrier.astype(np.int64) + 1)
    return key


def ends_of(pair: IntArray) -> tuple[IntArray, IntArray]:
    """Return the two codes that ``pair_key`` packed."""
    return (pair >> _SHIFT) - 1, (pair & ((1 << _SHIFT) - 1)) - 1


def pair_of(lane: IntArray) -> IntArray:
    """Return the pair of regions whose key ``lane_key`` packed."""
    found: IntArray = lane >> _SHIFT
    return found


def slot(code: CodeArray, known: int) -> IntArray:
    """Return the row of a dense table of ``known`` + 1 rows: 0 for unknown codes, code + 1 for the others."""
    found: IntArray = np.where(code < known, code, -1).astype(np.int64) + 1
    return found


def pair_slot(origin: CodeArray, dest: CodeArray, states: int) -> IntArray:
    """Return the row of a state pair in tables of (states + 1)^2 rows."""
    return slot(origin, states) * (states + 1) + slot(dest, states)


@dataclass(frozen=True, slots=True, eq=False)
class LevelTable:
    """Effects by sparse key: ``effect`` (keys + 1, components), ``n`` (keys + 1,); the last row is zero."""

    keys: IntArray
    effect: FloatArray
    n: IntArray

    def rows(self, key: IntArray) -> IntArray:
        """Return the row of each key; the zero row for a key that was never seen."""
        if not self.keys.shape[0]:
            return np.zeros(key.shape, np.int64)
        at = np.searchsorted(self.keys, key)
        at[at == self.keys.shape[0]] = 0
        found: IntArray = np.where(self.keys[at] == key, at, self.keys.shape[0])
        return found


def narrowest(counts: tuple[IntArray, ...]) -> tuple[NDArray[np.int8], IntArray]:
    """Return basis code and count from the counts of lane, region pair, state pair and everything."""
    lane, region, state, overall = counts
    basis = np.where(
        lane >= ENOUGH,
        BASIS_CODE[Basis.LANE],
        np.where(
            region >= ENOUGH,
            BASIS_CODE[Basis.REGION],
            np.where(state >= ENOUGH, BASIS_CODE[Basis.STATE], BASIS_CODE[Basis.GLOBAL]),
        ),
    ).astype(np.int8)
    n = np.where(
        lane >= ENOUGH, lane, np.where(region >= ENOUGH, region, np.where(state >= ENOUGH, state, overall))
    )
    return basis, n
