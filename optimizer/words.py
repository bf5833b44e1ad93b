"""The closed lists of a decision: limits, reasons, terms of cost, and how a solve may end."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


UNLIMITED: Final = 1 << 40
"""Stock, capacity or weight without a limit."""

MUST_SERVE: Final = -1
"""The unfilled price of a line that may not be left unserved."""

UNFILLED: Final = -1
"""The route of units that nobody serves."""

MOST_LINES: Final = 100
MOST_UNITS: Final = 1_000_000
MOST_CENTS: Final = 10**10
"""No single amount may be larger, so that every sum of an order is a whole number below 2^53."""


class Constraint(StrEnum):
    """What an assignment must keep to; each is hard, or soft with a price in cents per violated unit.

    The unit is: of ``stock`` one unit lacking, of ``order_split`` one package and of ``line_split`` one part
    too many, of ``together`` one package too many for a group, of ``capacity`` one package too many, of
    ``weight`` each started kilogram over the limit of a package, of all others one part of a line.
    """

    STOCK = "stock"
    ORDER_SPLIT = "order_split"
    LINE_SPLIT = "line_split"
    TOGETHER = "together"
    PIN = "pin"
    EXCLUDE = "exclude"
    CAPACITY = "capacity"
    CUT_OFF = "cut_off"
    PICKUP_DAY = "pickup_day"
    WEIGHT = "weight"
    SIZE = "size"
    PROMISE = "promise"


class Heed(StrEnum):
    """How a policy heeds what a carrier's calendar tells: its cut-off hour, its days of pickup.

    ``time``: the days that a parcel waits for its pickup cost as days under way do. ``hard``: only carriers
    that do not let it wait for this. ``off``: the calendar does not tell it.
    """

    TIME = "time"
    HARD = "hard"
    OFF = "off"


class Reason(StrEnum):
    """Why a candidate cannot serve a line; a rejection names all that hold: mending them admits it."""

    NO_STOCK = "no_stock"
    NOT_ENOUGH_STOCK = "not_enough_stock"
    EXCLUDED = "excluded"
    NOT_PINNED = "not_pinned"
    OFFER_LAPSED = "offer_lapsed"
    NO_CARRIER = "no_carrier"
    TOO_HEAVY = "too_heavy"
    TOO_LARGE = "too_large"
    CUT_OFF_PASSED = "cut_off_passed"
    NO_PICKUP = "no_pickup"
    CAPACITY_FULL = "capacity_full"
    PROMISE_MISSED = "promise_missed"
    SPLIT_LIMIT = "split_limit"
    TOGETHER = "together"


CONSTRAINT_OF: Final[Mapping[Reason, Constraint | None]] = {
    Reason.NO_STOCK: Constraint.STOCK,
    Reason.NOT_ENOUGH_STOCK: Constraint.STOCK,
    Reason.EXCLUDED: Constraint.EXCLUDE,
    Reason.NOT_PINNED: Constraint.PIN,
    Reason.OFFER_LAPSED: None,
    Reason.NO_CARRIER: None,
    Reason.TOO_HEAVY: Constraint.WEIGHT,
    Reason.TOO_LARGE: Constraint.SIZE,
    Reason.CUT_OFF_PASSED: Constraint.CUT_OFF,
    Reason.NO_PICKUP: Constraint.PICKUP_DAY,
    Reason.CAPACITY_FULL: Constraint.CAPACITY,
    Reason.PROMISE_MISSED: Constraint.PROMISE,
    Reason.SPLIT_LIMIT: Constraint.ORDER_SPLIT,
    Reason.TOGETHER: Constraint.TOGETHER,
}
"""The constraint behind each reason; None: nothing that could be soft."""


class Term(StrEnum):
    """What an assignment's cost is made of, in cents."""

    FREIGHT = "freight"
    PACKAGE = "package"
    HANDLING = "handling"
    TIME = "time"
    LATE = "late"
    SCARCITY = "scarcity"
    UNFILLED = "unfilled"
    PENALTY = "penalty"


PACKAGE_TERMS: Final = (Term.FREIGHT, Term.PACKAGE, Term.HANDLING)
LINE_TERMS: Final = (Term.FREIGHT, Term.HANDLING, Term.TIME, Term.LATE, Term.SCARCITY)


class Engine(StrEnum):
    """Which solver answered."""

    KERNEL = "kernel"
    GENERAL = "general"
    FLOW = "flow"
    HIGHS = "highs"
    CP_SAT = "cp_sat"
    GREEDY = "greedy"
    RULES = "rules"
    RECORDED = "recorded"


class Status(StrEnum):
    """How a solve ended; ``infeasible`` comes without an answer."""

    OPTIMAL = "optimal"
    FEASIBLE = "feasible"
    INFEASIBLE = "infeasible"
