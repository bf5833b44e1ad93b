"""What a solve returns: the plan, what it costs, what is proven about it, and how it was found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from graph.errors import MalhaError
from optimizer.placement.plan import FacilityPlan
from optimizer.placement.words import Limit, Method
from optimizer.words import Status


class Progress(NamedTuple):
    """What is known after so many seconds: nothing costs less than ``bound``, a plan costs ``value``."""

    seconds: float
    bound: float
    value: float


@dataclass(frozen=True, slots=True, eq=False)
class PlacementAnswer:
    """A plan with its proof: ``gap`` = (value - bound) / max(|value|, 1e-9).

    OPTIMAL means that the gap is at most the one asked for, else FEASIBLE. ``repeatable`` is false where the
    clock stopped the search or CP-SAT took part in it: the same call may then find another plan.
    """

    plan: FacilityPlan
    value: float
    bound: float
    gap: float
    status: Status
    method: Method
    seconds: float
    repeatable: bool
    history: tuple[Progress, ...]


@dataclass(frozen=True, slots=True)
class Conflict:
    """A limit that takes part in a conflict, and its number: see `optimizer.placement.infeasible`."""

    limit: Limit
    given: float


@dataclass(frozen=True, slots=True)
class Relaxation:
    """A limit that gives way by ``amount``, from ``given`` to ``enough``.

    ``by_site``: the amounts of sites, where each has such a limit of its own.
    ``proven``: less, in steps of the limit, is not enough.
    """

    limit: Limit
    given: float
    enough: float
    by_site: tuple[tuple[str, float], ...] = ()
    proven: bool = True

    @property
    def amount(self) -> float:
        """By how much the limit gives way."""
        return abs(self.enough - self.given)

    @property
    def weight(self) -> float:
        """The amount as a share of the limit: what relaxations of different limits are compared by."""
        return self.amount / max(abs(self.given), 1.0)


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """Why there is no plan, and what would help.

    ``conflict``: limits that no plan keeps together; ``minimal``: without any one of them some plan does.
    ``remedies``: each is enough by itself, the one that changes least first; one of several relaxations
    stands there only where no single one is enough.
    """

    conflict: tuple[Conflict, ...]
    remedies: tuple[tuple[Relaxation, ...], ...]
    minimal: bool


class Infeasible(MalhaError):
    """No plan keeps every limit: proven. ``diagnosis`` says why, where that was asked and found."""

    status = Status.INFEASIBLE

    def __init__(
        self, message: str = "No plan keeps every limit.", diagnosis: Diagnosis | None = None
    ) -> None:
        super().__init__(message)
        self.diagnosis = diagnosis


class NoPlanFound(MalhaError):
    """The search ended before any plan was found, and none was proven impossible: give it more time."""


def relative_gap(value: float, bound: float) -> float:
    """Return how far the value may be from the optimum, as a share of the value."""
    return max(value - bound, 0.0) / max(abs(value), 1e-9)
