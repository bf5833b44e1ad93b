"""What can be wrong with the numbers of an :class:`OrderProblem`, all at once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from graph.errors import Fault
from optimizer.words import (
    LINE_TERMS,
    MOST_CENTS,
    MOST_LINES,
    MOST_UNITS,
    MUST_SERVE,
    PACKAGE_TERMS,
)

if TYPE_CHECKING:
    from optimizer.problem import OrderProblem

_TERMS: Final = {
    "package_terms": ("R", PACKAGE_TERMS),
    "part_terms": ("LR", LINE_TERMS),
    "unit_terms": ("LR", LINE_TERMS),
}
_SHAPES: Final = {
    **dict.fromkeys(("item", "quantity", "unfilled_cents", "weight_g", "volume_cm3", "side_cm"), "L"),
    **dict.fromkeys(("source", "carrier", "max_weight_g", "max_side_cm", "mean_days", "p_on_time"), "R"),
    **{"distance_km": "R", "place": "S", "capacity": "P", "stock": "IS", "candidate": "LR"},
}
_NOT_NEGATIVE: Final = (
    *("stock", "weight_g", "volume_cm3", "side_cm", "max_weight_g", "max_side_cm"),
    *("capacity", "mean_days"),
)


def find_faults(problem: OrderProblem) -> Iterator[Fault]:
    """Yield every fault; values are looked at only where all shapes are right."""
    found = [*_shape_faults(problem)]
    yield from found or [*_term_faults(problem), *_value_faults(problem), *_group_faults(problem)]


def _fault(problem: OrderProblem, column: str, kind: str, value: object, remedy: str) -> Fault:
    return Fault("problem", problem.order_id, column, kind, str(value), remedy)


def _shape_faults(problem: OrderProblem) -> Iterator[Fault]:
    sizes = {
        "L": len(problem.line_ids),
        "I": len(problem.item_ids),
        "S": len(problem.source_ids),
        "P": len(problem.place_ids),
        "R": len(problem.source),
    }
    if not 1 <= sizes["L"] <= MOST_LINES:
        yield _fault(problem, "line_ids", "too many lines, or none", sizes["L"], f"Give 1 to {MOST_LINES}.")
    given: list[tuple[str, Any, str]] = [(name, getattr(problem, name), s) for name, s in _SHAPES.items()]
    for name, (shape, _) in _TERMS.items():
        given += [(f"{name}.{term}", cents, shape) for term, cents in getattr(problem, name).items()]
    given += [(f"blocks.{block.reason}", block.where, "LR") for block in problem.blocks]
    given += [("tariffs", problem.tariffs, "R")]
    for name, array, letters in given:
        found = (len(array),) if isinstance(array, tuple) else np.shape(array)
        wanted = tuple(sizes[letter] for letter in letters)
        if found != wanted:
            yield _fault(problem, name, "wrong shape", found, f"Give {wanted}.")


def _term_faults(problem: OrderProblem) -> Iterator[Fault]:
    """No amount is negative or larger than MOST_CENTS, for the whole line where it is per unit."""
    for name, (_, known) in _TERMS.items():
        times = problem.quantity[:, None] if name == "unit_terms" else 1
        for term, cents in getattr(problem, name).items():
            if term not in known:
                yield _fault(problem, name, "unknown term", term, f"One of {', '.join(known)}.")
            if _outside(cents, 0, MOST_CENTS) or _outside(cents * times, 0, MOST_CENTS):
                remedy = f"Give 0 to {MOST_CENTS} cents."
                yield _fault(problem, f"{name}.{term}", "out of range", cents.tolist(), remedy)
    unfilled = problem.unfilled_cents
    if _outside(unfilled, MUST_SERVE, MOST_CENTS) or (unfilled * problem.quantity).max() > MOST_CENTS:
        remedy = f"Give {MUST_SERVE} (must be served) or 0 to {MOST_CENTS} cents a line."
        yield _fault(problem, "unfilled_cents", "out of range", unfilled.tolist(), remedy)
    if not 0 <= problem.unfilled_fixed_cents <= MOST_CENTS:
        value, remedy = problem.unfilled_fixed_cents, f"Give 0 to {MOST_CENTS} cents."
        yield _fault(problem, "unfilled_fixed_cents", "out of range", value, remedy)


def _value_faults(problem: OrderProblem) -> Iterator[Fault]:
    ranges: list[tuple[str, float, float]] = [
        ("item", 0, len(problem.item_ids) - 1),
        ("source", 0, len(problem.source_ids) - 1),
        ("carrier", 0, len(problem.carrier_ids) - 1),
        ("place", 0, len(problem.place_ids) - 1),
        ("quantity", 1, MOST_UNITS),
        ("p_on_time", 0, 1),
        *((name, 0, np.inf) for name in _NOT_NEGATIVE),
    ]
    for name, low, high in ranges:
        array = getattr(problem, name)
        if _outside(array, low, high):
            yield _fault(problem, name, "out of range", array.tolist(), f"Give {low} to {high}.")


def _group_faults(problem: OrderProblem) -> Iterator[Fault]:
    named = [line for group in problem.together for line in group]
    if len(set(named)) < len(named) or any(not 0 <= line < problem.lines for line in named):
        remedy = "Name each line at most once."
        yield _fault(problem, "together", "unknown or repeated line", problem.together, remedy)
    routes = list(zip(problem.source.tolist(), problem.carrier.tolist(), strict=True))
    if len(set(routes)) < len(routes):
        yield _fault(problem, "source", "route given twice", routes, "Give each source and carrier once.")


def _outside(array: Any, low: float, high: float) -> bool:
    return not bool(np.all((array >= low) & (array <= high)))
