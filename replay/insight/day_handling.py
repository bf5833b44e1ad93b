"""What a hand-over 24 h after the approval would change, and what it would not."""

from __future__ import annotations

from typing import Final

import polars as pl

from replay.insight.selections import TARGET_HOURS

_DAY_HOURS: Final = 24.0


def day_handling(done: pl.DataFrame) -> dict[str, float | int | None]:
    """Return lead time and lateness of delivered packages before and after; ``done`` from ``delivered``.

    Transit and approval stay as recorded: where the goods lie nearer to the customer is another effect, and
    placement's to show. Two readings of 24 h: *at most* (whoever is faster stays so; the ``…_after``
    figures), and *exactly*, as a warehouse that takes its day for every package (``exactly_…``).
    ``rescued``: late packages that would have kept the promise; ``late_in_transit``: late ones that would
    have broken it even with no handling at all.
    """
    if done.is_empty():
        return {"packages": 0}
    handling = _DAY_HOURS * pl.col("handling_days")
    saved = (handling - TARGET_HOURS).clip(lower_bound=0.0)
    lead, late = pl.col("lead_hours"), pl.col("late")
    slack = (pl.col("promised_s") - pl.col("delivered_s")) / 3_600
    exactly = lead - handling + TARGET_HOURS
    figures = done.select(
        pl.len().alias("packages"),
        (handling <= TARGET_HOURS).mean().alias("already_within_share"),
        lead.mean().alias("lead_hours"),
        (lead - saved).mean().alias("lead_hours_after"),
        exactly.mean().alias("exactly_lead_hours_after"),
        (saved.sum() / lead.sum()).alias("shorter"),
        (1.0 - exactly.sum() / lead.sum()).alias("exactly_shorter"),
        (handling.sum() / lead.sum()).alias("handling_share"),
        ((handling - saved).sum() / (lead - saved).sum()).alias("handling_share_after"),
        ((_DAY_HOURS * pl.col("transit_days")).sum() / lead.sum()).alias("transit_share"),
        late.sum().alias("late"),
        late.mean().alias("late_share"),
        (late & (slack + saved < 0)).mean().alias("late_share_after"),
        (late & (slack + saved >= 0)).sum().alias("rescued"),
        (late & (slack + handling < 0)).sum().alias("late_in_transit"),
        (slack + handling - TARGET_HOURS < 0).mean().alias("exactly_late_share_after"),
    )
    found: dict[str, float | int | None] = figures.row(0, named=True)
    return found
