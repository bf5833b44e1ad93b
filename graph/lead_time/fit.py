"""Learning from finished journeys: drift, then ever narrower effects, each on what the broader leave over."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from graph.days import DAY_S
from graph.lead_time.journeys import FloatArray, IntArray, Journeys
from graph.lead_time.levels import lane_key, pair_key, pair_slot, slot
from graph.lead_time.shrink import drift_by_day, forgetting, shrunk_means
from graph.lead_time.spread import Spread, pooled_mass
from graph.lead_time.value import FLOOR_DAYS
from graph.model import NEVER

SAME_STATE, INTER_NEAR, INTER_FAR = 0, 1, 2
BUCKETS: Final = 3

_PRIOR_DAYS: Final = {"total": 10.0, "approval": 0.2, "handling": 2.0, "transit": 7.0}


@dataclass(frozen=True, slots=True)
class Parameters:
    """How fast the model forgets and how far it believes small groups. All positive, else ValueError.

    Half-lives in days: ``drift_half_life`` for the common level, ``effect_half_life`` for state pairs, lanes,
    carriers and sellers, ``spread_half_life`` for the residual histograms. ``k_*``: the evidence at which a
    group's own mean counts half. ``spread_prior_n``, ``spread_prior_sd``: the histogram's starting law.
    """

    drift_half_life: float = 15.0
    effect_half_life: float = 180.0
    spread_half_life: float = 60.0
    k_drift: float = 5.0
    k_state: float = 10.0
    k_pair: float = 10.0
    k_carrier: float = 10.0
    k_lane: float = 10.0
    k_seller: float = 8.0
    spread_prior_n: float = 50.0
    spread_prior_sd: float = 0.6

    def __post_init__(self) -> None:
        wrong = [name for name in self.__slots__ if not getattr(self, name) > 0.0]
        if wrong:
            raise ValueError(f"lead-time parameters must be positive: {', '.join(wrong)}")


@dataclass(frozen=True, slots=True, eq=False)
class Groups:
    """The group of every journey at each level, as dense numbers, and the sizes of the levels."""

    state: IntArray
    pair: IntArray
    carrier: IntArray
    lane: IntArray
    seller: IntArray
    pair_keys: IntArray
    lane_keys: IntArray
    states: int
    carriers: int
    sellers: int

    @classmethod
    def of(cls, journeys: Journeys) -> Groups:
        """Return the groups; codes run to the largest seen, row 0 of a dense level is the unknown code."""
        states = 1 + max(_largest(journeys.origin_state), _largest(journeys.dest_state))
        carriers = 1 + _largest(journeys.carrier)
        sellers = 1 + _largest(journeys.seller)
        state = pair_slot(journeys.origin_state, journeys.dest_state, states)
        pair = pair_key(journeys.origin_region, journeys.dest_region)
        pair_keys, pair_row = np.unique(pair, return_inverse=True)
        lane_keys, lane_row = pair_keys[:0], np.zeros(len(journeys), np.int64)
        named = journeys.carrier[journeys.carrier >= 0]  # -1 is a parcel not handed over, no carrier
        if len(named) and named.min() != named.max():
            lane_keys, lane_row = np.unique(lane_key(pair, journeys.carrier), return_inverse=True)
        return cls(
            state=state,
            pair=pair_row,
            carrier=slot(journeys.carrier, carriers),
            lane=lane_row,
            seller=slot(journeys.seller, sellers),
            pair_keys=pair_keys,
            lane_keys=lane_keys,
            states=states,
            carriers=carriers,
            sellers=sellers,
        )


@dataclass(frozen=True, slots=True, eq=False)
class ComponentFit:
    """What was learned about the total or one stage, on log days.

    ``level`` is the drift as of the fit; the effects are arrays over the groups of their level. ``journey``,
    ``residual`` and ``age_days`` are the finished journeys, the error of the forecast issued at purchase for
    each, and how long ago the error became known.
    """

    level: float
    state: FloatArray
    carrier: FloatArray
    pair: FloatArray
    lane: FloatArray
    seller: FloatArray
    journey: IntArray
    residual: FloatArray
    age_days: FloatArray


def fit_component(
    component: str, journeys: Journeys, groups: Groups, as_of_s: int, parameters: Parameters
) -> ComponentFit:
    """Fit one component; effects are measured against the drift at the start of the day they were observed.

    Measured against today's drift, old residuals would turn every effect into stale drift after a shift.
    """
    journey = np.flatnonzero(np.isfinite(journeys.days(component)) & (journeys.ended_s(component) != NEVER))
    values = np.log(np.maximum(journeys.days(component)[journey], FLOOR_DAYS[component]))
    first_s = int(journeys.purchased_s.min()) if len(journeys) else as_of_s
    ended_s = journeys.ended_s(component)[journey]
    seen_day = (ended_s - first_s) // DAY_S
    bought_day = (journeys.purchased_s[journey] - first_s) // DAY_S
    days = max((as_of_s - first_s) // DAY_S, 0) + 1
    age_days = (as_of_s - ended_s) / DAY_S
    weight = forgetting(age_days, parameters.effect_half_life)
    prior = float(np.log(_PRIOR_DAYS[component]))

    def drift(left: FloatArray) -> FloatArray:
        return drift_by_day(left, seen_day, days, parameters.drift_half_life, prior, parameters.k_drift)

    state_of, squares = groups.state[journey], (groups.states + 1) ** 2
    mixed = shrunk_means(values - drift(values)[seen_day], weight, state_of, squares, parameters.k_state)
    level = drift(values - mixed[state_of])  # second pass: the changing mix of state pairs is out of it
    peeled = _peel(values - level[seen_day], weight, journey, groups, parameters)
    state, carrier, pair, lane, seller, left = peeled
    if component not in ("total", "handling"):
        left = left + seller[groups.seller[journey]]
        seller = np.zeros_like(seller)
    # The forecast issued at purchase knew the drift of that day only: the difference belongs to the spread.
    residual = left + level[seen_day] - level[bought_day]
    return ComponentFit(float(level[-1]), state, carrier, pair, lane, seller, journey, residual, age_days)


def _peel(
    left: FloatArray, weight: FloatArray, journey: IntArray, groups: Groups, parameters: Parameters
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray, FloatArray, FloatArray]:
    """Return the effects of state pair, carrier, region pair, lane and seller, and what they leave over."""
    found = []
    for group, size, k in (
        (groups.state, (groups.states + 1) ** 2, parameters.k_state),
        (groups.carrier, groups.carriers + 1, parameters.k_carrier),
        (groups.pair, groups.pair_keys.shape[0], parameters.k_pair),
        (groups.lane, groups.lane_keys.shape[0], parameters.k_lane),
        (groups.seller, groups.sellers + 1, parameters.k_seller),
    ):
        effect = shrunk_means(left, weight, group[journey], size, k) if size else np.zeros(1)
        if group is groups.seller:
            effect[0] = 0.0  # an unknown seller is an average one
        left = left - effect[group[journey]]
        found.append(effect)
    state, carrier, pair, lane, seller = found
    return state, carrier, pair, lane, seller, left


def buckets_of_states(effect: FloatArray, groups: Groups) -> IntArray:
    """Return the spread bucket of every state pair: same state, or between states: nearer or farther half.

    Pairs slower than the median journey between states are far. That separates the North and Northeast from
    the rest without naming a state, so that it holds for any country.
    """
    side = groups.states + 1
    origin, dest = np.divmod(np.arange(side * side), side)
    between = groups.state[groups.state // side != groups.state % side]
    middle = float(np.median(effect[between])) if between.shape[0] else 0.0
    far = np.where(effect > middle, INTER_FAR, INTER_NEAR)
    found: IntArray = np.where((origin == dest) & (origin > 0), SAME_STATE, far).astype(np.int64)
    return found


def spread_of(fit: ComponentFit, buckets: IntArray, groups: Groups, parameters: Parameters) -> Spread:
    """Return the residual histograms of one component, by bucket."""
    mass = pooled_mass(
        fit.residual,
        forgetting(fit.age_days, parameters.spread_half_life),
        buckets[groups.state[fit.journey]],
        BUCKETS,
        parameters.spread_prior_n,
        parameters.spread_prior_sd,
    )
    return Spread.from_mass(mass)


def _largest(codes: NDArray[np.int32]) -> int:
    return int(codes.max()) if codes.shape[0] else -1
