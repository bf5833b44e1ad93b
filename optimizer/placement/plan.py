"""A plan: which sites are open, and the share of each demand that each of them serves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np

from optimizer.words import Bools, Floats, Ints


@dataclass(frozen=True, slots=True, eq=False)
class FacilityPlan:
    """Open sites (I,) and K flows sorted by (demand, site): ``share`` of the demand served by the site."""

    open: Bools
    site: Ints
    demand: Ints
    share: Floats

    @classmethod
    def of(cls, is_open: Bools, site: Ints, demand: Ints, share: Floats) -> Self:
        """Return the plan with its flows in order and empty flows left out."""
        return cls(is_open.astype(np.bool_), *ordered(site, demand, share))

    @classmethod
    def assigned(cls, is_open: Bools, site_of: Ints) -> Self:
        """Return the plan that serves each demand whole from one site; -1 = unserved."""
        demand = np.flatnonzero(site_of >= 0)
        return cls.of(is_open, site_of[demand], demand, np.ones(len(demand)))


def ordered(site: Ints, demand: Ints, share: Floats) -> tuple[Ints, Ints, Floats]:
    """Return flows sorted by (demand, site), empty ones left out."""
    kept = np.flatnonzero(share > 0)
    order = kept[np.lexsort((site[kept], demand[kept]))]
    return site[order], demand[order], share[order]
