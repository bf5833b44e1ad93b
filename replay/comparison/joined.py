"""The policies' outcomes side by side, in arrays over the orders that all of them serve."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Self

import numpy as np
import polars as pl
from numpy.typing import NDArray

from graph.days import DAY_S
from graph.errors import BadInput
from optimizer.policy import Costs
from replay.comparison.lanes import Check, Moves
from replay.comparison.measures import MEASURES, Measure, expected, realised
from replay.comparison.reviews import ScoreCurve

Floats = NDArray[np.float64]

MATURE_DAYS: Final = 45
"""Purchases of the last days before the last known delivery are not used to check a model."""

Outcomes = Mapping[str, pl.DataFrame]


@dataclass(frozen=True, slots=True, eq=False)
class Joined:
    """Orders that every policy serves, one row each in order of play, the same in all members.

    ``outcomes``, ``expected`` (a column a measure) and ``moves`` by policy; ``facts``: how they ended;
    ``realised``: what came of the record, a column a checked measure. ``mature_s``: purchases before it
    are checked.
    """

    as_is: str
    outcomes: Outcomes
    expected: Mapping[str, pl.DataFrame]
    realised: pl.DataFrame
    facts: pl.DataFrame
    moves: Mapping[str, Moves]
    mature_s: int

    @classmethod
    def of(cls, outcomes: Outcomes, facts: pl.DataFrame, costs: Costs, scores: ScoreCurve | None) -> Self:
        """Join outcomes (`replay.outcomes.SCHEMA`) by policy, each of the same orders in the same order.

        Raises BadInput where no policy repeats the record, or none of the orders is served by all.
        """
        as_is = recorded_policy(outcomes)
        served = np.logical_and.reduce([frame["expected_days"].is_not_null() for frame in outcomes.values()])
        if not served.any():
            raise BadInput("No order is served by every policy: there is nothing to compare.")
        kept = {name: frame.filter(pl.Series(served)) for name, frame in outcomes.items()}
        mature_s = mature_before(facts)
        ended = kept[as_is].select("order_id").join(facts, on="order_id", how="left", maintain_order="left")
        lanes = _lanes(kept)
        return cls(
            as_is=as_is,
            outcomes=kept,
            expected={name: expected(frame, facts, scores) for name, frame in kept.items()},
            realised=realised(kept[as_is], facts, costs, mature_s),
            facts=ended,
            moves={
                name: Moves(
                    ~frame["as_recorded"].to_numpy(),
                    (frame["ways"] > 1).to_numpy(),
                    lanes[name],
                    lanes[as_is],
                )
                for name, frame in kept.items()
            },
            mature_s=mature_s,
        )

    @property
    def purchased_s(self) -> NDArray[np.int64]:
        """When each order was purchased, epoch seconds."""
        return self.outcomes[self.as_is]["purchased_s"].to_numpy()

    def change(self, policy: str, measure: str) -> Floats:
        """Return what a policy expects less what the record is expected to have, NaN unknown."""
        return self.column(policy, measure) - self.column(self.as_is, measure)

    def check(self, measure: Measure) -> Check:
        """Return what came of the record less what was expected of it, for a checked measure."""
        told = self.column(self.as_is, measure.name)
        error = _floats(self.realised[measure.name]) - told
        return Check(error, told if measure.relative else np.ones(len(told)), measure.relative)

    def means(self, policy: str) -> dict[str, float | None]:
        """Return a policy's mean of every measure, as its model tells it."""
        frame = self.expected[policy].select(pl.col(measure.name).mean() for measure in MEASURES)
        return {
            name: None if value is None else float(value) for name, value in frame.row(0, named=True).items()
        }

    def column(self, policy: str, measure: str) -> Floats:
        """Return what is expected of each order under a policy, NaN unknown."""
        return _floats(self.expected[policy][measure])


def recorded_policy(outcomes: Outcomes) -> str:
    """Return the policy that repeats the record; BadInput without one."""
    for name, frame in outcomes.items():
        if repeats_record(frame):
            return name
    raise BadInput("A comparison needs the record beside the policies: add --policy as_is.")


def repeats_record(outcomes: pl.DataFrame) -> bool:
    """Tell whether a policy repeats the record: all that it decides goes as recorded."""
    return bool(outcomes.filter("decided")["as_recorded"].all())


def mature_before(facts: pl.DataFrame) -> int:
    """Return the instant before which a purchase has had its time to arrive."""
    known = facts["delivered_s"].drop_nulls().to_numpy()
    return int(known.max(initial=0)) - MATURE_DAYS * DAY_S


def _lanes(outcomes: Outcomes) -> dict[str, NDArray[np.int64]]:
    """Return each order's lane as a code: sources, carriers and the customer's state."""
    names = {
        name: frame.select(
            pl.concat_str("source_ids", "carrier_ids", pl.col("customer_state").fill_null(""), separator=">")
        ).to_series()
        for name, frame in outcomes.items()
    }
    coded = pl.concat(names.values()).rank("dense").to_numpy().astype(np.int64) - 1
    size = len(next(iter(names.values())))
    return {name: coded[place * size : (place + 1) * size] for place, name in enumerate(names)}


def _floats(column: pl.Series) -> Floats:
    return column.cast(pl.Float64).fill_null(np.nan).to_numpy()
