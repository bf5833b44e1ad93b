"""Alerts, and how good they would have been, as tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

Scores = Mapping[str, Any]

_OF_ORDERS = ("delivery_at_risk", "handover_overdue")


def show_alerts(console: Console, alerts: Sequence[Mapping[str, Any]]) -> None:
    """Print alerts, one a row."""
    if not alerts:
        console.print("No alerts.")
        return
    grid = Table("alert", "kind", "for", "state", "severity", "since", "what", "to do")
    for one in alerts:
        seen = f"{one['state']} by {one['acknowledged_by']}" if one["acknowledged_by"] else one["state"]
        own = (one["alert_id"], one["kind"], one["audience"], seen, one["severity"])
        grid.add_row(*own, one["opened_at"][:16], one["message"], one["suggested_action"])
    console.print(grid)


def show_judgement(console: Console, scores: Scores) -> None:
    """Print the figures of alerts on the past."""
    console.print(
        f"Orders purchased from {scores['from']} to {scores['to']}, watched until {scores['watched_until']}, "
        f"every {scores['tick_hours']:g} hours.",
        soft_wrap=True,
        highlight=False,
    )
    for kind in _OF_ORDERS:
        if kind in scores:
            _of_orders(console, kind, scores[kind])
    if "seller_slow" in scores:
        told = scores["seller_slow"]
        console.print(
            f"seller_slow: {told['alerts']} alerts; of the sellers that went on handing over, "
            f"{_percent(told['still_slow'])} were as slow in the next 30 days "
            f"(median {_number(told['hours_after'], 'p50')} h).",
            soft_wrap=True,
            highlight=False,
        )
    if "lane_drift" in scores:
        told = scores["lane_drift"]
        console.print(
            f"lane_drift: {told['alerts']} alerts; {_percent(told['still_slower'])} of {told['judged']} "
            f"still took longer than forecast, against all others, in the next 14 days.",
            soft_wrap=True,
            highlight=False,
        )


def _of_orders(console: Console, kind: str, told: Scores) -> None:
    grid = Table(title=kind, title_justify="left", show_header=False)
    grid.add_row("judged", f"{told['judged']:,} ({told['unknown']} with an unknown fate left out)")
    grid.add_row("late", f"{told['late']:,} ({_percent(told['late_share'])})")
    grid.add_row("alerts, in advance", f"{told['alerts']:,}, {told['in_advance']:,}")
    grid.add_row("precision", f"{_percent(told['precision'])} of those in advance")
    grid.add_row("recall", f"{_percent(told['recall'])} of the late")
    grid.add_row(
        "days of warning", " / ".join(_number(told["warning_days"], p) for p in ("p25", "p50", "p75"))
    )
    for days, share in told["warned_days"].items():
        grid.add_row(f"warned {days} days before", f"{_percent(share)} of the late")
    for days, at in told["waiting"].items():
        beyond = (
            f"all {at['all']:,}: {_percent(at['late_share'])} late; alerted {at['alerted']:,}: "
            f"{_percent(at['alerted_late_share'])} late, {_percent(at['alerted_recall'])} of the late"
        )
        grid.add_row(f"not done {days} days before", beyond)
    console.print(grid)


def _percent(share: float | None) -> str:
    return "none" if share is None else f"{share:.1%}"


def _number(told: Mapping[str, float] | None, name: str) -> str:
    return "none" if told is None else f"{told[name]:.1f}"
