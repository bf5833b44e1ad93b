"""One bound for every kind of placement: prices on serving each demand, found by the volume algorithm.

"Every demand is served once" is relaxed at price u[j]; what is left falls apart by site
(:mod:`optimizer.placement.site_prices`), and the sites that earn more than they cost open, within the limits
on their number. For any prices the sum is a lower bound; the best is the linear relaxation of the strong
model, or better where demand is whole and capacity binds. Steps: Barahona and Anbil 2000 (the volume
algorithm, doi 10.1007/s101070050002), whose averages also say how often each site was open.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from optimizer.placement.core import Core
from optimizer.placement.site_prices import price_sites, serve_from
from optimizer.words import Bools, Floats

PATIENCE: Final = 15
"""Steps without a better bound before they get shorter."""

SHORTEST: Final = 1e-4
"""Step factor at which no more is to be had."""

AVERAGED: Final = 0.1
"""Weight of the newest point in the averages."""

PARTS: Final = (0.25, 0.5, 0.75, 1.0)
"""Of the way to the prices of a plan that are tried."""


@dataclass(frozen=True, slots=True, eq=False)
class Duals:
    """A bound and why it holds: prices, and what opening each row costs net of what it earns.

    ``lost`` is what a fractional knapsack would earn more than the whole one.
    """

    bound: float
    price: Floats  # (J,)
    net: Floats  # (R,) fixed cost less earning
    lost: Floats  # (R,)
    worth: Floats  # (R,) of one unit of capacity
    is_open: Bools  # (R,)


def evaluate(core: Core, price: Floats) -> Duals:
    """Return the bound of given prices (J,)."""
    earned, relaxed, worth = price_sites(core.cost, core.use, core.capacity, core.whole, price)
    net = core.fixed - earned
    is_open = choose(core, net)
    return Duals(float(price.sum() + net[is_open].sum()), price, net, relaxed - earned, worth, is_open)


def choose(core: Core, net: Floats) -> Bools:
    """Open what must be open and what earns, within the limits on the number of open rows."""
    order = np.lexsort((net, ~core.forced))
    wanted = int(core.forced.sum() + (net[~core.forced] < 0).sum())
    count = min(max(wanted, core.least), core.most, core.rows)
    is_open = np.zeros(core.rows, np.bool_)
    is_open[order[:count]] = True
    return is_open


class Lagrangian:
    """A bound under improvement; ``often`` (R,) is how often each row was open of late."""

    def __init__(self, core: Core, price: Floats | None = None, often: Floats | None = None) -> None:
        """Begin at given prices (J,) and averages (R,), else where the two cheapest rows of a demand meet."""
        self.core = core
        self.best = evaluate(core, _first_prices(core) if price is None else price)
        self.often = self.best.is_open.astype(np.float64) if often is None else often
        self._lack = self._lacking(self.best)
        self._step, self._failed = 0.5, 0
        self.rounds = 0

    @property
    def bound(self) -> float:
        """No plan costs less."""
        return self.best.bound

    @property
    def settled(self) -> bool:
        """Whether steps have become so short that the bound will not move any more."""
        return self._step < SHORTEST or float(self._lack @ self._lack) < 1e-12

    def improve(self, rounds: int, value: float) -> Bools:
        """Take some steps towards ``value``, a cost that is known to be enough; return the last open rows."""
        tried = self.best
        for _ in range(rounds):
            if self.settled or self.best.bound >= min(value, self.core.forbidden):
                break  # beyond ``forbidden`` there is no plan at all
            tried = self._advance(value)
        return tried.is_open

    def lean(self, price: Floats) -> None:
        """Go some of the way, or all of it, to other prices (J,), those of a plan, where that proves more."""
        start = self.best.price
        tried = [evaluate(self.core, start + part * (price - start)) for part in PARTS]
        best = max(tried, key=lambda duals: duals.bound)
        if best.bound > self.bound:
            self.best, self._lack = best, self._lacking(best)

    def _advance(self, value: float) -> Duals:
        self.rounds += 1
        norm = float(self._lack @ self._lack)
        ahead = max(min(value, self.bound + 0.5 * abs(self.bound)) - self.bound, 1e-6 * abs(self.bound))
        tried = evaluate(self.core, self.best.price + self._step * ahead / norm * self._lack)
        lack = self._lacking(tried)
        self._adapt(tried, float(lack @ self._lack))
        weight = AVERAGED
        self._lack = weight * lack + (1 - weight) * self._lack
        self.often = weight * tried.is_open + (1 - weight) * self.often
        return tried

    def _adapt(self, tried: Duals, agreement: float) -> None:
        """Go on from a better point; lengthen steps that agree with the average, shorten those that fail."""
        if tried.bound > self.best.bound:
            self.best, self._failed = tried, 0
            if agreement > 0:
                self._step = min(self._step * 1.1, 2.0)
            return
        self._failed += 1
        if self._failed >= PATIENCE:
            self._failed, self._step = 0, self._step * 0.66

    def _lacking(self, duals: Duals) -> Floats:
        """Return what each demand still lacks (negative: served more than once)."""
        core = self.core
        rows = np.flatnonzero(duals.is_open)
        served: Floats = serve_from(core.cost, core.use, core.capacity, core.whole, duals.price, rows)
        return np.asarray(1.0 - served)


def _first_prices(core: Core) -> Floats:
    """Return a price above the cheapest cost of each demand: its second cheapest, or a part of a site."""
    if core.rows == 1:
        return np.asarray(core.cost[0] + core.fixed[0] / core.demands)
    two = np.partition(core.cost, 1, axis=0)[:2]
    share = np.sort(core.fixed)[: max(core.rows // 2, 1)].mean() * core.rows / (4 * core.demands)
    return np.asarray(np.minimum(two[1], two[0] + max(share, float(np.median(two[1] - two[0])))))
