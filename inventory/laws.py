"""Laws of the demand over a stretch of time: quantiles, units that are expected to lack, and which law fits.

Normal (many units), Poisson (few, steady), negative binomial (few, uneven: Greenwood & Yule 1920,
doi:10.2307/2341080), empirical (the stretches that were seen). Mean and variance are of units.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy import stats

from graph.errors import BadInput
from inventory.sales import Floats, Ints
from inventory.words import Law

EVEN: Final = 1.05
"""A variance up to so many means is that of a Poisson law."""

MANY_SD: Final = 4.0
"""A normal law is for means of at least so many standard deviations: less than zero has then no weight."""

LEAST_BEYOND: Final = 1.0
"""A quantile is read off stretches only where at least so many of them lie beyond it."""

_ROUNDING: Final = 1e-9


@dataclass(frozen=True, slots=True)
class Spread:
    """Demand over a stretch: its law, mean and variance in units, and why this law.

    ``stretches``: the units of the stretches seen, sorted; only of an empirical law.
    """

    law: Law
    mean: float
    var: float
    why: str
    stretches: tuple[float, ...] = ()

    def quantile(self, level: float) -> float:
        """Return what covers the demand with probability ``level``: whole units but of a normal law.

        Raises BadInput for a level outside (0, 1), or one that the stretches seen cannot tell.
        """
        if not 0.0 < level < 1.0:
            raise BadInput(f"A service level lies between 0 and 1, not at {level:g}.")
        if self.law is Law.NORMAL:
            return float(stats.norm.ppf(level, self.mean, self.var**0.5)) if self.var > 0 else self.mean
        if self.law is Law.EMPIRICAL:
            if len(self.stretches) * (1.0 - level) < LEAST_BEYOND:
                need = int(np.ceil(LEAST_BEYOND / (1.0 - level) - 1e-9))
                raise BadInput(
                    f"{len(self.stretches)} stretches cannot tell what covers {level:g}: it takes {need}. "
                    "Use another law, or a lower level."
                )
            return float(np.quantile(self.stretches, level, method="inverted_cdf"))
        return float(quantiles(np.array([self.mean]), np.array([self._count_var]), level)[0])

    def short(self, units: float) -> float:
        """Return how many units are expected to lack with ``units`` in stock: E(demand - units)+."""
        if self.law is Law.NORMAL:
            return normal_loss(units, self.mean, self.var**0.5)
        if self.law is Law.EMPIRICAL:
            return float(np.maximum(np.array(self.stretches) - units, 0.0).mean())
        below = np.arange(max(int(np.floor(units)), 0))
        return max(self.mean - float(_above(self.mean, self._count_var, below).sum()), 0.0)

    @property
    def _count_var(self) -> float:
        """The variance of a law of counts; a Poisson's is its mean, whatever was found."""
        return self.mean if self.law is Law.POISSON else self.var


def spread_of(mean: float, var: float, law: Law | None = None, stretches: Sequence[float] = ()) -> Spread:
    """Return a demand's spread by a law, or by the one that fits (None), told in words with its numbers.

    A law that is asked for is taken. Raises BadInput for moments that are none, for an empirical law without
    stretches, and for a negative binomial one whose variance is below its mean.
    """
    if not (0.0 <= mean < float("inf") and 0.0 <= var < float("inf")):
        raise BadInput(f"Mean and variance are not below zero, and finite: {mean:g}, {var:g}.")
    if law is Law.EMPIRICAL:
        if not stretches:
            raise BadInput("An empirical law needs the units of stretches that were seen.")
        seen = tuple(sorted(float(units) for units in stretches))
        return Spread(law, mean, var, f"as asked: {len(seen)} stretches of the history", seen)
    if law is not None:
        return Spread(law, mean, var, _as_asked(law, mean, var))
    sd = var**0.5
    if var <= EVEN * mean:
        why = f"variance {var:.3g} is not above the mean {mean:.3g}: units come one by one, at a steady rate"
        return Spread(Law.POISSON, mean, var, why)
    if mean >= MANY_SD * sd:
        why = f"mean {mean:.3g} is {mean / sd:.1f} standard deviations: less than zero has no weight"
        return Spread(Law.NORMAL, mean, var, why)
    why = (
        f"variance {var:.3g} is {var / mean:.3g} times the mean {mean:.3g}: demand is uneven, and a normal "
        f"law would put {100 * stats.norm.cdf(-mean / sd):.2g} % below zero"
    )
    return Spread(Law.NEGATIVE_BINOMIAL, mean, var, why)


def _as_asked(law: Law, mean: float, var: float) -> str:
    """Return what a law that was asked for makes of these moments; BadInput where there is none."""
    if law is Law.POISSON:
        return f"as asked: the variance, {var:.3g}, is taken to be the mean, {mean:.3g}"
    if law is Law.NORMAL:
        below = 100 * stats.norm.cdf(-mean / var**0.5) if var > 0 else 0.0
        return f"as asked: {below:.2g} % of it lies below zero"
    if var < mean * (1.0 - _ROUNDING):
        why = f"not {var:g} and {mean:g}: ask for poisson"
        raise BadInput(f"A negative binomial law has a variance above its mean, {why}.")
    return f"as asked: variance {var:.3g}, mean {mean:.3g}"


def belief_moments(shape: Floats, rate: Floats, days: float) -> tuple[Floats, Floats]:
    """Return mean and variance of the units in so many days, what is unknown of their rate included, (N,).

    The belief about units a day is gamma(shape, rate): ``shape`` counts units, ``rate`` days. The units are
    then negative binomial (Greenwood & Yule 1920): no normal law tells how deep to stock what sells twice a
    month.
    """
    mean = shape / rate * days
    return mean, mean * (1.0 + days / rate)


def quantiles(mean: Floats, var: Floats, level: float) -> Ints:
    """Return the least whole units that cover each demand with probability ``level``, (N,).

    Negative binomial where the variance exceeds the mean, else Poisson, to which it tends.
    """
    found = np.zeros(mean.shape, dtype=np.int64)
    uneven = var > mean * (1.0 + _ROUNDING)
    ratio = np.where(uneven, mean / np.maximum(var, 1e-300), 0.5)
    shape = np.where(uneven, mean * ratio / (1.0 - ratio), 1.0)
    nothing = np.exp(np.where(uneven, shape * np.log(ratio), -mean))
    some = nothing < level
    rows = np.flatnonzero(some & uneven)
    found[rows] = stats.nbinom.ppf(level, shape[rows], ratio[rows])
    rows = np.flatnonzero(some & ~uneven)
    found[rows] = stats.poisson.ppf(level, mean[rows])
    return found


def _above(mean: float, var: float, units: Ints) -> Floats:
    """Return the probability of more than so many units."""
    if var > mean * (1.0 + _ROUNDING):
        return np.asarray(stats.nbinom.sf(units, mean**2 / (var - mean), mean / var))
    return np.asarray(stats.poisson.sf(units, mean))


def normal_loss(units: float, mean: float, sd: float) -> float:
    """Return E(X - units)+ of a normal X (Zipkin 2000, Foundations of Inventory Management, C.4)."""
    if sd <= 0:
        return max(mean - units, 0.0)
    z = (units - mean) / sd
    return float(sd * (stats.norm.pdf(z) - z * stats.norm.sf(z)))


def second_normal_loss(units: float, mean: float, sd: float) -> float:
    """Return E((X - units)+)^2 / 2 of a normal X with ``sd`` above zero (Zipkin 2000, C.4)."""
    z = (units - mean) / sd
    return float(sd**2 * ((z**2 + 1.0) * stats.norm.sf(z) - z * stats.norm.pdf(z)) / 2.0)
