"""Which leaf of every tree a row falls into, for many rows at once and without branches.

Walking a tree is a chain of unpredictable branches. Instead every inner node whose test fails strikes the
leaves below its left child from a bit set, and the first leaf that is left is the row's (QuickScorer:
Lucchese et al. 2015, doi 10.1145/2766462.2767733). The rows of a block take each test side by side, so the
compiler turns the inner loop into vector instructions. Sums run over the trees in their order: the same bits
as a walk.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from graph.lead_time.journeys import FloatArray

MOST_LEAVES: Final = 64
"""A tree's leaves are the bits of one word."""

# Always whole blocks: with a fixed count the inner loop needs no remainder.
_BLOCK: Final = 64
_ALL: Final = np.uint64(2**64 - 1)
# A de Bruijn sequence: times a power of two, its top six bits name the power.
_SEQUENCE: Final = np.uint64(0x03F79D71B4CB0A89)
_TOP: Final = np.uint64(58)
_ONE: Final = np.uint64(1)
_PLACE: Final = ((np.uint64(1) << np.arange(64, dtype=np.uint64)) * _SEQUENCE >> _TOP).astype(np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class Leaves:
    """The inner nodes of all trees: those of tree t are ``first[t]`` .. ``first[t + 1] - 1``.

    ``kept``: the leaves that are left where ``row[feature] <= threshold`` fails. ``value``: (trees, 64), the
    values of the leaves.
    """

    first: NDArray[np.int64]
    feature: NDArray[np.int64]
    missing_left: NDArray[np.bool_]
    threshold: FloatArray
    kept: NDArray[np.uint64]
    value: FloatArray

    def add(self, rows: FloatArray, found: FloatArray) -> None:
        """Add the sum of the trees to ``found``, (rows,); ``rows`` is (rows, features)."""
        blocks = -(-rows.shape[0] // _BLOCK)
        both = np.zeros((blocks * _BLOCK, 2, rows.shape[1]))
        both[: rows.shape[0], 0] = rows
        # NaN fails every test: right for a node that sends it to the right; to the left goes minus infinity.
        both[: rows.shape[0], 1] = np.where(np.isnan(rows), -np.inf, rows)
        columns = both.reshape(blocks, _BLOCK, 2 * rows.shape[1]).transpose(0, 2, 1)
        column = self.feature + rows.shape[1] * self.missing_left
        total = np.zeros(rows.shape[0])
        add = _compiled()
        add(np.ascontiguousarray(columns), self.first, column, self.threshold, self.kept, self.value, total)
        found += total


def leaves_of(
    root: NDArray[np.int32],
    feature: NDArray[np.int32],
    threshold: FloatArray,
    child: NDArray[np.int32],
    missing_left: NDArray[np.bool_],
    value: FloatArray,
) -> Leaves:
    """Return the bit sets of trees given as node arrays (see ``trees.Forest``), each tree in pre-order.

    ValueError where a tree has more than 64 leaves.
    """
    leaf = feature < 0
    inner = np.flatnonzero(~leaf)
    tree = np.searchsorted(root, np.arange(feature.shape[0]), "right") - 1
    # In pre-order the leaves stand from left to right: those of a left child end where the right one starts.
    before = np.concatenate([[0], np.cumsum(leaf)])
    number = before[:-1] - before[root][tree]
    left, right = child[inner, 0], child[inner, 1]
    most = int((number[leaf] + 1).max(initial=0))
    if most > MOST_LEAVES:
        raise ValueError(f"a tree has {most} leaves, at most {MOST_LEAVES} are possible")
    struck = _ones(before[right] - before[left]) << number[left].astype(np.uint64)
    table = np.zeros((root.shape[0], MOST_LEAVES))
    table[tree[leaf], _PLACE[number[leaf]]] = value[leaf]
    return Leaves(
        first=np.searchsorted(tree[inner], np.arange(root.shape[0] + 1)),
        feature=feature[inner].astype(np.int64),
        missing_left=missing_left[inner],
        threshold=threshold[inner],
        kept=~struck,
        value=table,
    )


def _ones(count: NDArray[np.int64]) -> NDArray[np.uint64]:
    """Return numbers whose lowest ``count`` (1 .. 63) bits are set."""
    return (np.uint64(1) << count.astype(np.uint64)) - np.uint64(1)


def _add_leaf_values(
    blocks: FloatArray,
    first: NDArray[np.int64],
    column: NDArray[np.int64],
    threshold: FloatArray,
    kept: NDArray[np.uint64],
    value: FloatArray,
    found: FloatArray,
) -> None:
    left = np.empty(_BLOCK, np.uint64)
    for block in range(blocks.shape[0]):
        total = found[block * _BLOCK : (block + 1) * _BLOCK]
        for tree in range(first.shape[0] - 1):
            for row in range(_BLOCK):
                left[row] = _ALL
            for node in range(first[tree], first[tree + 1]):
                x, test, keep = blocks[block, column[node]], threshold[node], kept[node]
                for row in range(_BLOCK):
                    left[row] &= _ALL if x[row] <= test else keep
            for row in range(total.shape[0]):
                lowest = left[row] & (~left[row] + _ONE)
                total[row] += value[tree, (lowest * _SEQUENCE) >> _TOP]


@cache
def _compiled() -> Callable[..., None]:
    from numba import njit  # noqa: PLC0415 - a slow import, for those who have trees to read

    compiled: Callable[..., None] = njit(cache=True)(_add_leaf_values)
    return compiled
