"""What can be wrong with the numbers of an :class:`AssortmentProblem`, all at once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

import numpy as np

from graph.errors import Fault

if TYPE_CHECKING:
    from optimizer.placement.assortment_problem import AssortmentProblem

_SHAPES: Final = {
    "capacity": "S",
    **dict.fromkeys(("stocking", "inbound"), "SO"),
    **dict.fromkeys(("space", "bundle"), "O"),
    **dict.fromkeys(("line_type", "line_offer", "line_units"), "L"),
    "parcel": "T",
    "lane": "CSR",
    **dict.fromkeys(("demand_type", "demand_region", "orders", "own"), "N"),
}
_CODES: Final = {
    **dict.fromkeys(("bundle", "line_offer"), "O"),
    **dict.fromkeys(("line_type", "demand_type"), "T"),
    "parcel": "C",
    "demand_region": "R",
}
_UNSIGNED: Final = ("capacity", "stocking", "orders")
_POSITIVE: Final = ("space", "line_units")
_MAY_BE_INFINITE: Final = ("capacity", "lane")


def find_faults(problem: AssortmentProblem) -> Iterator[Fault]:
    """Yield every fault; values are looked at only where all shapes are right."""
    sizes = _sizes(problem)
    found = [*_name_faults(problem), *_shape_faults(problem, sizes)]
    if not found:
        found = [*_code_faults(problem, sizes), *_value_faults(problem)]
    yield from found or _type_faults(problem)


def _fault(column: str, kind: str, value: object, remedy: str) -> Fault:
    return Fault("assortment", None, column, kind, str(value), remedy)


def _sizes(problem: AssortmentProblem) -> dict[str, int]:
    lane = problem.lane.shape if problem.lane.ndim == 3 else (0, 0, 0)
    return {
        **{"S": problem.sites, "O": problem.offers, "L": len(problem.line_type)},
        **{"T": len(problem.parcel), "C": lane[0], "R": lane[2], "N": len(problem.orders)},
    }


def _name_faults(problem: AssortmentProblem) -> Iterator[Fault]:
    for name in ("site_ids", "offer_ids"):
        ids = getattr(problem, name)
        if not ids:
            yield _fault(name, "nothing to place", 0, "Give at least one.")
        elif len(set(ids)) < len(ids):
            yield _fault(name, "a name is given twice", len(ids) - len(set(ids)), "Make names unique.")


def _shape_faults(problem: AssortmentProblem, sizes: dict[str, int]) -> Iterator[Fault]:
    for name, letters in _SHAPES.items():
        shape, right = getattr(problem, name).shape, tuple(sizes[letter] for letter in letters)
        if shape != right:
            yield _fault(name, "wrong shape", shape, f"Give {right}.")


def _code_faults(problem: AssortmentProblem, sizes: dict[str, int]) -> Iterator[Fault]:
    for name, letter in _CODES.items():
        codes = getattr(problem, name)
        wrong = (codes < 0) | (codes >= sizes[letter])
        if wrong.any():
            yield _fault(name, "no such number", codes[wrong][0], f"Give 0 to {sizes[letter] - 1}.")


def _value_faults(problem: AssortmentProblem) -> Iterator[Fault]:
    for name in (*_UNSIGNED, *_POSITIVE, "lane", "inbound", "own"):
        values = getattr(problem, name)
        wrong = np.isnan(values) | (values == -np.inf)
        if name not in _MAY_BE_INFINITE:
            wrong |= np.isinf(values)
        if name in _UNSIGNED:
            wrong |= values < 0
        if name in _POSITIVE:
            wrong |= values <= 0
        if wrong.any():
            sign = " above zero" if name in _POSITIVE else " of zero or more" if name in _UNSIGNED else ""
            yield _fault(name, "not a usable number", values[wrong][0], f"Give numbers{sign}.")


def _type_faults(problem: AssortmentProblem) -> Iterator[Fault]:
    """Yield order types without lines, with an offer twice, or out of more than one bundle."""
    types = len(problem.parcel)
    empty = np.bincount(problem.line_type, minlength=types) == 0
    if empty.any():
        yield _fault("line_type", "an order type without lines", empty.argmax(), "Say what it holds.")
    pairs = problem.line_type * problem.offers + problem.line_offer
    if len(np.unique(pairs)) < len(pairs):
        yield _fault("line_offer", "an offer twice in an order type", "", "Add its units up.")
    bundle = problem.bundle[problem.line_offer]
    first = np.full(types, problem.offers)
    last = np.full(types, -1)
    np.minimum.at(first, problem.line_type, bundle)
    np.maximum.at(last, problem.line_type, bundle)
    if (mixed := first < last).any():
        remedy = "Stock them as one bundle, or give their demand by offer."
        yield _fault("bundle", "an order type of several bundles", mixed.argmax(), remedy)
