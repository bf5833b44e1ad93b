"""Satisfaction: how stars fall with the days, and how far at the promise."""

from __future__ import annotations

from typing import Final

from api.reports.cited import Cited
from api.reports.smart_routing import intervals
from api.reports.smart_routing.section import Drawing, Section
from api.reports.smart_routing.tables import Column, table
from api.reports.smart_routing.words import LEVEL, say

_STARS: Final = "/insight/satisfaction"
_SHOWN: Final = 14

_JUMPS: Final = (
    Column("days on either side", "bandwidth_days", "count"),
    Column("change of stars", "stars", "plain_change"),
    Column("from", "low", "plain_change"),
    Column("to", "high", "plain_change"),
    Column("a day before", "slope_before", "plain_change"),
    Column("a day after", "slope_after", "plain_change"),
    Column("reviews before", "n_before", "count"),
    Column("reviews after", "n_after", "count"),
)
_DAYS: Final = (
    Column("from day", "from_days", "count"),
    Column("to day", "to_days", "count"),
    Column("reviews", "n", "count"),
    Column("stars", "score", "plain"),
    Column("one or two stars", "bad_share", "percent"),
)


def stars(told: Cited) -> Section:
    """Tell how satisfaction depends on delay, and on the promise."""
    section = Section("stars", "Satisfaction and the promise")
    rows = told.rows(f"{_STARS}/by_days_after_promise")
    if not rows:
        return section
    jump = _jump(told)
    if jump is not None:
        section.words = [
            say(
                "Stars change by {stars} at the promise itself (from {low} to {high}, {level} interval; "
                "lines over {width} days on either side), and by {slope} with every day after it. "
                "{reviews} reviewed orders.",
                stars=told.number(f"{jump}/stars", "score_change"),
                low=told.number(f"{jump}/low", "score_change"),
                high=told.number(f"{jump}/high", "score_change"),
                level=LEVEL,
                width=told.number(f"{jump}/bandwidth_days", "count"),
                slope=told.number(f"{jump}/slope_after", "score_change"),
                reviews=told.number(f"{_STARS}/reviews", "count"),
            )
        ]
    days = {row: int(told.at(f"{row}/days_after_promise")) for row in rows}
    near = [(str(day), f"{row}/score") for row, day in days.items() if abs(day) <= _SHOWN]
    early = sum(-_SHOWN <= day <= 0 for day in days.values())
    drawn = intervals.points(told, "Mean stars by days after the promise", near, early)
    section.figures = [
        Drawing("Mean stars by day of arrival.", "Days after the promised day, which is zero itself.", drawn)
    ]
    both = "Of reviews answered after the delivery alone"
    section.tables = [
        table(told, "The jump at the promise", f"{_STARS}/jump_at_promise", _JUMPS),
        table(told, both, f"{_STARS}/jump_answered_after_delivery", _JUMPS),
        table(told, "Stars by days of delivery", f"{_STARS}/by_delivery_days", _DAYS),
    ]
    return section


def _jump(told: Cited) -> str | None:
    """Return the pointer to the jump that is told: the one in the middle of the bandwidths."""
    found = told.rows(f"{_STARS}/jump_at_promise")
    return found[len(found) // 2] if found else None
