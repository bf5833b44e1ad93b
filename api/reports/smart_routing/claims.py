"""Claims put to the test: what was claimed, our figure, the verdict."""

from __future__ import annotations

from typing import Final

from markupsafe import Markup

from api.reports.cited import Cited
from api.reports.smart_routing.section import Section
from api.reports.smart_routing.tables import Column, table
from api.reports.smart_routing.words import say

_CLAIMS: Final = "/insight/claims"
_VERDICTS: Final = {
    "holds": ("gain", "✓ holds"),
    "holds_by_selection": ("none", "~ only where orders are picked by what it says"),
    "fails": ("loss", "✗ does not hold"),
}

_FIGURES: Final = (
    ("packages", "n", "count"),
    ("preparation, h", "hours", "hours_bare"),
    ("lead time, h", "lead_hours", "hours_bare"),
    ("share of all hours", "share", "percent"),
    ("mean share", "mean_share", "percent"),
    ("share after", "after_share", "percent"),
    ("saved, h", "saved_hours", "hours_bare"),
    ("shorter", "shorter", "percent"),
)
_AFTER: Final = "After: as if preparation took one day, and nothing else had changed."
_PICKED: Final = (Column("picked", "about", "wide"), Column("counted by", "unit"))


def claims(told: Cited) -> Section:
    """Tell each claim, our figure and the verdict, then the selections under which they were tried."""
    section = Section("claims", "Claims put to the test")
    rows = told.rows(f"{_CLAIMS}/claims")
    if not rows:
        return section
    section.words = [
        say(
            "The claims do not say which orders they call problem orders, so each was tried under several. "
            "To pick orders by their preparation, and to find that preparation took long, proves nothing."
        )
    ]
    section.lines = [_claim(told, row) for row in rows]
    state = str(told.at(f"{_CLAIMS}/state"))
    section.tables = [
        table(told, title, f"{_CLAIMS}/selections", (*_PICKED, *_under(key)), _AFTER)
        for title, key in (("All packages", "all"), (f"Packages of sellers in {state}", state))
    ]
    return section


def _under(key: str) -> tuple[Column, ...]:
    return tuple(Column(head, f"{key}/{name}", form) for head, name, form in _FIGURES)


def _claim(told: Cited, row: str) -> Markup:
    style, words = _VERDICTS.get(str(told.at(f"{row}/verdict")), ("none", str(told.at(f"{row}/verdict"))))
    under = Markup(", ").join(told.text(path) for path in told.rows(f"{row}/holds_under"))
    return say(
        '<b>{claim}</b><br><span class="verdict {style}">{words}</span>{under}<br>{why}',
        claim=told.text(f"{row}/claim"),
        style=style,
        words=words,
        under=say(" (under {under})", under=under) if under else "",
        why=told.text(f"{row}/why"),
    )
