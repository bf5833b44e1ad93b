"""Best-sellers-first: what a planner stocks without weighing, to compare an assortment with."""

from __future__ import annotations

import numpy as np

from optimizer.placement.assortment_plan import AssortmentPlan
from optimizer.placement.assortment_problem import AssortmentProblem
from optimizer.words import Bools, Floats, Ints


def best_sellers(problem: AssortmentProblem) -> AssortmentPlan:
    """Return the plan that stocks at each site what sells best around it, until the site is full.

    A region belongs to the open site with the cheapest lane, over all parcels sent there. Bundles come in
    the order of units demanded in the site's regions; each order is served there unless that costs more
    than the sellers' own shipping, so what would only lose takes no room. The fee for stocking an offer is
    not weighed, nor what another offer would save in its room. Bundles of which nothing is served are left
    out; the last one in may be served in part.
    """
    site = _site_of_region(problem)[problem.demand_region]
    kind = problem.demand_type
    served_at = np.maximum(site, 0)
    lane = problem.lane[problem.parcel[kind], served_at, problem.demand_region]
    cost = lane + problem.inbound_of_type()[served_at, kind]
    worth = (site >= 0) & (problem.orders > 0) & (cost < problem.own)
    rank = _ranks(problem, served_at, worth)
    rows = np.flatnonzero(worth)
    rows = rows[np.lexsort((rows, rank[rows], site[rows]))]
    share = _shares(problem, site[rows], rows)
    rows, share = rows[share > 0], share[share > 0]
    return AssortmentPlan.of(_stocked(problem, site[rows], rows), site[rows], rows, share)


def _site_of_region(problem: AssortmentProblem) -> Ints:
    """Return the site whose lanes to a region are cheapest for what is ordered there (R,); -1 = none."""
    classes, sites, regions = problem.lane.shape
    parcels = np.zeros((classes, regions))
    np.add.at(parcels, (problem.parcel[problem.demand_type], problem.demand_region), problem.orders)
    cost = np.zeros((sites, regions))
    for one, count in zip(problem.lane, parcels, strict=True):
        cost += np.where(count > 0, one * np.where(count > 0, count, 1.0), 0.0)
    cost[problem.capacity <= 0] = np.inf
    nearest = cost.argmin(axis=0)
    return np.where(np.isfinite(cost[nearest, np.arange(regions)]), nearest, -1)


def _ranks(problem: AssortmentProblem, site: Ints, counted: Bools) -> Ints:
    """Return each demand's place in its site's list of best-selling bundles (N,)."""
    units = np.bincount(problem.line_type, problem.line_units, len(problem.parcel))[problem.demand_type]
    bundle = problem.bundle_of_type()[problem.demand_type]
    cell = site * problem.offers + bundle
    sold = np.bincount(cell, problem.orders * units * counted, problem.sites * problem.offers)
    place = np.argsort(-sold.reshape(problem.sites, problem.offers), axis=1, kind="stable")
    rank = np.empty_like(place)
    np.put_along_axis(rank, place, np.arange(problem.offers)[None, :], axis=1)
    return np.asarray(rank[site, bundle])


def _shares(problem: AssortmentProblem, site: Ints, rows: Ints) -> Floats:
    """Return how much of each row fits, rows of a site in order: all, then a part, then nothing."""
    space = problem.orders[rows] * problem.space_of_type()[problem.demand_type[rows]]
    before = np.cumsum(space) - space
    starts = np.searchsorted(site, np.arange(problem.sites))
    before -= np.append(before, 0.0)[starts][site]
    return np.clip((problem.capacity[site] - before) / space, 0.0, 1.0)


def _stocked(problem: AssortmentProblem, site: Ints, rows: Ints) -> Bools:
    bundle = problem.bundle_of_type()[problem.demand_type[rows]]
    taken = np.zeros((problem.sites, problem.offers), np.bool_)
    taken[site, bundle] = True
    return np.asarray(taken[:, problem.bundle])
