"""Empirical Bayes: what a group's own figures are worth, given how far groups differ from each other.

A seller of three packages proves little; his figure is drawn towards that of all sellers, the more the fewer
packages stand behind it. How far groups really differ is learned from all of them by the largest marginal
likelihood (Efron and Morris 1975, doi 10.1080/01621459.1975.10479864; Casella 1985,
doi 10.1080/00031305.1985.10479400).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaincinv, betaln, ndtri

LEVEL: Final = 0.9
"""The probability inside every interval of the rankings."""

Z: Final = float(ndtri(0.5 + LEVEL / 2))

_SMALLEST, _LARGEST = -12.0, 12.0
_ROUND: Final = 12
"""Digits kept of what an optimiser found: its last bits depend on the machine."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Shrunk:
    """Posterior of each group: ``mean`` with its interval ``low``..``high``, and ``sd``.

    ``center`` and ``spread`` are mean and sd of the prior, what is believed of a group that nobody has seen.
    """

    center: float
    spread: float
    mean: Floats
    sd: Floats
    low: Floats
    high: Floats


def shrunk_means(mean: Floats, n: Floats, within_var: float) -> Shrunk:
    """Return the posterior of group means: normal noise of ``within_var / n`` round a normal prior.

    ``mean``: (groups,) sample means (ignored where n is 0); ``n``: (groups,) observations; ``within_var``:
    variance of one observation round its group's mean. A group without observations has the prior.
    """
    seen = n > 0
    if not seen.any():
        return _normal(0.0, 0.0, np.zeros_like(n), np.zeros_like(n))
    noise = within_var / n[seen]
    own = mean[seen]

    def loss(log_var: float) -> float:
        whole = noise + np.exp(log_var)
        center = np.average(own, weights=1.0 / whole)
        return float(np.sum(np.log(whole) + (own - center) ** 2 / whole))

    between = _least(loss, _SMALLEST)
    center = float(np.average(own, weights=1.0 / (noise + between)))
    belief = np.zeros_like(n, dtype=np.float64)
    belief[seen] = between / (between + noise)
    posterior = center + belief * (np.where(seen, mean, center) - center)
    return _normal(center, float(np.sqrt(between)), posterior, np.sqrt(between * (1.0 - belief)))


def _normal(center: float, spread: float, mean: Floats, sd: Floats) -> Shrunk:
    return Shrunk(center, spread, mean, sd, mean - Z * sd, mean + Z * sd)


def shrunk_shares(hits: Floats, n: Floats) -> Shrunk:
    """Return the posterior of group shares: binomial counts round a beta prior.

    ``hits`` of ``n`` (groups,). The prior has the share of all together as its mean; how much it weighs is
    learned (beta-binomial marginal likelihood). Intervals are those of the beta posterior, equal-tailed, and
    wide enough to hold its mean.
    """
    trials = float(n.sum())
    if trials == 0:
        return _beta(0.5, 2.0, hits, n)
    # Kept off 0 and 1: a beta law does not reach them, and some day one will miss.
    center = float((hits.sum() + 0.5) / (trials + 1.0))

    def loss(log_weight: float) -> float:
        weight = np.exp(log_weight)
        a, b = center * weight, (1.0 - center) * weight
        return float(-np.sum(betaln(hits + a, n - hits + b) - betaln(a, b)))

    return _beta(center, _least(loss, -2.0), hits, n)


def _least(loss: Callable[[float], float], smallest: float) -> float:
    """Return the number whose logarithm, from ``smallest`` on, makes a loss least."""
    from scipy.optimize import minimize_scalar  # noqa: PLC0415 (slow: a server should not wait for it)

    found = minimize_scalar(loss, bounds=(smallest, _LARGEST), method="bounded", options={"xatol": 1e-9})
    return float(np.exp(round(float(found.x), 6)))


def _beta(center: float, weight: float, hits: Floats, n: Floats) -> Shrunk:
    a, b = center * weight + hits, (1.0 - center) * weight + n - hits
    mean = a / (a + b)
    sd = np.sqrt(mean * (1.0 - mean) / (a + b + 1.0))
    spread = float(np.sqrt(center * (1.0 - center) / (weight + 1.0)))
    tail = (1.0 - LEVEL) / 2
    low, high = betaincinv(a, b, tail), betaincinv(a, b, 1.0 - tail)
    low, high = np.minimum(np.round(low, _ROUND), mean), np.maximum(np.round(high, _ROUND), mean)
    return Shrunk(center, spread, mean, sd, low, high)
