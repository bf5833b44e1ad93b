"""Which orders a claim may have been made about: named selections, and what preparation is in each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import polars as pl

from graph.days import DAY_S

SLOWEST_SHARE: Final = 0.15
TARGET_HOURS: Final = 24.0
"""What a pre-stocked warehouse is taken to need from approval to hand-over."""


class Preparation(StrEnum):
    """Where preparation is said to begin; it ends at the hand-over."""

    APPROVAL = "approval"
    PURCHASE = "purchase"


class Unit(StrEnum):
    """What is counted: packages, or rows of the items table (an order of three units counts three times)."""

    PACKAGE = "package"
    ITEM = "item"


@dataclass(frozen=True, slots=True)
class Selection:
    """A named set of delivered packages; ``by_preparation``: it was chosen by what it is to prove."""

    name: str
    about: str
    keep: Callable[[], pl.Expr]
    preparation: Preparation = Preparation.APPROVAL
    unit: Unit = Unit.PACKAGE
    by_preparation: bool = False


def _slowest(column: str, share: float) -> pl.Expr:
    return pl.col(column) > pl.col(column).quantile(1.0 - share, "linear")


_HOURS: Final = pl.col("prep_hours")
SELECTIONS: Final = (
    Selection("all", "every delivered package", lambda: pl.lit(value=True)),
    Selection("late", "delivered after the promise", lambda: pl.col("late")),
    Selection("low_rated", "one or two stars", lambda: pl.col("review_score") <= 2),
    Selection("slow_delivery", "the slowest quarter by lead time", lambda: _slowest("lead_hours", 0.25)),
    Selection(
        "after_limit",
        "handed over after the shipping limit",
        lambda: pl.col("handed_s") > pl.col("shipping_limit_s"),
        by_preparation=True,
    ),
    Selection(
        "over_100_hours",
        "more than 100 h from approval to hand-over",
        lambda: _HOURS > 100,
        by_preparation=True,
    ),
    Selection(
        "over_6_days",
        "item rows with more than 6 days from purchase to hand-over",
        lambda: _HOURS > 144,
        Preparation.PURCHASE,
        Unit.ITEM,
        by_preparation=True,
    ),
    Selection(
        "slowest_15_percent",
        "the slowest 15% of item rows from purchase to hand-over",
        lambda: _slowest("prep_hours", SLOWEST_SHARE),
        Preparation.PURCHASE,
        Unit.ITEM,
        by_preparation=True,
    ),
)


@dataclass(frozen=True, slots=True)
class Told:
    """What preparation is within some packages.

    ``hours``: mean preparation; ``lead_hours``: mean lead time; ``share``: all preparation hours over all
    lead hours; ``mean_share``: the mean of each one's share. ``after_share``, ``after_mean_share``: the same
    once preparation takes 24 h; ``saved_hours`` on average, ``shorter`` the share of the lead time saved.
    """

    n: int
    hours: float | None
    lead_hours: float | None
    share: float | None
    mean_share: float | None
    after_share: float | None
    after_mean_share: float | None
    saved_hours: float | None
    shorter: float | None


def delivered(packages: pl.DataFrame) -> pl.DataFrame:
    """Return the delivered packages whose stages are all known, with ``lead_hours``."""
    known = pl.col("handling_days").is_not_null() & (pl.col("total_days") > 0)
    handed = pl.col("handed_s").is_between(pl.col("purchased_s"), pl.col("delivered_s"))
    sold = packages.filter(known, handed, pl.col("seller_id").is_not_null())
    return sold.with_columns(lead_hours=24.0 * pl.col("total_days"))


def selected(done: pl.DataFrame, selection: Selection) -> pl.DataFrame:
    """Return the rows of a selection with ``prep_hours``; rows repeat where items are counted."""
    since = pl.col("approved_s" if selection.preparation is Preparation.APPROVAL else "purchased_s")
    timed = done.with_columns(prep_hours=(pl.col("handed_s") - since) / (DAY_S / 24))
    if selection.unit is Unit.ITEM:
        timed = timed.select(pl.all().repeat_by("n_lines").explode())
    return timed.filter(selection.keep())


def told(rows: pl.DataFrame) -> Told:
    """Return the figures of some rows of ``selected``."""
    if rows.is_empty():
        return Told(0, *(None for _ in range(8)))
    prep, lead = rows["prep_hours"].to_numpy(), rows["lead_hours"].to_numpy()
    after = lead - prep + TARGET_HOURS
    return Told(
        n=rows.height,
        hours=float(prep.mean()),
        lead_hours=float(lead.mean()),
        share=float(prep.sum() / lead.sum()),
        mean_share=float((prep / lead).mean()),
        after_share=float(TARGET_HOURS * len(after) / after.sum()),
        after_mean_share=float((TARGET_HOURS / after).mean()),
        saved_hours=float(prep.mean() - TARGET_HOURS),
        shorter=float(1.0 - after.sum() / lead.sum()),
    )
