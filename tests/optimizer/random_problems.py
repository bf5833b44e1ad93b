"""Random order problems around a planted answer that keeps every hard constraint."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from optimizer.assignment import Part
from optimizer.limits import Limits, Tariff
from optimizer.problem import Block, OrderProblem
from optimizer.words import MUST_SERVE, UNFILLED, UNLIMITED, Constraint, Reason, Term
from tests.optimizer.make import problem_of

SOURCES = ("seller:a", "seller:b", "warehouse:w:a", "warehouse:w:b", "warehouse:v:c", "seller:d")
CARRIERS = ("post", "van")
OUTSIDE = (
    Reason.EXCLUDED,
    Reason.NOT_PINNED,
    Reason.OFFER_LAPSED,
    Reason.NO_CARRIER,
    Reason.CUT_OFF_PASSED,
    Reason.NO_PICKUP,
)


class Planted(NamedTuple):
    """A problem, and an answer that the referee must let pass."""

    problem: OrderProblem
    parts: tuple[Part, ...]


def planted(
    rng: np.random.Generator, lines: int = 3, routes: int = 4, units: int = 3, plain: bool = False
) -> Planted:
    """Return a random problem with at most so many lines, routes and units a line.

    ``plain``: nothing that would keep the kernel's reduced form from being the whole problem.
    """
    return _Maker(rng, lines, routes, units, plain).make()


class _Maker:
    def __init__(self, rng: np.random.Generator, lines: int, routes: int, units: int, plain: bool) -> None:
        self.rng, self.plain = rng, plain
        self.lines = int(rng.integers(1, lines + 1))
        pairs = [(s, c) for s in range(len(SOURCES)) for c in range(len(CARRIERS))]
        chosen = rng.permutation(len(pairs))[: int(rng.integers(1, routes + 1))]
        self.pairs = [pairs[k] for k in sorted(chosen)]
        self.routes = len(self.pairs)
        self.quantity = rng.integers(1, units + 1, self.lines)
        self.item = np.arange(self.lines)
        if not plain and self.maybe(0.3):
            self.item = rng.integers(0, self.lines, self.lines)
        self.max_parts = 1 if plain or self.maybe(0.6) else int(rng.integers(2, 4))
        self.together = ((0, 1),) if self.lines > 1 and self.maybe(0.3) else ()
        self.may_leave = self.maybe(0.6)

    def maybe(self, share: float) -> bool:
        return bool(self.rng.random() < share)

    def make(self) -> Planted:
        rng, shape = self.rng, (self.lines, self.routes)
        parts = self._plant()
        used = np.zeros(shape, bool)
        for line, route, _ in parts:
            if route != UNFILLED:
                used[line, route] = True
        top = int(rng.choice([3, 40, 2_000]))  # small amounts bring ties

        def cents(*size: int) -> Any:
            return rng.integers(0, top, size)

        problem = problem_of(
            np.where(used | (rng.random(shape) < 0.8), cents(*shape), -1),
            cents(self.routes),
            source_ids=SOURCES,
            carrier_ids=CARRIERS,
            source=[s for s, _ in self.pairs],
            carrier=[c for _, c in self.pairs],
            quantity=self.quantity,
            item=self.item,
            stock=self._stock(parts),
            package_terms={Term.PACKAGE: cents(self.routes), Term.FREIGHT: cents(self.routes)},
            part_terms={Term.TIME: cents(*shape), Term.LATE: cents(*shape)},
            unit_terms={Term.FREIGHT: cents(*shape), Term.SCARCITY: cents(*shape)},
            unfilled_cents=self._unfilled(top),
            unfilled_fixed_cents=int(cents(1)[0]),
            limits=self._limits(parts, top),
            together=self.together,
            blocks=self._blocks(used),
            capacity=np.full(5, UNLIMITED) if self.plain else self._capacity(parts),
            side_cm=rng.integers(5, 50, self.lines),
            p_on_time=np.where(used.any(axis=0), 0.9, rng.choice([0.5, 0.9], self.routes)),
            **self._packages(parts),
        )
        longest = np.where(used, problem.side_cm[:, None], 0.0).max(axis=0)
        given = np.maximum(longest, rng.choice([10.0, 30.0, 1e3], self.routes))
        return Planted(replace(problem, max_side_cm=given), parts)

    def _plant(self) -> tuple[Part, ...]:
        """Choose where each line goes, group by group, some of it in parts and some of it nowhere."""
        rng = self.rng
        shared = int(rng.integers(self.routes))
        parts: list[Part] = []
        for line in range(self.lines):
            quantity = int(self.quantity[line])
            grouped = any(line in group for group in self.together)
            route = shared if grouped else int(rng.integers(self.routes))
            if not grouped and self.may_leave and self.maybe(0.15):
                route = UNFILLED
            if not grouped and self.max_parts > 1 and quantity > 1 and self.routes > 1 and self.maybe(0.5):
                first = int(rng.integers(1, quantity))
                others = [r for r in range(self.routes) if r != route]
                parts.append(Part(line, int(rng.choice(others)), first))
                quantity -= first
            parts.append(Part(line, route, quantity))
        return tuple(sorted(parts))

    def _stock(self, parts: tuple[Part, ...]) -> Any:
        stock = np.zeros((self.lines, len(SOURCES)), np.int64)
        for line, route, quantity in parts:
            if route != UNFILLED:
                stock[self.item[line], self.pairs[route][0]] += quantity
        return stock + self.rng.choice([0, 0, 1, 2, 50], stock.shape)

    def _unfilled(self, top: int) -> Any:
        if not self.may_leave:
            return np.full(self.lines, MUST_SERVE)
        return self.rng.integers(0, 4 * top, self.lines)

    def _limits(self, parts: tuple[Part, ...], top: int) -> Limits:
        packages = len({part.route for part in parts} - {UNFILLED})
        limited = max(1, packages) + int(self.rng.integers(0, 2)) if self.maybe(0.3) else UNLIMITED
        prices: dict[Constraint, int] = {}
        if not self.plain:
            prices = {c: int(self.rng.integers(0, top)) for c in Constraint if self.maybe(0.1)}
        least = 0.8 if self.maybe(0.3) else 0.0
        return Limits(limited, self.max_parts, least, prices)

    def _blocks(self, used: Any) -> tuple[Block, ...]:
        found = [Block(reason, (self.rng.random(used.shape) < 0.2) & ~used) for reason in OUTSIDE]
        return tuple(block for block in found if self.maybe(0.3))

    def _capacity(self, parts: tuple[Part, ...]) -> Any:
        """Places are seller a, seller b, warehouse w (two sources), warehouse v, seller d."""
        place = [0, 1, 2, 2, 3, 4]
        leaving = np.zeros(5, np.int64)
        for route in {part.route for part in parts} - {UNFILLED}:
            leaving[place[self.pairs[route][0]]] += 1
        return leaving + self.rng.choice([0, 1, 9], 5)

    def _packages(self, parts: tuple[Part, ...]) -> dict[str, Any]:
        """Weigh the planted packages, and let limits and tariffs just admit them now and then."""
        rng = self.rng
        weight, volume = rng.integers(0, 3_000, self.lines), rng.integers(0, 9_000, self.lines)
        tariffs: list[Tariff | None] = [None] * self.routes
        most = np.full(self.routes, UNLIMITED)
        for route in range(0 if self.plain else self.routes):
            grams = sum(q * int(weight[line]) for line, r, q in parts if r == route)
            litres = sum(q * int(volume[line]) for line, r, q in parts if r == route)
            if self.maybe(0.3):
                most[route] = grams + int(rng.choice([0, 500, 2_500]))
            if self.maybe(0.15):
                last = max(grams, litres // 5 + 1, 3_000)
                tariffs[route] = Tariff((1_000, last), tuple(sorted(rng.integers(0, 90, 2).tolist())), 200)
        return {"weight_g": weight, "volume_cm3": volume, "max_weight_g": most, "tariffs": tuple(tariffs)}
