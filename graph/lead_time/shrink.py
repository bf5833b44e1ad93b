"""Forgotten and shrunk means: how much a level, a lane or a seller differs, and how far to believe it."""

from __future__ import annotations

import numpy as np

from graph.lead_time.journeys import FloatArray, IntArray


def forgetting(age_days: FloatArray, half_life_days: float) -> FloatArray:
    """Return weights 2^(-age / half-life)."""
    found: FloatArray = np.exp2(-age_days / half_life_days)
    return found


def shrunk_means(
    values: FloatArray, weights: FloatArray, group: IntArray, groups: int, k: float
) -> FloatArray:
    """Return for each group sum(w v) / (sum(w) + k), (groups,): the mean of deviations, drawn towards zero.

    This is the posterior mean of a group effect with prior N(0, s^2 / k) and noise s^2 / w, so the weight of
    a group's own evidence is n / (n + k) (Robbins, empirical Bayes; Efron and Morris 1975,
    doi 10.1080/01621459.1975.10479864).
    """
    total = np.bincount(group, weights=values * weights, minlength=groups)
    evidence = np.bincount(group, weights=weights, minlength=groups)
    found: FloatArray = total / (evidence + k)
    return found


def drift_by_day(
    values: FloatArray, day: IntArray, days: int, half_life_days: float, prior: float, k: float
) -> FloatArray:
    """Return the forgotten mean of ``values`` as known at the start of each day, (days + 1,).

    Entry d uses the values of days before d only. Where little is remembered it leans, with the weight of
    ``k`` values, on the plain mean so far, and at the very start on ``prior``.
    """
    sums = np.bincount(day, weights=values, minlength=days).tolist()
    counts = np.bincount(day, minlength=days).tolist()
    keep = float(np.exp2(-1.0 / half_life_days))
    drift = np.empty(days + 1)
    recent_sum = recent_n = 0.0
    all_sum, all_n = prior, 1.0
    for d in range(days + 1):
        drift[d] = (recent_sum + k * all_sum / all_n) / (recent_n + k)
        if d < days:
            recent_sum = (recent_sum + sums[d]) * keep
            recent_n = (recent_n + counts[d]) * keep
            all_sum += sums[d]
            all_n += counts[d]
    return drift
