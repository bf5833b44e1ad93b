"""What became of the orders that alerts were about: the answers, which no detector sees."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from graph.lead_time.journeys import IntArray
from graph.model import NEVER
from replay.alerts.watch import Watched

Span = tuple[int, int]


@dataclass(frozen=True, slots=True, eq=False)
class Fates:
    """One row an order, or a package. ``key``: the subject of its alert.

    ``due_s``: the promise, or the shipping limit; ``done_s``: delivery, or hand-over, NEVER without. Only
    rows of which it is known whether they were in time; ``unknown`` counts the others.
    """

    key: pl.Series
    due_s: IntArray
    done_s: IntArray
    unknown: int

    @property
    def late(self) -> NDArray[np.bool_]:
        """Which were not in time."""
        found: NDArray[np.bool_] = (self.done_s == NEVER) | (self.done_s > self.due_s)
        return found

    def __len__(self) -> int:
        return len(self.key)


def promises(watched: Watched, span_s: Span, end_s: int) -> Fates:
    """Return the fates of the orders purchased in a span against their promise; the last package counts."""
    journeys = watched.history.journeys
    rows = _purchased(watched, span_s, done_s=journeys.delivered_s, due_s=journeys.promised_s)
    last = pl.when(pl.col("done_s").null_count() == 0).then(pl.col("done_s").max())
    orders = rows.group_by("order_id", maintain_order=True).agg(pl.col("due_s").max(), last)
    return _fates(orders.rename({"order_id": "key"}), end_s)


def limits(watched: Watched, span_s: Span, end_s: int) -> Fates:
    """Return the fates of the approved packages of orders of a span, against their shipping limit."""
    journeys = watched.history.journeys
    due = np.where(journeys.approved_s == NEVER, NEVER, journeys.shipping_limit_s)
    rows = _purchased(watched, span_s, done_s=journeys.handed_s, due_s=due)
    return _fates(
        rows.with_columns(pl.concat_str("order_id", "seller_id", separator="/").alias("key")), end_s
    )


def _purchased(watched: Watched, span_s: Span, *, done_s: IntArray, due_s: IntArray) -> pl.DataFrame:
    history, named = watched.history, watched.named
    bought_s = history.journeys.purchased_s
    row = np.flatnonzero((bought_s >= span_s[0]) & (bought_s < span_s[1]) & ~history.canceled)
    return pl.DataFrame(
        {
            "order_id": named.order_id.gather(row),
            "seller_id": named.seller_id.gather(history.journeys.seller[row]),
            "done_s": _or_null(done_s[row]),
            "due_s": _or_null(due_s[row]),
        }
    )


def _fates(rows: pl.DataFrame, end_s: int) -> Fates:
    due, done = pl.col("due_s"), pl.col("done_s")
    known = rows.filter(due.is_not_null() & (done.is_not_null() | (due < end_s)))
    done_s = known["done_s"].fill_null(NEVER).to_numpy()
    return Fates(known["key"], known["due_s"].to_numpy(), done_s, rows.height - known.height)


def _or_null(stamp_s: IntArray) -> pl.Series:
    stamps = pl.Series(stamp_s)
    return stamps.set(stamps == NEVER, None)
