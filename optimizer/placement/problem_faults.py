"""What can be wrong with the numbers of a :class:`FacilityProblem`, all at once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from graph.errors import Fault

if TYPE_CHECKING:
    from optimizer.placement.problem import FacilityProblem

_SHAPES: Final = {
    **dict.fromkeys(("fixed", "capacity", "min_units", "forced", "spend"), "I"),
    **dict.fromkeys(("units", "unserved"), "J"),
    **dict.fromkeys(("cost", "use", "on_time"), "IJ"),
    "parts": "PJ",
}
_UNSIGNED: Final = ("units", "capacity", "min_units", "use", "parts", "on_time")
_FINITE: Final = ("fixed", "units", "min_units", "use", "parts", "spend", "on_time", "unserved")


def find_faults(problem: FacilityProblem) -> Iterator[Fault]:
    """Yield every fault; values are looked at only where all shapes are right."""
    found = [*_shape_faults(problem)]
    yield from found or [*_value_faults(problem), *_limit_faults(problem)]


def _fault(column: str, kind: str, value: object, remedy: str, row: str | None = None) -> Fault:
    return Fault("placement", row, column, kind, str(value), remedy)


def _shape_faults(problem: FacilityProblem) -> Iterator[Fault]:
    periods = 1 if problem.parts is None or not problem.parts.size else len(problem.parts)
    sizes = {"I": problem.sites, "J": problem.demands, "P": periods}
    for name, ids in (("site_ids", problem.site_ids), ("demand_ids", problem.demand_ids)):
        if not ids:
            yield _fault(name, "nothing to place", 0, "Give at least one.")
        elif len(set(ids)) < len(ids):
            yield _fault(name, "a name is given twice", len(ids) - len(set(ids)), "Make names unique.")
    for name, shape in _SHAPES.items():
        given, right = getattr(problem, name), tuple(sizes[letter] for letter in shape)
        if given is not None and given.shape != right:
            yield _fault(name, "wrong shape", given.shape, f"Give {right}.")


def _value_faults(problem: FacilityProblem) -> Iterator[Fault]:
    for name in dict.fromkeys((*_FINITE, *_UNSIGNED, "cost")):
        if (given := getattr(problem, name)) is None:
            continue
        wrong = np.isnan(given) | (given == -np.inf)
        if name in _FINITE:
            wrong |= np.isinf(given)
        if name in _UNSIGNED:
            wrong |= given < 0
        if wrong.any():
            sign = " of zero or more" if name in _UNSIGNED else ""
            value = given[wrong][0]
            yield _fault(name, "not a usable number", value, f"Give numbers{sign}.", _where(problem, wrong))
    if problem.on_time is not None and (problem.on_time > 1).any():
        yield _fault("on_time", "not a probability", problem.on_time.max(), "Give 0 to 1.")
    if problem.parts is not None and (most := problem.parts.sum(axis=0)).max() > 1 + 1e-9:
        yield _fault("parts", "more than all", most.max(), "Give parts that add up to 1 at the most.")
    if not np.isin(problem.forced, (-1, 0, 1)).all():
        yield _fault("forced", "unknown status", problem.forced, "Give -1 closed, 0 free or 1 open.")
    nowhere = np.isinf(problem.cost).all(axis=0)
    if problem.unserved is None and nowhere.any():
        remedy = "Allow a site to serve it, or give the cost of leaving it unserved."
        yield _fault("cost", "no site may serve it", "inf", remedy, _where(problem, nowhere))


def _limit_faults(problem: FacilityProblem) -> Iterator[Fault]:
    for name in ("min_sites", "max_sites"):
        if (count := getattr(problem, name)) is not None and count < 0:
            yield _fault(name, "negative", count, "Give zero or more.")
    if problem.budget is not None and not np.isfinite(problem.budget):
        yield _fault("budget", "not a number", problem.budget, "Give an amount, or none.")
    if not 0 <= problem.min_on_time <= 1:
        yield _fault("min_on_time", "not a share", problem.min_on_time, "Give 0 to 1.")
    if problem.min_on_time > 0 and problem.on_time is None:
        yield _fault("on_time", "missing", "none", "A required share on time needs the probabilities.")


def _where(problem: FacilityProblem, wrong: Any) -> str:
    """Name the first wrong place: the site, the demand, or the pair."""
    first = np.argwhere(wrong)[0]
    if wrong.ndim == 2:
        return f"{problem.site_ids[first[0]]} to {problem.demand_ids[first[1]]}"
    return f"number {first[0] + 1}"
