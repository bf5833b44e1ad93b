"""The sections of the smart-routing page below its story, in order; one without numbers is left out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from api.reports.cited import Cited
from api.reports.smart_routing.alerts import warnings
from api.reports.smart_routing.claims import claims
from api.reports.smart_routing.happened import assumptions, happened
from api.reports.smart_routing.known import known
from api.reports.smart_routing.lost import lost
from api.reports.smart_routing.policies import effects, policies
from api.reports.smart_routing.rankings import routes, sellers
from api.reports.smart_routing.section import Section
from api.reports.smart_routing.stars import stars

MAKERS: Final[tuple[Callable[[Cited], Section], ...]] = (
    *(happened, lost, policies, effects, known),
    *(sellers, routes, stars, claims, warnings, assumptions),
)


def sections(told: Cited) -> list[Section]:
    """Return the sections that have something to show."""
    return [section for make in MAKERS if not (section := make(told)).empty]
