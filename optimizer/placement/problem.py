"""A placement as numbers: sites that may open, demands to be served from them, and what limits a plan."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from graph.errors import BadInput
from optimizer.placement.problem_faults import find_faults
from optimizer.words import Floats

FREE: Final = 0
OPEN: Final = 1
CLOSED: Final = -1


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class FacilityProblem:
    """Choose open sites and the share of each demand that each serves, at least total cost.

    Sizes: I sites, J demands; arrays are made read-only float64. Money is in any one unit (whole cents are
    exact below 2^53). A plan pays ``fixed`` for every open site, ``cost * share`` for what a site serves and
    ``unserved * share`` for what nobody serves. A site serves all P periods alike, and its capacity holds in
    each of them. Raises BadInput with every fault.
    """

    site_ids: tuple[str, ...]
    demand_ids: tuple[str, ...]
    fixed: Floats  # (I,) of a site that is open
    cost: Floats  # (I, J) of serving all of the demand; inf = not allowed
    units: Floats  # (J,) of demand
    capacity: Floats  # (I,) inf = unlimited
    min_units: Floats = field(default_factory=lambda: np.array(0.0))  # (I,) least use in all of an open site
    use: Floats | None = None  # (I, J) capacity used by serving all of the demand; None: its units
    parts: Floats | None = None  # (P, J) of that use, in each period; None: all of it in one period
    forced: NDArray[np.int8] = field(default_factory=lambda: np.array(FREE, np.int8))  # (I,) or CLOSED, OPEN
    min_sites: int | None = None
    max_sites: int | None = None
    budget: float | None = None  # limit on the sum of ``spend`` of open sites
    spend: Floats | None = None  # (I,) None: ``fixed``
    single_source: bool = False
    on_time: Floats | None = None  # (I, J) probability that the demand's promise is kept
    min_on_time: float = 0.0  # of all units, expected; unserved units are late
    unserved: Floats | None = None  # (J,) of leaving all of the demand unserved; None: must be served

    def __post_init__(self) -> None:
        for name in _FLOAT_ARRAYS:
            if (given := getattr(self, name)) is not None:
                self._put(name, _fixed(given, np.float64))
        for name, kind in (("min_units", np.float64), ("forced", np.int8)):
            given = np.asarray(getattr(self, name), kind)
            self._put(name, _fixed(np.full(self.sites, given) if given.ndim == 0 else given, kind))
        if faults := tuple(find_faults(self)):
            raise BadInput("The placement problem cannot be used.", faults)

    @property
    def sites(self) -> int:
        """I, the number of sites."""
        return len(self.site_ids)

    @property
    def demands(self) -> int:
        """J, the number of demands."""
        return len(self.demand_ids)

    @property
    def spent(self) -> Floats:
        """What each site takes of the budget while it is open, (I,)."""
        return self.fixed if self.spend is None else self.spend

    def uses_of(self, site: Any, demand: Any) -> Floats:
        """Return the capacity used in each period by serving all of each demand from each site, (P, ...).

        The two broadcast.
        """
        if self.use is None:
            use = np.broadcast_to(self.units[demand], np.broadcast(site, demand).shape)
        else:
            use = np.asarray(self.use[site, demand])
        return use[None] if self.parts is None else use * self.parts[:, demand]

    def use_of(self, site: Any, demand: Any) -> Floats:
        """Return the capacity used in all periods together, as `uses_of` does in each."""
        return np.asarray(self.uses_of(site, demand).sum(axis=0))

    def _put(self, name: str, value: Any) -> None:
        object.__setattr__(self, name, value)


_FLOAT_ARRAYS: Final = (
    *("fixed", "cost", "units", "capacity", "use", "parts", "spend"),
    *("on_time", "unserved"),
)


def _fixed(values: Any, kind: Any) -> Any:
    """Return the values read-only in C order, copied only where they have another type or order."""
    array = np.ascontiguousarray(values, dtype=kind)
    if array.flags.writeable:
        array = array.view()
        array.flags.writeable = False
    return array
