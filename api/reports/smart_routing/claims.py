"""Claims put to the test: what was claimed, our figure, the verdict."""

from __future__ import annotations

from typing import Final

from markupsafe import Markup

from api.reports.cited import Cited
from api.reports.smart_routing.section import Section
from api.reports.smart_routing.tables import Column, table
from api.reports.smart_routing.words import say

_CLAIMS: Final = "/insight/claims"
_MADE_UP: Final = "synth://"
_DAY: Final = f"{_CLAIMS}/day_handling/all"
_VERDICTS: Final = {
    "holds": ("gain", "✓ holds"),
    "holds_by_selection": ("none", "~ holds only where orders are picked by their preparation"),
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
    """Tell each claim, our figure and the verdict, then the selections under which they were tried.

    The claims were made about Olist, so a made-up marketplace has nothing to say to them.
    """
    section = Section("claims", "Claims put to the test")
    rows = told.rows(f"{_CLAIMS}/claims")
    if not rows or str(told.at("/source")).startswith(_MADE_UP):
        return section
    section.words = [
        say(
            "The claims were made about the orders of Olist. They do not say which orders they "
            "call problem orders, so each was tried under several. "
            "To pick orders by their preparation, and to find that preparation took long, proves nothing."
        )
    ]
    section.lines = [_claim(told, row) for row in rows]
    if told.at(f"{_DAY}/late"):
        section.lines.append(_day(told))
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
    about = {told.at(f"{path}/name"): f"{path}/about" for path in told.rows(f"{_CLAIMS}/selections")}
    under = Markup("; ").join(
        told.text(about.get(told.at(path), path)) for path in told.rows(f"{row}/holds_under")
    )
    return say(
        '<b>{claim}</b><br><span class="verdict {style}">{words}</span>{under}<br>{why}',
        claim=told.text(f"{row}/claim"),
        style=style,
        words=words,
        under=say(" (under: {under})", under=under) if under else "",
        why=told.text(f"{row}/why"),
    )


def _day(told: Cited) -> Markup:
    """Say what a hand-over within a day would change, and what it would not."""
    n = told.number
    return say(
        "<b>What a hand-over within a day of the approval would change, and what not.</b><br>Over all "
        "delivered packages the lead time falls from {before} to {after} ({shorter}), the late ones from "
        "{late} to {late_after}: {rescued} of {number} would have kept their promise, and {transit} would "
        "have broken it with no handling at all. {already} were handed over within a day as it was, and "
        "{road} of the time is transit, which handling does not touch.",
        before=n(f"{_DAY}/lead_hours", "hours"),
        after=n(f"{_DAY}/lead_hours_after", "hours"),
        shorter=say("{share} shorter", share=n(f"{_DAY}/shorter", "percent")),
        late=n(f"{_DAY}/late_share", "percent"),
        late_after=n(f"{_DAY}/late_share_after", "percent"),
        rescued=n(f"{_DAY}/rescued", "count"),
        number=n(f"{_DAY}/late", "count"),
        transit=n(f"{_DAY}/late_in_transit", "count"),
        already=n(f"{_DAY}/already_within_share", "percent"),
        road=n(f"{_DAY}/transit_share", "percent"),
    )
