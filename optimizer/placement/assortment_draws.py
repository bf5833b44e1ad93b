"""Horizons of demand as they may come: orders drawn one by one, and what whole units in stock save in them.

An offer sells a unit or two at a site in two months, so an expected depth of 0.4 units is no stock: what
counts is how often somebody asks for the unit that lies there. Orders come in a random sequence, and each
is served by the site that saves most of those that still have a unit; without one its seller ships.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np

from graph.errors import BadInput
from optimizer.placement.assortment_problem import AssortmentProblem
from optimizer.placement.core import compiled
from optimizer.words import Floats, Ints


@dataclass(frozen=True, slots=True, eq=False)
class Draws:
    """``count`` horizons drawn of every offer: ``demand`` (A,) holds the demand row of each order, in order.

    The orders of offer o in draw k are rows ``first[o * count + k]`` to ``first[o * count + k + 1]``.
    """

    problem: AssortmentProblem
    count: int
    first: Ints
    demand: Ints

    @classmethod
    def of(cls, problem: AssortmentProblem, relative_var: Floats, count: int, seed: int) -> Self:
        """Draw them. The rate of an offer is gamma distributed around its expectation, orders are Poisson.

        ``relative_var`` (O,): variance of the rate over its square, so that units have variance
        m + relative_var m^2. BadInput where an order holds anything but one unit of one offer.
        """
        offers = np.arange(problem.offers)
        if len(problem.parcel) != problem.offers or not (
            np.array_equal(problem.line_type, problem.line_offer) and (problem.line_units == 1.0).all()
        ):
            raise BadInput("Whole units are laid in for orders of one unit of one offer.")
        rng = np.random.default_rng(seed)
        order = np.argsort(problem.demand_type, kind="stable")
        start = np.searchsorted(problem.demand_type[order], np.append(offers, problem.offers))
        expected = np.bincount(problem.demand_type, problem.orders, problem.offers)
        spread = np.maximum(relative_var, 1e-9)[:, None]
        rates = expected[:, None] * rng.gamma(1.0 / spread, spread, (problem.offers, count))
        orders = rng.poisson(rates)
        rows = [np.zeros(0, np.int64)]
        for offer in np.flatnonzero(orders.any(axis=1)):
            own = order[start[offer] : start[offer + 1]]
            total = np.cumsum(problem.orders[own])
            drawn = total.searchsorted(rng.random(orders[offer].sum()) * total[-1], side="right")
            rows.append(own[drawn])
        first = np.concatenate([[0], np.cumsum(orders.ravel())])
        return cls(problem, count, first.astype(np.int64), np.concatenate(rows))

    @property
    def facts(self) -> tuple[Ints, Ints, Floats, Ints, Ints, Floats]:
        """What compiled code reads: first, demand, own cost, order type and region of demands, lanes."""
        problem = self.problem
        kind = problem.parcel[problem.demand_type]
        return self.first, self.demand, problem.own, kind, problem.demand_region, problem.lane

    def judge(self, units: Ints) -> Judged:
        """Return what whole units (S, O) come to in these horizons, on average."""
        problem = self.problem
        stock = np.ascontiguousarray(units.T.astype(np.int64))
        saved, sent = judge(self.facts, self.count, stock)
        stocked = units > 0
        paid = float((problem.inbound * units).sum() + problem.stocking[stocked].sum())
        return Judged(problem.without - saved + paid, sent)


@dataclass(frozen=True, slots=True)
class Judged:
    """What a stock of whole units is expected to cost in all, and how many units sites send."""

    value: float
    sent: float


@compiled
def read_gains(
    facts: tuple[Ints, Ints, Floats, Ints, Ints, Floats], start: int, end: int, sites: int
) -> Floats:
    """Return what serving each order from each site saves (S, end - start), less than zero where it costs."""
    _, demand, own, kind, region, lane = facts
    gains = np.empty((sites, end - start))
    for place in range(start, end):
        row = demand[place]
        for site in range(sites):
            gains[site, place - start] = own[row] - lane[kind[row], site, region[row]]
    return gains


@compiled
def mean_saving(gains: Floats, ends: Ints, stock: Ints, sent: Ints) -> float:
    """Return what a stock of one offer (S,) saves on average in the horizons that ``ends`` part.

    ``sent`` (1,) grows by the units sent in all of them.
    """
    total = 0.0
    left = stock.copy()
    for draw in range(len(ends) - 1):
        left[:] = stock
        for place in range(ends[draw] - ends[0], ends[draw + 1] - ends[0]):
            best, most = -1, 0.0
            for site in range(len(stock)):
                if left[site] > 0 and gains[site, place] > most:
                    best, most = site, gains[site, place]
            if best >= 0:
                left[best] -= 1
                sent[0] += 1
                total += most
    return total / (len(ends) - 1)


@compiled
def judge(
    facts: tuple[Ints, Ints, Floats, Ints, Ints, Floats], count: int, stock: Ints
) -> tuple[float, float]:
    """Return what a stock (O, S) saves, before what it costs, and the units sent; means over the horizons."""
    first, total, sent = facts[0], 0.0, np.zeros(1, np.int64)
    for offer in range(len(stock)):
        if stock[offer].sum() > 0:
            ends = first[offer * count : (offer + 1) * count + 1]
            gains = read_gains(facts, ends[0], ends[-1], stock.shape[1])
            total += mean_saving(gains, ends, stock[offer], sent)
    return total, sent[0] / count
