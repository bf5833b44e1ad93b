"""What all referees of placements share: the verdict, the form of flows, whether an answer's claims agree."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, Protocol

import numpy as np

from graph.errors import MalhaError
from optimizer.placement.answer import relative_gap
from optimizer.words import Floats, Ints, Status

TOLERANCE: Final = 1e-6
"""Relative slack of every limit (absolute below 1): what solvers of linear programs leave."""


class Refused(MalhaError):
    """An answer that the referee does not let pass: a fault of the solver, never of the input."""


@dataclass(frozen=True, slots=True)
class Violation:
    """A limit that a plan breaks: which, where in words, and the numbers behind it."""

    limit: StrEnum
    where: str
    needed: float
    available: float

    def __str__(self) -> str:
        return f"{self.limit}, {self.where}: needs {self.needed:g}, there is {self.available:g}"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the referee found: limits broken (none = feasible), cost by term, what each site uses (S,)."""

    violations: tuple[Violation, ...]
    terms: Mapping[Any, float]  # by a StrEnum of the problem's own
    used: Floats

    @property
    def feasible(self) -> bool:
        """Whether no limit is broken."""
        return not self.violations

    @property
    def value(self) -> float:
        """What the plan costs."""
        return sum(self.terms.values())


class Flows(Protocol):
    """The flows of a plan, K of each; see `optimizer.placement.plan.FacilityPlan`."""

    @property
    def site(self) -> Ints:
        """Who serves."""

    @property
    def demand(self) -> Ints:
        """What is served."""

    @property
    def share(self) -> Floats:
        """The part of it."""


class Answer(Protocol):
    """What every answer claims of its plan."""

    @property
    def value(self) -> float:
        """What it costs."""

    @property
    def bound(self) -> float:
        """What nothing is below."""

    @property
    def gap(self) -> float:
        """How far they are apart: see `relative_gap`."""

    @property
    def status(self) -> Status:
        """What is proven."""


def check_flows(flows: Flows, sites: int, demands: int) -> None:
    """Raise Refused unless flows fit each other, name what there is, and are sorted, each pair once."""
    if not len(flows.site) == len(flows.demand) == len(flows.share):
        raise Refused("The plan's flows do not fit each other.")
    for rows, size in ((flows.site, sites), (flows.demand, demands)):
        if len(rows) and not 0 <= rows.min() <= rows.max() < size:
            raise Refused("The plan names a site or demand that there is not.")
    if (np.diff(flows.demand * sites + flows.site) <= 0).any() or not (flows.share > 0).all():
        raise Refused("The plan's flows are not sorted by demand and site, each pair once, none empty.")


def pass_or_refuse(what: str, verdict: Verdict, answer: Answer) -> None:
    """Raise Refused unless no limit is broken and value, bound, gap and status belong together."""
    if wrong := [*map(str, verdict.violations), *_false_claims(verdict, answer)]:
        raise Refused(f"{what}: {'; '.join(wrong)}.")


def _false_claims(verdict: Verdict, answer: Answer) -> Iterator[str]:
    if not np.isclose(verdict.value, answer.value, rtol=TOLERANCE, atol=TOLERANCE):
        yield f"it costs {verdict.value:.9g}, not {answer.value:.9g}"
    if answer.bound > answer.value + slack(answer.value):
        yield f"the bound {answer.bound:.9g} is above the value {answer.value:.9g}"
    if not np.isclose(answer.gap, relative_gap(answer.value, answer.bound), rtol=0, atol=TOLERANCE):
        yield f"the gap {answer.gap:g} is not that of value and bound"
    if answer.status not in {Status.OPTIMAL, Status.FEASIBLE}:
        yield f"a plan cannot be {answer.status}"


def slack(limit: float) -> float:
    """Return by how much a limit may be passed."""
    return TOLERANCE * max(1.0, abs(limit))


def sums(where: Ints, values: Floats, size: int) -> Floats:
    """Return the sum of the values at each of ``size`` places."""
    return np.asarray(np.bincount(where, values, size), np.float64)
