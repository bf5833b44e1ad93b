"""How well the models tell what was recorded: the measure of all that they claim of other ways."""

from __future__ import annotations

from typing import Any, Final

import polars as pl
from scipy.special import ndtri

from graph.days import local_stamps
from replay.comparison.joined import Joined

COVERED: Final = (0.5, 0.8, 0.95)


def prediction(joined: Joined) -> dict[str, Any]:
    """Return bias, absolute error and coverage of the record's forecasts, in all and by month of purchase.

    Of orders that arrived, bought long enough ago. ``bias_days``: what came less what was expected, so that
    above 0 the model is too fast; ``mae_days``: from the forecast's median. ``coverage``: how often central
    intervals held what came (days lognormal of the forecast's mean and variance). ``p_on_time`` and
    ``on_time``: what was expected, what came.
    """
    told = _scored(joined)
    months = told.group_by("month", maintain_order=True).agg(*_FIGURES).sort("month")
    return {
        **_figures(told.select(*_FIGURES).row(0, named=True)),
        "months": [{"month": row["month"], **_figures(row)} for row in months.iter_rows(named=True)],
    }


def _scored(joined: Joined) -> pl.DataFrame:
    """Return one row an order that arrived: month, error, and how far out in its forecast it came."""
    record = joined.outcomes[joined.as_is].select("expected_days", "var_days", "p_on_time")
    told = pl.concat(
        [joined.facts.select("purchased_s", "realised_days", "late"), record], how="horizontal"
    ).filter(pl.col("purchased_s") < joined.mature_s, pl.col("realised_days") > 0)
    spread = (1 + pl.col("var_days") / pl.col("expected_days") ** 2).log()
    location = pl.col("expected_days").log() - spread / 2
    return told.with_columns(
        month=local_stamps(pl.col("purchased_s")).dt.strftime("%Y-%m"),
        error=pl.col("realised_days") - pl.col("expected_days"),
        miss=(pl.col("realised_days") - location.exp()).abs(),
        out=((pl.col("realised_days").log() - location) / spread.sqrt()).abs(),
        on_time=pl.when(pl.col("p_on_time").is_not_null()).then(~pl.col("late")),
    )


_FIGURES: Final = (
    pl.len().alias("orders"),
    pl.col("error").mean().alias("bias_days"),
    pl.col("miss").mean().alias("mae_days"),
    pl.col("p_on_time").mean(),
    pl.col("on_time").cast(pl.Float64).mean(),
    *((pl.col("out") <= float(ndtri(0.5 + level / 2))).mean().alias(f"{level}") for level in COVERED),
)


def _figures(row: dict[str, Any]) -> dict[str, Any]:
    names = ("orders", "bias_days", "mae_days", "p_on_time", "on_time")
    return {
        **{name: row[name] for name in names},
        "coverage": {f"{round(100 * level)}": row[f"{level}"] for level in COVERED},
    }
