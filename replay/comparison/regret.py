"""Which decisions cost most beside the best of those compared, and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, Self

import numpy as np
import polars as pl
from numpy.typing import NDArray

from graph.days import iso
from optimizer.policy import Costs
from replay.comparison.joined import Joined, Outcomes

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

WORST: Final = 20
LEAST: Final = 3
"""So many deliveries make a lane's median in hindsight."""

TERMS: Final = ("freight", "packages", "time", "late")

WHY: Final = {
    "stock": "its shelf had too little where the best one's had not",
    "scarcity": "it weighed what stock is worth to later orders, at the prices in force",
    "freight": "it pays more freight",
    "packages": "it sends more packages",
    "time": "it takes longer",
    "late": "it is more likely to be late",
}
"""Why a decision costs more, the first that holds; of the terms the largest difference."""


@dataclass(frozen=True, eq=False)
class Regret:
    """What every decision costs, (policies, terms, orders) cents, and its regret (policies, orders).

    ``hindsight``: lead times are the medians of what came of the stretch's own deliveries by lane (source,
    carrier, state), of ``LEAST`` or more, else by source, else the model's. Without it the costs are those
    that the model saw at the purchase.
    """

    outcomes: Outcomes
    terms: Floats
    hindsight: bool

    @classmethod
    def of(cls, joined: Joined, policies: Sequence[str], costs: Costs, *, hindsight: bool) -> Self:
        """Charge the decisions of some policies alike."""
        days = _days_in_hindsight(joined) if hindsight else {}
        kept = {name: joined.outcomes[name] for name in policies}
        told = [_terms(joined, name, costs, days.get(name)) for name in kept]
        return cls(kept, np.stack(told), hindsight)

    @cached_property
    def best(self) -> Ints:
        """Which policy decides each order cheapest, the first of equals, (orders,)."""
        found: Ints = self.terms.sum(axis=1).argmin(axis=0)
        return found

    @cached_property
    def more(self) -> Floats:
        """What each decision costs beyond the cheapest of its order, (policies, terms, orders) cents."""
        least = np.take_along_axis(self.terms, self.best[None, None, :], axis=0)
        return self.terms - least

    @cached_property
    def cents(self) -> Floats:
        """The same in all, (policies, orders)."""
        total: Floats = self.more.sum(axis=1)
        return total

    @cached_property
    def why(self) -> Ints:
        """Why, as places in ``WHY``, (policies, orders); of no meaning where nothing is regretted."""
        outs, priced = (
            np.stack([frame.select(column).to_series().to_numpy() for frame in self.outcomes.values()])
            for column in (pl.col("stock_outs"), pl.col("price_version").is_not_null())
        )
        short = outs > np.take_along_axis(outs, self.best[None, :], axis=0)
        dearest = len(WHY) - len(TERMS) + self.more.argmax(axis=1)
        return np.where(short, 0, np.where(priced & (not self.hindsight), 1, dearest))

    def totals(self) -> dict[str, Any]:
        """Return by policy how many decisions cost more than the best, how much, and that by reason."""
        found = {}
        for place, name in enumerate(self.outcomes):
            by_why = np.bincount(self.why[place], self.cents[place], minlength=len(WHY)).tolist()
            found[name] = {
                "orders": int((self.cents[place] > 0).sum()),
                "cents": float(self.cents[place].sum()),
                "cents_by_reason": dict(zip(WHY, by_why, strict=True)),
            }
        return {"basis": "hindsight" if self.hindsight else "as_of", "reasons": WHY, "policies": found}

    def worst(self) -> list[dict[str, Any]]:
        """Return the dearest decisions of every policy, the dearest first."""
        rows = []
        for place, name in enumerate(self.outcomes):
            dearest = np.lexsort((np.arange(len(self.best)), -self.cents[place]))[:WORST]
            rows += [self._row(place, name, int(order)) for order in dearest if self.cents[place, order] > 0]
        return rows

    def _row(self, place: int, name: str, order: int) -> dict[str, Any]:
        policies = list(self.outcomes)
        best = policies[int(self.best[order])]
        mine, other = (self.outcomes[one].row(order, named=True) for one in (name, best))
        return {
            "policy": name,
            "order_id": mine["order_id"],
            "purchased": iso(mine["purchased_s"]),
            "customer_state": mine["customer_state"],
            "regret_cents": float(self.cents[place, order]),
            "best_policy": best,
            "source_ids": mine["source_ids"],
            "best_source_ids": other["source_ids"],
            "carrier_ids": mine["carrier_ids"],
            "best_carrier_ids": other["carrier_ids"],
            "why": list(WHY)[int(self.why[place, order])],
            "cents_more": dict(zip(TERMS, self.more[place, :, order].tolist(), strict=True)),
        }


def _terms(joined: Joined, name: str, costs: Costs, days: Floats | None) -> Floats:
    """Return (terms, orders) cents of a policy's decisions."""
    told = joined.outcomes[name]
    freight, packages, time, late, lines = (
        told[column].to_numpy().astype(np.float64)
        for column in ("freight_cents", "package_cents", "time_cents", "late_cents", "lines")
    )
    if days is not None:
        promise = joined.facts["promised_days"].fill_null(np.inf).to_numpy()
        time, late = lines * costs.time_cents_per_day * days, lines * costs.late_cents * (days > promise)
    return np.stack([freight, packages, time, late])


def _days_in_hindsight(joined: Joined) -> dict[str, Floats]:
    """Return by policy what each order's way took, as later deliveries tell it."""
    lane = ("source_ids", "carrier_ids", "customer_state")
    record = joined.outcomes[joined.as_is].select(lane).with_columns(joined.facts["realised_days"])
    known = record.drop_nulls("realised_days")

    def medians(keys: tuple[str, ...], named: str) -> pl.DataFrame:
        found = known.group_by(keys, maintain_order=True).agg(
            pl.col("realised_days").median().alias(named), pl.len()
        )
        return found.filter(pl.col("len") >= LEAST).drop("len")

    by_lane, by_source = medians(lane, "by_lane"), medians(lane[:1], "by_source")
    days = {}
    for name, frame in joined.outcomes.items():
        told = frame.join(by_lane, on=lane, how="left", maintain_order="left", nulls_equal=True)
        told = told.join(by_source, on=lane[:1], how="left", maintain_order="left")
        days[name] = told.select(pl.coalesce("by_lane", "by_source", "expected_days")).to_series().to_numpy()
    return days
