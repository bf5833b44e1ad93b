"""What serving costs and how long it takes, from every site to every demand; what bringing stock costs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import erf
from typing import Any, Final

import numpy as np
import polars as pl

from optimizer.words import Floats, Ints

_ERF: Final = np.frompyfunc(erf, 1, 1)


@dataclass(frozen=True, slots=True, eq=False)
class Direct:
    """What shipping a demand from its sellers costs and takes, mixed over them; (J,), inf = not possible."""

    unit_cents: Floats
    mean_days: Floats
    sd_days: Floats
    p_on_time: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Service:
    """Freight and lead times of I sites to J demands, which lie in P places, and of the sellers themselves.

    ``unit_cents`` (I, J): freight of one unit, inf = not allowed. ``place`` (J,): the demand's column in
    ``mean_days``, ``sd_days`` and ``p_on_time`` (I, P), purchase to customer; P(T <= promise_days). Site I is
    the sellers, ``direct``. ``stated``: by a table, not by a model. The reading functions broadcast site and
    demand.
    """

    unit_cents: Floats
    place: Ints
    mean_days: Floats
    sd_days: Floats
    p_on_time: Floats
    direct: Direct | None = None
    stated: bool = False

    def freight(self, site: Any, demand: Any) -> Floats:
        """Return the freight of one unit in cents."""
        return self._read(site, demand, self.unit_cents, demand, "unit_cents")

    def mean(self, site: Any, demand: Any) -> Floats:
        """Return the mean lead time in days."""
        return self._read(site, demand, self.mean_days, self.place[demand], "mean_days")

    def sd(self, site: Any, demand: Any) -> Floats:
        """Return the standard deviation of the lead time in days."""
        return self._read(site, demand, self.sd_days, self.place[demand], "sd_days")

    def on_time(self, site: Any, demand: Any) -> Floats:
        """Return P(T <= promise_days)."""
        return self._read(site, demand, self.p_on_time, self.place[demand], "p_on_time")

    def _read(self, site: Any, demand: Any, grid: Floats, column: Any, name: str) -> Floats:
        last = len(grid) - 1
        own: Floats = grid[np.minimum(site, last), column]
        if self.direct is None:
            return own
        return np.where(np.asarray(site) > last, getattr(self.direct, name)[demand], own)


@dataclass(frozen=True, slots=True, eq=False)
class Inbound:
    """Bringing one unit of K items from their sellers to I sites, over the sellers in their shares.

    ``unit_cents`` (I, K) is the mean over an item's sellers. ``seller`` and ``item`` (N,) with ``share`` (N,)
    say who supplies what (shares of an item add up to 1); ``seller_cents`` (I, N), ``seller_days`` (I, N).
    """

    seller_ids: tuple[str, ...]
    seller: Ints
    item: Ints
    share: Floats
    seller_cents: Floats
    seller_days: Floats
    unit_cents: Floats

    @classmethod
    def of(
        cls,
        seller_ids: Sequence[str],
        supply: tuple[Ints, Ints, Floats],
        items: int,
        seller_cents: Floats,
        seller_days: Floats,
    ) -> Inbound:
        """Make it of who supplies what (seller, item, units) and of costs and days by pair, (I, N)."""
        seller, item, units = supply
        total = np.bincount(item, units, minlength=items)
        count = np.bincount(item, minlength=items)
        # A supply of nothing at all is shared evenly.
        share = np.where(total[item] > 0, units / np.maximum(total[item], 1e-300), 1.0 / count[item])
        cents = np.zeros((len(seller_cents), items))
        for site, row in enumerate(seller_cents):
            cents[site] = np.bincount(item, row * share, minlength=items)
        return cls(tuple(seller_ids), seller, item, share, seller_cents, seller_days, cents)


def service_of(
    table: pl.DataFrame, site_ids: Sequence[str], demand_ids: Sequence[str], promise_days: float, direct: str
) -> Service:
    """Return the service that a table states; a pair without a row is not allowed.

    ``site_ids`` may end with ``direct``, the sellers. ``p_on_time`` is taken where it is given, else that
    of a lognormal time of the given mean and sd.
    """
    rows = table.join(_places(site_ids, "warehouse_id", "site"), "warehouse_id")
    rows = rows.join(_places(demand_ids, "demand_id", "demand"), "demand_id")
    at = rows["site"].to_numpy(), rows["demand"].to_numpy()
    mean = rows["lead_time_mean_days"].to_numpy()
    sd = rows["lead_time_sd_days"].to_numpy()
    given = rows["p_on_time"].cast(pl.Float64).fill_null(np.nan).to_numpy()
    p = np.where(np.isnan(given), p_within(promise_days, mean, sd), given)
    grids = [np.full((len(site_ids), len(demand_ids)), empty) for empty in (np.inf, 0.0, 0.0, 0.0)]
    for grid, values in zip(grids, (rows["unit_cost_cents"].to_numpy(), mean, sd, p), strict=True):
        grid[at] = values
    own = len(site_ids) - (site_ids[-1] == direct)
    sellers = Direct(*(grid[own] for grid in grids)) if own < len(site_ids) else None
    cents, means, sds, on_time = (grid[:own] for grid in grids)
    return Service(cents, np.arange(len(demand_ids)), means, sds, on_time, sellers, stated=True)


def p_within(days: float, mean_days: Floats, sd_days: Floats) -> Floats:
    """Return P(T <= days) for lognormal times of these moments; a time without spread is its mean.

    log T has variance log(1 + (sd / mean)^2) and mean log(mean) minus half of it.
    """
    certain = (sd_days <= 0) | (mean_days <= 0)
    mean = np.where(certain, 1.0, mean_days)
    variance = np.log1p((np.where(certain, 1.0, sd_days) / mean) ** 2)
    score = (np.log(days / mean) + variance / 2) / np.sqrt(2.0 * variance)
    spread = 0.5 * (1.0 + np.asarray(_ERF(score), np.float64))
    return np.where(certain, (mean_days <= days).astype(np.float64), spread)


def _places(ids: Sequence[str], key: str, name: str) -> pl.DataFrame:
    return pl.DataFrame({key: list(ids), name: np.arange(len(ids))}, schema_overrides={key: pl.String})
