"""``truth/``: the parameters of the law, every option's law, and what became of every parcel.

Only tests and benchmarks read it; ``benchmarks/truth.py`` computes the law anew from these files alone.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import polars as pl

from graph.days import DAY_S, day_number
from ingest.synthetic.arrays import Flags, Floats, Ints
from ingest.synthetic.chunk_tables import Market
from ingest.synthetic.course import Course, Outcome
from ingest.synthetic.demand import Demand
from ingest.synthetic.law import PAYMENT_TYPES, Law
from ingest.synthetic.routing import Options
from ingest.synthetic.static_tables import carriers_table

_OUTCOMES = tuple(outcome.name.lower() for outcome in Outcome)


def parameter_tables(market: Market, law: Law) -> Mapping[str, pl.DataFrame]:
    """Return the parameters of the law as tables, by file stem."""
    places, sources, products = market.places, market.sources, market.products
    names = pl.Series([carrier.carrier_id for carrier in market.world.carriers], dtype=pl.String)
    zips = pl.Series(places.zip_prefixes, dtype=pl.String)
    return {
        "zip_prefixes": pl.DataFrame(
            {
                "zip_prefix": zips,
                "region": pl.Series(places.regions, dtype=pl.String).gather(places.zip_region),
                "state": pl.Series(places.state_codes, dtype=pl.String).gather(places.zip_state),
                "lat": places.zip_lat,
                "lng": places.zip_lng,
                "buyers_share": places.zip_buyers,
            }
        ),
        "states": places.states.select("state", "macro_region").with_columns(remote_days=law.remote_days),
        "hub_legs": _pairs(places.state_codes, "from_state", "to_state", law.hub_legs, "hub_legs"),
        "levels": _levels(market, law),
        "approvals": pl.DataFrame({"payment_type": PAYMENT_TYPES, "approval_days": law.approval_days}),
        "carriers": _carriers(market, law),
        "waits": _waits(market, law),
        "sources": pl.DataFrame(
            {
                "source_id": sources.source_ids,
                "seller_id": sources.seller_ids.gather(sources.seller),
                "location_id": sources.location_ids,
                "zip_prefix": zips.gather(sources.zip),
                "handover_weekdays": pl.Series(sources.habits, dtype=pl.String).gather(sources.habit),
                "handling_days": law.handling_days,
                "effect_log": law.source_effect_log,
                "carrier_ids": _contracts(sources.works_with, names),
            }
        ),
        "offers": pl.DataFrame(
            {
                "product_id": products.product_ids.gather(products.offer_product),
                "source_id": sources.source_ids.gather(products.offer_source),
                "price_cents": products.offer_price_cents,
            }
        ),
        "lanes": _lanes(market, law, names),
    }


def option_table(market: Market, demand: Demand, options: Options, order_ids: pl.Series) -> pl.DataFrame:
    """Return the law of every option of a chunk, at most 12 an order.

    ``log_mean`` and ``log_sd`` are of the log of total days; ``freight_cents`` is the parcel's,
    ``price_cents`` a unit's; ``propensity`` is the chance that the recorded rule chooses the option.
    """
    return pl.DataFrame(
        {
            "order_id": order_ids.gather(demand.parcel_order[options.parcel]),
            "product_id": market.products.product_ids.gather(demand.parcel_product[options.parcel]),
            "source_id": market.sources.source_ids.gather(options.source),
            "carrier_id": pl.Series([c.carrier_id for c in market.world.carriers]).gather(options.carrier),
            "distance_km": options.km,
            "log_mean": options.log_mean,
            "log_sd": options.log_sd,
            "mean_days": options.mean_days,
            "freight_cents": options.freight_cents,
            "price_cents": options.price_cents,
            "propensity": options.propensity,
            "chosen": options.chosen,
        }
    )


def parcel_table(
    market: Market, demand: Demand, options: Options, course: Course, order_ids: pl.Series
) -> pl.DataFrame:
    """Return what was ordered, chosen and drawn: one row a parcel, nothing cut at the end of the history.

    ``total_days`` is the draw from the law of the chosen option before rounding to seconds, also where
    ``outcome`` says that the parcel was never delivered (lost, canceled, unavailable: outside the law).
    """
    picked, order = np.flatnonzero(options.chosen), demand.parcel_order
    to, clock = demand.circumstances, market.calendar
    return pl.DataFrame(
        {
            "order_id": order_ids.gather(order),
            "product_id": market.products.product_ids.gather(demand.parcel_product),
            "quantity": demand.parcel_quantity,
            "weight_g": demand.parcel_weight_g,
            "zip_prefix": pl.Series(market.places.zip_prefixes).gather(to.dest_zip[order]),
            "purchased_at": _instants(demand.purchased_s[order]),
            "local_date": _dates(clock.local_s(demand.purchased_s[order]) // DAY_S),
            "local_hour": to.hour[order],
            "payment_type": pl.Series(PAYMENT_TYPES).gather(to.payment_type[order]),
            "promised_date": _dates(course.promised_day[order]),
            "source_id": market.sources.source_ids.gather(options.source[picked]),
            "carrier_id": pl.Series([c.carrier_id for c in market.world.carriers]).gather(
                options.carrier[picked]
            ),
            "propensity": options.propensity[picked],
            "log_mean": options.log_mean[picked],
            "log_sd": options.log_sd[picked],
            "total_days": course.total_days,
            "outcome": pl.Series(_OUTCOMES).gather(course.outcome[order]),
        }
    )


def _instants(seconds: Ints) -> pl.Series:
    return pl.Series(seconds * 1_000_000).cast(pl.Datetime("us", "UTC"))


def _dates(days: Ints) -> pl.Series:
    return pl.Series(days.astype(np.int32)).cast(pl.Date)


def _pairs(names: list[str], left: str, right: str, values: Floats, value: str) -> pl.DataFrame:
    series, count = pl.Series(names), len(names)
    return pl.DataFrame(
        {
            left: series.gather(np.repeat(np.arange(count), count)),
            right: series.gather(np.tile(np.arange(count), count)),
            value: values.ravel(),
        }
    )


def _levels(market: Market, law: Law) -> pl.DataFrame:
    days, states = law.level_log.shape
    first = day_number(market.calendar.start)
    return pl.DataFrame(
        {
            "date": _dates(np.repeat(first + np.arange(days), states)),
            "state": pl.Series(market.places.state_codes).gather(np.tile(np.arange(states), days)),
            "level_log": law.level_log.ravel(),
        }
    )


def _carriers(market: Market, law: Law) -> pl.DataFrame:
    private = pl.DataFrame(
        {
            "service_days": law.service_days,
            "days_per_km": law.days_per_km,
            "hub_leg_days": law.hub_leg_days,
            "effect_log": law.carrier_effect_log,
            "log_sd": law.log_sd,
        }
    )
    return pl.concat([carriers_table(market.world), private], how="horizontal")


def _waits(market: Market, law: Law) -> pl.DataFrame:
    habits, carriers, weekdays, lates = np.indices(law.wait_days.shape)
    names = pl.Series([carrier.carrier_id for carrier in market.world.carriers])
    return pl.DataFrame(
        {
            "handover_weekdays": pl.Series(market.sources.habits).gather(habits.ravel()),
            "carrier_id": names.gather(carriers.ravel()),
            "weekday": weekdays.ravel() + 1,
            "after_cut_off": lates.ravel().astype(np.bool_),
            "wait_days": law.wait_days.ravel(),
        }
    ).unique(maintain_order=True)


def _contracts(works_with: Flags, names: pl.Series) -> pl.Series:
    source, carrier = np.nonzero(works_with)
    frame = pl.DataFrame({"source": source, "carrier": names.gather(carrier)})
    return frame.group_by("source", maintain_order=True).agg("carrier")["carrier"]


def _lanes(market: Market, law: Law, names: pl.Series) -> pl.DataFrame:
    origins = np.flatnonzero(law.lane_origins >= 0)
    shape = law.lane_log.shape
    origin, to, carrier = (index.ravel() for index in np.indices(shape))
    regions = pl.Series(market.places.regions, dtype=pl.String)
    return pl.DataFrame(
        {
            "from_region": regions.gather(origins[origin]),
            "to_region": regions.gather(to),
            "carrier_id": names.gather(carrier),
            "effect_log": law.lane_log.ravel(),
        }
    )
