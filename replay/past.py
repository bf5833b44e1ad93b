"""The whole history as a backtest needs it: what was bought, how it ended, and what was canceled."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from graph.days import DAY_S
from graph.lead_time.journeys import IntArray, Journeys
from graph.model import NEVER
from ingest.checks import check, silent
from ingest.facts import gather, gather_nodes
from ingest.source import Source
from replay.encode import journeys


@dataclass(frozen=True, slots=True, eq=False)
class History:
    """The whole history, later stamps too: they are the answers, and learned from once the clock passed them.

    ``orders``: the order id of each journey; ``canceled``: True for journeys of orders whose final status is
    canceled, which are forecast but not scored.
    """

    journeys: Journeys
    orders: pl.Series
    canceled: NDArray[np.bool_]

    def taken(self, row: IntArray) -> History:
        """Return some of the journeys, in this order."""
        cut = {field.name: getattr(self.journeys, field.name)[row] for field in fields(Journeys)}
        return History(Journeys(**cut), self.orders.gather(row), self.canceled[row])


def read_history(source: Source, progress: Callable[[str], None] = silent) -> History:
    """Return everything that a source holds; its final statuses are read here and nowhere else.

    Raises BadInput (all faults at once) where the tables cannot be read.
    """
    checked = check(source, None, progress)
    progress("Gathering facts")
    facts = gather(checked, gather_nodes(checked))
    sent = facts.packages.filter(pl.col("seller_id").is_not_null())
    orders = facts.names["order_id"].gather(sent["order_id"])
    ended = checked.named("orders").select("order_id", "status")
    told = orders.to_frame("order_id").join(ended, on="order_id", how="left", maintain_order="left")
    canceled = (told["status"] == "canceled").fill_null(value=False).to_numpy()
    return History(journeys(facts.packages), orders, canceled)


def from_approval(history: History) -> tuple[History, IntArray]:
    """Return the approved journeys with the approval as their start, and when each was purchased.

    They have no approval stage. A delivery stamped before the approval has no time to score.
    """
    every = history.journeys
    known = np.flatnonzero(every.approved_s != NEVER)
    kept = history.taken(known[np.argsort(every.approved_s[known], kind="stable")])
    made = kept.journeys
    total = (made.delivered_s - made.approved_s) / DAY_S
    after = np.isfinite(made.total_days) & (total >= 0.0)
    started = replace(
        made,
        purchased_s=made.approved_s,
        total_days=np.where(after, total, np.nan),
        approval_days=np.full(len(made), np.nan),
    )
    return History(started, kept.orders, kept.canceled), made.purchased_s
