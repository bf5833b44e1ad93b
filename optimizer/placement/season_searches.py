"""Search for plans where a site's capacity holds in several periods.

A search knows one use of each demand. With the use of its largest period a plan fits in every period, but
leaves room unused where peaks fall at different times; with that of the period in which most is used in all
a plan may be too much for another. So plans are searched for at both and between, and the referee decides.
"""

from __future__ import annotations

from typing import Final

from optimizer.placement.core import Core
from optimizer.placement.lagrangian import Lagrangian
from optimizer.placement.record import Record
from optimizer.placement.searches import Searcher, searcher_of
from optimizer.words import Bools, Floats

PARTS: Final = (1.0, 0.5, 0.25, 0.1)
"""Of the way from the use of the period in which most is used to each demand's own largest."""


class Seasonal:
    """The searches of one kind at several uses; the one that found the best plan so far polishes it."""

    def __init__(self, core: Core, record: Record) -> None:
        """Polish half way, until a search elsewhere finds more."""
        self._record = record
        self._searchers = [searcher_of(core.peaked(record.problem, part), record) for part in PARTS]
        self._best = self._searchers[PARTS.index(0.5)]

    def search(self, tried: Bools, duals: Lagrangian) -> None:
        """Search at every use."""
        for one in self._searchers:
            before = self._record.value
            if self._record.goes_on():
                one.search(tried, duals)
            if self._record.value < before:
                self._best = one

    def polish(self, duals: Lagrangian) -> None:
        """Try harder where the best plan was found."""
        self._best.polish(duals)

    def look(self, is_open: Bools, price: Floats) -> None:
        """Try the open rows of a leaf at every use."""
        for one in self._searchers:
            one.look(is_open, price)


def seasonal(core: Core, record: Record) -> Searcher:
    """Return the search for a problem, which has several periods or one."""
    parts = record.problem.parts
    many = core.limited and parts is not None and len(parts) > 1
    return Seasonal(core, record) if many else searcher_of(core, record)
