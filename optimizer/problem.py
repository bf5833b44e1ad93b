"""One order as numbers: its lines, the routes that could carry them, what they cost and what limits them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import nan
from typing import Any, Final

import numpy as np

from graph.errors import BadInput
from optimizer.causes import find_causes
from optimizer.judged import is_clean, may_go
from optimizer.limits import Limits, Tariff
from optimizer.problem_faults import find_faults
from optimizer.words import CONSTRAINT_OF, Bools, Constraint, Floats, Ints, Reason, Term


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """A reason found outside the optimizer that keeps lines off routes: a pin, a cut-off, a lapsed offer.

    ``where`` is (lines, routes); ``needed`` and ``available`` are its numbers and broadcast to it.
    """

    reason: Reason
    where: Bools
    needed: float | Floats = nan
    available: float | Floats = nan


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class OrderProblem:
    """What is to be decided for one order; arrays are made read-only, money is whole cents.

    Sizes: L lines, I stock items, R routes, S sources, P places (a warehouse holds several sources), C
    carriers. A *route* is one source and carrier; lines on one route are one package. An assignment pays
    ``package_terms`` once per package, ``part_terms`` once per line and route, ``unit_terms`` per unit
    of a line on a route, ``unfilled_cents`` per unit left unserved and ``unfilled_fixed_cents`` once for
    any of them.
    ``candidate`` says which routes are offered for which lines at all. Names serve messages, and say what
    the orders of a batch share. Raises BadInput with every fault.
    """

    order_id: str
    line_ids: tuple[str, ...]
    item_ids: tuple[str, ...]
    source_ids: tuple[str, ...]
    place_ids: tuple[str, ...]
    carrier_ids: tuple[str, ...]
    item: Ints  # (L,) row of ``stock``
    quantity: Ints  # (L,) units
    source: Ints  # (R,)
    carrier: Ints  # (R,)
    place: Ints  # (S,) where the source's stock lies
    stock: Ints  # (I, S) units available
    candidate: Bools  # (L, R)
    package_terms: Mapping[Term, Ints]  # (R,) each
    part_terms: Mapping[Term, Ints]  # (L, R) each
    unit_terms: Mapping[Term, Ints]  # (L, R) each
    unfilled_cents: Ints  # (L,) per unit, or MUST_SERVE
    unfilled_fixed_cents: int = 0
    limits: Limits = field(default_factory=Limits)
    together: tuple[tuple[int, ...], ...] = ()
    blocks: tuple[Block, ...] = ()
    weight_g: Ints  # (L,) of one unit; 0 = unknown
    volume_cm3: Ints  # (L,) of one unit; 0 = unknown
    side_cm: Floats  # (L,) longest side; 0 = unknown
    max_weight_g: Ints  # (R,) of a package
    max_side_cm: Floats  # (R,)
    capacity: Ints  # (P,) packages that may still leave today
    tariffs: tuple[Tariff | None, ...] = ()  # (R,) or empty
    mean_days: Floats  # (R,) lead time of the order's parcel
    p_on_time: Floats  # (R,)
    distance_km: Floats = field(default_factory=lambda: np.array(np.nan))  # (R,) NaN where unknown

    package_cents: Ints = field(init=False)  # (R,) sum of ``package_terms``
    unit_cents: Ints = field(init=False)  # (L, R) sum of ``unit_terms``
    part_cents: Ints = field(init=False)  # (L, R) sum of ``part_terms`` and the penalties of each pair
    line_cents: Ints = field(init=False)  # (L, R) of the whole line on the route
    admissible: Bools = field(init=False)  # (L, R) the whole line may take the route, by itself
    part_admissible: Bools = field(init=False)  # (L, R) one unit may; differs only where parts are allowed

    def __post_init__(self) -> None:
        self._put_arrays()
        if not is_clean(self) and (faults := tuple(find_faults(self))):
            raise BadInput(f"The problem of order {self.order_id!r} cannot be used.", faults)
        self._derive()

    @property
    def lines(self) -> int:
        """L, the number of lines."""
        return len(self.line_ids)

    @property
    def routes(self) -> int:
        """R, the number of routes."""
        return len(self.source)

    def route_id(self, route: int) -> tuple[str, str]:
        """Return (source_id, carrier_id) of a route."""
        return self.source_ids[self.source[route]], self.carrier_ids[self.carrier[route]]

    @property
    def hard_together(self) -> tuple[tuple[int, ...], ...]:
        """The groups of lines that must share a package; none where the constraint is soft."""
        return self.together if self.limits.is_hard(Constraint.TOGETHER) else ()

    def _put(self, name: str, value: Any) -> None:
        object.__setattr__(self, name, value)

    def _put_arrays(self) -> None:
        for name in _INT_ARRAYS:
            self._put(name, _fixed(getattr(self, name), np.int64))
        for name in _FLOAT_ARRAYS:
            self._put(name, _fixed(getattr(self, name), np.float64))
        self._put("candidate", _fixed(self.candidate, np.bool_))
        for name in _TERM_MAPS:
            terms = {term: _fixed(cents, np.int64) for term, cents in getattr(self, name).items()}
            self._put(name, terms)
        if not self.tariffs:
            self._put("tariffs", (None,) * len(self.source))
        if self.distance_km.ndim == 0:
            self._put("distance_km", _fixed(np.full(len(self.source), np.nan), np.float64))

    def _derive(self) -> None:
        shape = self.candidate.shape
        unit = sum(self.unit_terms.values(), np.zeros(shape, np.int64))
        part = sum(self.part_terms.values(), np.zeros(shape, np.int64))
        package = sum(self.package_terms.values(), np.zeros(shape[1], np.int64))
        admissible, penalty, lacking = self._judge(self.quantity)
        part_admissible = admissible
        if self.limits.may_split_lines:
            part_admissible = self._judge(np.ones_like(self.quantity))[0]
        if penalty is not None:
            part = part + penalty
        line = part + unit * self.quantity[:, None]
        if lacking is not None:
            line = line + lacking
        for name, array in (
            ("unit_cents", unit),
            ("part_cents", part),
            ("package_cents", package),
            ("line_cents", line),
            ("admissible", admissible),
            ("part_admissible", part_admissible),
        ):
            self._put(name, _fixed(array, array.dtype))

    def _judge(self, quantity: Ints) -> tuple[Bools, Ints | None, Ints | None]:
        """Return who may carry so many units, the penalty per part, and that for lacking stock.

        None where there is none to pay, because every limit is hard.
        """
        if not self.limits.price_cents and not any(self.tariffs):
            return may_go(self, quantity), None, None
        admissible = self.candidate.copy()
        penalty, lacking = (np.zeros(admissible.shape, np.int64) for _ in range(2))
        for cause in find_causes(self, quantity):
            if self.limits.is_hard(cause.constraint):
                admissible &= ~cause.where
                continue
            cents = self.limits.price_cents[cause.constraint]  # type: ignore[index]  # soft: it has a price
            if cause.constraint is Constraint.STOCK:
                missing = np.where(cause.where, cause.needed - cause.available, 0).astype(np.int64)
                lacking += cents * missing
            elif cause.constraint in _PER_PART:
                penalty += cents * cause.where
        return admissible, penalty, lacking


_INT_ARRAYS: Final = (
    *("item", "quantity", "source", "carrier", "place", "stock", "unfilled_cents"),
    *("weight_g", "volume_cm3", "max_weight_g", "capacity"),
)
_FLOAT_ARRAYS: Final = ("side_cm", "max_side_cm", "mean_days", "p_on_time", "distance_km")
_TERM_MAPS: Final = ("package_terms", "part_terms", "unit_terms")
_PER_PART: Final = frozenset(CONSTRAINT_OF.values()) - {
    *(Constraint.STOCK, Constraint.WEIGHT, Constraint.CAPACITY),
    *(Constraint.ORDER_SPLIT, Constraint.TOGETHER),
}


def _fixed(array: Any, dtype: Any) -> Any:
    """Return a read-only array of a type, row by row; it is copied only where it is not like that yet."""
    found = np.asarray(array, dtype=dtype, order="C").view()
    found.flags.writeable = False
    return found
