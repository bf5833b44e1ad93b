"""Whether the online lead-time model finds the truth of a synthetic marketplace.

Three questions, each against the exact law that the orders were drawn from: do quantiles hold as often as
they say, are the lanes' effects found, are the carriers'? The world has few regions, so that lanes repeat.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from benchmarks.truth import Truth, cdf
from graph.days import DAY_S, start_of
from graph.lead_time import Journeys, LeadTimeBatch, RouteQuery
from graph.lead_time.journeys import FloatArray, IntArray
from graph.lead_time.online.engine import Engine
from graph.lead_time.online.history import Calendar, Played, play, spread_of_days
from graph.lead_time.online.parameters import OnlineParameters
from graph.lead_time.online.rows import Issued
from graph.lead_time.online.total import OnlineTotal
from ingest.checks import check
from ingest.facts import gather_nodes
from ingest.source import open_source
from ingest.synthetic.marketplace import write
from ingest.synthetic.world_files import load_world, world_of
from replay.past import read_history

LEVELS: Final = (0.5, 0.8, 0.9, 0.95)
SHOCK_DAYS: Final = 14
ENOUGH: Final = 30
_HOUR_S: Final = 3600
_WEEK_S: Final = 7 * DAY_S
_COPIED: Final = (
    *("seller", "origin_zip", "dest_zip", "origin_region", "dest_region", "origin_state", "dest_state"),
    *("category", "payment_type", "distance_km", "weight_g", "volume_cm3", "price_cents", "freight_cents"),
    *("n_lines", "n_sellers"),
)


@dataclass(frozen=True, slots=True, eq=False)
class Market:
    """A marketplace as the model sees it, and its truth.

    ``packages``: one row a journey: row, order_id, seller_id, carrier_id (null before the hand-over),
    from_region, to_region; ``carriers``: code of each carrier of the truth, by id.
    """

    truth: Truth
    shocks: tuple[date, ...]
    shifts: tuple[date, ...]
    journeys: Journeys
    packages: pl.DataFrame
    carriers: Mapping[str, int]
    as_of_s: int


def market(folder: Path, orders: int, regions: int, seed: int) -> Market:
    """Write a marketplace into ``folder`` (new) and read it back."""
    settings = load_world().model_dump()
    settings["places"]["regions"] = regions
    world = world_of(settings)
    write(world, orders, seed, folder, "parquet")
    source = open_source(str(folder))
    checked, history = check(source, None), read_history(source)
    nodes, journeys = gather_nodes(checked), history.journeys

    def names(table: str, key: str, codes: NDArray[np.int32]) -> pl.Series:
        return nodes[table][key].gather(pl.Series(codes).cast(pl.Int64).replace(-1, None))

    packages = pl.DataFrame(
        {
            "row": np.arange(len(journeys)),
            "order_id": history.orders,
            "seller_id": names("sellers", "seller_id", journeys.seller),
            "carrier_id": names("carriers", "carrier_id", journeys.carrier),
            "from_region": names("regions", "region", journeys.origin_region),
            "to_region": names("regions", "region", journeys.dest_region),
        }
    )
    truth = Truth.open(folder / "truth")
    named = truth.parameters["carriers"]["carrier_id"].to_list()  # a parcel may lack its carrier: "unknown"
    return Market(
        truth=truth,
        shocks=tuple(shock.start for shock in world.shocks),
        shifts=tuple(shift.date for shift in world.level_shifts),
        journeys=journeys,
        packages=packages,
        carriers={name: code for code, name in enumerate(nodes["carriers"]["carrier_id"]) if name in named},
        as_of_s=int(checked.as_of.timestamp()),
    )


def coverage(market: Market, played: Played) -> dict[str, dict[str, float]]:
    """Return how often quantiles issued at the purchase hold under the law, by part of the history.

    ``calm``: outside of a shock's first 14 days; ``shock``: inside; ``steady``: calm, and not in the first 14
    days after a shift of the level either (the world plants jumps of a third up or down).
    An order is whole with its last parcel: its quantile is the largest, its probability the smallest, because
    the parcels of an order share one draw.
    """
    rows = np.arange(len(market.journeys))
    spread, place = spread_of_days(played, rows)
    batch = _batch(played.issued.location, place, spread)
    quantiles = pl.DataFrame({_name(level): batch.quantile(level) for level in LEVELS})
    told = pl.concat([market.packages.select("order_id"), quantiles], how="horizontal")
    asked = market.truth.parcels.join(told.group_by("order_id").max(), "order_id", maintain_order="left")
    mean, sd = asked["log_mean"].to_numpy(), asked["log_sd"].to_numpy()
    held = {_name(level): cdf(mean, sd, asked[_name(level)].to_numpy()) for level in LEVELS}
    orders = (
        asked.select("order_id", "local_date")
        .with_columns(**{name: pl.Series(values) for name, values in held.items()})
        .group_by("order_id", maintain_order=True)
        .min()
    )
    early, shifted = _early(market.shocks), _early(market.shifts)
    parts = {
        "calm": orders.filter(~early),
        "steady": orders.filter(~early & ~shifted),
        "shock": orders.filter(early),
    }
    return {
        part: {"orders": frame.height, **_means(frame.select(*held))}
        for part, frame in parts.items()
        if frame.height
    }


def coverage_of_routes(market: Market, played: Played) -> dict[str, float]:
    """Return the same, outside of a shock, for forecasts that were told the carrier.

    Every morning the model is read for the parcels of the day, by seller and carrier. Parcels from warehouses
    are left out: their handling is the site's, which a journey does not tell.
    """
    journeys, rows, engine = market.journeys, played.rows, Engine.start(played.rows, played.engine.parameters)
    known, law = _laws(market)
    calendar, issued = Calendar(rows, journeys), Issued.empty(len(journeys))
    held = {_name(level): np.full(len(journeys), np.nan) for level in LEVELS}
    for day in range(played.first_day, played.first_day + played.levels.shape[0]):
        bought = calendar.rows("bought", day, day + 1.0)
        engine.refit_if_due(rows, issued, day, played.engine.bases)
        total = OnlineTotal.of(engine, start_of(day))
        location, bucket = read(total, journeys, bought, journeys.carrier[bought])
        for level in LEVELS:
            held[_name(level)][bought] = _batch(location, bucket, total.spread).quantile(level)
        engine.issue(rows, issued, bought, day)
        engine.learn(rows, issued, day, day + 1.0, calendar.events(day, day + 1.0))
    calm = ~law.select(_early(market.shocks)).to_series().to_numpy()
    mean, sd = (law[name].to_numpy()[calm] for name in ("log_mean", "log_sd"))
    shares = {name: float(cdf(mean, sd, days[known[calm]]).mean()) for name, days in held.items()}
    return {"parcels": int(calm.sum()), **shares}


def lanes(market: Market, played: Played) -> dict[str, float]:
    """Return how the model's mean effect of each lane with n >= 30 deliveries goes with the true one.

    The model's effect: its log median for the lane's own parcels, less all that the law says but the lane's
    effect. So it does not matter to which of its parts the model has put it.
    """
    known, law = _laws(market)
    total = OnlineTotal.of(played.engine, market.as_of_s)
    location, _ = read(total, market.journeys, known, market.journeys.carrier[known])
    lane = ["from_region", "to_region", "carrier_id"]
    truth = market.truth.parameters["lanes"].rename({"effect_log": "lane_log"})
    rest = pl.col("log_mean") - pl.col("level_log") - pl.col("lane_log")
    found = (
        law.with_columns(location=pl.Series(location))
        .join(truth, lane, "left", maintain_order="left")
        .group_by(lane)
        .agg(n=pl.len(), true=pl.col("lane_log").first(), found=(pl.col("location") - rest).mean())
        .filter(pl.col("n") >= ENOUGH)
    )
    slope = pl.cov("found", "true") / pl.col("true").var()
    fit = found.select(correlation=pl.corr("found", "true"), slope=slope).row(0, named=True)
    return {"lanes": found.height, "deliveries": int(found["n"].sum()), **fit}


def carriers(market: Market, played: Played, sample: int = 3_000) -> dict[str, Any]:
    """Return the carriers' mean effects, found and true, for parcels that each of them could have taken.

    Effects are contrasts: log time by one carrier less the mean over all, for the same parcel; the lanes' own
    effects are left out of the truth, and of the model by averaging.
    """
    known, law = _laws(market)
    chosen = np.sort(np.random.default_rng(1).permutation(known.shape[0])[:sample])
    asked = law[chosen].drop("carrier_id", "log_mean", "log_sd", "level_log")
    by_each = asked.join(
        pl.DataFrame({"carrier_id": list(market.carriers)}), how="cross", maintain_order="left"
    )
    code = np.tile(np.array([*market.carriers.values()], np.int32), chosen.shape[0])
    total = OnlineTotal.of(played.engine, market.as_of_s)
    location, _ = read(total, market.journeys, by_each["row"].to_numpy(), code)
    compared = by_each.select(
        "row", "carrier_id", found=pl.Series(location), true=market.truth.law(by_each)["log_mean"]
    ).with_columns(pl.col(name) - pl.col(name).mean().over("row") for name in ("found", "true"))
    effects = compared.group_by("carrier_id").agg(pl.col("found", "true").mean()).sort("carrier_id")
    correlation = compared.select(pl.corr("found", "true")).item()
    return {
        "parcel_correlation": float(correlation),
        "effects": {row["carrier_id"]: row for row in effects.to_dicts()},
    }


def read(
    total: OnlineTotal, journeys: Journeys, row: IntArray, carrier: NDArray[np.int32]
) -> tuple[FloatArray, IntArray]:
    """Return location and bucket of some journeys by a told carrier, at the hour of the week of each."""
    hour = (journeys.purchased_s[row] % _WEEK_S) // _HOUR_S
    location, bucket = np.zeros(row.shape[0]), np.zeros(row.shape[0], np.int64)
    for one in np.unique(hour):
        these = np.flatnonzero(hour == one)
        columns: dict[str, Any] = {name: getattr(journeys, name)[row[these]] for name in _COPIED}
        at_s = int(journeys.purchased_s[row[these[0]]])
        query = RouteQuery.build(these.shape[0], at_s, carrier=carrier[these], **columns)
        location[these], bucket[these] = total.locate(query)
    return location, bucket


def _laws(market: Market) -> tuple[IntArray, pl.DataFrame]:
    """Return the journeys handed over by their sellers, and each one's law with the level of its day."""
    sources = market.truth.parcels.select(
        "order_id", "local_date", "zip_prefix", seller_id=pl.col("source_id").str.split(":").list.last()
    )
    homes = market.truth.parcels.select("order_id", "carrier_id", "source_id").unique()
    asked = (
        market.packages.drop_nulls("carrier_id")
        .with_columns(source_id=pl.concat_str(pl.lit("seller:"), "seller_id"))
        .join(homes, ["order_id", "carrier_id", "source_id"], "semi", maintain_order="left")
        .join(sources.unique(["order_id", "seller_id"]), ["order_id", "seller_id"], maintain_order="left")
    )
    levels = market.truth.parameters["levels"].rename({"date": "local_date"})
    states = market.truth.parameters["zip_prefixes"].select("zip_prefix", "state")
    law = (
        market.truth.law(asked)
        .join(states, "zip_prefix", "left", maintain_order="left")
        .join(levels, ["local_date", "state"], "left", maintain_order="left")
    )
    return law["row"].to_numpy().astype(np.int64), law


def _early(changes: tuple[date, ...]) -> pl.Expr:
    """Tell the rows bought (``local_date``) in the first days of a change, when few events tell of it."""
    days = [pl.col("local_date").is_between(day, day + timedelta(SHOCK_DAYS - 1)) for day in changes]
    return pl.any_horizontal(pl.lit(value=False), *days).alias("early")


def _name(level: float) -> str:
    return f"q{round(100 * level)}"


def _batch(location: FloatArray, bucket: IntArray, spread: Any) -> LeadTimeBatch:
    none = np.zeros(location.shape[0], np.int64)
    return LeadTimeBatch(location, bucket, spread, none.astype(np.int8), none)


def _means(frame: pl.DataFrame) -> dict[str, float]:
    return {name: float(frame[name].to_numpy().mean()) for name in frame.columns}


def measure(market: Market, parameters: OnlineParameters | None = None) -> dict[str, Any]:
    """Return all tables as JSON values."""
    played = play(market.journeys, market.as_of_s, parameters)
    return {
        "coverage": coverage(market, played),
        "coverage_told_the_carrier": coverage_of_routes(market, played),
        "lanes": lanes(market, played),
        "carriers": carriers(market, played),
    }


def show(found: Mapping[str, Any]) -> None:
    """Print the tables."""
    told = {"told the carrier": found["coverage_told_the_carrier"]}
    print("share of the law below the quantile, percent        q50    q80    q90    q95")
    for name, row in {**found["coverage"], **told}.items():
        n = row.get("orders", row.get("parcels"))
        shares = "".join(f"{100 * row[_name(level)]:7.1f}" for level in LEVELS)
        print(f"  {name:<18} n = {n:<8}                  {shares}")
    lane = found["lanes"]
    print(
        f"lanes with n >= {ENOUGH}: {lane['lanes']} ({lane['deliveries']} deliveries), "
        f"correlation {lane['correlation']:.3f}, slope {lane['slope']:.2f}"
    )
    print(f"carriers: parcel by parcel, correlation {found['carriers']['parcel_correlation']:.3f}")
    for name, effect in found["carriers"]["effects"].items():
        print(f"  {name:<12} found {effect['found']:+.3f}   true {effect['true']:+.3f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--orders", type=int, default=60_000)
    parser.add_argument("--regions", type=int, default=60)
    parser.add_argument("--seed", type=int, default=3)
    parser.add_argument("--json", type=Path, help="write the figures here too")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = measure(market(Path(folder) / "market", asked.orders, asked.regions, asked.seed))
    show(found)
    if asked.json is not None:
        asked.json.write_text(json.dumps(found, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
