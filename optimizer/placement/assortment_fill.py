"""Put bundles on shelves within the room there is: one by one, and again while that saves more."""

from __future__ import annotations

from typing import Final

import numpy as np

from optimizer.placement.assortment_board import Facts, read_savings
from optimizer.placement.assortment_sets import CLOSE, best_set
from optimizer.placement.core import compiled
from optimizer.words import Bools, Floats, Ints

SPILLS: Final = 4
"""Times that sites are chosen for what found no room yet."""

Shelf = tuple[Floats, Ints, Floats, Bools]
"""A plan in the making: room left (S,), who serves each row (N,) (-1: its sellers) and what share of it (N,),
bundles stocked (S, B)."""


@compiled
def fill(facts: Facts, price: Floats, order: Ints, widest: int, shelf: Shelf, saved: Floats) -> float:
    """Place each bundle anew, in order, where that saves more than its present place; return what all save.

    The shelf and what each bundle has ``saved`` (B,) change in place.
    """
    first, space = facts[0], facts[6]
    room, site_of, share, stocked = shelf
    sites = len(room)
    saving = np.empty((sites, widest))
    room_before, here = np.empty(sites), np.empty(sites, np.bool_)
    for bundle in order:
        start, end = first[bundle], first[bundle + 1]
        before = site_of[start:end].copy()
        share_before = share[start:end].copy()
        room_before[:] = room
        here[:] = stocked[:, bundle]
        for row in range(start, end):
            if site_of[row] >= 0:
                room[site_of[row]] += share[row] * space[row]
            site_of[row], share[row] = -1, 0.0
        stocked[:, bundle] = False
        new = _place(facts, price, bundle, saving, shelf)
        if new > saved[bundle] + CLOSE * max(1.0, abs(new)):
            saved[bundle] = new
        else:
            site_of[start:end], share[start:end] = before, share_before
            room[:] = room_before
            stocked[:, bundle] = here
    return float(saved.sum())


@compiled
def _place(facts: Facts, price: Floats, bundle: int, saving: Floats, shelf: Shelf) -> float:
    """Choose sites for a bundle, and others for what finds no room there; return what it saves."""
    room, site_of, _, stocked = shelf
    start, end = facts[0][bundle], facts[0][bundle + 1]
    total = 0.0
    for _ in range(SPILLS):
        read_savings(facts, bundle, price, room, saving)
        for row in range(start, end):
            if site_of[row] >= 0:
                saving[:, row - start] = 0.0
        fee = np.where(stocked[:, bundle], 0.0, facts[9][:, bundle])
        some = np.flatnonzero(saving[:, : end - start].sum(axis=1) > fee)
        if len(some) == 0:
            break
        table = np.empty((len(some), end - start))
        for i in range(len(some)):
            table[i] = saving[some[i], : end - start]
        _, taken = best_set(table, fee[some])
        some = some[taken]
        earned = _serve(table[taken], some, price, facts[6][start:end], shelf, start)
        total += _keep_what_pays(facts, bundle, some, earned, shelf)
    return total


@compiled
def _serve(table: Floats, some: Ints, price: Floats, space: Floats, shelf: Shelf, start: int) -> Floats:
    """Serve rows from their best site with room, the most saving per space first; return it by site."""
    room, site_of, share, _ = shelf
    rows = table.shape[1]
    worth = np.zeros(rows)
    for row in range(rows):
        for i in range(len(some)):
            worth[row] = max(worth[row], table[i, row])
        if worth[row] > 0:
            worth[row] /= space[row]
    earned = np.zeros(len(some))
    for row in np.argsort(-worth, kind="mergesort"):
        best, most = -1, 0.0
        for i in range(len(some)):
            if room[some[i]] > 0 and table[i, row] > most:
                best, most = i, table[i, row]
        if best < 0:
            continue
        site = some[best]
        part = min(1.0, room[site] / space[row])
        room[site] = max(room[site] - part * space[row], 0.0)
        site_of[start + row], share[start + row] = site, part
        earned[best] += part * (most + price[site] * space[row])
    return earned


@compiled
def _keep_what_pays(facts: Facts, bundle: int, some: Ints, earned: Floats, shelf: Shelf) -> float:
    """Give back what does not earn its fee; return what the rest saves."""
    first, space, fees = facts[0], facts[6], facts[9]
    room, site_of, share, stocked = shelf
    total = 0.0
    for i in range(len(some)):
        site = some[i]
        fee = 0.0 if stocked[site, bundle] else fees[site, bundle]
        if stocked[site, bundle] or earned[i] > fee:
            stocked[site, bundle] = True
            total += earned[i] - fee
            continue
        for row in range(first[bundle], first[bundle + 1]):
            if site_of[row] == site:
                room[site] += share[row] * space[row]
                site_of[row], share[row] = -1, 0.0
    return float(total)
