"""The law of lead time: one lognormal distribution for every option (order, source, carrier), in closed form.

``log(total days) ~ Normal(log_mean, log_sd)`` with

    log_mean = log(approval + handling + wait + service + pace * km + legs * hub_leg + remote)
             + level(day, destination state) + lane + carrier + seller

where the sum in the logarithm is in days and every other term is an effect on the log scale. ``wait`` counts
the days from the purchase (from the next day after the carrier's cut-off hour) to a day on which seller and
carrier both work. A warehouse has no seller effect.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from graph.distance import haversine_km
from ingest.synthetic.arrays import Floats, Ints, Stream, generator, in_order
from ingest.synthetic.calendar import Calendar
from ingest.synthetic.catalogue import Sources
from ingest.synthetic.places import Places
from ingest.synthetic.world import World

PAYMENT_TYPES = ("boleto", "credit_card", "debit_card", "voucher")


@dataclass(frozen=True, slots=True)
class Law:
    """Parameters of every option's law.

    ``wait_days[habit, carrier, weekday, after cut-off]`` is whole days; ``hub_legs`` is by state pair;
    ``lane_log[lane_origins[from], to, carrier]`` by region, for the regions where a source lies;
    ``level_log[day, state]`` by local day of purchase and destination state.
    """

    places: Places
    source_zip: Ints
    source_habit: Ints
    source_effect_log: Floats
    handling_days: Floats
    approval_days: Floats
    wait_days: Floats
    cut_off_hour: Ints
    service_days: Floats
    days_per_km: Floats
    hub_leg_days: Floats
    hub_legs: Floats
    remote_days: Floats
    lane_origins: Ints
    lane_log: Floats
    carrier_effect_log: Floats
    log_sd: Floats
    level_log: Floats

    def distance_km(self, source: Ints, dest_zip: Ints) -> Floats:
        """Return great-circle distances from sources to destination zip prefixes."""
        p, origin = self.places, self.source_zip[source]
        return haversine_km(p.zip_lat[origin], p.zip_lng[origin], p.zip_lat[dest_zip], p.zip_lng[dest_zip])

    def medians(self, orders: Circumstances, source: Ints, carrier: Ints, km: Floats) -> StageMedians:
        """Return the median days by stage, before effects, of one option a row."""
        origin, dest = self.places.zip_state[self.source_zip[source]], self.places.zip_state[orders.dest_zip]
        late = (orders.hour >= self.cut_off_hour[carrier]).astype(np.int64)
        wait = self.wait_days[self.source_habit[source], carrier, orders.weekday, late]
        transit = self.service_days[carrier] + self.days_per_km[carrier] * km
        transit += self.hub_legs[origin, dest] * self.hub_leg_days[carrier] + self.remote_days[dest]
        return StageMedians(
            self.approval_days[orders.payment_type], self.handling_days[source] + wait, transit
        )

    def log_mean(self, orders: Circumstances, source: Ints, carrier: Ints, medians: StageMedians) -> Floats:
        """Return the mean of the log of total days of one option a row."""
        region = self.places.zip_region
        lane = self.lane_log[
            self.lane_origins[region[self.source_zip[source]]], region[orders.dest_zip], carrier
        ]
        level = self.level_log[orders.day, self.places.zip_state[orders.dest_zip]]
        effects = level + lane + self.carrier_effect_log[carrier] + self.source_effect_log[source]
        return np.log(medians.total) + effects


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What the law needs to know of an order, one row an order or an option.

    ``day`` is the local day of the history, ``weekday`` 0 is Monday, ``payment_type`` is a position in
    ``PAYMENT_TYPES``, ``dest_zip`` one in the zip prefixes.
    """

    dest_zip: Ints
    payment_type: Ints
    day: Ints
    weekday: Ints
    hour: Ints

    def take(self, rows: Ints) -> Circumstances:
        """Return the given rows."""
        return Circumstances(
            self.dest_zip[rows], self.payment_type[rows], self.day[rows], self.weekday[rows], self.hour[rows]
        )


@dataclass(frozen=True, slots=True)
class StageMedians:
    """Median days of approval, handling (waiting included) and transit, before effects."""

    approval: Floats
    handling: Floats
    transit: Floats

    @property
    def total(self) -> Floats:
        """Their sum, in this order: the truth's readers add them alike."""
        return self.approval + self.handling + self.transit


def draw_law(world: World, places: Places, sources: Sources, calendar: Calendar, seed: int) -> Law:
    """Draw the effects of a world and return its law."""
    rng = generator(seed, Stream.EFFECTS)
    carriers = world.carriers
    origins = np.unique(places.zip_region[sources.zip])
    lane_origins = np.full(len(places.regions), -1)
    lane_origins[origins] = np.arange(origins.size)
    lane = rng.normal(0.0, 1.0, (origins.size, len(places.regions), len(carriers))) * world.effects.lane_sd
    carrier = _contrast(rng.normal(0.0, 1.0, len(carriers))) * world.effects.carrier_sd
    seller = rng.normal(0.0, 1.0, len(sources.seller_ids)) * world.effects.seller_sd
    return Law(
        places=places,
        source_zip=sources.zip,
        source_habit=sources.habit,
        source_effect_log=np.where(sources.warehouse < 0, seller[sources.seller], 0.0),
        handling_days=sources.handling_days,
        approval_days=in_order(world.approval_days, PAYMENT_TYPES),
        wait_days=_wait_days(sources.habits, [c.pickup_weekdays for c in carriers]),
        cut_off_hour=np.array([c.cut_off_hour for c in carriers]),
        service_days=np.array([c.service_days for c in carriers]),
        days_per_km=np.array([c.days_per_1000_km / 1000.0 for c in carriers]),
        hub_leg_days=np.array([c.hub_leg_days for c in carriers]),
        hub_legs=hub_legs(world, places.macro_regions()),
        remote_days=in_order(world.transit.remote_days, places.macro_regions()),
        lane_origins=lane_origins,
        lane_log=lane,
        carrier_effect_log=carrier,
        log_sd=np.array([world.effects.residual_sd * c.residual_factor for c in carriers]),
        level_log=calendar.level_log,
    )


def hub_legs(world: World, macro_regions: list[str]) -> Floats:
    """Return the hub legs between two states: none inside one, more across macro regions and to the North."""
    macro = np.array(macro_regions)
    legs = np.where(
        macro[:, None] == macro[None, :],
        world.transit.hub_legs_same_macro_region,
        world.transit.hub_legs_other_macro_region,
    )
    north = (macro[:, None] == "N") | (macro[None, :] == "N")
    legs = legs + world.transit.hub_legs_north_extra * north
    return np.where(np.eye(macro.size, dtype=np.bool_), 0, legs).astype(np.float64)


def _contrast(draws: Floats) -> Floats:
    """Centre the carriers' effects, variance kept: the level of a world should not hang on four draws."""
    if draws.size == 1:
        return np.zeros(1)
    centred: Floats = (draws - draws.mean()) * np.sqrt(draws.size / (draws.size - 1))
    return centred


def _wait_days(habits: tuple[str, ...], pickups: list[str]) -> Floats:
    wait = np.zeros((len(habits), len(pickups), 7, 2))
    for h, habit in enumerate(habits):
        for c, pickup in enumerate(pickups):
            both = {int(day) - 1 for day in habit} & {int(day) - 1 for day in pickup}
            works = both or {int(day) - 1 for day in pickup}  # no day in common: the seller yields
            for weekday in range(7):
                for late in range(2):
                    wait[h, c, weekday, late] = next(d for d in range(late, 9) if (weekday + d) % 7 in works)
    return wait
