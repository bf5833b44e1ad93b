"""The closed lists of a placement: what limits it, what it pays for, and which method answered."""

from __future__ import annotations

from enum import StrEnum


class Limit(StrEnum):
    """What a plan must keep to."""

    SERVED = "served"
    ALLOWED = "allowed"
    CAPACITY = "capacity"
    MIN_UNITS = "min_units"
    OPEN = "open"
    FORCED_OPEN = "forced_open"
    FORCED_CLOSED = "forced_closed"
    MIN_SITES = "min_sites"
    MAX_SITES = "max_sites"
    BUDGET = "budget"
    SINGLE_SOURCE = "single_source"
    ON_TIME = "on_time"
    FLOWS = "flows"


class PlanTerm(StrEnum):
    """What a plan pays for: open sites, demand served, demand left unserved."""

    FIXED = "fixed"
    SERVING = "serving"
    UNSERVED = "unserved"


class Method(StrEnum):
    """What kind of problem it was, and so how its answer was found and bounded."""

    MEDIAN = "p_median"
    UNCAPACITATED = "uncapacitated"
    CAPACITATED = "capacitated"
    SINGLE_SOURCE = "single_source"
    ASSIGNMENT = "assignment"
