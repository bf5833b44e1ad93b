"""How often each site opens when demand is not what was expected: a parametric bootstrap.

Each demand is drawn anew from a gamma law of its mean and standard deviation (Efron and Tibshirani 1993, An
Introduction to the Bootstrap, chapter 6), independently of the others, and the placement is solved again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from graph.errors import BadInput
from optimizer.placement.answer import Infeasible, NoPlanFound
from optimizer.placement.check import referee
from optimizer.placement.problem import FacilityProblem
from optimizer.placement.record import PlaceLimits
from optimizer.placement.solve import place
from optimizer.words import Floats, Ints

MOST_DRAWS: Final = 1_000


@dataclass(frozen=True, slots=True, eq=False)
class Stability:
    """Of ``draws`` draws of the demand: in how many each site opens (I,), and what their plans cost.

    ``impossible`` draws leave no plan, ``unknown`` ones were stopped before one was found.
    """

    draws: int
    opened: Ints
    values: Floats
    impossible: int
    unknown: int

    @property
    def share(self) -> Floats:
        """The share of the plans found in which each site is open, (I,)."""
        return self.opened / max(len(self.values), 1)


def stability(
    problem: FacilityProblem,
    units_sd: Floats,
    draws: int,
    seed: int,
    limits: PlaceLimits,
    *,
    told: Callable[[int], None] = lambda _: None,
    source: Ints | None = None,
) -> Stability:
    """Solve so many draws; ``units_sd`` (D,) are standard deviations in units, of D independent demands.

    ``source`` (J,): the independent demand of each of the problem's (None: one each); the problem's units of
    one source share its deviation. ``limits`` hold for each solve. Raises BadInput for fewer draws than one.
    """
    if not 1 <= draws <= MOST_DRAWS:
        raise BadInput(f"A bootstrap has 1 to {MOST_DRAWS:,} draws, not {draws}.")
    of = np.arange(problem.demands) if source is None else source
    units = np.bincount(of, problem.units, len(units_sd)).astype(np.float64)
    rng = np.random.default_rng(seed)
    opened, values, impossible = np.zeros(problem.sites, np.int64), [], 0
    for draw in range(draws):
        told(draw)
        asked = scaled(problem, factors(units, units_sd, rng)[of])
        try:
            answer = place(asked, limits=limits)
        except Infeasible:
            impossible += 1
            continue
        except NoPlanFound:
            continue
        referee(asked, answer)
        opened += answer.plan.open
        values.append(answer.value)
    return Stability(draws, opened, np.array(values), impossible, draws - impossible - len(values))


def factors(units: Floats, units_sd: Floats, rng: np.random.Generator) -> Floats:
    """Draw by what each demand is multiplied, (D,): mean 1, standard deviation ``units_sd / units``."""
    spread = np.divide(units_sd, units, out=np.zeros(len(units)), where=units > 0)
    drawn = spread > 0
    shape = 1.0 / np.where(drawn, spread, 1.0) ** 2
    return np.where(drawn, rng.gamma(shape, 1.0 / shape), 1.0)


def scaled(problem: FacilityProblem, factor: Floats) -> FacilityProblem:
    """Return the problem with each demand multiplied: its units, what it uses, and what serving it costs."""
    cost = np.where(np.isfinite(problem.cost), problem.cost * factor, np.inf)
    return replace(
        problem,
        units=problem.units * factor,
        cost=cost,
        use=None if problem.use is None else problem.use * factor,
        unserved=None if problem.unserved is None else problem.unserved * factor,
    )
