"""Branch and bound on sites where capacity binds, with the prices of the Lagrangian as bounds.

Best bound first; now and then one node is followed down to a leaf, where all sites are decided. What is left
there is a transport, or for whole demand an assignment over the few pairs that the prices leave: HiGHS
solves it within so many nodes, and it comes back with more where they were not enough; large ones wait until
all else is settled, for better plans make them smaller. See Görtz and Klose 2012, doi 10.1287/ijoc.1110.0468.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from heapq import heappop, heappush
from typing import Final

import numpy as np

from optimizer.mathopt import Solver
from optimizer.placement.capacity_node import STEPS, States, bound_node, facts_of
from optimizer.placement.core import Core
from optimizer.placement.exact import run
from optimizer.placement.lagrangian import Lagrangian, evaluate
from optimizer.placement.model import SLACK, Question
from optimizer.placement.record import CLOSEST, Record
from optimizer.words import Bools, Floats

PLUNGE: Final = 20
"""Every so many nodes one is followed down to a leaf."""

LEAF_NODES: Final = 500
"""Of HiGHS in a leaf of whole demand when it is first asked; four times as many each time it comes back."""

LEAF_PAIRS: Final = 2_000
"""Pairs in such a leaf up to which HiGHS is asked at once; larger ones wait until no other node is left."""


@dataclass(order=True, slots=True)
class Node:
    """What is decided so far (R,), and prices (J,) that prove the bound; ``tries`` to solve it as a leaf."""

    bound: float
    number: int
    state: States = field(compare=False)
    price: Floats = field(compare=False)
    tries: int = field(compare=False, default=0)


class CapacityTree:
    """A search that may be interrupted and goes on where it stood."""

    def __init__(
        self,
        core: Core,
        question: Question,
        duals: Lagrangian,
        record: Record,
        look: Callable[[Bools, Floats], None] = lambda *_: None,
    ) -> None:
        """Begin with what the question leaves open.

        ``look`` is shown the open rows (R,) and prices (J,) of leaves of whole demand, to offer a plan.
        """
        self._core, self._record, self._facts, self._look = core, record, facts_of(core), look
        state = np.where(question.must_open, 1, np.where(question.may_open, 0, -1)).astype(np.int8)
        self._heap = [Node(duals.bound, 0, state, duals.best.price)]
        self.leaf_pairs = LEAF_PAIRS
        self._late: list[Node] = []  # leaves that wait
        self._made, self._visited = 0, 0
        self._floor = np.inf  # of the leaves that are solved

    def grow(self, nodes: int | None = None) -> None:
        """Search until the best plan is proven, so many nodes are visited, or the record says stop."""
        record, end = self._record, np.inf if nodes is None else self._visited + nodes
        while not self.done and record.goes_on() and self._visited < end:
            record.prove(self._bound)
            if self._heap:
                last = end if self._visited % PLUNGE == 0 else self._visited
                self._descend(heappop(self._heap), last)
            else:
                self._visited += 1
                self._solve(heappop(self._late))
        if self.done:
            record.prove(self._bound)

    def _descend(self, node: Node, last: float) -> None:
        """Visit a node, and go on down to a leaf unless more than ``last`` nodes have been visited."""
        child = self._visit(node)
        while child is not None and self._visited < last and self._record.goes_on():
            child = self._visit(child)
        if child is not None:
            heappush(self._heap, child)

    @property
    def _bound(self) -> float:
        tops = [heap[0].bound for heap in (self._heap, self._late) if heap]
        return min(self._floor, self._cut, *tops)

    @property
    def done(self) -> bool:
        """Whether nothing is left to be searched."""
        return not self._heap and not self._late

    @property
    def _cut(self) -> float:
        """The bound from which on a node needs no further proof."""
        record = self._record
        if record.plan is None:
            return self._core.forbidden
        enough = record.value - 0.9 * max(record.limits.gap, CLOSEST) * abs(record.value)
        return min(record.most, enough, self._core.forbidden)

    def _visit(self, node: Node) -> Node | None:
        """Bound a node and branch: the unlikely side is put by, the likely one returned."""
        cut = self._cut
        if node.bound > cut:
            return None
        self._visited += 1
        state, price = node.state.copy(), node.price.copy()
        bound, is_open, against, often = bound_node(self._facts, state, price, STEPS, cut)
        if max(bound, node.bound) > cut:
            return None
        free = np.flatnonzero(state == 0)
        if not len(free):
            self._reach(replace(node, bound=max(bound, node.bound), state=state, price=price))
            return None
        row = free[np.argmin(np.abs(often[free] - 0.5))]
        likely = 1 if is_open[row] else -1
        other = self._child(node, bound + against[row], state, price)
        other.state[row] = -likely
        heappush(self._heap, other)
        child = self._child(node, bound, state, price)
        child.state[row] = likely
        return child

    def _child(self, node: Node, bound: float, state: States, price: Floats) -> Node:
        self._made += 1
        return Node(max(bound, node.bound), -self._made, state.copy(), price)

    def _reach(self, leaf: Node) -> None:
        """Solve a leaf, or put it by after a look at what its open rows can do."""
        if self._core.whole:
            self._look(leaf.state == 1, leaf.price)
            if self._pairs(leaf).sum() > self.leaf_pairs:
                heappush(self._late, leaf)
                return
        self._solve(leaf)

    def _solve(self, leaf: Node) -> None:
        """Find what the open rows of a leaf can do at best; put the leaf back where that takes too long."""
        core, record = self._core, self._record
        if leaf.bound > self._cut:
            return
        is_open, pairs = leaf.state == 1, self._pairs(leaf)
        question = Question(is_open, is_open, pairs, np.zeros_like(pairs))
        nodes = LEAF_NODES * 4**leaf.tries if core.whole else None
        found = run(core, question, record, Solver.HIGHS, nodes, inside=False)
        if found is None:
            return
        bound = max(found, leaf.bound)
        if core.whole and bound <= self._cut:
            heappush(self._late, replace(leaf, bound=bound, tries=leaf.tries + 1))
        else:
            self._floor = min(self._floor, bound)

    def _pairs(self, leaf: Node) -> Bools:
        """Return the pairs that a better plan may use; a share may be small enough to fit in any case."""
        core = self._core
        allowed: Bools = (core.cost < core.forbidden) & (leaf.state == 1)[:, None]
        if not core.whole:
            return allowed
        duals = evaluate(core, leaf.price)
        extra = core.cost - leaf.price + core.use * duals.worth[:, None] - duals.lost[:, None]
        allowed &= extra <= self._cut - leaf.bound + SLACK * abs(leaf.bound)
        return allowed
