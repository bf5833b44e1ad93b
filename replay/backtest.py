"""Scoring the lead-time model on the past: each order at its purchase, from events stamped earlier only."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from graph.days import DAY_S, iso, local_stamps
from graph.errors import BadInput
from graph.lead_time.journeys import IntArray
from graph.lead_time.online.base import Base
from graph.lead_time.online.history import play
from graph.lead_time.online.parameters import OnlineParameters
from graph.model import NEVER
from replay.baselines import baselines
from replay.forecasts import Forecast, forecast
from replay.metrics import LEVELS
from replay.past import History, from_approval
from replay.scores import Scored, scores

Target = Literal["purchased", "approved"]
_FIRST_RUN: Final = 0.85
"""The share of the time that the first run takes: it fits the bases, the second one finds them."""


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
    progress: Callable[[float], None] = lambda _share: None,
) -> Backtest:
    """Forecast all orders purchased in ``span_s`` = [from, to), epoch seconds; score those delivered.

    ``frozen``: nothing stamped at or after ``from`` is learned. ``target`` "approved": each order at its
    approval, days counted from there. ``progress`` is told the share done, 0..1. Raises BadInput where the
    span holds no order to score.
    """
    check_span(history, span_s)
    from_s, to_s = span_s
    bought_s = history.journeys.purchased_s
    if target == "approved":
        history, bought_s = from_approval(history)
    row = np.flatnonzero((bought_s >= from_s) & (bought_s < to_s))
    if not row.shape[0]:
        raise BadInput("None of the orders of this time was approved: nothing to score.")
    # An order may be approved after the span in which it was bought.
    until_s = max(to_s, 1 + int(history.journeys.purchased_s[row].max(initial=to_s)))
    first = _part(progress, 0.0, 1.0 if frozen else _FIRST_RUN)
    played = play(history.journeys, until_s, parameters, from_s if frozen else None, bases, first)
    made = forecast(history, played, row)
    scored = _scored(history, made, bought_s)
    others = baselines(history.journeys, made.row[made.first[scored.row]], from_s, frozen=frozen)
    fits = played.engine.bases
    if not frozen:
        still = play(history.journeys, until_s, parameters, from_s, fits, _part(progress, _FIRST_RUN, 1.0))
        others["frozen"] = forecast(history, still, row).quantiles[scored.row]
    others["promise"] = np.repeat(scored.promise[:, None], LEVELS.shape[0], axis=1)
    about = {
        "claim": "frozen" if frozen else "online",
        "target": target,
        "from": iso(from_s),
        "to": iso(to_s),
        "orders": {"predicted": made.order.len(), "scored": scored.row.shape[0]},
        "scored_point": {"mae": "median", "rmse": "mean", "r2": "mean", "bias": "mean"},
    }
    return Backtest(made.frame(), about | scores(scored, others), fits)


def check_span(history: History, span_s: tuple[int, int]) -> None:
    """Raise BadInput when ``span_s`` is empty or holds no purchase of the history."""
    from_s, to_s = span_s
    if from_s >= to_s:
        raise BadInput(f"--from {_local(from_s)} must lie before --to {_local(to_s)}.")
    bought_s = history.journeys.purchased_s
    if not ((bought_s >= from_s) & (bought_s < to_s)).any():
        known = (
            f"The purchases run from {_local(int(bought_s.min()))} to {_local(int(bought_s.max()))}."
            if len(history.journeys)
            else "The history has no purchase at all."
        )
        raise BadInput(f"No order was purchased from {_local(from_s)} to {_local(to_s)}, São Paulo. {known}")


def _scored(history: History, made: Forecast, bought_s: IntArray) -> Scored:
    """Return the delivered orders: all packages have arrived (the last one counts), and none was canceled."""
    journeys = history.journeys
    last = np.maximum.reduceat(journeys.total_days[made.row], made.first)
    canceled = np.logical_or.reduceat(history.canceled[made.row], made.first)
    row = np.flatnonzero(np.isfinite(last) & ~canceled)
    if not row.shape[0]:
        raise BadInput(
            f"None of the {made.order.len():,} orders of this time was delivered: nothing to score."
        )
    lead = made.row[made.first[row]]
    promise = (journeys.promised_s[lead] - journeys.purchased_s[lead]) / DAY_S
    return Scored(
        row=row,
        actual=last[row],
        mean=made.mean_days[row],
        quantiles=made.quantiles[row],
        promise=np.where(journeys.promised_s[lead] == NEVER, np.nan, promise),
        month=_in_zone(bought_s[lead], "%Y-%m"),
        same_state=journeys.origin_state[lead] == journeys.dest_state[lead],
        basis=made.basis[row],
    )


def _in_zone(instant_s: IntArray, form: str) -> NDArray[np.str_]:
    """Return each instant by São Paulo's clock, written as ``form`` says."""
    return local_stamps(pl.Series(instant_s)).dt.strftime(form).to_numpy().astype(np.str_)


def _local(instant_s: int) -> str:
    return str(_in_zone(np.array([instant_s]), "%Y-%m-%d %H:%M")[0])


def _part(progress: Callable[[float], None], start: float, end: float) -> Callable[[float], None]:
    return lambda done: progress(start + (end - start) * done)
