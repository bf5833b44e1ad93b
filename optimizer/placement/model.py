"""The textbook model of a placement, strong form, over the sites and pairs that are still in question.

Columns: y = the row opens, x = the share of a demand that it serves. ``x <= y`` is written pair by pair where
asked for (the strong form); elsewhere the capacity row says it. Every limit of the problem is a row, so the
model over all sites and pairs is the problem itself.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from optimizer.mathopt import LinearModel
from optimizer.placement.core import Core
from optimizer.placement.plan import FacilityPlan
from optimizer.placement.problem import FacilityProblem
from optimizer.words import Bools, Floats, Ints

SLACK = 1e-9
"""Relative, on sums that a solver compares with a limit in floating point."""


@dataclass(frozen=True, slots=True, eq=False)
class Question:
    """What is still open: rows that may or must open, pairs that may serve, pairs with their own x <= y."""

    may_open: Bools  # (R,)
    must_open: Bools  # (R,)
    pairs: Bools  # (R, J)
    strong: Bools  # (R, J)

    @classmethod
    def everything(cls, core: Core) -> Question:
        """Ask all of it, strong form."""
        pairs = core.cost < core.forbidden
        return cls(np.ones(core.rows, np.bool_), core.forced.copy(), pairs, pairs)

    def only(self, is_open: Bools) -> Question:
        """Ask only how the given open rows serve best."""
        return Question(is_open, is_open, self.pairs, np.zeros_like(self.pairs))


@dataclass(frozen=True, slots=True, eq=False)
class Model:
    """A linear model with where to find its columns: ``opens`` (R,) y, and one x for each (row, demand)."""

    linear: LinearModel
    opens: Ints
    row: Ints
    demand: Ints
    first: int

    def plan(self, core: Core, problem: FacilityProblem, values: Floats) -> FacilityPlan:
        """Return the plan of a solution, its small change swept up."""
        is_open = values[self.opens] > 0.5
        share = values[self.first : self.first + len(self.row)]
        share = np.where(is_open[self.row] & (share > SLACK), share, 0.0)
        if core.whole:
            share = share.round()
        total = np.bincount(self.demand, weights=share, minlength=problem.demands)
        share = share / np.where(total > 0, total, 1.0)[self.demand]
        opened = np.zeros(problem.sites, np.bool_)
        site = core.row_site[self.row]
        real = site >= 0
        opened[core.row_site[is_open & (core.row_site >= 0)]] = True
        return FacilityPlan.of(opened, site[real], self.demand[real], share[real])

    def values(self, core: Core, plan: FacilityPlan) -> Floats:
        """Return a plan as a point of the model; a plan outside of it gives a point that breaks rows."""
        values = np.zeros(self.linear.columns)
        real = core.row_site >= 0
        values[self.opens[real]] = plan.open[core.row_site[real]]
        values[self.opens[~real]] = 1.0
        flows = np.zeros((len(plan.open) + 1, core.demands), np.float64)
        flows[plan.site, plan.demand] = plan.share
        flows[-1] = np.clip(1.0 - flows.sum(axis=0), 0.0, 1.0)
        values[self.first : self.first + len(self.row)] = flows[core.row_site[self.row], self.demand]
        return values


def build(core: Core, problem: FacilityProblem, question: Question) -> Model:
    """Write the model of a question."""
    linear = LinearModel()
    upper = question.may_open.astype(np.float64)
    lower = (question.must_open & question.may_open).astype(np.float64)
    opens = linear.add_columns(core.fixed, upper, lower, whole=True)
    row, demand = np.nonzero(question.pairs & question.may_open[:, None])
    shares = linear.add_columns(core.cost[row, demand], 1.0, whole=core.whole)
    model = Model(linear, opens, row, demand, int(opens[-1]) + 1)
    served = linear.add_rows(np.ones(core.demands), 1.0)
    linear.add_entries(served[demand], shares, 1.0)
    strong = question.strong[row, demand] & (lower[row] < 1)
    links = linear.add_rows(np.full(int(strong.sum()), -np.inf), 0.0)
    linear.add_entries(links, shares[strong], 1.0)
    linear.add_entries(links, opens[row[strong]], -1.0)
    uses = problem.uses_of(np.maximum(core.row_site[row], 0), demand)
    uses = np.where(core.row_site[row] >= 0, uses, 0.0)
    _add_capacity(core, question, model, uses, strong)
    real = core.row_site >= 0
    linear.add_row(core.least - (~real).sum(), core.most - (~real).sum(), opens[real], 1.0)
    _add_side_rows(core, problem, model, uses.sum(axis=0))
    return model


def _add_capacity(core: Core, question: Question, model: Model, uses: Floats, strong: Bools) -> None:
    """Add ``use <= capacity * y`` in each period where it can bind; see that every pair has its x <= y."""
    linear, opens = model.linear, model.opens
    loads = np.array([np.bincount(model.row, weights=use, minlength=core.rows) for use in uses])
    binds = (loads > core.capacity) & question.may_open
    linked = strong | (binds[:, model.row] & (uses > 0)).any(axis=0)
    loose = np.bincount(model.row[~linked], minlength=core.rows) > 0
    for row in np.flatnonzero(question.may_open & loose & ~question.must_open):
        own = model.row == row
        linear.add_row(-np.inf, 0.0, *_with(model.first + np.flatnonzero(own), 1.0, opens[row], -own.sum()))
    for use, rows in zip(uses, map(np.flatnonzero, binds), strict=True):
        number = np.full(core.rows, -1)
        number[rows] = linear.add_rows(np.full(len(rows), -np.inf), 0.0)
        mine = number[model.row] >= 0
        linear.add_entries(number[model.row[mine]], model.first + np.flatnonzero(mine), use[mine])
        linear.add_entries(number[rows], opens[rows], -core.capacity[rows])


def _with(columns: Ints, coefficient: float, last: int, its: float) -> tuple[Ints, Floats]:
    return np.append(columns, last), np.append(np.full(len(columns), coefficient), its)


def _add_side_rows(core: Core, problem: FacilityProblem, model: Model, use: Floats) -> None:
    """Add least use, budget and the share on time."""
    linear, site = model.linear, core.row_site
    for row in np.flatnonzero((site >= 0) & (problem.min_units[np.maximum(site, 0)] > 0)):
        own = np.flatnonzero(model.row == row)
        columns = np.append(model.first + own, model.opens[row])
        linear.add_row(0.0, np.inf, columns, np.append(use[own], -problem.min_units[site[row]]))
    if problem.budget is not None:
        linear.add_row(-np.inf, problem.budget, model.opens[site >= 0], problem.spent[site[site >= 0]])
    if problem.min_on_time > 0 and problem.on_time is not None:
        real = np.flatnonzero(site[model.row] >= 0)
        demand = model.demand[real]
        kept = problem.on_time[site[model.row[real]], demand] * problem.units[demand]
        linear.add_row(problem.min_on_time * problem.units.sum(), np.inf, model.first + real, kept)
