"""How good forecasts were: scores of points, distributions, coverage and late warnings. Pure functions."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

STEP: Final = 0.005
LEVELS: Final[FloatArray] = STEP * np.arange(1, 200, dtype=np.float64)
"""The quantile levels at which forecasts are kept, (199,): every half point. Published levels are among them,
so what is scored is what the predictions file says."""


def pinball(actual: FloatArray, quantile: FloatArray, p: float) -> float:
    """Return the mean pinball loss of a quantile forecast at level ``p``."""
    error = actual - quantile
    return float(np.maximum(p * error, (p - 1.0) * error).mean())


def crps(actual: FloatArray, quantiles: FloatArray) -> float:
    """Return the mean CRPS of forecasts given as quantiles at ``LEVELS``, (rows, 199).

    CRPS = 2 * integral of the pinball loss over the levels (Gneiting and Raftery 2007,
    doi 10.1198/016214506000001437), by the trapezoid rule; beyond the outermost levels the loss is taken as
    theirs, which is exact for a sure forecast.
    """
    losses = np.array([pinball(actual, quantiles[:, i], float(p)) for i, p in enumerate(LEVELS)])
    return 2.0 * STEP * float(losses.sum() + 0.5 * (losses[0] + losses[-1]))


def quantile_at(quantiles: FloatArray, p: float) -> FloatArray:
    """Return the quantile at level ``p`` from quantiles at ``LEVELS``, by linear interpolation, (rows,)."""
    last = LEVELS.shape[0] - 1
    place = float(np.clip(p / STEP - 1.0, 0.0, last))
    if abs(place - round(place)) < 1e-9:
        return quantiles[:, round(place)]
    low = int(place)
    found: FloatArray = quantiles[:, low] + (place - low) * (quantiles[:, low + 1] - quantiles[:, low])
    return found


def probability_at(quantiles: FloatArray, days: FloatArray) -> FloatArray:
    """Return the forecast probability of at most ``days`` (per row) from quantiles at ``LEVELS``, (rows,)."""
    below = (quantiles <= days[:, None]).sum(axis=1)
    left = np.clip(below - 1, 0, LEVELS.shape[0] - 2)
    row = np.arange(days.shape[0])
    low, high = quantiles[row, left], quantiles[row, left + 1]
    part = np.divide(days - low, high - low, out=np.zeros_like(days), where=high > low)
    found: FloatArray = np.clip(LEVELS[left] + np.clip(part, -1.0, 2.0) * STEP, 0.0, 1.0)
    return found


def point_scores(actual: FloatArray, median: FloatArray, mean: FloatArray) -> dict[str, float]:
    """Return the MAE of the median, and that of the mean; RMSE, R2 and bias (forecast - actual) of the mean.

    The median has the least absolute error and the mean the least squared error, each is scored by its own.
    """
    error = mean - actual
    spread = float(((actual - actual.mean()) ** 2).sum())
    return {
        "mae": float(np.abs(actual - median).mean()),
        "mae_of_mean": float(np.abs(error).mean()),
        "rmse": float(np.sqrt((error**2).mean())),
        "r2": 1.0 - float((error**2).sum()) / spread if spread > 0.0 else 0.0,
        "bias": float(error.mean()),
    }


def pit_histogram(actual: FloatArray, quantiles: FloatArray, bins: int = 20) -> FloatArray:
    """Return the share of outcomes in each of ``bins`` equal probability bins (flat = calibrated)."""
    share = probability_at(quantiles, actual)
    counts = np.bincount(np.minimum((share * bins).astype(np.int64), bins - 1), minlength=bins)
    found: FloatArray = counts / max(actual.shape[0], 1)
    return found


def roc_auc(label: BoolArray, score: FloatArray) -> float:
    """Return the probability that a random positive scores above a random negative; NaN without both."""
    positives = int(label.sum())
    negatives = label.shape[0] - positives
    if not positives or not negatives:
        return float("nan")
    _, tie, counts = np.unique(score, return_inverse=True, return_counts=True)
    rank = (np.cumsum(counts) - (counts - 1) / 2.0)[tie]
    return float((rank[label].sum() - positives * (positives + 1) / 2.0) / (positives * negatives))


def average_precision(label: BoolArray, score: FloatArray) -> float:
    """Return the mean precision over the positives, highest score first; equal scores enter together."""
    if not label.any():
        return float("nan")
    order = np.argsort(-score, kind="stable")
    hits = np.cumsum(label[order])
    last = np.flatnonzero(np.append(np.diff(score[order]) != 0, True))
    precision = hits[last] / (last + 1.0)
    gained = np.diff(np.concatenate([[0], hits[last]])) / hits[-1]
    return float((precision * gained).sum())


def brier(label: BoolArray, probability: FloatArray) -> float:
    """Return the mean squared error of probabilities."""
    return float(((probability - label) ** 2).mean())


def promise_at_rate(actual: FloatArray, quantiles: FloatArray, rate: float) -> tuple[float, float]:
    """Return (mean promise in days, level used) at which a share ``rate`` of the outcomes is on time.

    The level is chosen after the fact, for every forecaster alike: it makes lengths comparable.
    """
    low, high = 0.0, 1.0
    for _ in range(40):
        middle = 0.5 * (low + high)
        if float((actual <= quantile_at(quantiles, middle)).mean()) < rate:
            low = middle
        else:
            high = middle
    return float(quantile_at(quantiles, high).mean()), high
