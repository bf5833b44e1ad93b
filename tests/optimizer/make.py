"""Order problems in few words, and random ones with a planted answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from graph.orders import location_of
from optimizer.assignment import Part
from optimizer.limits import Limits
from optimizer.problem import OrderProblem
from optimizer.words import MUST_SERVE, UNLIMITED, Term


def problem_of(line_cents: Any, package_cents: Any, **changes: Any) -> OrderProblem:
    """Return a problem of one unit per line, each its own item, one carrier a source, all of it in stock.

    ``line_cents`` (lines, routes): the freight of each line; -1 where it is not offered.
    """
    cents = np.asarray(line_cents, dtype=np.int64)
    lines, routes = cents.shape
    source_ids = changes.pop("source_ids", tuple(f"seller:{name}" for name in "abcdefghijklmnop"[:routes]))
    given: dict[str, Any] = {
        "order_id": "o1",
        "line_ids": tuple(f"l{line}" for line in range(lines)),
        "item_ids": tuple(f"p{line}" for line in range(lines)),
        "source_ids": source_ids,
        "carrier_ids": ("post",),
        "item": np.arange(lines),
        "quantity": np.ones(lines),
        "source": np.arange(routes),
        "carrier": np.zeros(routes),
        "candidate": cents >= 0,
        "package_terms": {Term.PACKAGE: np.asarray(package_cents)},
        "part_terms": {},
        "unit_terms": {Term.FREIGHT: np.maximum(cents, 0)},
        "unfilled_cents": np.full(lines, MUST_SERVE),
        "weight_g": np.full(lines, 100),
        "volume_cm3": np.full(lines, 1000),
        "side_cm": np.full(lines, 10.0),
        "max_weight_g": np.full(routes, UNLIMITED),
        "max_side_cm": np.full(routes, np.inf),
        "mean_days": np.full(routes, 5.0),
        "p_on_time": np.full(routes, 0.9),
        **changes,
    }
    places = tuple(dict.fromkeys(location_of(name) for name in source_ids))
    given.setdefault("place_ids", places)
    given.setdefault("place", [places.index(location_of(name)) for name in source_ids])
    given.setdefault("stock", np.full((len(given["item_ids"]), len(source_ids)), UNLIMITED))
    given.setdefault("capacity", np.full(len(places), UNLIMITED))
    if isinstance(given.get("limits"), dict):
        given["limits"] = Limits(**given["limits"])
    return OrderProblem(**given)


def parts_of(problem: OrderProblem, routes: Sequence[int]) -> tuple[Part, ...]:
    """Return the answer that sends each line whole by one route."""
    return tuple(Part(line, route, int(problem.quantity[line])) for line, route in enumerate(routes))
