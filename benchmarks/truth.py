"""The exact law of lead time in a synthetic marketplace, computed from the parameters in ``truth/``.

Written apart from the generator on purpose: joins over tables, no code shared with it but the distance. For
an order, a source and a carrier, ``log(total days) ~ Normal(log_mean, log_sd)`` with

    log_mean = log(approval + handling + wait + service + pace * km + legs * hub leg + remote)
             + level + lane + carrier + seller

Lost parcels and cancellations lie outside the law. The parcels of one order share one normal draw, so the
order's quantile is the largest of its parcels' and its distribution function the smallest.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from math import erf, sqrt
from operator import add
from pathlib import Path
from statistics import NormalDist

import numpy as np
import polars as pl
from numpy.typing import NDArray

from graph.distance import haversine_km
from graph.errors import BadInput

Floats = NDArray[np.float64]

_PARAMETERS = (
    *("zip_prefixes", "states", "hub_legs", "levels", "approvals", "carriers", "waits"),
    *("sources", "offers", "lanes"),
)


@dataclass(frozen=True)
class Truth:
    """The ``truth/`` folder of one marketplace: parameters by name, and what became of its parcels."""

    folder: Path
    parameters: dict[str, pl.DataFrame]
    parcels: pl.DataFrame

    @classmethod
    def open(cls, folder: Path) -> Truth:
        """Read a ``truth/`` folder. Raises ``BadInput`` where it lacks a file."""
        missing = [name for name in (*_PARAMETERS, "parcels") if not (folder / f"{name}.parquet").is_file()]
        if missing:
            raise BadInput(f"{folder} is not the truth of a synthetic marketplace: no {', '.join(missing)}.")
        tables = {name: pl.read_parquet(folder / f"{name}.parquet") for name in _PARAMETERS}
        return cls(folder, tables, pl.read_parquet(folder / "parcels.parquet"))

    def options(self) -> pl.DataFrame:
        """Return the options that the marketplace wrote: law, freight, propensity, recorded choice."""
        return pl.read_parquet(self.folder / "options.parquet")

    def law(self, asked: pl.DataFrame) -> pl.DataFrame:
        """Return ``asked`` (order_id, source_id, carrier_id, more) with log_mean, log_sd and mean_days.

        Rows keep their order. Raises ``BadInput`` for an order, source or carrier that is not in the truth.
        """
        rows = self._with_distance(self._with_places(asked))
        waits = self.parameters["waits"]
        late = pl.col("local_hour") >= pl.col("cut_off_hour")
        weekday = pl.col("local_date").dt.weekday().cast(pl.Int64)
        rows = (
            rows.with_columns(after_cut_off=late, weekday=weekday)
            .join(
                waits,
                ["handover_weekdays", "carrier_id", "weekday", "after_cut_off"],
                "left",
                maintain_order="left",
            )
            .join(self.parameters["hub_legs"], ["from_state", "to_state"], "left", maintain_order="left")
            .join(
                self.parameters["levels"].rename({"date": "local_date", "state": "to_state"}),
                ["local_date", "to_state"],
                "left",
                maintain_order="left",
            )
            .join(
                self.parameters["lanes"].rename({"effect_log": "lane_log"}),
                ["from_region", "to_region", "carrier_id"],
                "left",
                maintain_order="left",
            )
        )
        # Plain sums: an unknown name must make the law empty, not leave one of its terms out.
        median = _plain_sum("approval_days", "handling_days", "wait_days", "service_days", "remote_days")
        median += pl.col("days_per_km") * pl.col("distance_km") + pl.col("hub_legs") * pl.col("hub_leg_days")
        effects = _plain_sum("level_log", "lane_log", "carrier_log", "source_log")
        law = rows.select(log_mean=median.log() + effects, log_sd=pl.col("log_sd"))
        if law.height != asked.height or law.null_count().sum_horizontal()[0]:
            raise BadInput("An order, source or carrier is not one of this marketplace's.")
        law = law.with_columns(mean_days=(pl.col("log_mean") + pl.col("log_sd") ** 2 / 2).exp())
        return pl.concat([asked.drop(law.columns, strict=False), law], how="horizontal")

    def freight_cents(self, asked: pl.DataFrame) -> pl.Series:
        """Return the freight of a parcel by each (order_id, product_id, source_id, carrier_id)."""
        parcels = self.parcels.select("order_id", "product_id", "weight_g")
        rows = self._with_distance(self._with_places(asked)).join(
            parcels, ["order_id", "product_id"], "left", maintain_order="left"
        )
        tariff = (
            pl.col("base_cents")
            + pl.col("cents_per_kg") * pl.col("weight_g") / 1000
            + pl.col("cents_per_km") * pl.col("distance_km")
        )
        return rows.select(tariff.round().cast(pl.Int64).alias("freight_cents")).to_series()

    def order_quantiles(self, level: float) -> pl.DataFrame:
        """Return (order_id, days): when an order is whole at its buyer, at probability ``level``."""
        laws = self.law(self.parcels.select("order_id", "source_id", "carrier_id"))
        days = quantile(laws["log_mean"].to_numpy(), laws["log_sd"].to_numpy(), level)
        return laws.select("order_id", days=pl.Series(days)).group_by("order_id", maintain_order=True).max()

    def _with_places(self, asked: pl.DataFrame) -> pl.DataFrame:
        """Add what belongs to the order and its destination, the source and its place, the carrier."""
        zips = self.parameters["zip_prefixes"].drop("buyers_share")
        orders = (
            self.parcels.unique("order_id", keep="first")
            .select("order_id", "zip_prefix", "local_date", "local_hour", "payment_type")
            .join(zips, "zip_prefix")
            .join(self.parameters["states"], "state")
            .join(self.parameters["approvals"], "payment_type")
            .rename({"region": "to_region", "state": "to_state", "lat": "to_lat", "lng": "to_lng"})
            .drop("zip_prefix", "macro_region", "payment_type")
        )
        sources = (
            self.parameters["sources"]
            .select("source_id", "zip_prefix", "handover_weekdays", "handling_days", source_log="effect_log")
            .join(zips, "zip_prefix")
            .rename({"region": "from_region", "state": "from_state", "lat": "from_lat", "lng": "from_lng"})
            .drop("zip_prefix")
        )
        carriers = self.parameters["carriers"].rename({"effect_log": "carrier_log"})
        return (
            asked.select(
                c for c in ("order_id", "product_id", "source_id", "carrier_id") if c in asked.columns
            )
            .join(orders, "order_id", "left", maintain_order="left")
            .join(sources, "source_id", "left", maintain_order="left")
            .join(carriers, "carrier_id", "left", maintain_order="left")
        )

    @staticmethod
    def _with_distance(rows: pl.DataFrame) -> pl.DataFrame:
        points = (rows[c].to_numpy() for c in ("from_lat", "from_lng", "to_lat", "to_lng"))
        return rows.with_columns(distance_km=pl.Series(haversine_km(*points), nan_to_null=True))


def _plain_sum(*columns: str) -> pl.Expr:
    return reduce(add, (pl.col(column) for column in columns))


def quantile(log_mean: Floats, log_sd: Floats, level: float) -> Floats:
    """Return the days by which a parcel arrives with probability ``level`` (0 to 1, exclusive)."""
    return np.exp(log_mean + log_sd * NormalDist().inv_cdf(level))


def cdf(log_mean: Floats, log_sd: Floats, days: Floats) -> Floats:
    """Return the probability of arrival within ``days`` (above zero); rows are independent of each other."""
    z = (np.log(days) - log_mean) / (log_sd * sqrt(2.0))
    return np.array([0.5 * (1.0 + erf(value)) for value in z.tolist()])
