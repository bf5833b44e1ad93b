"""The settings of the online model; chosen on the mirror windows of docs/lead_time.md, then left alone."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class OnlineParameters:
    """Half-lives in days; ``k_*``: the evidence at which a group's own mean counts half. All positive.

    signals: ``level_half_life`` (common level that effects are measured against), ``effect_half_life`` (state
    pairs, destination regions, sellers), ``recent_half_life`` (a seller's last days).
    period level: ``period_half_life``; ``period_scale`` of the log-logistic hazard; ``period_prior``
    information at the start; ``weekday_half_life`` of the weekday profile of deliveries; ``usual_half_life``
    of the usual level; ``fading_half_life`` of a shock when nothing more is learned (a frozen model).
    spread: ``spread_half_life``, ``spread_prior_n``, ``spread_prior_sd``; ``guard_gain``: how far one day's
    misses move the levels at which quantiles are read; ``known_drift``: the share of the level's move between
    purchase and delivery that is taken out of an error before it is pooled, because the level has it already.
    base: ``refit_days`` at most between fits, ``refit_growth`` of the deliveries at which it comes sooner,
    but not within ``refit_pause_days``; ``base_minimum`` deliveries before the first fit; ``base_rows``: the
    newest journeys used; ``censored_days``: purchases so new that their slow ones are still missing;
    ``lane_trees``, ``seller_trees``, ``leaves``, ``learning_rate``, ``leaf_minimum``; ``seed``.
    open set: lost after ``unhanded_days`` without hand-over or ``undelivered_days`` after it.
    """

    level_half_life: float = 10.0
    effect_half_life: float = 150.0
    recent_half_life: float = 8.0
    k_level: float = 2.0
    k_state_pair: float = 15.0
    k_region: float = 15.0
    k_seller: float = 10.0
    k_recent: float = 2.0
    k_carrier: float = 10.0
    k_lane: float = 30.0
    k_mix: float = 1.0
    lane_prior_n: float = 1000.0
    lane_prior_sd: float = 0.45
    period_half_life: float = 9.0
    period_scale: float = 0.8
    period_prior: float = 30.0
    weekday_half_life: float = 60.0
    usual_half_life: float = 90.0
    fading_half_life: float = 60.0
    spread_half_life: float = 50.0
    spread_prior_n: float = 50.0
    spread_prior_sd: float = 0.5
    guard_gain: float = 0.004
    known_drift: float = 0.75
    refit_days: float = 61.0
    refit_growth: float = 1.25
    refit_pause_days: float = 14.0
    base_minimum: int = 2000
    base_rows: int = 30_000
    censored_days: float = 25.0
    lane_trees: int = 100
    seller_trees: int = 40
    leaves: int = 10
    learning_rate: float = 0.08
    leaf_minimum: int = 80
    seed: int = 1
    unhanded_days: float = 90.0
    undelivered_days: float = 120.0

    def __post_init__(self) -> None:
        wrong = [name for name in self.__slots__ if not getattr(self, name) > 0]
        if wrong:
            raise ValueError(f"lead-time parameters must be positive: {', '.join(wrong)}")
