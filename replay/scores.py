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


@dataclass(frozen=True, slots=True, eq=False)
class Scored:
    """Delivered orders with their forecasts.

    ``row``: position in the forecast; ``promise``: days, NaN unknown; ``quantiles``: (orders, 100) at
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


def scores(name: str, scored: Scored, others: Mapping[str, FloatArray]) -> dict[str, object]:
    """Return all tables as JSON values; ``name`` says which claim is made: "online" or "frozen"."""
    everyone = np.ones(scored.actual.shape[0], bool)
    groups = {f"month {month}": scored.month == month for month in np.unique(scored.month).tolist()}
    groups |= {"same state": scored.same_state, "between states": ~scored.same_state}
    groups |= {f"basis {BASES[code]}": scored.basis == code for code in np.unique(scored.basis).tolist()}
    return {
        "claim": name,
        "overall": _of_model(scored, everyone),
        "groups": {group: _of_model(scored, rows) for group, rows in groups.items() if rows.any()},
        "pit": metrics.pit_histogram(scored.actual, scored.quantiles).tolist(),
        "baselines": {
            other: distribution_scores(scored.actual, quantiles, quantiles.mean(axis=1))
            for other, quantiles in others.items()
        },
        "promise": _promises(scored, others),
        "late": _late(scored),
    }


def distribution_scores(actual: FloatArray, quantiles: FloatArray, mean: FloatArray) -> dict[str, float]:
    """Return point scores, CRPS, pinball and coverage of 50/80/90/95, and the width of the central 80 %."""
    if not actual.shape[0]:
        return {"n": 0}
    found: dict[str, float] = {"n": actual.shape[0]}
    found |= metrics.point_scores(actual, metrics.quantile_at(quantiles, 0.5), mean)
    found["crps"] = metrics.crps(actual, quantiles)
    for p in COVERED:
        at = metrics.quantile_at(quantiles, p)
        found[f"pinball_{round(100 * p)}"] = metrics.pinball(actual, at, p)
        found[f"coverage_{round(100 * p)}"] = float((actual <= at).mean())
    width = metrics.quantile_at(quantiles, 0.9) - metrics.quantile_at(quantiles, 0.1)
    found["width_80"] = float(width.mean())
    return found


def _of_model(scored: Scored, rows: NDArray[np.bool_]) -> dict[str, float]:
    return distribution_scores(scored.actual[rows], scored.quantiles[rows], scored.mean[rows])


def _promises(scored: Scored, others: Mapping[str, FloatArray]) -> dict[str, object]:
    """Return promise lengths at the platform's own on-time rate (late: delivered after the promise)."""
    rows = np.isfinite(scored.promise)
    if not rows.any():
        return {}
    actual, promise = scored.actual[rows], scored.promise[rows]
    rate = float((actual <= promise).mean())
    found: dict[str, object] = {
        "on_time_rate": rate,
        "platform_days": float(promise.mean()),
        "platform_mae": float(np.abs(actual - promise).mean()),
    }
    for name, quantiles in {"model": scored.quantiles, **others}.items():
        days, level = metrics.promise_at_rate(actual, quantiles[rows], rate)
        found[name] = {"days": days, "level": level}
    return found


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
        "base_rate": base,
        "brier_of_base_rate": base * (1.0 - base),
        "with_promise": {**_ranked(late, told), "brier": metrics.brier(late, told)},
        "without_promise": {**_ranked(late, blind), "brier": metrics.brier(late, blind)},
    }


def _ranked(late: NDArray[np.bool_], score: FloatArray) -> dict[str, float]:
    return {"auc": metrics.roc_auc(late, score), "ap": metrics.average_precision(late, score)}
