"""What to stock where: prices of space bound the saving, bundles are placed around them.

A price on each site's space takes capacity out of the question; what is left falls apart by bundle into small
facility locations, whose best savings add up to a bound. The prices move by a subgradient method (Held, Wolfe
and Crowder 1974, doi 10.1007/BF01580223) with averaged directions (Camerini, Fratta and Maffioli 1975).
Plans are made around the best prices: bundles by what they save for the space that they take, each placed
within the room that is left, and placed anew while that saves more. No clock and no chance decides anything.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from optimizer.placement.answer import Progress, relative_gap
from optimizer.placement.assortment_board import Board
from optimizer.placement.assortment_check import check, referee
from optimizer.placement.assortment_fill import fill
from optimizer.placement.assortment_plan import AssortmentAnswer, AssortmentPlan
from optimizer.placement.assortment_problem import AssortmentProblem
from optimizer.placement.assortment_sets import evaluate
from optimizer.words import Bools, Floats, Ints, Status

BETWEEN: Final = 10
"""Steps of the prices between two plans."""

AGAIN: Final = (1.0, 1.0, 0.0, 0.75, 1.25, 0.5, 0.0)
"""Parts of the prices at which all bundles are placed, anew each time; 0 = take what room is left."""

PATIENCE: Final = 4
"""Steps without a better bound before they get shorter."""

SHORTEST: Final = 1e-3
AVERAGED: Final = 0.4
"""Step factor at which no more is to be had; weight of the newest direction."""


@dataclass(frozen=True, slots=True)
class AssortmentLimits:
    """How far a search goes: to the relative ``gap``, or so many ``rounds`` of the prices."""

    gap: float = 1e-3
    rounds: int = 100


def assort(
    problem: AssortmentProblem,
    *,
    limits: AssortmentLimits | None = None,
    progress: Callable[[Progress], None] = lambda _: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> AssortmentAnswer:
    """Return the best assortment found, and how far from the optimum it can be at most.

    A plan always exists: to stock nothing. The same problem and limits give the same answer, unless it is
    ``cancelled``, which is asked after every round; the first one proves a bound.
    """
    search = _Search(problem, limits or AssortmentLimits(), progress)
    search.advance()
    while search.goes_on() and not cancelled():
        search.advance()
    return search.answer()


class _Search:
    """Prices of space under improvement, the best bound that they prove, the best plan beside them."""

    def __init__(
        self, problem: AssortmentProblem, limits: AssortmentLimits, progress: Callable[[Progress], None]
    ) -> None:
        self.problem, self.limits, self._progress = problem, limits, progress
        self.board = Board.of(problem)
        self.plan, self.value = AssortmentPlan.nothing(problem), problem.without
        self.bound = -np.inf
        self._limited = np.isfinite(problem.capacity)
        self._price = self._best = np.zeros(problem.sites)
        self._over = np.zeros(problem.sites)
        self._step, self._failed, self._round = 1.0, 0, 0
        self._start, self._history = time.monotonic(), list[Progress]()

    def goes_on(self) -> bool:
        """Whether there is a gap to close, and means to close it."""
        near = relative_gap(self.value, self.bound) <= self.limits.gap
        return not near and self._round < self.limits.rounds and self._step > SHORTEST

    def advance(self) -> None:
        """Evaluate the prices, plan around them from time to time, move them."""
        most, found, used = evaluate(self.board.facts, self._price, self.board.widest)
        over = np.where(self._limited, used.sum(axis=1) - self.problem.capacity, 0.0)
        paid = float(self._price[self._limited] @ self.problem.capacity[self._limited])
        bound = self.problem.without - float(most.sum()) - paid
        if self._round % BETWEEN == 0:
            self._make_plan(self._price, found / np.maximum(used.sum(axis=0), 1e-300))
        self._judge(bound, over)
        self._round += 1
        self._tell()
        self._move()

    def answer(self) -> AssortmentAnswer:
        """Return the best plan with its proof, passed by the referee."""
        bound = min(self.bound, self.value)
        gap = relative_gap(self.value, bound)
        status = Status.OPTIMAL if gap <= self.limits.gap else Status.FEASIBLE
        fields = (self.plan, self.value, bound, gap, self.problem.without, status, tuple(self._history))
        answer = AssortmentAnswer(*fields)
        referee(self.problem, answer)
        return answer

    def _judge(self, bound: float, over: Floats) -> None:
        """Keep a better bound; shorten steps that fail."""
        idle = (self._price <= 0) & (over < 0)
        over = np.where(idle, 0.0, over)
        if bound > self.bound:
            self.bound, self._best, self._failed = bound, self._price, 0
            self._over = AVERAGED * over + (1 - AVERAGED) * self._over if self._round else over
            return
        self._failed += 1
        self._over = AVERAGED * over + (1 - AVERAGED) * self._over
        if self._failed >= PATIENCE:
            self._failed, self._step = 0, self._step * 0.6

    def _move(self) -> None:
        """Raise the price where more is wanted than there is room for, lower it where less is."""
        norm = float(self._over @ self._over)
        if norm <= 0:
            self._step = 0.0  # nothing is short: the bound is as good as it gets
            return
        ahead = max(self.value - self.bound, 1e-9 * abs(self.bound))
        self._price = np.maximum(self._best + self._step * ahead / norm * self._over, 0.0)

    def _make_plan(self, price: Floats, worth: Floats) -> None:
        """Place all bundles, the best for their space first, then each anew while that helps."""
        plan = _Shelves(self.board, self.problem)
        order = np.argsort(-worth, kind="stable")
        for part in AGAIN:
            plan.fill(part * price, order)
        made = plan.plan()
        if (value := check(self.problem, made).value) < self.value:
            self.plan, self.value = made, value

    def _tell(self) -> None:
        self._history.append(Progress(time.monotonic() - self._start, self.bound, self.value))
        self._progress(self._history[-1])


class _Shelves:
    """A plan in the making."""

    def __init__(self, board: Board, problem: AssortmentProblem) -> None:
        self.board, self.problem = board, problem
        rows, bundles = len(board.demand), len(board.bundle)
        self.site_of: Ints = np.full(rows, -1)
        self.share = np.zeros(rows)
        self.stocked: Bools = np.zeros((problem.sites, bundles), np.bool_)
        self._shelf = (problem.capacity.copy(), self.site_of, self.share, self.stocked)
        self._saved = np.zeros(bundles)

    def fill(self, price: Floats, order: Ints) -> float:
        """Place the bundles (anew) in this order; return what all of them save."""
        return float(fill(self.board.facts, price, order, self.board.widest, self._shelf, self._saved))

    def plan(self) -> AssortmentPlan:
        """Return it as a plan of the problem."""
        problem, board = self.problem, self.board
        stocked = np.zeros((problem.sites, problem.offers), np.bool_)
        place = np.full(problem.offers, -1)
        place[board.bundle] = np.arange(len(board.bundle))
        demanded = place[problem.bundle] >= 0
        stocked[:, demanded] = self.stocked[:, place[problem.bundle[demanded]]]
        served = np.flatnonzero(self.site_of >= 0)
        return AssortmentPlan.of(stocked, self.site_of[served], board.demand[served], self.share[served])
