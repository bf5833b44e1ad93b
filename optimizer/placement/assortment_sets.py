"""Which sites should stock one bundle, at given prices of space: the best set found, and what none can beat.

Without capacity a bundle is an uncapacitated facility location with few sites. Sets are found by adding,
dropping and swapping sites, all moves weighed in one pass (Whitaker 1983); the bound is a dual ascent
(Erlenkotter 1978, doi 10.1287/opre.26.6.992), made exact by a small tree search where the two differ.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from optimizer.placement.assortment_board import Facts, read_savings
from optimizer.placement.core import compiled
from optimizer.words import Bools, Floats, Ints

CLOSE: Final = 1e-9
"""Savings that differ by less, relatively, count as equal."""

NODES: Final = 400
"""Of the tree search for one bundle; beyond it the dual ascent stands."""


@compiled
def evaluate(facts: Facts, price: Floats, widest: int) -> tuple[Floats, Floats, Floats]:
    """Return what each bundle can save at most, what it does (B,), and the space that takes (S, B)."""
    first, space, fees, capacity = facts[0], facts[6], facts[9], facts[10]
    sites, bundles = fees.shape
    most, found = np.zeros(bundles), np.zeros(bundles)
    used = np.zeros((sites, bundles))
    saving = np.empty((sites, widest))
    for bundle in range(bundles):
        rows = first[bundle + 1] - first[bundle]
        alone = read_savings(facts, bundle, price, capacity, saving)
        some = np.flatnonzero(alone > fees[:, bundle])
        if len(some) == 0:
            continue
        fee = fees[some, bundle]
        table = np.empty((len(some), rows))
        for i in range(len(some)):
            table[i] = saving[some[i], :rows]
        found[bundle], taken = best_set(table, fee)
        most[bundle] = _most(table, fee, found[bundle])
        near, _, nearest = _nearest(table, taken)
        for row in range(rows):
            if near[row] > 0:
                used[some[nearest[row]], bundle] += space[first[bundle] + row]
    return most, found, used


@compiled
def best_set(table: Floats, fee: Floats) -> tuple[float, Bools]:
    """Return what a good set of sites saves less its fees, and the set; ``table`` (sites, rows)."""
    taken = np.zeros(len(fee), np.bool_)
    while True:
        near, far, nearest = _nearest(table, taken)
        now = near.sum() - fee[taken].sum()
        change, opening, closing = _best_move(table, fee, taken, near, far, nearest)
        if change <= CLOSE * max(1.0, abs(now)):
            return now, taken
        if opening >= 0:
            taken[opening] = True
        if closing >= 0:
            taken[closing] = False


@compiled
def _nearest(table: Floats, taken: Bools) -> tuple[Floats, Floats, Ints]:
    """Return of each row the largest saving, the second largest, and the site of the largest (-1: none)."""
    rows = table.shape[1]
    near, far, nearest = np.zeros(rows), np.zeros(rows), np.full(rows, -1)
    for site in np.flatnonzero(taken):
        for row in range(rows):
            saved = table[site, row]
            if saved > near[row]:
                far[row] = near[row]
                near[row] = saved
                nearest[row] = site
            elif saved > far[row]:
                far[row] = saved
    return near, far, nearest


@compiled
def _best_move(
    table: Floats, fee: Floats, taken: Bools, near: Floats, far: Floats, nearest: Ints
) -> tuple[float, int, int]:
    """Return (what it saves more, site to open, site to close) of the best move; -1 = none."""
    loss = -fee.copy()
    for row in range(len(near)):
        if nearest[row] >= 0:
            loss[nearest[row]] += near[row] - far[row]
    best, opening, closing = 0.0, -1, -1
    for site in np.flatnonzero(taken):
        if -loss[site] > best:
            best, opening, closing = -loss[site], -1, int(site)
    spared = np.zeros(len(fee))
    for site in np.flatnonzero(~taken):
        change = _opening(table[site], near, far, nearest, spared) - fee[site]
        if change > best:
            best, opening, closing = change, int(site), -1
        for other in np.flatnonzero(taken):
            if change - loss[other] + spared[other] > best:
                best, opening, closing = change - loss[other] + spared[other], int(site), int(other)
    return best, opening, closing


@compiled
def _opening(saving: Floats, near: Floats, far: Floats, nearest: Ints, spared: Floats) -> float:
    """Return what a site saves more; write what less the closing of each other then loses to ``spared``."""
    spared[:] = 0.0
    more = 0.0
    for row in range(len(near)):
        more += max(saving[row] - near[row], 0.0)
        if nearest[row] >= 0 and saving[row] > far[row]:
            spared[nearest[row]] += min(saving[row], near[row]) - far[row]
    return float(more)


@compiled
def _most(table: Floats, fee: Floats, found: float) -> float:
    """Return what no set can save more than; ``found`` where that is proven the best."""
    most = _dual_ascent(table, fee)
    if most <= found + CLOSE * max(1.0, abs(found)):
        return float(max(most, found))
    best, proven = _search(table, fee, found)
    if proven and best > found:
        return float(min(best, most))
    return found if proven else float(most)


@compiled
def _dual_ascent(table: Floats, fee: Floats) -> float:
    """Return the sum of row prices w >= 0 with sum of max(saving - w, 0) <= fee at every site."""
    sites, rows = table.shape
    price, slack = np.zeros(rows), fee.copy()
    for row in range(rows):
        price[row] = table[:, row].max()
    moved = True
    while moved:
        moved = False
        for row in range(rows):
            if price[row] <= 0:
                continue
            below, room = 0.0, np.inf
            for site in range(sites):
                if table[site, row] >= price[row]:
                    room = min(room, slack[site])
                else:
                    below = max(below, table[site, row])
            step = min(price[row] - below, room)
            if step <= 0:
                continue
            for site in range(sites):
                if table[site, row] >= price[row]:
                    slack[site] -= step
            price[row] = below if step == price[row] - below else price[row] - step
            moved |= step > CLOSE * max(1.0, below)
    return float(price.sum())


@compiled
def _search(table: Floats, fee: Floats, found: float) -> tuple[float, bool]:
    """Return the most that a set saves, and whether the tree was searched to its end.

    Sites are taken or left one after the other. What is saved is submodular: a site adds no more later than
    it would now, so the sum of what the sites to come would each add bounds a branch.
    """
    sites, rows = table.shape
    served = np.zeros((sites + 2, rows))
    spent, level, depth = np.zeros(sites + 2), np.zeros(sites + 2, np.int64), 1
    best, nodes = found, 0
    while depth > 0:
        nodes += 1
        if nodes > NODES:
            return best, False
        depth -= 1
        near, cost, site = served[depth].copy(), spent[depth], level[depth]
        now = near.sum() - cost
        best = max(best, now)
        ahead = now
        for later in range(site, sites):
            adds = -fee[later]
            for row in range(rows):
                adds += max(table[later, row] - near[row], 0.0)
            ahead += max(adds, 0.0)
        if site == sites or ahead <= best + CLOSE * max(1.0, abs(best)):
            continue
        served[depth], spent[depth], level[depth] = near, cost, site + 1
        served[depth + 1] = np.maximum(near, table[site])
        spent[depth + 1], level[depth + 1] = cost + fee[site], site + 1
        depth += 2
    return best, True
