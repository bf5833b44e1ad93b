"""Satisfaction against delay and the promise: how stars fall with the days, and how far at the promise.

Two questions that one number hides: do the stars fall at once when the promise breaks (a jump), or with
every day after it (a kink)?

The promise is a date. What arrives on that day is on time for the customer, so the running variable is the
number of local days after it, and the cut lies between 0 and 1.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.special import stdtrit

from graph.days import local_stamps
from replay.insight.orders import orders_of
from replay.insight.shrunk import LEVEL
from replay.insight.values import number, rows

BANDWIDTH_DAYS: Final = 7
"""Days on either side of the promise that the lines are fitted to."""
BANDWIDTHS: Final = (4, 7, 14)
"""The widths under which the jump is told: one that depends on the width proves little."""
_SHOWN: Final = (-21, 21)
_CLASSES: Final = (0.0, 5.0, 10.0, 15.0, 20.0, 30.0, 40.0)

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Jump:
    """The fall of the mean score at the promise, in stars, with its 90 % interval.

    ``before`` and ``after``: the two lines' scores at the cut. ``slope_before``, ``slope_after``: stars a
    day; ``kink`` is their difference, with its interval. ``n_before``, ``n_after``: reviews behind each line.
    """

    bandwidth_days: int
    stars: float
    low: float
    high: float
    kink: float
    kink_low: float
    kink_high: float
    before: float
    after: float
    slope_before: float
    slope_after: float
    n_before: int
    n_after: int

    def to_dict(self) -> dict[str, float | int | None]:
        """Return the jump as JSON values."""
        values = {name: number(value) for name, value in asdict(self).items()}
        counts = {name: getattr(self, name) for name in ("bandwidth_days", "n_before", "n_after")}
        return values | counts | {"level": LEVEL}


@dataclass(frozen=True, slots=True, eq=False)
class Satisfaction:
    """Scores by lateness and by lead time; ``jumps`` by bandwidth, widths with too few days left out.

    ``by_lateness``: days_after_promise, n, score, sd, bad_share (one or two stars); ``by_days``: from_days,
    to_days (null: no end) and the same. ``answered_after_delivery``: the jumps of those reviews alone.
    ``means``: score, n and bad_share of orders on time and late. ``spearman``: rank correlation of the score
    with the days of delivery and with the days after the promise.
    """

    reviews: int
    means: pl.DataFrame
    by_lateness: pl.DataFrame
    by_days: pl.DataFrame
    jumps: tuple[Jump, ...]
    answered_after_delivery: tuple[Jump, ...]
    spearman: dict[str, float]

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return {
            "reviews": self.reviews,
            "means": rows(self.means),
            "by_days_after_promise": rows(self.by_lateness),
            "by_delivery_days": rows(self.by_days),
            "jump_at_promise": [jump.to_dict() for jump in self.jumps],
            "jump_answered_after_delivery": [jump.to_dict() for jump in self.answered_after_delivery],
            "spearman": {name: number(value) for name, value in self.spearman.items()},
        }


def satisfaction(packages: pl.DataFrame) -> Satisfaction:
    """Return how the last score of each delivered order depends on its delay; one row an order counts.

    An order of several packages has arrived with the last one.
    """
    reviewed = reviewed_orders(packages)
    score = pl.col("review_score")
    figures = (
        pl.len().cast(pl.Int64).alias("n"),
        score.mean().alias("score"),
        score.std().alias("sd"),
        (score <= 2).mean().alias("bad_share"),
    )
    late = pl.col("days_after_promise") > 0
    shown = reviewed.with_columns(pl.col("days_after_promise").clip(*_SHOWN))
    starts = pl.Series(_CLASSES)
    place = starts.search_sorted(reviewed["total_days"], side="right") - 1
    classed = reviewed.with_columns(from_days=starts.gather(place), to_days=starts.shift(-1).gather(place))
    after = reviewed.filter(pl.col("reviewed_s") >= pl.col("delivered_s"))
    return Satisfaction(
        reviews=reviewed.height,
        means=reviewed.group_by(late=late, maintain_order=True).agg(figures).sort("late"),
        by_lateness=shown.group_by("days_after_promise", maintain_order=True)
        .agg(figures)
        .sort("days_after_promise"),
        by_days=classed.group_by("from_days", "to_days", maintain_order=True).agg(figures).sort("from_days"),
        jumps=_jumps(reviewed),
        answered_after_delivery=_jumps(after),
        spearman={name: _spearman(reviewed, name) for name in ("total_days", "days_after_promise")},
    )


def _jumps(reviewed: pl.DataFrame) -> tuple[Jump, ...]:
    found = (jump_at_promise(reviewed, width) for width in BANDWIDTHS)
    return tuple(jump for jump in found if jump is not None)


def reviewed_orders(packages: pl.DataFrame) -> pl.DataFrame:
    """Return one row a delivered and reviewed order: days_after_promise (local), total_days, review_score."""
    orders = orders_of(packages.filter(pl.col("seller_id").is_not_null()))
    whole = orders.drop_nulls(["delivered_s", "promised_s", "total_days", "review_score", "reviewed_s"])

    def local_day(stamp: str) -> pl.Expr:
        return local_stamps(pl.col(stamp)).dt.date()

    days = (local_day("delivered_s") - local_day("promised_s")).dt.total_days()
    return whole.with_columns(days_after_promise=days).sort("order_id")


def _spearman(reviewed: pl.DataFrame, name: str) -> float:
    found = reviewed.select(pl.corr(name, "review_score", method="spearman")).item()
    return float("nan") if found is None else float(found)


def jump_at_promise(reviewed: pl.DataFrame, bandwidth_days: int = BANDWIDTH_DAYS) -> Jump | None:
    """Return the discontinuity at the promise: two straight lines, one on each side, met at the cut.

    A regression-discontinuity design (Imbens and Lemieux 2008, doi 10.1016/j.jeconom.2007.05.001) with a
    uniform kernel. Days are discrete, so the deviations of the days from the lines count as errors too:
    standard errors are clustered by day (Lee and Card 2008, doi 10.1016/j.jeconom.2007.05.003). Days are few,
    so Student's quantile with days - 1 degrees of freedom stands for the normal one (Cameron, Gelbach and
    Miller 2008, doi 10.1162/rest.90.3.414), and since a few days may agree too well by luck, the variance is
    at least that of independent reviews. The cut lies half-way between day 0 and day 1. None where a side has
    fewer than three days with reviews.
    """
    at = reviewed["days_after_promise"].to_numpy().astype(np.float64) - 0.5
    score = reviewed["review_score"].to_numpy().astype(np.float64)
    near = np.abs(at) < bandwidth_days
    at, score = at[near], score[near]
    after = at > 0
    if any(len(np.unique(at[side])) < 3 for side in (after, ~after)):
        return None
    design = np.column_stack([np.ones_like(at), after, at, at * after])
    inverse = np.linalg.inv(design.T @ design)
    fitted = inverse @ (design.T @ score)
    residual = score - design @ fitted
    variance = np.maximum(*(_variance(design, residual, by, inverse) for by in (at, np.arange(len(at)))))
    before, stars, slope, bend = (float(value) for value in fitted)
    quantile = float(stdtrit(len(np.unique(at)) - 1, 0.5 + LEVEL / 2))
    _, half, _, kink_half = (float(value) for value in quantile * np.sqrt(variance))
    return Jump(
        bandwidth_days=bandwidth_days,
        stars=stars,
        low=stars - half,
        high=stars + half,
        kink=bend,
        kink_low=bend - kink_half,
        kink_high=bend + kink_half,
        before=before,
        after=before + stars,
        slope_before=slope,
        slope_after=slope + bend,
        n_before=int((~after).sum()),
        n_after=int(after.sum()),
    )


def _variance(design: Floats, residual: Floats, by: NDArray[Any], inverse: Floats) -> Floats:
    """Return the coefficients' variances; residuals count together ``by`` cluster, corrected for few."""
    clusters, cluster = np.unique(by, return_inverse=True)
    scores = np.zeros((len(clusters), design.shape[1]))
    np.add.at(scores, cluster, design * residual[:, None])
    groups, n, k = len(clusters), *design.shape
    correction = groups / (groups - 1) * (n - 1) / max(n - k, 1)
    found: Floats = np.diag(correction * inverse @ (scores.T @ scores) @ inverse)
    return found
