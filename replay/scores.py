"""The tables of a backtest: one set of scores a forecaster, and the model's by month, lane kind and basis."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from graph.lead_time.journeys import FloatArray, IntArray
from graph.model import BASES
from replay import metrics

COVERED: Final = (0.5, 0.8, 0.9, 0.95)
PROMISED: Final = (0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.925, 0.95, 0.97, 0.98, 0.99)
"""The levels of the curve of on-time share against promise length."""


@dataclass(frozen=True, slots=True, eq=False)
class Scored:
    """Delivered orders with their forecasts.

    ``row``: position in the forecast; ``promise``: days, NaN unknown; ``quantiles``: (orders, 199) at
    ``metrics.LEVELS``; ``month``: text like "2018-04".
    """

    row: IntArray
    actual: FloatArray
    mean: FloatArray
    quantiles: FloatArray
    promise: FloatArray
    month: NDArray[np.str_]
    same_state: NDArray[np.bool_]
    basis: NDArray[np.int8]


def scores(scored: Scored, others: Mapping[str, FloatArray]) -> dict[str, object]:
    """Return all tables as JSON values. ``others``: baselines by name, as quantiles like the model's.

    ``overall``, ``groups``: of the model; ``pit``: shares of 20 equal bins; ``baselines``: of the others;
    ``months``: by month and forecaster; ``promise``, ``late``: see below. NaN (no such figure) is None.
    """
    everyone = np.ones(scored.actual.shape[0], bool)
    months = {month: scored.month == month for month in np.unique(scored.month).tolist()}
    groups = {f"month {month}": rows for month, rows in months.items()}
    groups |= {"same state": scored.same_state, "between states": ~scored.same_state}
    groups |= {f"basis {BASES[code]}": scored.basis == code for code in np.unique(scored.basis).tolist()}
    return {
        "overall": _of_model(scored, everyone),
        "groups": {group: _of_model(scored, rows) for group, rows in groups.items() if rows.any()},
        "pit": metrics.pit_histogram(scored.actual, scored.quantiles).tolist(),
        "baselines": {name: _of_other(scored, quantiles, everyone) for name, quantiles in others.items()},
        "months": {
            month: {
                "model": _of_model(scored, rows),
                **{name: _of_other(scored, quantiles, rows) for name, quantiles in others.items()},
            }
            for month, rows in months.items()
        },
        "promise": _promises(scored, others),
        "late": _late(scored),
    }


def distribution_scores(actual: FloatArray, quantiles: FloatArray, mean: FloatArray) -> dict[str, float]:
    """Return point scores, CRPS, and pinball, coverage and width at 50/80/90/95.

    ``coverage_p`` is the share of outcomes at or below the quantile p, ``width_p`` the mean width of the
    central interval that should hold a share p. Rows without a forecast (NaN) are left out of ``n``.
    """
    known = ~np.isnan(quantiles[:, 0])
    actual, quantiles, mean = actual[known], quantiles[known], mean[known]
    if not actual.shape[0]:
        return {"n": 0}
    found: dict[str, float] = {"n": actual.shape[0]}
    found |= metrics.point_scores(actual, metrics.quantile_at(quantiles, 0.5), mean)
    found["crps"] = metrics.crps(actual, quantiles)
    for p in COVERED:
        at, name = metrics.quantile_at(quantiles, p), round(100 * p)
        found[f"pinball_{name}"] = metrics.pinball(actual, at, p)
        found[f"coverage_{name}"] = float((actual <= at).mean())
        ends = (metrics.quantile_at(quantiles, 0.5 + side * p / 2.0) for side in (1.0, -1.0))
        found[f"width_{name}"] = float(np.subtract(*ends).mean())
    return found


def _of_model(scored: Scored, rows: NDArray[np.bool_]) -> dict[str, float]:
    return distribution_scores(scored.actual[rows], scored.quantiles[rows], scored.mean[rows])


def _of_other(scored: Scored, quantiles: FloatArray, rows: NDArray[np.bool_]) -> dict[str, float]:
    mine = quantiles[rows]
    return distribution_scores(scored.actual[rows], mine, mine.mean(axis=1))


def _promises(scored: Scored, others: Mapping[str, FloatArray]) -> dict[str, object]:
    """Return promise lengths at the platform's own on-time rate (late: delivered after the promise).

    ``at_equal_rate``: by forecaster, mean days and the level at which it reaches that rate; one promise for
    all orders is ``climatology``. ``curves``: by forecaster, (mean days, share on time) at ``PROMISED``.
    """
    rows = np.isfinite(scored.promise)
    if not rows.any():
        return {}
    actual, promise = scored.actual[rows], scored.promise[rows]
    rate = float((actual <= promise).mean())
    equal, curves = {}, {}
    for name, quantiles in {"model": scored.quantiles, **others}.items():
        mine = quantiles[rows]
        if name == "promise" or np.isnan(mine).any():
            continue
        days, level = metrics.promise_at_rate(actual, mine, rate)
        equal[name] = {"days": days, "level": level}
        at = [metrics.quantile_at(mine, p) for p in PROMISED]
        curves[name] = [[float(days.mean()), float((actual <= days).mean())] for days in at]
    return {
        "n": int(rows.sum()),
        "on_time_rate": rate,
        "platform_days": float(promise.mean()),
        "at_equal_rate": equal,
        "curves": curves,
    }


def _late(scored: Scored) -> dict[str, object]:
    """Return late scores with the promise, and without it: P(longer than the median promise) as the score."""
    rows = np.isfinite(scored.promise)
    late = scored.actual[rows] > scored.promise[rows]
    if not late.any() or late.all():
        return {}
    quantiles, promise = scored.quantiles[rows], scored.promise[rows]
    told = 1.0 - metrics.probability_at(quantiles, promise)
    blind = 1.0 - metrics.probability_at(quantiles, np.full(promise.shape, np.median(promise)))
    base = float(late.mean())
    return {
        "label": "delivered after the promised instant",
        "base_rate": base,
        "brier_of_base_rate": base * (1.0 - base),
        "with_promise": {**_ranked(late, told), "brier": metrics.brier(late, told)},
        "without_promise": {**_ranked(late, blind), "brier": metrics.brier(late, blind)},
    }


def _ranked(late: NDArray[np.bool_], score: FloatArray) -> dict[str, float]:
    return {"auc": metrics.roc_auc(late, score), "ap": metrics.average_precision(late, score)}
