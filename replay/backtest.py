"""Scoring the lead-time model on the past: each order at its purchase, from events stamped earlier only."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from typing import Final, Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from graph.lead_time.journeys import DAY_S, FloatArray, IntArray, Journeys
from graph.lead_time.levels import lane_key, narrowest, pair_key
from graph.lead_time.online.base import Base
from graph.lead_time.online.history import Played, play, spread_of_days
from graph.lead_time.online.parameters import OnlineParameters
from graph.lead_time.value import LeadTimeBatch
from graph.model import BASES, NEVER
from replay.baselines import baselines
from replay.metrics import LEVELS, quantile_at
from replay.scores import Scored, scores

Target = Literal["purchased", "approved"]
PUBLISHED: Final = (0.05, *(step / 10 for step in range(1, 10)), 0.95, 0.99)
"""The quantiles of the predictions file: q05, q10, q20, ..., q90, q95, q99."""


@dataclass(frozen=True, slots=True, eq=False)
class History:
    """The whole history, later stamps too: they are the answers, and learned from once the clock passed them.

    ``orders``: the order id of each journey; ``canceled``: True for journeys of orders whose final status is
    canceled, which are forecast but not scored.
    """

    journeys: Journeys
    orders: pl.Series
    canceled: NDArray[np.bool_]

    def from_approval(self) -> History:
        """Return the approved journeys with the approval as their start; they have no approval stage."""
        known = self.journeys.approved_s != NEVER
        cut = {field.name: getattr(self.journeys, field.name)[known] for field in fields(Journeys)}
        made = Journeys(**cut)
        total = (made.delivered_s - made.approved_s) / DAY_S
        after = np.isfinite(made.total_days) & (total >= 0.0)
        journeys = replace(
            made,
            purchased_s=made.approved_s,
            total_days=np.where(after, total, np.nan),
            approval_days=np.full(len(made), np.nan),
        )
        return History(journeys, self.orders.filter(pl.Series(known)), self.canceled[known])


@dataclass(frozen=True, slots=True, eq=False)
class Backtest:
    """``predictions``: one row an order, as the file has it; ``scores``: JSON values, see ``replay.scores``.

    ``bases``: what was fitted, by day; another backtest over the same history need not fit it again.
    """

    predictions: pl.DataFrame
    scores: dict[str, object]
    bases: Mapping[int, Base]


def backtest(
    history: History,
    span_s: tuple[int, int],
    *,
    frozen: bool = False,
    target: Target = "purchased",
    parameters: OnlineParameters | None = None,
    bases: Mapping[int, Base] | None = None,
    progress: Callable[[float], None] | None = None,
) -> Backtest:
    """Forecast all orders of ``span_s`` = [from, to), in epoch seconds, and score those that were delivered.

    ``frozen``: nothing stamped at or after ``from`` is learned. ``target`` "approved": each order at its
    approval, days counted from there. ``progress`` is told the played share, 0..1.
    """
    if target == "approved":
        history = history.from_approval()
    journeys = history.journeys
    from_s, to_s = span_s
    played = play(journeys, to_s, parameters, from_s if frozen else None, bases, progress)
    inside = (journeys.purchased_s >= from_s) & (journeys.purchased_s < to_s)
    forecast = _forecast(history, played, np.flatnonzero(inside))
    delivered = np.isfinite(journeys.total_days) & ~history.canceled
    scored = _scored(journeys, forecast, delivered)
    others = baselines(journeys, forecast.leading[scored.row], from_s, frozen=frozen)
    if not frozen:
        still = play(journeys, to_s, parameters, from_s, played.engine.bases)
        fixed = _forecast(history, still, np.flatnonzero(inside))
        others["frozen"] = fixed.quantiles[scored.row]
    name = "frozen" if frozen else "online"
    return Backtest(forecast.frame(), scores(name, scored, others), played.engine.bases)


@dataclass(frozen=True, slots=True, eq=False)
class Forecast:
    """One row an order. ``leading``: journey row of its slowest package; ``quantiles``: (orders, 100)."""

    order: pl.Series
    leading: IntArray
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


def _forecast(history: History, played: Played, row: IntArray) -> Forecast:
    """Return the forecasts of some journeys, put together by order.

    An order of several packages arrives with the last: its quantiles are the largest over its packages
    (comonotone), its mean and variance those of the package with the largest mean.
    """
    journeys = history.journeys
    spread, place = spread_of_days(played, row)
    basis, n = _evidence(journeys, row)
    batch = LeadTimeBatch(played.issued.location[row], place, spread, basis, n)
    quantiles = (
        np.column_stack([batch.quantile(float(p)) for p in LEVELS]) if len(row) else np.zeros((0, 100))
    )
    names = history.orders.gather(row)
    order = names.rank("dense").to_numpy().astype(np.int64) - 1 if len(row) else np.zeros(0, np.int64)
    slowest = np.lexsort((-batch.mean_days, order))
    leading = slowest[np.unique(order[slowest], return_index=True)[1]]
    latest = np.full((leading.shape[0], quantiles.shape[1]), -np.inf)
    np.maximum.at(latest, order, quantiles)
    return Forecast(
        order=names.gather(leading),
        leading=row[leading],
        start_s=journeys.purchased_s[row[leading]],
        mean_days=batch.mean_days[leading],
        var_days=batch.var_days[leading],
        quantiles=latest,
        basis=basis[leading],
        n=n[leading],
    )


def _scored(journeys: Journeys, forecast: Forecast, delivered: NDArray[np.bool_]) -> Scored:
    row = np.flatnonzero(delivered[forecast.leading])
    lead = forecast.leading[row]
    promise = (journeys.promised_s[lead] - journeys.purchased_s[lead]) / DAY_S
    return Scored(
        row=row,
        actual=journeys.total_days[lead],
        mean=forecast.mean_days[row],
        quantiles=forecast.quantiles[row],
        promise=np.where(journeys.promised_s[lead] == NEVER, np.nan, promise),
        month=(journeys.purchased_s[lead] - 3 * 3600)
        .astype("datetime64[s]")
        .astype("datetime64[M]")
        .astype(str),
        same_state=journeys.origin_state[lead] == journeys.dest_state[lead],
        basis=forecast.basis[row],
    )


def _evidence(journeys: Journeys, row: IntArray) -> tuple[NDArray[np.int8], IntArray]:
    """Return basis and n of some journeys: deliveries seen before each one's purchase, by level."""
    pair = pair_key(journeys.origin_region, journeys.dest_region)
    state = pair_key(journeys.origin_state, journeys.dest_state)
    everything = np.zeros(len(journeys), np.int64)
    keys = (lane_key(pair, journeys.carrier), pair, state, everything)
    counts = tuple(_seen_before(journeys, key, row) for key in keys)
    return narrowest(counts)


def _seen_before(journeys: Journeys, key: IntArray, row: IntArray) -> IntArray:
    _, group = np.unique(key, return_inverse=True)
    done = np.flatnonzero(journeys.delivered_s != NEVER)
    order = done[np.lexsort((journeys.delivered_s[done], group[done]))]
    # One ascending axis: the group first, then seconds since an origin before all stamps.
    first = int(journeys.purchased_s.min()) if len(journeys) else 0
    width = 1 << 40
    axis = group[order] * width + (journeys.delivered_s[order] - first)
    start = group[row] * width
    found: IntArray = np.searchsorted(axis, start + (journeys.purchased_s[row] - first)) - np.searchsorted(
        axis, start
    )
    return found
