"""Forecasts of orders, put together from those of their packages, and the file they are published in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from graph.lead_time.journeys import FloatArray, IntArray
from graph.lead_time.online.history import Played, spread_of_days
from graph.lead_time.value import LeadTimeBatch
from graph.model import BASES
from replay.evidence import evidence
from replay.metrics import LEVELS, quantile_at
from replay.past import History

PUBLISHED: Final = (*(step / 20 for step in range(1, 20)), 0.99)
"""The quantiles of the predictions file: q05, q10, q15, ..., q95, and q99."""

_FINE: Final = 1000


@dataclass(frozen=True, slots=True, eq=False)
class Forecast:
    """One row an order, in order of (start, order id).

    ``row``: (packages,) journey rows sorted by order; ``first``: (orders,) where each order's packages start
    in ``row``; ``start_s``: the purchase (or approval); ``quantiles``: (orders, 199) days at ``LEVELS``.
    """

    order: pl.Series
    row: IntArray
    first: IntArray
    start_s: IntArray
    mean_days: FloatArray
    var_days: FloatArray
    quantiles: FloatArray
    basis: NDArray[np.int8]
    n: IntArray

    def frame(self) -> pl.DataFrame:
        """Return the predictions file's table."""
        columns: dict[str, object] = {
            "order_id": self.order,
            "from_instant": pl.Series(self.start_s * 1_000_000).cast(pl.Datetime("us", "UTC")),
            "mean_days": self.mean_days,
            "var_days": self.var_days,
        }
        columns |= {f"q{round(100 * p):02d}": quantile_at(self.quantiles, p) for p in PUBLISHED}
        columns |= {"basis": [BASES[code].value for code in self.basis], "n": self.n}
        return pl.DataFrame(columns)


def forecast(history: History, played: Played, row: IntArray) -> Forecast:
    """Return the forecasts of some journeys (all packages of each order), put together by order.

    An order of several packages arrives with the last: its quantiles are the largest over its packages, as
    if all were late together (comonotone). Basis and n are those of the package with the largest mean.
    """
    journeys = history.journeys
    name = history.orders.gather(row).rank("dense").to_numpy().astype(np.int64)
    by_order = np.lexsort((name, journeys.purchased_s[row]))
    row, name = row[by_order], name[by_order]
    first = np.flatnonzero(np.diff(name, prepend=-1))
    spread, place = spread_of_days(played, row)
    basis, n = evidence(journeys, row)
    batch = LeadTimeBatch(played.issued.location[row], place, spread, basis, n)
    quantiles = np.column_stack([np.maximum.reduceat(batch.quantile(float(p)), first) for p in LEVELS])
    order = np.repeat(np.arange(first.shape[0]), np.diff(first, append=row.shape[0]))
    slowest = np.lexsort((-batch.mean_days, order))[first]
    mean, var = batch.mean_days[slowest], batch.var_days[slowest]
    mixed = np.flatnonzero(np.maximum.reduceat(place, first) != np.minimum.reduceat(place, first))
    mean[mixed], var[mixed] = latest_moments(batch, first, mixed)
    return Forecast(
        order=history.orders.gather(row[first]),
        row=row,
        first=first,
        start_s=journeys.purchased_s[row[first]],
        mean_days=mean,
        var_days=var,
        quantiles=quantiles,
        basis=basis[slowest],
        n=n[slowest],
    )


def latest_moments(batch: LeadTimeBatch, first: IntArray, mixed: IntArray) -> tuple[FloatArray, FloatArray]:
    """Return mean and variance of the largest over packages whose spreads differ: their quantiles cross.

    With one spread the package with the largest location is the last at every level, and this is not needed.
    """
    ends = np.append(first, len(batch))
    packages = [np.arange(ends[order], ends[order + 1]) for order in mixed.tolist()]
    if not packages:
        return np.zeros(0), np.zeros(0)
    row = np.concatenate(packages)
    starts = np.cumsum([0, *(len(package) for package in packages[:-1])])
    some = LeadTimeBatch(batch.location[row], batch.bucket[row], batch.spread, batch.basis[row], batch.n[row])
    levels = (np.arange(_FINE) + 0.5) / _FINE
    latest = np.column_stack([np.maximum.reduceat(some.quantile(float(p)), starts) for p in levels])
    return latest.mean(axis=1), latest.var(axis=1)
