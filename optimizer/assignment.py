"""The answer for one order: how many units of which line go by which route, and what that costs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from graph.errors import MalhaError
from optimizer.words import UNFILLED, Engine, Status, Term


class Part(NamedTuple):
    """Units of one line on one route (indices of the problem); route UNFILLED: nobody serves them."""

    line: int
    route: int
    quantity: int


@dataclass(frozen=True, slots=True)
class Assignment:
    """A way to serve an order that keeps every hard constraint.

    ``parts`` are in order of (line, route). ``terms`` add up to ``cost_cents``. ``bound_cents`` is proven: no
    assignment costs less. ``exact``: proven best, by (cost, units unfilled, packages, routes line by line)
    where the engine is the kernel. ``repeatable``: not stopped by a clock.
    """

    parts: tuple[Part, ...]
    cost_cents: int
    terms: Mapping[Term, int]
    bound_cents: int
    engine: Engine
    repeatable: bool = True

    @property
    def exact(self) -> bool:
        """Whether no cheaper assignment exists, proven."""
        return self.bound_cents >= self.cost_cents

    @property
    def status(self) -> Status:
        """``optimal`` where proven, else ``feasible``."""
        return Status.OPTIMAL if self.exact else Status.FEASIBLE

    @property
    def gap(self) -> float:
        """The share of the cost that might still be saved, 0 where the answer is exact."""
        return (self.cost_cents - self.bound_cents) / self.cost_cents if self.cost_cents else 0.0

    @property
    def routes(self) -> tuple[int, ...]:
        """The routes that carry something, one package each, in order of their index."""
        return tuple(sorted({part.route for part in self.parts if part.route != UNFILLED}))

    @property
    def unfilled_units(self) -> int:
        """How many units nobody serves."""
        return sum(part.quantity for part in self.parts if part.route == UNFILLED)


class Unsolved(MalhaError):
    """The work limit ended a search before any assignment was found, and none was proven impossible."""
