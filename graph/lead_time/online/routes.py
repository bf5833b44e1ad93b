"""Carriers and lanes: what the base leaves over, by carrier and by (region pair, carrier).

An observation is a delivered parcel's log days less the base as issued at its purchase, measured against the
drift of these differences *as it stood on the morning of the delivery*: measured against today's drift, old
observations would turn effects into stale drift after every shift.

Which carrier takes a parcel is known at its hand-over. Before that, a forecast mixes over the carriers that
the seller has used so far.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from graph.lead_time.journeys import FloatArray, IntArray
from graph.lead_time.levels import lane_key
from graph.lead_time.online.forgetful import ForgetfulMeans, KeyedMeans
from graph.lead_time.online.parameters import OnlineParameters

_TINY: Final = 1e-300


@dataclass(slots=True, eq=False)
class Evidence:
    """How much the lanes differ, learned: the empirical-Bayes weight of a lane's own mean.

    An observation times the mean of its lane's earlier ones has the expectation tau^2, the variance between
    lanes; its square has sigma^2 + tau^2. The ratio k = sigma^2 / tau^2 is the evidence at which a lane's own
    mean counts half. The sums start with a guess of some weight.
    """

    product: float
    products: float
    square: float
    squares: float

    @classmethod
    def start(cls, parameters: OnlineParameters) -> Evidence:
        """Return the guess before anything was seen: lanes hardly differ."""
        n, variance = parameters.lane_prior_n, parameters.lane_prior_sd**2
        return cls(n * variance / parameters.k_lane, n, n * variance, n)

    def learn(self, value: FloatArray, mean: FloatArray, weight: FloatArray) -> None:
        """Learn from observations and the means, with their weights, of their lanes before them."""
        trust = weight / (weight + 10.0)
        self.product += float((trust * value * mean).sum())
        self.products += float(trust.sum())
        self.square += float((value * value).sum())
        self.squares += value.shape[0]

    def k(self) -> float:
        """Return the evidence at which a lane's own mean counts half."""
        both = self.square / self.squares
        between = min(max(self.product / self.products, 1e-3 * both), 0.5 * both)
        return both / between - 1.0


@dataclass(slots=True, eq=False)
class RouteEffects:
    """Effects on log days. Groups of ``carrier``: carrier code + 1, 0 = unknown; ``lane``: see ``lane_key``.

    ``used``: forgotten hand-overs, (sellers + 1) x (carriers + 1) groups. ``drift``: of what the base leaves.
    """

    drift: ForgetfulMeans
    carrier: ForgetfulMeans
    lane: KeyedMeans
    used: ForgetfulMeans
    evidence: Evidence

    @classmethod
    def empty(cls, sellers: int, carriers: int, parameters: OnlineParameters) -> RouteEffects:
        """Return effects that have seen nothing, for so many groups, the unknown included."""
        p = parameters
        return cls(
            drift=ForgetfulMeans.empty(1, 1, p.level_half_life, p.k_level),
            carrier=ForgetfulMeans.empty(1, carriers, p.effect_half_life, p.k_carrier),
            lane=KeyedMeans.empty(p.effect_half_life, p.k_lane),
            used=ForgetfulMeans.empty(1, sellers * carriers, p.effect_half_life, p.k_mix),
            evidence=Evidence.start(p),
        )

    @property
    def carriers(self) -> int:
        """Return the number of carriers, the unknown included."""
        return int(self.carrier.total.shape[1])

    def of_carriers(self) -> FloatArray:
        """Return the carriers' effects, (carriers + 1,): contrasts whose mean over all parcels is zero."""
        weight, effect = self.carrier.weight[0], self.carrier.values()[0]
        centre = float(weight @ effect) / max(float(weight.sum()), _TINY)
        found: FloatArray = effect - centre
        found[0] = 0.0
        return found

    def shares(self, seller: IntArray) -> FloatArray:
        """Return each carrier's share of a seller's hand-overs, leaning on all's, (rows, carriers + 1)."""
        own = self.used.weight[0].reshape(-1, self.carriers)[seller]
        everyone = self.carrier.weight[0] / max(float(self.carrier.weight[0].sum()), _TINY)
        leaning = own + self.used.k * self.used.scale * everyone
        found: FloatArray = leaning / np.maximum(leaning.sum(axis=1, keepdims=True), _TINY)
        return found

    def of(self, pair: IntArray, seller: IntArray, carrier: IntArray) -> FloatArray:
        """Return the effect by carrier where told (above 0), else over the seller's carriers, (rows,)."""
        told = carrier > 0
        named = self.named(pair, carrier)
        return named if told.all() else np.where(told, named, self.mixed(pair, seller))

    def named(self, pair: IntArray, carrier: IntArray) -> FloatArray:
        """Return the effect of each row's carrier on its region pair (key), (rows,)."""
        return self.of_carriers()[carrier] + self.lane.at(_lane(pair, carrier))

    def mixed(self, pair: IntArray, seller: IntArray) -> FloatArray:
        """Return the mean effect over the carriers that each row's seller uses, (rows,)."""
        every = _lane(pair[:, None], np.arange(self.carriers))
        found: FloatArray = (self.shares(seller) * (self.of_carriers() + self.lane.at(every))).sum(axis=1)
        return found

    def handed(self, seller: IntArray, carrier: IntArray) -> None:
        """Learn which carriers took the parcels of a day."""
        known = carrier > 0
        self.used.add(0, seller[known] * self.carriers + carrier[known], np.zeros(int(known.sum())))

    def learn(self, left: FloatArray, pair: IntArray, carrier: IntArray) -> None:
        """Learn from a day's deliveries what the base and this morning's level left over, (rows,)."""
        known = carrier > 0
        left, carrier = left[known], carrier[known]
        lane = _lane(pair[known], carrier)
        everything = np.zeros(left.shape, np.int64)
        drift, of_carrier, of_lane = (
            self.drift.at(0, everything),
            self.of_carriers()[carrier],
            self.lane.at(lane),
        )
        alone = left - drift - of_carrier
        self._weigh(alone, lane)
        self.carrier.add(0, carrier, left - drift)
        self.lane.add(lane, alone)
        self.drift.add(0, everything, left - of_carrier - of_lane)

    def _weigh(self, alone: FloatArray, lane: IntArray) -> None:
        """Compare a day's observations with their lanes' means so far, to learn how far to trust a lane."""
        means, group = self.lane.means, self.lane.group(lane)
        weight = means.weight[0][group]
        self.evidence.learn(alone, means.total[0][group] / np.maximum(weight, _TINY), weight / means.scale)
        means.k = self.evidence.k()

    def forget(self, days: float) -> None:
        """Let ``days`` pass."""
        for means in (self.drift, self.carrier, self.lane.means, self.used):
            means.forget(days)


def _lane(pair: IntArray, carrier: IntArray) -> IntArray:
    return lane_key(pair, (carrier - 1).astype(np.int32))
