"""One order decided by a policy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from optimizer.assignment import Assignment
from optimizer.general import WORK
from optimizer.greedy import by_rules, recorded
from optimizer.one import solve_order
from optimizer.policy import Policy, PolicyKind
from optimizer.problem import OrderProblem
from optimizer.words import Engine


@dataclass(frozen=True, slots=True)
class Choice:
    """What a policy chose; ``decided_by`` names the rule per line, empty where cost decided."""

    assignment: Assignment
    decided_by: tuple[str, ...] = ()


def choose(
    problem: OrderProblem, policy: Policy, record: Mapping[int, int] | None = None, work: int = WORK
) -> Choice | None:
    """Return the policy's choice, which the referee has passed, or None where there is none.

    ``record`` (line: route) is what was done before; only the kind ``recorded`` reads it. Rules that end
    with a line that must be served and cannot give way to the cheapest assignment, and the answer's engine
    says so. Raises Unsolved as ``solve_order`` does.
    """
    if policy.kind is PolicyKind.RECORDED:
        found = recorded(problem, record or {})
        return None if found is None else Choice(found)
    if policy.kind is not PolicyKind.COST:
        engine = Engine.GREEDY if policy.kind is PolicyKind.GREEDY else Engine.RULES
        if ruled := by_rules(problem, policy.rules, engine):
            return Choice(ruled.assignment, ruled.decided_by)
    cheapest = solve_order(problem, work)
    return None if cheapest is None else Choice(cheapest)
