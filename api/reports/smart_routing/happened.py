"""What became of the orders, and what the page rests on: the first section and the last."""

from __future__ import annotations

from typing import Final

from markupsafe import Markup

from api.reports.cited import Cited
from api.reports.smart_routing import drawings
from api.reports.smart_routing.section import Drawing, Section
from api.reports.smart_routing.tables import PERIODS, STATES, Column, table
from api.reports.smart_routing.words import say
from replay.insight.kpis import PERIOD_DAYS

_FIGURES: Final = (
    Column("from", "from", "day"),
    Column("orders", "orders", "count"),
    Column("delivered", "delivered", "count"),
    Column("of these late", "delay_rate", "percent"),
    Column("with sellers at its end", "waiting_packages", "count"),
    Column("on the road", "travelling_packages", "count"),
    Column("reviews", "reviews", "count"),
    Column("stars", "review_score", "plain"),
)


_COMPARED: Final = say(
    "The last <span data-plain>{days} days</span>, the {same} before them, and the same days a year before",
    days=PERIOD_DAYS,
    same=say("<span data-plain>{days} days</span>", days=PERIOD_DAYS),
)


def happened(told: Cited) -> Section:
    """Tell what became of the orders."""
    period = str(told.at("/happened/period"))
    return Section(
        "happened",
        "What happened",
        figures=[
            Drawing(
                f"By {period} of purchase.",
                say(
                    "Faint bars: the promise of many of these orders has not passed yet. No line: too few of "
                    "them have arrived to tell. {parts}",
                    parts=_parts(told),
                ),
                drawings.weeks(told),
            ),
            Drawing(
                "Where it is slow.",
                "Median days to the customer, by state; a state stands where its customers live.",
                drawings.country(told, "median_days", "days_fine"),
                tall=True,
            ),
            Drawing(
                "What the days are made of.",
                "Mean days of each stage, for the states with the most orders.",
                drawings.stages(told),
            ),
        ],
        tables=[
            table(told, "By state of the customer", "/happened/states", STATES),
            table(told, f"By {period} of purchase", "/happened/periods", PERIODS, _parts(told)),
            table(told, _COMPARED, _key_figures(told), _FIGURES),
        ],
    )


def _parts(told: Cited) -> Markup:
    """Say which weeks or months reach beyond the stretch, by their first days; nothing where none does."""
    parts = [row for row in told.rows("/happened/periods") if told.at(f"{row}/part")]
    if not parts:
        return Markup()
    return say(
        "Only part of a {period}, the rest lies outside the report: from {days}.",
        period=told.at("/happened/period"),
        days=Markup(" and ").join(told.day(f"{row}/from", "%-d %B") for row in parts),
    )


def _key_figures(told: Cited) -> list[str]:
    """Return the pointers to the periods of the key figures that hold anything."""
    periods = [f"/insight/kpis/{name}" for name in ("now", "before", "year_before")]
    return [period for period in periods if told.at(f"{period}/orders")]


def assumptions(told: Cited) -> Section:
    """Print what the figures rest on: the replay's assumptions, then the comparison's."""
    paths = [*told.rows("/replayed/assumptions"), *told.rows("/comparison/assumptions")]
    return Section("assumptions", "What this rests on", lines=[told.text(path) for path in paths])
