"""The common level of the present, read from all parcels under way, delivered or not.

A mean over recent *deliveries* is late and biased: what arrives today was bought weeks ago, and in the first
days of a jam only the fast parcels arrive. The period level asks instead, each day: of the parcels under way,
how many arrived, and how many should have, given their ages? It is to a mean of deliveries what a period life
table is to the ages at death (censored parcels count with the exposure that they lived through).

Log-logistic hazard in log time: with z = (log age - location - level) / scale, the cumulative hazard is
log(1 + e^z). Score and information of ``level`` over one day, w the weekday's profile (mean 1):

    S = sum (w dL - d) g      J = sum w dL g^2      g = (1 - F(z)) / scale,  dL = increase of log(1 + e^z)

The level moves by S / (forgotten sum of J + prior): recursive maximum likelihood with forgetting. The scale
is wider than the residuals are: that gives young and old parcels a say too, and was better on the mirror
windows. Where the law is not quite log-logistic, the level is off by a constant; the error pool takes it up.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from graph.lead_time.journeys import FloatArray
from graph.lead_time.online.parameters import OnlineParameters

_WEEK = 7
_EARLIEST = 1e-3
_CEILING = 30.0


@dataclass(slots=True, eq=False)
class PeriodLevel:
    """``level``: log days, the location of parcels moving now; ``arrived``, ``expected``: by weekday.

    ``usual``: the slowly forgotten mean of the level.
    """

    level: float
    information: float
    arrived: FloatArray
    expected: FloatArray
    usual: float

    @classmethod
    def start(cls, level: float) -> PeriodLevel:
        """Return a level that has seen nothing."""
        return cls(level, 0.0, np.full(_WEEK, 5.0), np.full(_WEEK, 5.0), level)

    def step(
        self,
        weekday: int,
        location: FloatArray,
        age_from: FloatArray,
        age_to: FloatArray,
        arrived: FloatArray,
        parameters: OnlineParameters,
    ) -> None:
        """Learn from one day.

        Per parcel: its location without level, its age (days) at the start and at the end of its exposure,
        and 1.0 where it arrived, else 0.0.
        """
        scale = parameters.period_scale
        # Relative to the whole week: the profile must not take over what the level should explain.
        share = self.arrived[weekday] / self.expected[weekday] * self.expected.sum() / self.arrived.sum()
        end = (np.log(np.maximum(age_to, _EARLIEST)) - location - self.level) / scale
        begin = (np.log(np.maximum(age_from, _EARLIEST)) - location - self.level) / scale
        hazard = _softplus(end) - np.where(age_from > _EARLIEST, _softplus(begin), 0.0)
        slope = 1.0 / ((1.0 + np.exp(np.minimum(end, _CEILING))) * scale)
        score = float(((share * hazard - arrived) * slope).sum())
        keep = 2.0 ** (-1.0 / parameters.period_half_life)
        self.information = self.information * keep + float((share * hazard * slope * slope).sum())
        self.level += score / (self.information + parameters.period_prior)
        self.usual += (self.level - self.usual) * (1.0 - 2.0 ** (-1.0 / parameters.usual_half_life))
        keep = 2.0 ** (-_WEEK / parameters.weekday_half_life)
        self.arrived[weekday] = self.arrived[weekday] * keep + float(arrived.sum())
        self.expected[weekday] = self.expected[weekday] * keep + float(hazard.sum())

    def ahead(self, days: float, parameters: OnlineParameters) -> float:
        """Return the level to expect ``days`` after the last lesson: shocks fade towards the usual level."""
        left: float = 2.0 ** (-days / parameters.fading_half_life)
        return self.usual + (self.level - self.usual) * left


def _softplus(z: FloatArray) -> FloatArray:
    found: FloatArray = np.log1p(np.exp(np.minimum(z, _CEILING)))
    return found
