"""Which leaf of every tree a row falls into, for many rows at once and without branches.

Walking a tree is a chain of unpredictable branches. Instead every inner node whose test fails strikes the
leaves below its left child from a bit set, and the first leaf that is left is the row's (QuickScorer:
Lucchese et al. 2015, doi 10.1145/2766462.2767733). The rows of a block take each test side by side, so the
compiler turns the inner loop into vector instructions. Sums run over the trees in their order: the same bits
as a walk.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from graph.lead_time.compiled import SEQUENCE, TOP
from graph.lead_time.journeys import FloatArray
from graph.lead_time.laid_out import Trees

MOST_LEAVES: Final = 64
"""A tree's leaves are the bits of one word."""

_PLACE: Final = ((np.uint64(1) << np.arange(64, dtype=np.uint64)) * SEQUENCE >> TOP).astype(np.int64)


def leaves_of(
    root: NDArray[np.int32],
    feature: NDArray[np.int32],
    threshold: FloatArray,
    child: NDArray[np.int32],
    missing_left: NDArray[np.bool_],
    value: FloatArray,
) -> Trees:
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
    return Trees(
        first=np.searchsorted(tree[inner], np.arange(root.shape[0] + 1)),
        column=2 * feature[inner].astype(np.int64) + missing_left[inner],
        threshold=threshold[inner],
        kept=~struck,
        value=table,
    )


def _ones(count: NDArray[np.int64]) -> NDArray[np.uint64]:
    """Return numbers whose lowest ``count`` (1 .. 63) bits are set."""
    return (np.uint64(1) << count.astype(np.uint64)) - np.uint64(1)
