"""A stock of whole units by ids: what lies where, who sends it by when, and what it is expected to bring."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

import numpy as np
import polars as pl

from optimizer.placement.assortment_draws import Judged
from optimizer.placement.assortment_problem import AssortmentProblem
from optimizer.placement.scenario import Scenario
from optimizer.placement.transfers import transfer_table
from optimizer.words import Floats, Ints

DRAWS: Final = 200
"""Horizons drawn to lay in units by; as many others judge what was laid in."""


class Assorting(StrEnum):
    """How what is stocked is chosen: weighed unit by unit, or as planners do who do not weigh."""

    WEIGHED = "weighed"
    BEST_SELLERS = "best-sellers"


@dataclass(frozen=True, slots=True, eq=False)
class Range:
    """The question what to stock: ``site`` (S,) are rows of the scenario's sites.

    ``offers`` has O rows: product_id, seller_id, item, units, relative_var; ``pair`` (O,) is their row in
    the scenario's inbound transport.
    """

    site: Ints
    offers: pl.DataFrame
    pair: Ints
    problem: AssortmentProblem

    @property
    def relative_var(self) -> Floats:
        """The variance of each offer's rate over its square, (O,)."""
        return self.offers["relative_var"].to_numpy()


@dataclass(frozen=True, slots=True, eq=False)
class Assorted:
    """What is stocked, and how it was judged.

    ``units`` (S, O). ``bound``: nothing costs less, whatever is stocked; ``judged`` holds what each way of
    choosing comes to on other draws than it was chosen by.
    """

    range: Range
    how: Assorting
    units: Ints
    bound: float
    judged: dict[Assorting, tuple[int, Judged]]

    @property
    def stock(self) -> pl.DataFrame:
        """warehouse_id, seller_id, product_id, units: sorted, nothing that is empty."""
        site, offer = np.nonzero(self.units)
        offers = self.range.offers
        return pl.DataFrame(
            {
                "warehouse_id": pl.Series(self.range.problem.site_ids, dtype=pl.String)[site],
                "seller_id": offers["seller_id"][offer],
                "product_id": offers["product_id"][offer],
                "units": self.units[site, offer],
            }
        ).sort("warehouse_id", "seller_id", "product_id")

    def transfers(self, scenario: Scenario) -> pl.DataFrame:
        """Return who sends which product where, by when: all of it before the start."""
        site, offer = np.nonzero(self.units)
        units = self.units[site, offer].astype(np.float64)
        items = self.range.offers["product_id"][offer]
        return transfer_table(scenario, (self.range.site[site], self.range.pair[offer]), items, units, units)

    def to_dict(self) -> dict[str, Any]:
        """Return what ``plan.json`` holds of it; values in cents over the horizon."""
        problem = self.range.problem
        room = float(problem.capacity.sum())
        return {
            "how": str(self.how),
            "offers": problem.offers,
            "offers_stocked": int((self.units.sum(axis=0) > 0).sum()),
            "shelves": int((self.units > 0).sum()),
            "units": int(self.units.sum()),
            "units_by_site": dict(zip(problem.site_ids, self.units.sum(axis=1).tolist(), strict=True)),
            "room": room if np.isfinite(room) else None,
            "expected_units": round(float(problem.orders.sum()), 2),
            "nothing_cents": round(problem.without, 2),
            "bound_cents": round(self.bound, 2),
            "draws": DRAWS,
            "judged": {
                str(how): {
                    "units": units,
                    "sent_units": round(found.sent, 2),
                    "value_cents": round(found.value, 2),
                    "saved_share": round((problem.without - found.value) / max(problem.without, 1e-9), 6),
                }
                for how, (units, found) in self.judged.items()
            },
        }
