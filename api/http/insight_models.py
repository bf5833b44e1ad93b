"""What the rankings, the bottlenecks and the key figures answer; docs/insight.md says what they mean."""

from __future__ import annotations

from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field

from api.http.models import Answer
from replay.insight.bottlenecks import Impact
from replay.insight.breaches import Evidence
from replay.insight.routes import RouteLevel


class RankStatus(StrEnum):
    """Whether there are enough packages to rank somebody."""

    RANKED = "ranked"
    NEW = "new"


class From(StrEnum):
    """Which end of a ranking comes first."""

    BEST = "best"
    WORST = "worst"


class _Closed(BaseModel):
    model_config = ConfigDict(extra="forbid")


class RankedSellerOut(_Closed):
    """A seller with its score and criteria, each with a 90 % interval; `rank` is null where it is new."""

    rank: int | None
    status: RankStatus
    seller_id: str
    seller_state: str | None
    n: int
    waiting: int
    handling_days: float | None
    late_share: float | None
    review: float | None
    score: float
    score_low: float
    score_high: float
    speed_factor: float
    speed_factor_low: float
    speed_factor_high: float
    due: int
    breaches: int
    breach_share_raw: float | None
    breach_share: float
    breach_share_low: float
    breach_share_high: float
    reviews: int
    review_effect: float
    review_effect_low: float
    review_effect_high: float
    exposure_share: float


class BreachOut(_Closed):
    """A seller whose hand-overs after the shipping limit are proven, and by how much they pass the usual."""

    seller_id: str
    n: int
    breaches: int
    share: float
    shrunk_share: float
    share_low: float
    share_high: float
    usual_share: float
    excess_breaches: float
    evidence: Evidence


class SellerRankingOut(Answer):
    """The ranking of sellers: the best or worst in `sellers`, in `new_sellers` those not ranked."""

    window_days: int
    least_packages: int
    weights: dict[str, float]
    ranked: int
    new: int
    sellers: list[RankedSellerOut]
    new_sellers: list[RankedSellerOut]
    new_exposure_share: float
    seller_of_the_month: RankedSellerOut | None
    breach_share: float | None
    breaches: list[BreachOut]


class RankedRouteOut(_Closed):
    """A route between two states or regions by one carrier."""

    rank: int | None
    status: RankStatus
    # Both are words of the language, so the members that are meant stand behind other names here.
    from_place: str | None = Field(alias="from")
    to_place: str | None = Field(alias="to")
    carrier_id: str | None
    n: int
    distance_km: float | None
    transit_days: float | None
    usual_days: float | None
    days_lost: float
    transit_factor: float
    transit_factor_low: float
    transit_factor_high: float
    due: int
    late: int
    late_share_raw: float | None
    late_share: float
    late_share_low: float
    late_share_high: float
    excess_late: float
    score: float
    score_low: float
    score_high: float


class RouteRankingOut(Answer):
    """The ranking of routes."""

    level: RouteLevel
    window_days: int
    least_packages: int
    weights: dict[str, float]
    ranked: int
    new: int
    routes: list[RankedRouteOut]


class BottleneckSellerOut(_Closed):
    """A seller of a state: its packages now, and what it has; `units` is null where no stock is known."""

    seller_id: str
    packages: int
    outliers: int
    avg_prep_hrs: float | None
    products: int
    units: int | None


class BottleneckOut(_Closed):
    """A state of sellers: its outliers, the hours they cost, and what would help."""

    state: str
    packages: int
    current_outlier_count: int
    waiting_outliers: int
    avg_prep_hrs: float | None
    avg_prep_delay_hrs: float | None
    lost_hours: float
    saved_hours: float | None
    saved_lead_time_share: float | None
    late: int
    late_rescued: int
    impact_share: float
    system_impact_potential: Impact
    recommendation: str
    slow_sellers: list[BottleneckSellerOut]
    sellers_with_stock: list[BottleneckSellerOut]


class BottlenecksOut(Answer):
    """Where preparation is stuck now, the state that loses most hours first."""

    days: int
    fence_hours: float | None
    target_hours: float
    bottlenecks: list[BottleneckOut]


class StateOrdersOut(_Closed):
    """Orders by the customer's state."""

    state: str | None
    orders: int


class StageDaysOut(_Closed):
    """How long one stage took, of what ended in a period; `total` is purchase to customer."""

    stage: str
    n: int
    mean_days: float | None
    p50_days: float | None
    p80_days: float | None
    p95_days: float | None


class PeriodOut(_Closed):
    """The figures of one period."""

    from_instant: str = Field(alias="from", json_schema_extra={"format": "date-time"})
    to_instant: str = Field(alias="to", json_schema_extra={"format": "date-time"})
    orders: int
    orders_by_state: list[StateOrdersOut]
    delivered: int
    late: int
    delay_rate: float | None
    stages: list[StageDaysOut]
    waiting_packages: int
    travelling_packages: int
    reviews: int
    review_score: float | None


class KpisOut(Answer):
    """Key figures beside the same days before and a year before; the last two are null without database."""

    days: int
    now: PeriodOut
    before: PeriodOut
    year_before: PeriodOut
    alerts_open: int | None
    stock_at_risk: int | None
