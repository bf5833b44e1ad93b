"""The settings of a synthetic world: one TOML file, validated at the border into frozen models.

A world file names only what differs from ``worlds/default.toml``: tables are merged key by key, lists are
replaced whole. Every fault of a file is reported at once, with its key and what to do.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

MOST_OPTIONS = 12
"""The truth lists at most this many options an order, and the recorded choice is one of them."""

WEIGHT_MOST_G = 30_000
"""No parcel weighs more than this."""

SIDE_MOST_CM = 105
"""No product has a longer side than this."""

StateCode = Literal[
    "AC", "AL", "AM", "AP", "BA", "CE", "DF", "ES", "GO", "MA", "MG", "MS", "MT", "PA",
    "PB", "PE", "PI", "PR", "RJ", "RN", "RO", "RR", "RS", "SC", "SE", "SP", "TO",
]  # fmt: skip
MacroRegion = Literal["CO", "N", "NE", "S", "SE"]
PaymentType = Literal["boleto", "credit_card", "debit_card", "voucher"]
RuleName = Literal["nearest", "cheapest", "softmax", "random"]


def _weekdays(value: str) -> str:
    if not value or value != "".join(sorted(set(value) & set("1234567"))):
        raise ValueError('give ISO weekdays in order, each once, such as "12345"')
    return value


def _some_weight(values: tuple[float, ...]) -> tuple[float, ...]:
    if sum(values) <= 0:
        raise ValueError("at least one weight must be above zero")
    return values


Share = Annotated[float, Field(ge=0.0, le=1.0)]
Positive = Annotated[float, Field(gt=0.0, lt=1e9)]
NotNegative = Annotated[float, Field(ge=0.0, lt=1e9)]
Spread = Annotated[float, Field(ge=0.0, le=2.0)]
Log = Annotated[float, Field(ge=-3.0, le=3.0)]
Cents = Annotated[int, Field(ge=0, le=10**9)]
Weekdays = Annotated[str, AfterValidator(_weekdays)]
Hour = Annotated[int, Field(ge=0, le=24)]
Weights7 = Annotated[tuple[NotNegative, ...], Field(min_length=7, max_length=7), AfterValidator(_some_weight)]
Weights24 = Annotated[
    tuple[NotNegative, ...], Field(min_length=24, max_length=24), AfterValidator(_some_weight)
]
Weights5 = Annotated[tuple[NotNegative, ...], Field(min_length=5, max_length=5), AfterValidator(_some_weight)]
Weights = Annotated[tuple[NotNegative, ...], Field(min_length=1, max_length=20), AfterValidator(_some_weight)]


class Part(BaseModel):
    """Base of every table of a world file: frozen, and a key that it does not know is a fault."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=False)


class History(Part):
    """From the first order to the end of the export; ``complete`` lets every order run its course."""

    start: date
    months: int = Field(ge=1, le=240)
    complete: bool


class Volume(Part):
    """How orders spread over the history."""

    growth_per_year: float = Field(ge=-5.0, le=5.0)
    weekday_weights: Weights7
    hour_weights: Weights24
    yearly_swing: float = Field(ge=0.0, lt=1.0)
    day_noise_sd: Spread


class PlaceSettings(Part):
    """Zip prefixes and their regions."""

    zip_prefixes: int = Field(ge=60, le=20_000)
    regions: int = Field(ge=27, le=900)
    capital_share: Share
    rows_per_zip_prefix: float = Field(ge=1.0, le=200.0)


class BuyerSettings(Part):
    """Who buys, and where."""

    repeat_share: Share
    macro_region_weights: dict[MacroRegion, NotNegative]


class Habit(Part):
    """The weekdays on which a share of the sellers hands parcels over."""

    weekdays: Weekdays
    share: Positive


class SellerSettings(Part):
    """Sellers: how many, where, how busy, how they work."""

    most: int = Field(ge=1, le=100_000)
    orders_per_seller: Positive
    activity_exponent: float = Field(ge=0.0, le=3.0)
    state_shares: dict[StateCode, NotNegative]
    handling_days: float = Field(gt=0.0, le=60.0)
    carriers_each: int = Field(ge=1, le=MOST_OPTIONS // 2)
    habits: tuple[Habit, ...] = Field(min_length=1)


class ProductSettings(Part):
    """Products: how many, how they sell, who sells them, at what price."""

    most: int = Field(ge=1, le=1_000_000)
    orders_per_product: Positive
    popularity_exponent: float = Field(ge=0.0, le=3.0)
    sellers_most: int = Field(ge=1, le=50)
    sellers_exponent: float = Field(ge=-5.0, le=10.0)
    price_median_cents: int = Field(ge=1, le=10**8)
    price_sd: Spread
    price_spread: Spread


class WarehouseSettings(Part):
    """Warehouses, one for each state named, and what they hold."""

    states: tuple[StateCode, ...]
    stocked_share: Share
    weekdays: Weekdays
    handling_hours: float = Field(gt=0.0, le=1000.0)
    capacity_units: int = Field(ge=1)
    daily_capacity_orders: int = Field(ge=1)
    fixed_cost_cents_per_day: Cents
    cutoff_hour_local: Hour


class StockSettings(Part):
    """Stock events; restocking is assumed never to fail."""

    events: bool
    depth_units: int = Field(ge=1, le=10**6)
    restock_days: float = Field(gt=0.0, le=365.0)
    return_rate: Share
    damage_share: Share


class Transit(Part):
    """What transit takes beyond the carrier's own pace."""

    remote_days: dict[MacroRegion, NotNegative]
    hub_legs_same_macro_region: int = Field(ge=0, le=10)
    hub_legs_other_macro_region: int = Field(ge=0, le=10)
    hub_legs_north_extra: int = Field(ge=0, le=10)


class Effects(Part):
    """Standard deviations on the log scale of the total lead time."""

    lane_sd: Spread
    carrier_sd: Spread
    seller_sd: Spread
    residual_sd: float = Field(gt=0.0, le=2.0)


class CarrierSettings(Part):
    """A carrier: its tariff, limits and calendar (public), and its pace (the truth's).

    ``share`` is the chance that a seller works with it; ``residual_factor`` multiplies ``residual_sd``.
    """

    carrier_id: str = Field(pattern=r"^[a-z0-9_]{1,40}$")
    service: str = Field(min_length=1, max_length=40)
    base_cents: Cents
    cents_per_kg: float = Field(ge=0.0, le=1e6)
    cents_per_km: float = Field(ge=0.0, le=1e6)
    max_weight_g: int = Field(ge=1)
    max_side_cm: int = Field(ge=1)
    cut_off_hour: Hour
    pickup_weekdays: Weekdays
    service_days: float = Field(gt=0.0, le=100.0)
    days_per_1000_km: float = Field(ge=0.0, le=100.0)
    hub_leg_days: float = Field(ge=0.0, le=100.0)
    share: Share
    residual_factor: float = Field(default=1.0, gt=0.0, le=5.0)


class LevelShift(Part):
    """The log level of all lead times from ``date`` on, until the next shift."""

    date: date
    log: Log


class Peak(Part):
    """A yearly peak of volume and lead times."""

    month: int = Field(ge=1, le=12)
    day: int = Field(ge=1, le=28)
    days: int = Field(ge=1, le=60)
    volume_factor: float = Field(gt=0.0, le=100.0)
    log: Log
    fade_days: int = Field(ge=0, le=120)


class Shock(Part):
    """A strike-like shock: rises, stays, fades; ``states`` are destinations, none named means all."""

    name: str = Field(min_length=1, max_length=60)
    start: date
    rise_days: int = Field(ge=0, le=365)
    days: int = Field(ge=0, le=365)
    fade_days: int = Field(ge=0, le=365)
    log: Log
    volume_factor: float = Field(gt=0.0, le=100.0)
    states: tuple[StateCode, ...]


class Yearly(Part):
    """A yearly wave of lead times, high in January."""

    level_swing: Spread


class Rule(Part):
    """How the recorded choice was made; ``explore`` mixes in a uniform choice."""

    name: RuleName
    temperature_cents: Positive
    cents_per_day: NotNegative
    explore: Share


class PromiseSettings(Part):
    """The platform's promise: the reference lead time of the recorded source, padded."""

    pad: float = Field(gt=0.0, le=20.0)
    least_days: int = Field(ge=0, le=365)
    reference_carrier: str


class Outcomes(Part):
    """Shares of orders that end outside the law."""

    canceled: Share
    unavailable: Share
    lost: Share


class Baskets(Part):
    """What one order holds."""

    quantity_weights: Weights
    two_products: Share


class PaymentSettings(Part):
    """How buyers pay."""

    shares: dict[PaymentType, NotNegative]
    voucher_split: Share


class ReviewSettings(Part):
    """Scores 1 to 5 by delivery against the promise: the jump at the promise is the truth."""

    answered: Share
    on_time: Weights5
    late: Weights5
    very_late: Weights5
    very_late_days: NotNegative


class Quirks(Part):
    """Shares of rows with the known quirks of real exports; all zero gives clean tables."""

    hand_over_before_approval: Share
    delivery_before_hand_over: Share
    delivered_without_stamp: Share
    missing_category: Share
    missing_measures: Share
    missing_geolocation: Share
    points_outside_brazil: Share
    repeated_points: Share
    missing_payment: Share
    shared_review_id: Share
    accented_city: Share


class World(Part):
    """Everything that shapes a synthetic marketplace, except its number of orders and its seed."""

    history: History
    volume: Volume
    places: PlaceSettings
    buyers: BuyerSettings
    sellers: SellerSettings
    products: ProductSettings
    warehouses: WarehouseSettings
    stock: StockSettings
    transit: Transit
    approval_days: dict[PaymentType, Positive]
    effects: Effects
    carriers: tuple[CarrierSettings, ...] = Field(min_length=1, max_length=MOST_OPTIONS)
    level_shifts: tuple[LevelShift, ...]
    peaks: tuple[Peak, ...]
    shocks: tuple[Shock, ...]
    yearly: Yearly
    rule: Rule
    promise: PromiseSettings
    outcomes: Outcomes
    baskets: Baskets
    payments: PaymentSettings
    reviews: ReviewSettings
    quirks: Quirks

    @model_validator(mode="after")
    def _agree(self) -> Self:
        found = "\n".join(_disagreements(self))
        if found:
            raise ValueError(found)
        return self

    @property
    def widest_carrier(self) -> int:
        """Position of the carrier with the widest limits, which works with every source."""
        return max(
            range(len(self.carriers)),
            key=lambda c: (self.carriers[c].max_weight_g, self.carriers[c].max_side_cm, -c),
        )


def _disagreements(world: World) -> Iterator[str]:
    """Yield "keys: remedy" for each rule between keys that a world breaks."""
    names = [carrier.carrier_id for carrier in world.carriers]
    widest = world.carriers[world.widest_carrier]
    if len(set(names)) < len(names):
        yield "carriers: two carriers share one carrier_id; give each its own"
    if world.promise.reference_carrier not in names:
        yield f"promise.reference_carrier: no such carrier; choose one of {', '.join(names)}"
    if widest.max_weight_g < WEIGHT_MOST_G or widest.max_side_cm < SIDE_MOST_CM:
        yield (
            f"carriers: raise max_weight_g to {WEIGHT_MOST_G} and max_side_cm to {SIDE_MOST_CM} "
            f"for {widest.carrier_id}, or some parcels have no carrier"
        )
    if sum(world.outcomes.model_dump().values()) > 1.0:
        yield "outcomes: the shares add up to more than 1; lower them"
    if sum(world.sellers.state_shares.values()) <= 0:
        yield "sellers.state_shares: at least one share must be above zero"
    if sum(world.buyers.macro_region_weights.values()) <= 0:
        yield "buyers.macro_region_weights: at least one weight must be above zero"
    if sum(world.payments.shares.values()) <= 0:
        yield "payments.shares: at least one share must be above zero"
    unpaid = sorted(set(world.payments.shares) - set(world.approval_days))
    if unpaid:
        yield f"approval_days: give the median for {', '.join(unpaid)} too"
