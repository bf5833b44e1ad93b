"""The referee: whether an answer keeps every hard constraint and costs what it claims.

It knows no solver and none of the sums that a problem derives for them: everything is recounted from the
facts of the problem, part by part.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from graph.errors import MalhaError
from optimizer.assignment import Assignment, Part
from optimizer.problem import OrderProblem
from optimizer.words import CONSTRAINT_OF, MUST_SERVE, UNFILLED, Constraint, Engine, Term


@dataclass(frozen=True, slots=True)
class Violation:
    """A hard constraint that an answer breaks: what, where in words, and the numbers behind it.

    ``constraint`` is None where no constraint could allow it at any price: units that do not add up, a
    line that must be served, a route that was never offered.
    """

    constraint: Constraint | None
    where: str
    needed: float
    available: float

    def __str__(self) -> str:
        what = self.constraint or "not allowed"
        return f"{what}, {self.where}: needs {self.needed:g}, there is {self.available:g}"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the referee found: hard constraints broken (none = feasible), and the cost in cents by term."""

    violations: tuple[Violation, ...]
    terms: Mapping[Term, int]

    @property
    def feasible(self) -> bool:
        """Whether no hard constraint is broken."""
        return not self.violations

    @property
    def cost_cents(self) -> int:
        """What the answer costs, penalties of soft constraints included."""
        return sum(self.terms.values())


class Refused(MalhaError):
    """An answer that the referee does not let pass: a fault of the solver, never of the input."""


def check(problem: OrderProblem, parts: Sequence[Part]) -> Verdict:
    """Recount feasibility and cost of an answer from the facts of the problem alone."""
    return _Recount(problem, parts).verdict()


def assignment_of(
    problem: OrderProblem,
    parts: Sequence[Part],
    *,
    bound_cents: int | None,
    engine: Engine,
    repeatable: bool = True,
) -> Assignment:
    """Return an answer with its cost recounted; ``bound_cents`` None means that it is proven best.

    Raises Refused where the parts break a hard constraint or cost less than the bound.
    """
    parts = tuple(sorted(parts))
    verdict = check(problem, parts)
    cost = verdict.cost_cents
    bound = cost if bound_cents is None else bound_cents
    found = Assignment(parts, cost, verdict.terms, bound, engine, repeatable)
    return _let_pass(problem, found, verdict)


def referee(problem: OrderProblem, assignment: Assignment) -> Assignment:
    """Return the same assignment, or raise Refused: not feasible, or not at the cost that it claims."""
    return _let_pass(problem, assignment, check(problem, assignment.parts))


def _let_pass(problem: OrderProblem, assignment: Assignment, verdict: Verdict) -> Assignment:
    wrong = [str(violation) for violation in verdict.violations]
    if dict(assignment.terms) != dict(verdict.terms) or assignment.cost_cents != verdict.cost_cents:
        wrong.append(f"claims {assignment.cost_cents} cents, costs {verdict.cost_cents}")
    if assignment.bound_cents > assignment.cost_cents:
        wrong.append(f"costs {assignment.cost_cents} cents, below its bound {assignment.bound_cents}")
    if list(assignment.parts) != sorted(assignment.parts):
        wrong.append("its parts are not in order")
    if wrong:
        raise Refused(f"Order {problem.order_id}, {assignment.engine}: {'; '.join(wrong)}.")
    return assignment


@dataclass(slots=True)
class _Recount:
    """One pass over the parts of an answer."""

    problem: OrderProblem
    parts: Sequence[Part]
    violations: list[Violation] = field(default_factory=list)
    terms: dict[Term, int] = field(default_factory=lambda: dict.fromkeys(Term, 0))

    def verdict(self) -> Verdict:
        if self._adds_up():
            served = [part for part in self.parts if part.route != UNFILLED]
            self._pay(served)
            self._pairs(served)
            self._stock(served)
            self._splits(served)
            self._packages(served)
        return Verdict(tuple(self.violations), self.terms)

    def _break(
        self, constraint: Constraint | None, where: str, needed: float, available: float, units: int = 1
    ) -> None:
        """Note a violation where it is hard, else charge its price per unit."""
        if self.problem.limits.is_hard(constraint):
            self.violations.append(Violation(constraint, where, needed, available))
        elif constraint is not None:
            self.terms[Term.PENALTY] += units * self.problem.limits.price_cents[constraint]

    def _adds_up(self) -> bool:
        problem = self.problem
        told = [(part.line, part.route) for part in self.parts]
        known = all(0 <= line < problem.lines and -1 <= route < problem.routes for line, route in told)
        if not known or len(set(told)) < len(told) or any(part.quantity < 1 for part in self.parts):
            self._break(None, "parts that name no line, no route, no unit, or one pair twice", 0, 0)
            return False
        units: Counter[int] = Counter()
        for part in self.parts:
            units[part.line] += part.quantity
        for line, wanted in enumerate(problem.quantity.tolist()):
            if units[line] != wanted:
                self._break(None, f"units of line {problem.line_ids[line]}", wanted, units[line])
        return not self.violations

    def _pay(self, served: Sequence[Part]) -> None:
        problem, terms = self.problem, self.terms
        for route in {part.route for part in served}:
            for term, cents in problem.package_terms.items():
                terms[term] += int(cents[route])
        for line, route, quantity in served:
            for term, cents in problem.part_terms.items():
                terms[term] += int(cents[line, route])
            for term, cents in problem.unit_terms.items():
                terms[term] += int(cents[line, route]) * quantity
        left = [part for part in self.parts if part.route == UNFILLED]
        for line, _, quantity in left:
            price = int(problem.unfilled_cents[line])
            if price == MUST_SERVE:
                self._break(None, f"line {problem.line_ids[line]} must be served", quantity, 0)
            else:
                terms[Term.UNFILLED] += price * quantity
        terms[Term.UNFILLED] += problem.unfilled_fixed_cents if left else 0

    def _pairs(self, served: Sequence[Part]) -> None:
        """Judge each part by itself, whatever the rest of the order does."""
        problem = self.problem
        for line, route, _ in served:
            where = self._pair(line, route)
            if not problem.candidate[line, route]:
                self._break(None, f"{where} is not offered", 1, 0)
            for block in problem.blocks:
                if block.where[line, route]:
                    self._break(CONSTRAINT_OF[block.reason], f"{where} is {block.reason}", 1, 0)
            side, longest = problem.side_cm[line], problem.max_side_cm[route]
            if side > longest:
                self._break(Constraint.SIZE, where, side, longest)
            least, p_on_time = problem.limits.min_p_on_time, problem.p_on_time[route]
            if p_on_time < least:
                self._break(Constraint.PROMISE, where, least, p_on_time)

    def _stock(self, served: Sequence[Part]) -> None:
        problem = self.problem
        drawn: Counter[tuple[int, int]] = Counter()
        for line, route, quantity in served:
            drawn[int(problem.item[line]), int(problem.source[route])] += quantity
        for (item, source), units in drawn.items():
            there = int(problem.stock[item, source])
            if units > there:
                where = f"{problem.item_ids[item]} at {problem.source_ids[source]}"
                self._break(Constraint.STOCK, where, units, there, units - there)

    def _splits(self, served: Sequence[Part]) -> None:
        problem, limits = self.problem, self.problem.limits
        packages = len({part.route for part in served})
        if packages > limits.max_packages:
            over = packages - limits.max_packages
            self._break(Constraint.ORDER_SPLIT, "packages", packages, limits.max_packages, over)
        routes: defaultdict[int, set[int]] = defaultdict(set)
        for part in self.parts:
            routes[part.line].add(part.route)
        for line, used in routes.items():
            if len(used) > limits.max_parts:
                where, over = f"parts of line {problem.line_ids[line]}", len(used) - limits.max_parts
                self._break(Constraint.LINE_SPLIT, where, len(used), limits.max_parts, over)
        for group in problem.together:
            used = set[int]().union(*(routes[line] for line in group))
            if len(used) > 1:
                where = f"lines {', '.join(problem.line_ids[line] for line in group)}"
                self._break(Constraint.TOGETHER, where, len(used), 1, len(used) - 1)

    def _packages(self, served: Sequence[Part]) -> None:
        """Weigh each package, charge its tariff, and count those that leave each place."""
        problem = self.problem
        leaving: Counter[int] = Counter()
        for route in sorted({part.route for part in served}):
            inside = [part for part in served if part.route == route]
            weight = sum(part.quantity * int(problem.weight_g[part.line]) for part in inside)
            volume = sum(part.quantity * int(problem.volume_cm3[part.line]) for part in inside)
            needed, most = weight, int(problem.max_weight_g[route])
            if (tariff := problem.tariffs[route]) is not None:
                billed = tariff.billable_g(weight, volume)
                self.terms[Term.FREIGHT] += tariff.freight_cents(billed)
                if billed - tariff.up_to_g[-1] > weight - most:
                    needed, most = billed, tariff.up_to_g[-1]
            if needed > most:
                over = -(-(needed - most) // 1000)
                self._break(Constraint.WEIGHT, f"package of {self._route(route)}", needed, most, over)
            leaving[int(problem.place[problem.source[route]])] += 1
        for place, packages in leaving.items():
            room = int(problem.capacity[place])
            if packages > room:
                where = f"packages from {problem.place_ids[place]}"
                self._break(Constraint.CAPACITY, where, packages, room, packages - room)

    def _route(self, route: int) -> str:
        return " by ".join(self.problem.route_id(route))

    def _pair(self, line: int, route: int) -> str:
        return f"line {self.problem.line_ids[line]} from {self._route(route)}"
