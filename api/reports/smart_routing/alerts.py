"""How good warnings would have been: those of the same past, held against what came of it."""

from __future__ import annotations

from typing import Final

from markupsafe import Markup

from api.reports.cited import Cited
from api.reports.smart_routing.section import Section
from api.reports.smart_routing.tables import Column, Table
from api.reports.smart_routing.words import say

_ALERTS: Final = "/alerts"
_DAYS: Final = "warned_days"

_OF_ORDERS: Final = (
    ("delivery_at_risk", "delivery at risk"),
    ("handover_overdue", "hand-over overdue"),
)
_OF_OTHERS: Final = (("seller_slow", "seller is slow"), ("lane_drift", "lane drifts"))
_ORDERS: Final = (
    Column("judged", "judged", "count"),
    Column("late", "late", "count"),
    Column("warned of", "in_advance", "count"),
    Column("precision", "precision", "percent"),
    Column("recall", "recall", "percent"),
    Column("a day ahead", f"{_DAYS}/1", "percent"),
    Column("three days", f"{_DAYS}/3", "percent"),
    Column("seven days", f"{_DAYS}/7", "percent"),
    Column("median warning, days", "warning_days/p50", "days_bare"),
)
_OTHERS: Final = (
    Column("alerts", "alerts", "count"),
    Column("judged", "judged", "count"),
    Column("seller still slow", "still_slow", "percent"),
    Column("median hours after", "hours_after/p50", "hours_bare"),
    Column("lane still slower", "still_slower", "percent"),
)


def warnings(told: Cited) -> Section:
    """Tell precision, recall and days of warning; nothing where nobody judged the alerts."""
    section = Section("alerts", "Would we have been warned?")
    risk = f"{_ALERTS}/{_OF_ORDERS[0][0]}"
    if told.at(f"{risk}/recall") is not None and told.at(f"{risk}/precision") is not None:
        section.words = [
            say(
                "Watched as if it were now, {recall} of the late orders had a warning before their promise, "
                "and {precision} of the warned were late.",
                recall=told.number(f"{risk}/recall", "percent"),
                precision=told.number(f"{risk}/precision", "percent"),
            )
        ]
    section.tables = [
        _table(told, "Warnings of orders and packages", _OF_ORDERS, _ORDERS),
        _table(told, "Warnings of sellers and lanes", _OF_OTHERS, _OTHERS),
    ]
    return section


def _table(
    told: Cited, title: str, kinds: tuple[tuple[str, str], ...], columns: tuple[Column, ...]
) -> Table | None:
    rows = [
        [
            ("text", Markup(words)),
            *((column.style, column.cell(told, f"{_ALERTS}/{kind}")) for column in columns),
        ]
        for kind, words in kinds
        if told.at(f"{_ALERTS}/{kind}") is not None
    ]
    heads = [("text", "warning"), *((column.style, column.head) for column in columns)]
    return Table(title, heads, rows, more=False) if rows else None
