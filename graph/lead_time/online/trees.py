"""Boosted trees as plain arrays, and their evaluation."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from graph.lead_time.compiled import add_leaves
from graph.lead_time.journeys import FloatArray
from graph.lead_time.laid_out import Trees
from graph.lead_time.online.leaves import leaves_of

LEAF = -1


@dataclass(frozen=True, slots=True, eq=False)
class Forest:
    """A sum of regression trees. Node arrays run over all trees, each in pre-order from node ``root[t]`` on.

    A row goes to ``child[node, 0]`` where its ``feature`` is at most ``threshold``, or where it is NaN and
    ``missing_left``, else to ``child[node, 1]``.
    ``feature`` is LEAF at a leaf, whose ``value`` is added to ``baseline``.
    """

    baseline: float
    root: NDArray[np.int32]
    feature: NDArray[np.int32]
    threshold: FloatArray
    child: NDArray[np.int32]
    missing_left: NDArray[np.bool_]
    value: FloatArray
    leaves: Trees = field(init=False, repr=False)

    def __post_init__(self) -> None:
        nodes = (self.root, self.feature, self.threshold, self.child, self.missing_left, self.value)
        object.__setattr__(self, "leaves", leaves_of(*nodes))

    def predict(self, rows: FloatArray) -> FloatArray:
        """Return the prediction of each row; ``rows`` is (rows, features) in the order of the training."""
        found = np.zeros(rows.shape[0])
        add_leaves(np.ascontiguousarray(rows.T, np.float64), self.leaves, found)
        return found + self.baseline

    @classmethod
    def of(cls, booster: Any) -> Forest:
        """Export a fitted scikit-learn HistGradientBoostingRegressor without categorical features."""
        nodes = [stage[0].nodes for stage in booster._predictors]  # the fitted trees have no public door
        sizes = np.array([tree.shape[0] for tree in nodes])
        root = np.concatenate([[0], np.cumsum(sizes)[:-1]]).astype(np.int32)
        shift = np.repeat(root, sizes)
        both = np.concatenate(nodes)
        leaf = both["is_leaf"].astype(bool)
        return cls(
            baseline=float(np.ravel(booster._baseline_prediction)[0]),
            root=root,
            feature=np.where(leaf, LEAF, both["feature_idx"]).astype(np.int32),
            threshold=both["num_threshold"].astype(np.float64),
            child=np.column_stack([both["left"] + shift, both["right"] + shift]).astype(np.int32),
            missing_left=both["missing_go_to_left"].astype(bool),
            value=both["value"].astype(np.float64),
        )
