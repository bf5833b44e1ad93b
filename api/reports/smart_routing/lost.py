"""Where time was lost: the stage that late packages lost it in, by state, and where preparation is stuck."""

from __future__ import annotations

from typing import Final

from markupsafe import Markup

from api.reports.cited import Cited
from api.reports.smart_routing import drawings
from api.reports.smart_routing.section import Drawing, Section
from api.reports.smart_routing.tables import Column, table
from api.reports.smart_routing.words import say

DIAGNOSIS: Final = "/insight/diagnosis"
_BOTTLENECKS: Final = "/insight/bottlenecks"
_MOST_STATES: Final = 10
_MOST_LINES: Final = 5
LEAST_LATE: Final = 30
LEAST_LOST_DAYS: Final = 1.0
"""Shares of what late packages lost are told of so many, if they lost so much beyond what was expected.

A share of next to nothing is any number: a stage's may lie far below zero or above one.
"""
_TOLD: Final = ("CRITICAL", "HIGH", "MEDIUM")

_STAGES: Final = (
    Column("state", "state"),
    Column("stage", "stage"),
    Column("packages", "n", "count"),
    Column("mean, days", "mean_days", "days_bare_fine"),
    Column("expected", "expected_days", "days_bare_fine"),
    Column("late packages", "late_n", "count"),
    Column("their mean, days", "late_mean_days", "days_bare_fine"),
    Column("beyond expected", "late_excess_days", "days_bare_change"),
)
_SHARE: Final = Column("share of what they lost", "late_excess_share", "percent")
_STUCK: Final = (
    Column("sellers in", "state"),
    Column("impact", "system_impact_potential"),
    Column("outliers now", "current_outlier_count", "count"),
    Column("still waiting", "waiting_outliers", "count"),
    Column("outliers' preparation, h", "avg_prep_delay_hrs", "hours_bare"),
    Column("hours lost", "lost_hours", "count"),
    Column("share of all lost", "impact_share", "percent"),
)
_SLOW: Final = (
    Column("seller", "seller_id", "id"),
    Column("packages", "packages", "count"),
    Column("outliers", "outliers", "count"),
    Column("mean preparation, h", "avg_prep_hrs", "hours_bare"),
    Column("products on offer", "products", "count"),
    Column("units in warehouses", "units", "count"),
)


def lost(told: Cited) -> Section:
    """Tell where time was lost, as the excess over what was to be expected."""
    section = Section("lost", "Where time was lost")
    stages = told.rows(f"{DIAGNOSIS}/stages")
    if stages and told.at(f"{DIAGNOSIS}/late"):
        section.words = [_words(told)]
        section.figures = [_by_state(told)]
    stuck = told.rows(f"{_BOTTLENECKS}/bottlenecks")
    fence = say(
        "An outlier is a package beyond the fence: its preparation took, or has taken so far, longer than "
        "{hours} (the last months' upper quartile and one and a half times the way between the quartiles).",
        hours=told.number(f"{_BOTTLENECKS}/fence_hours", "hours"),
    )
    section.lines = [
        say(
            "<b>{state}, {impact}.</b> {advice}",
            state=told.text(f"{row}/state"),
            impact=told.text(f"{row}/system_impact_potential"),
            advice=told.text(f"{row}/recommendation"),
        )
        for row in stuck
        if told.at(f"{row}/system_impact_potential") in _TOLD
    ][:_MOST_LINES]
    if section.lines:
        section.lines.append(fence)
    slow = [seller for row in stuck for seller in told.rows(f"{row}/slow_sellers")]
    section.tables = [
        table(told, "All stages", stages, (*_STAGES[1:], *(() if untold_shares(told) else (_SHARE,)))),
        table(told, "By state of the customer and stage", f"{DIAGNOSIS}/by_state/customer", _STAGES),
        table(told, "By state of the seller and stage", f"{DIAGNOSIS}/by_state/seller", _STAGES),
        table(told, "Bottlenecks: where preparation is stuck", stuck, _STUCK, fence),
        table(told, "Sellers with outliers now", slow, _SLOW),
    ]
    return section


def untold_shares(told: Cited) -> Markup | None:
    """Return why the shares of what late packages lost are not told; None where they are."""
    stages, late = told.rows(f"{DIAGNOSIS}/stages"), told.at(f"{DIAGNOSIS}/late") or 0
    if late < LEAST_LATE:
        return say("Too few packages were late to say in which stage they lost their days.")
    if sum(told.at(f"{row}/late_excess_days") or 0.0 for row in stages) < LEAST_LOST_DAYS:
        return say("Late packages took hardly longer than was expected of them, so no stage is to blame.")
    return None


def _words(told: Cited) -> Markup:
    head = say(
        "Late packages are picked by their lateness alone; each stage is held against what was to be "
        "expected ({basis}). {late} of the {all} packages that have arrived were late; those still on their "
        "way are not among them, while the share of late orders above counts them too.",
        basis=told.text(f"{DIAGNOSIS}/expected_from"),
        late=told.number(f"{DIAGNOSIS}/late", "count"),
        all=told.number(f"{DIAGNOSIS}/packages", "count"),
    )
    told_shares = untold_shares(told) or say(
        "Of the days that those lost beyond what was expected, {transit} were lost on the road, {handling} "
        "with the seller, {approval} before the approval.",
        **{
            str(told.at(f"{row}/stage")): told.number(f"{row}/late_excess_share", "percent")
            for row in told.rows(f"{DIAGNOSIS}/stages")
        },
    )
    return say("{head} {shares}", head=head, shares=told_shares)


def _by_state(told: Cited) -> Drawing:
    states: dict[str, dict[str, str]] = {}
    for row in told.rows(f"{DIAGNOSIS}/by_state/customer"):
        found = states.setdefault(str(told.at(f"{row}/state")), {})
        found[str(told.at(f"{row}/stage"))] = f"{row}/late_excess_days"
    chosen = {
        state: paths
        for state, paths in states.items()
        if any(told.at(path) is not None for path in paths.values())
    }
    first = dict(list(chosen.items())[:_MOST_STATES])
    note = "Days beyond what was expected, mean of late packages, by state of the customer and stage."
    return Drawing("What late packages lost.", note, drawings.excess(told, first))
