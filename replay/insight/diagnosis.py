"""The as-is: where time was lost, by state and stage, as the excess over what was to be expected.

Picking the orders whose preparation took long, and finding that their preparation took long, proves nothing.
Here the late packages are picked by their lateness alone, and each stage is held against what it took others
on the same way in the 90 days before: the stage in which they lost more than others is the one to blame.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

import polars as pl

from replay.insight.expected import BASIS
from replay.insight.packages import STAGES
from replay.insight.values import number, rows


class End(StrEnum):
    """Whose state the diagnosis is told by."""

    SELLER = "seller"
    CUSTOMER = "customer"


@dataclass(frozen=True, slots=True, eq=False)
class Diagnosis:
    """``overall``: one row a stage; ``states``: one row a state and stage, by seller or customer.

    ``basis`` says where the expected days come from.

    Columns beside end, state and stage: n, mean_days, expected_days, excess_days (mean), total_excess_days,
    variance_share (of the sum of the stages' variances), and the same of late packages: late_n,
    late_mean_days, late_excess_days, late_excess_share (of the excess of all stages of late packages; null
    where that is not positive).
    """

    basis: str
    packages: int
    late: int
    overall: pl.DataFrame
    states: pl.DataFrame

    def to_dict(self, limit: int | None = None) -> dict[str, Any]:
        """Return the diagnosis as JSON values; ``limit``: the most states of each end, all if None."""
        ends = {end.value: self._states_of(end, limit) for end in End}
        return {
            "expected_from": self.basis,
            "packages": self.packages,
            "late": self.late,
            "late_share": number(self.late / self.packages) if self.packages else None,
            "stages": rows(self.overall),
            "by_state": ends,
        }

    def _states_of(self, end: End, limit: int | None) -> list[dict[str, Any]]:
        here = self.states.filter(pl.col("end") == end.value).drop("end")
        names = here["state"].unique(maintain_order=True)
        return rows(here.filter(pl.col("state").is_in(names.head(limit or names.len()).implode())))


def diagnose(packages: pl.DataFrame, basis: str = BASIS) -> Diagnosis:
    """Return the diagnosis of delivered packages of which every stage and expectation is known.

    ``packages`` come from ``with_expected``, or from ``with_modelled`` with its ``basis``; give those of the
    time that is to be diagnosed.
    """
    known = [pl.col(f"{name}_days").is_not_null() for name in STAGES]
    known += [pl.col(f"expected_{name}_days").is_not_null() for name in STAGES]
    done = packages.filter(*known, pl.col("late").is_not_null(), pl.col("seller_state").is_not_null())
    overall = _by(_long(done.with_columns(state=pl.lit("")), End.SELLER)).drop("end", "state")
    states = [_by(_long(done.with_columns(pl.col(f"{end}_state").alias("state")), end)) for end in End]
    return Diagnosis(basis, done.height, int(done["late"].sum()), overall, pl.concat(states))


_ORDER: Final = {name: place for place, name in enumerate(STAGES)}


def _long(done: pl.DataFrame, end: End) -> pl.DataFrame:
    """Return one row a package and stage."""
    return pl.concat(
        done.select(
            pl.lit(end.value).alias("end"),
            "state",
            pl.lit(stage).alias("stage"),
            "late",
            pl.col(f"{stage}_days").alias("days"),
            pl.col(f"expected_{stage}_days").alias("expected"),
        )
        for stage in STAGES
    )


def _by(long: pl.DataFrame) -> pl.DataFrame:
    """Return the columns of ``Diagnosis``; first comes the state whose late packages lost most days."""
    excess, late = pl.col("days") - pl.col("expected"), pl.col("late")
    told = long.group_by("end", "state", "stage", maintain_order=True).agg(
        pl.len().cast(pl.Int64).alias("n"),
        pl.col("days").mean().alias("mean_days"),
        pl.col("expected").mean().alias("expected_days"),
        excess.mean().alias("excess_days"),
        excess.sum().alias("total_excess_days"),
        pl.col("days").var(ddof=0).alias("variance"),
        late.sum().cast(pl.Int64).alias("late_n"),
        pl.col("days").filter(late).mean().alias("late_mean_days"),
        excess.filter(late).mean().alias("late_excess_days"),
        excess.filter(late).sum().alias("late_total"),
    )
    whole = pl.col("late_total").sum().over("state")
    variance = pl.col("variance").sum().over("state")
    shared = told.with_columns(
        variance_share=pl.when(variance > 0).then(pl.col("variance") / variance),
        late_excess_share=pl.when(whole > 0).then(pl.col("late_total") / whole),
        weight=whole,
        place=pl.col("stage").replace_strict(_ORDER, return_dtype=pl.Int32),
    )
    order = shared.sort("weight", "state", "place", descending=[True, False, False])
    return order.drop("weight", "place", "late_total", "variance")
