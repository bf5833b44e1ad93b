"""An assortment: which offers each site stocks, which orders it serves, and so how deep it stocks them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Self

import numpy as np

from optimizer.placement.answer import Progress
from optimizer.placement.assortment_problem import AssortmentProblem
from optimizer.placement.plan import ordered
from optimizer.words import Bools, Floats, Ints, Status


class AssortmentTerm(StrEnum):
    """What an assortment pays for; ``own`` is what sellers ship themselves."""

    STOCKING = "stocking"
    INBOUND = "inbound"
    SENDING = "sending"
    OWN = "own"


class AssortmentLimit(StrEnum):
    """What an assortment must keep to."""

    SERVED = "served"
    STOCKED = "stocked"
    TOGETHER = "together"
    ALLOWED = "allowed"
    CAPACITY = "capacity"


@dataclass(frozen=True, slots=True, eq=False)
class AssortmentPlan:
    """Offers stocked (S, O), and K flows sorted by (demand, site): the ``share`` that the site serves.

    What no site serves of a demand the sellers ship themselves.
    """

    stocked: Bools
    site: Ints
    demand: Ints
    share: Floats

    @classmethod
    def of(cls, stocked: Bools, site: Ints, demand: Ints, share: Floats) -> Self:
        """Return the plan with its flows in order and empty flows left out."""
        return cls(stocked.astype(np.bool_), *ordered(site, demand, share))

    @classmethod
    def nothing(cls, problem: AssortmentProblem) -> Self:
        """Return the plan that stocks nothing."""
        none = np.zeros(0, np.int64)
        return cls(np.zeros((problem.sites, problem.offers), np.bool_), none, none, np.zeros(0))

    def depth(self, problem: AssortmentProblem) -> Floats:
        """Return the expected units of each offer that each site sends over the horizon (S, O)."""
        types = len(problem.parcel)
        where = self.site * types + problem.demand_type[self.demand]
        orders = np.bincount(where, self.share * problem.orders[self.demand], problem.sites * types)
        return np.asarray((problem.content.T @ orders.reshape(problem.sites, types).T).T)


@dataclass(frozen=True, slots=True, eq=False)
class AssortmentAnswer:
    """A plan with its proof: nothing costs less than ``bound``; ``without`` is the cost of stocking nothing.

    ``gap`` = (value - bound) / |value|. OPTIMAL means that it is at most the one asked for, else FEASIBLE.
    """

    plan: AssortmentPlan
    value: float
    bound: float
    gap: float
    without: float
    status: Status
    history: tuple[Progress, ...]

    @property
    def missed(self) -> float:
        """The share of the possible saving that the plan may miss at most: a stricter figure than ``gap``."""
        most = self.without - self.bound
        return max(self.value - self.bound, 0.0) / most if most > 0 else 0.0
