"""Bit sets find the leaves that a walk finds, and add them up to the same bits."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.lead_time.online.trees import LEAF, Forest

FEATURES = 4
THRESHOLDS = np.array([-1.0, 0.0, 0.5, 1.0, np.inf])


class Growing:
    """Trees drawn from a seed, each in pre-order."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.rng = rng
        self.nodes: list[tuple[int, float, int, int, bool, float]] = []

    def grow(self, leaves: int) -> int:
        """Add a tree of so many leaves; return the place of its root."""
        rng, at = self.rng, len(self.nodes)
        self.nodes.append((LEAF, 0.0, 0, 0, False, float(rng.normal())))
        if leaves > 1:
            share = int(rng.integers(1, leaves))
            left, right = self.grow(share), self.grow(leaves - share)
            feature, threshold = int(rng.integers(FEATURES)), float(rng.choice(THRESHOLDS))
            self.nodes[at] = (feature, threshold, left, right, bool(rng.random() < 0.5), 0.0)
        return at

    def forest(self, sizes: list[int]) -> Forest:
        root = [self.grow(leaves) for leaves in sizes]
        feature, threshold, left, right, missing_left, value = zip(*self.nodes, strict=True)
        return Forest(
            baseline=0.25,
            root=np.array(root, np.int32),
            feature=np.array(feature, np.int32),
            threshold=np.array(threshold),
            child=np.column_stack([left, right]).astype(np.int32),
            missing_left=np.array(missing_left),
            value=np.array(value),
        )


def walked(forest: Forest, row: np.ndarray) -> float:
    total = 0.0
    for root in forest.root:
        node = root
        while forest.feature[node] != LEAF:
            x = row[forest.feature[node]]
            left = forest.missing_left[node] if np.isnan(x) else x <= forest.threshold[node]
            node = forest.child[node, 0 if left else 1]
        total += forest.value[node]
    return forest.baseline + total


@given(seed=st.integers(0, 10_000), sizes=st.lists(st.integers(1, 64), min_size=1, max_size=5))
def test_a_row_finds_the_leaves_of_a_walk(seed: int, sizes: list[int]) -> None:
    rng = np.random.default_rng(seed)
    forest = Growing(rng).forest(sizes)
    values = np.append(THRESHOLDS[:-1], [np.nan, 0.25, 3.0])
    rows = rng.choice(values, (int(rng.integers(0, 150)), FEATURES))
    assert forest.predict(rows).tolist() == [walked(forest, row) for row in rows]


def test_a_tree_of_more_leaves_than_bits_is_refused() -> None:
    with pytest.raises(ValueError, match="65 leaves"):
        Growing(np.random.default_rng(1)).forest([3, 65])
