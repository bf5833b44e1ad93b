"""Whole units on the shelves, for a demand that is not known: laid in one by one, each where it saves most.

What the next unit of an offer saves at a site, given what lies there and elsewhere, is its mean over drawn
horizons (`assortment_draws`), less what bringing it costs: a newsvendor's question with several shelves.
Where returns fall with every unit and shelves cost nothing by themselves, laying in the best unit again and
again saves at least half of what is possible (Fisher, Nemhauser & Wolsey 1978, doi:10.1007/BFb0121195).
"""

from __future__ import annotations

from typing import Final

import numpy as np
from scipy import stats

from optimizer.placement.assortment_draws import Draws, mean_saving, read_gains
from optimizer.placement.assortment_plan import AssortmentPlan
from optimizer.placement.assortment_problem import AssortmentProblem
from optimizer.placement.core import compiled
from optimizer.words import Bools, Floats, Ints

LEVEL: Final = 0.95
"""Best-sellers-first stocks what covers the demand so probably: the default of `malha reorder`."""

Facts = tuple[Ints, Ints, Floats, Ints, Ints, Floats]
Bundles = tuple[Ints, Ints]
"""First member of each bundle (B + 1,) in the list of members (O,)."""

Choice = tuple[float, int, int]
"""What a bundle's best next unit saves for its space, where, and of which offer: -1 = one of each."""


def lay_in(draws: Draws) -> Ints:
    """Return the whole units (S, O) of each offer at each site, within capacity.

    A unit is laid in only if it saves more than it costs. Offers of one bundle come to a site together.
    """
    problem = draws.problem
    members = np.argsort(problem.bundle, kind="stable")
    _, first = np.unique(problem.bundle[members], return_index=True)
    bundles = np.append(first, problem.offers).astype(np.int64), members
    costs = problem.inbound, problem.stocking, problem.space
    stock = _lay_in(draws.facts, draws.count, bundles, costs, problem.capacity.copy())
    return np.asarray(stock.T)


@compiled
def _lay_in(
    facts: Facts, count: int, bundles: Bundles, costs: tuple[Floats, Floats, Floats], room: Floats
) -> Ints:
    sites, offers = costs[0].shape
    stock = np.zeros((offers, sites), np.int64)
    gain = np.zeros((offers, sites))
    total = len(bundles[0]) - 1
    best = np.zeros(total)
    for offer in range(offers):
        _read_next(facts, count, costs[0], stock, gain, offer)
    for bundle in range(total):
        best[bundle] = _choose(bundle, bundles, costs, room, stock, gain)[0]
    while True:
        bundle = int(best.argmax())
        if best[bundle] <= 0:
            return stock
        found, site, offer = _choose(bundle, bundles, costs, room, stock, gain)
        if found >= best[bundle]:  # else its site has filled since
            for place in range(bundles[0][bundle], bundles[0][bundle + 1]):
                member = bundles[1][place]
                if offer < 0 or offer == member:
                    stock[member, site] += 1
                    room[site] -= costs[2][member]
                    _read_next(facts, count, costs[0], stock, gain, member)
            found = _choose(bundle, bundles, costs, room, stock, gain)[0]
        best[bundle] = found


@compiled
def _read_next(facts: Facts, count: int, inbound: Floats, stock: Ints, gain: Floats, offer: int) -> None:
    """Write what one more unit of an offer saves at each site, less what it costs to bring."""
    ends, sent = facts[0][offer * count : (offer + 1) * count + 1], np.zeros(1, np.int64)
    gains = read_gains(facts, ends[0], ends[-1], stock.shape[1])
    now = mean_saving(gains, ends, stock[offer], sent)
    for site in range(stock.shape[1]):
        stock[offer, site] += 1
        gain[offer, site] = mean_saving(gains, ends, stock[offer], sent) - now - inbound[site, offer]
        stock[offer, site] -= 1


@compiled
def _choose(
    bundle: int,
    bundles: Bundles,
    costs: tuple[Floats, Floats, Floats],
    room: Floats,
    stock: Ints,
    gain: Floats,
) -> Choice:
    """Return the best next unit of a bundle, or the first of each of its offers where none is yet."""
    _, fees, space = costs
    start, end = bundles[0][bundle], bundles[0][bundle + 1]
    best, where, what = 0.0, -1, -1
    for site in range(len(room)):
        stocked, saved, needed = False, 0.0, 0.0
        for place in range(start, end):
            offer = bundles[1][place]
            stocked = stocked or stock[offer, site] > 0
            saved += gain[offer, site] - fees[site, offer]
            needed += space[offer]
        if not stocked:
            if needed <= room[site] and saved / needed > best:
                best, where, what = saved / needed, site, -1
            continue
        for place in range(start, end):
            offer = bundles[1][place]
            if space[offer] <= room[site] and gain[offer, site] / space[offer] > best:
                best, where, what = gain[offer, site] / space[offer], site, offer
    return best, where, what


def likeliest_first(
    problem: AssortmentProblem, plan: AssortmentPlan, relative_var: Floats, level: float = LEVEL
) -> Ints:
    """Return whole units (S, O) for expected flows: those likeliest to be asked for, until a site is full.

    The k-th unit of an offer at a site is asked for with the probability that the site gets k orders or more.
    Nobody lays in more than covers the demand with probability ``level``.
    """
    mean = plan.depth(problem)
    unit, chance = [], []
    rows: Ints = np.flatnonzero(mean > 0)
    spread = np.maximum(np.broadcast_to(relative_var, mean.shape), 1e-9).ravel()
    for number in range(int(problem.orders.sum()) + 1000):
        shape = 1.0 / spread[rows]
        told = stats.nbinom.sf(number, shape, shape / (shape + mean.ravel()[rows]))
        kept: Bools = told > 1.0 - level
        rows = rows[kept]
        if not len(rows):
            break
        unit.append(rows)
        chance.append(told[kept])
    return _until_full(problem, np.concatenate([*unit, rows]), np.concatenate([*chance, np.zeros(0)]))


def _until_full(problem: AssortmentProblem, cell: Ints, chance: Floats) -> Ints:
    """Count units by cell (site, offer), those of most chance first while there is room at the site."""
    site, offer = cell // problem.offers, cell % problem.offers
    order = np.lexsort((offer, -chance, site))
    site, offer = site[order], offer[order]
    units = np.zeros((problem.sites, problem.offers), np.int64)
    for one, capacity in enumerate(problem.capacity):
        own = offer[site == one]
        own = own[np.cumsum(problem.space[own]) <= capacity + 1e-9]
        np.add.at(units[one], own, 1)
    return units
