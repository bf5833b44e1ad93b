"""What one site would earn if demand paid for being served: the subproblem of the Lagrangian bound.

With a price u[j] on serving demand j, a site takes what earns it most: everything with cost below its price,
or as much of it as fits (shared demand: greedy by earning per unit of capacity, which is exact; whole
demand: a 0-1 knapsack by depth-first search, Horowitz and Sahni 1974, doi 10.1145/321812.321823).
"""

from __future__ import annotations

import numpy as np

from optimizer.placement.core import compiled
from optimizer.words import Floats, Ints

MOST_NODES = 1_000
"""Of one knapsack; beyond, the site counts with its fractional earning, which is a bound as well."""


@compiled
def _fill(paid: Floats, use: Floats, order: Ints, room: float, share: Floats) -> tuple[float, float]:
    """Take in order of earning per use until full; return (earning, price of capacity)."""
    earned = 0.0
    for k in order:
        if use[k] <= room:
            share[k] = 1.0
            room -= use[k]
            earned += paid[k]
        else:
            share[k] = room / use[k]
            return earned + paid[k] * share[k], paid[k] / use[k]
    return earned, 0.0


@compiled
def _fill_shared(paid: Floats, use: Floats, room: float, share: Floats) -> tuple[float, float]:
    """Do the same without an order: what earns more than a pivot fits as a whole, or is divided again.

    In linear time on average (Balas and Zemel 1980, doi 10.1287/opre.28.5.1130).
    """
    left, earned = np.arange(len(paid)), 0.0
    rate = paid / np.maximum(use, 1e-300)
    while len(left):
        pivot = rate[left[len(left) // 2]]
        better = left[rate[left] > pivot]
        needed = use[better].sum()
        if needed > room:
            left = better
            continue
        share[better] = 1.0
        room -= needed
        earned += paid[better].sum()
        for k in left[rate[left] == pivot]:
            if use[k] > room:
                share[k] = room / use[k]
                return earned + paid[k] * share[k], pivot
            share[k] = 1.0
            room -= use[k]
            earned += paid[k]
        left = left[rate[left] < pivot]
    return earned, 0.0


@compiled
def _hope(paid: Floats, use: Floats, order: Ints, start: int, room: float) -> float:
    """Return the fractional earning of what comes at ``start`` and after."""
    earned = 0.0
    for position in range(start, len(order)):
        k = order[position]
        if use[k] > room:
            return float(earned + paid[k] * room / use[k])
        room -= use[k]
        earned += paid[k]
    return float(earned)


@compiled
def _knapsack(paid: Floats, use: Floats, order: Ints, capacity: float, best_share: Floats) -> float:
    """Return the best earning with whole shares, or -1 where the search is too long; shares are then good."""
    count = len(order)
    share = np.zeros(len(paid))
    best, earned, room = -1.0, 0.0, capacity
    position = 0
    for _ in range(MOST_NODES):
        if earned + _hope(paid, use, order, position, room) > best + 1e-9 * abs(best):
            while position < count and use[order[position]] <= room:
                k = order[position]
                room -= use[k]
                earned += paid[k]
                share[k] = 1.0
                position += 1
            if position < count:
                position += 1
                continue
            if earned > best:
                best = earned
                best_share[:] = share
        position -= 1
        while position >= 0 and share[order[position]] == 0.0:
            position -= 1
        if position < 0:
            return best
        k = order[position]
        share[k] = 0.0
        room += use[k]
        earned -= paid[k]
        position += 1
    return -1.0


@compiled
def take_best(
    cost: Floats, use: Floats, price: Floats, capacity: float, whole: bool, demand: Ints, share: Floats
) -> tuple[int, float, float, float]:
    """Return (count, earning, fractional earning, price of capacity) of one site.

    ``cost``, ``use`` and ``price`` are (J,); what it takes is written to the first ``count`` places of
    ``demand`` and ``share``.
    """
    count, total, used = 0, 0.0, 0.0
    for j in range(len(cost)):
        if cost[j] < price[j] and not (whole and use[j] > capacity):
            demand[count] = j
            share[count] = 1.0
            total += price[j] - cost[j]
            used += use[j]
            count += 1
    if used <= capacity:
        return count, total, total, 0.0
    chosen = demand[:count]
    paid, needs = price[chosen] - cost[chosen], use[chosen]
    share[:count] = 0.0
    if not whole:
        earned, worth = _fill_shared(paid, needs, capacity, share)
        return count, earned, earned, worth
    order = np.argsort(-paid / np.maximum(needs, 1e-300))
    relaxed, worth = _fill(paid, needs, order, capacity, share)
    earned = relaxed
    exact = _knapsack(paid, needs, order, capacity, share[:count])
    if exact >= 0.0:
        earned = exact
    return count, earned, relaxed, worth


@compiled
def price_sites(
    cost: Floats, use: Floats, capacity: Floats, whole: bool, price: Floats
) -> tuple[Floats, Floats, Floats]:
    """Return (earning, fractional earning, price of capacity) of every site: (R,) each."""
    rows, demands = cost.shape
    demand, share = np.empty(demands, np.int64), np.empty(demands)
    earned, relaxed, worth = np.zeros(rows), np.zeros(rows), np.zeros(rows)
    for row in range(rows):
        needs = use[row] if len(use) > 1 else use[0]
        _, earned[row], relaxed[row], worth[row] = take_best(
            cost[row], needs, price, capacity[row], whole, demand, share
        )
    return earned, relaxed, worth


@compiled
def serve_from(cost: Floats, use: Floats, capacity: Floats, whole: bool, price: Floats, rows: Ints) -> Floats:
    """Return how much of each demand the given sites take together: (J,)."""
    demands = cost.shape[1]
    demand, share = np.empty(demands, np.int64), np.empty(demands)
    served = np.zeros(demands)
    for row in rows:
        needs = use[row] if len(use) > 1 else use[0]
        count = take_best(cost[row], needs, price, capacity[row], whole, demand, share)[0]
        for k in range(count):
            served[demand[k]] += share[k]
    return served
