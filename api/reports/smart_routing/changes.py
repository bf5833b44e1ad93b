"""A change in words: what the model expects, what outcomes made of that, and what may be claimed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from markupsafe import Markup

from api.reports.cited import FORMS, Cited
from api.reports.smart_routing.words import CLAIMS, LEVEL, UNCHECKED, few_weeks, judged, say


@dataclass(frozen=True, slots=True)
class Told:
    """How a measure that carries a part of the story is written, and what less and more of it are called."""

    name: str
    change: str
    figure: str
    less: str
    more: str


DAYS: Final = Told("expected_days", "days_change", "days_fine", "sooner on average", "later on average")
COSTS: Final = Told(
    "total_cents", "money_change", "money", "less an order in all costs", "more an order in all costs"
)

Rows = Mapping[Told, str | None]
"""The pointer to the change of each measure; None where nobody compared it."""


def headline(told: Cited, rows: Rows) -> tuple[Markup, str | Markup, str]:
    """Return the figure of a part, what it counts and its tone: the first change that is claimed.

    The others stand beside it. Where nothing is claimed the first measure says why.
    """
    known = {how: row for how, row in rows.items() if row is not None}
    claims = {how: row for how, row in known.items() if judged(told, row) in CLAIMS}
    if not claims:
        why = "the change is smaller than what can be told apart"
        if UNCHECKED in {judged(told, row) for row in known.values()}:
            why = "too few outcomes are old enough to judge by"
        return Markup("No claim"), why, "none"
    (how, row), *more = claims.items()
    beside = [say("{figure} {side}", figure=_figure(told, *one), side=_side(told, *one)) for one in more]
    silent = [say("no claim in {measure}", measure=_MEASURES[one]) for one in known if one not in claims]
    unit = Markup("; ").join([Markup(_side(told, how, row)), *beside, *silent])
    return _figure(told, how, row), unit, judged(told, row)


_MEASURES: Final = {DAYS: "days", COSTS: "costs"}


def _figure(told: Cited, how: Told, row: str) -> Markup:
    return told.number(f"{row}/mean", how.figure, turned=told.at(f"{row}/mean") < 0.0)


def _side(told: Cited, how: Told, row: str) -> str:
    return how.less if told.at(f"{row}/mean") < 0.0 else how.more


def sentence(told: Cited, row: str, form: str) -> Markup:
    """Return a sentence on a change, beginning in its middle; ``form``: how the change is written."""
    model = say("the model expects {model}", model=told.number(f"{row}/model", form))
    if judged(told, row) == UNCHECKED:
        return say("{model}; unchecked: {why}. No claim.", model=model, why=_unchecked(told, row))
    if told.at(f"{row}/low") is None:
        return say("{model}; a single week has no interval: no claim.", model=model)
    return say(
        "{model}; corrected by what really came, the change lies between {low} and {high} ({level} "
        "interval){end}",
        model=model,
        low=told.number(f"{row}/low", form),
        high=told.number(f"{row}/high", form),
        level=LEVEL,
        end=_end(told, row, form),
    )


def _unchecked(told: Cited, row: str) -> Markup:
    """Say why outcomes tell nothing of a change."""
    if not told.at(f"{row}/kept_orders") and not told.at(f"{row}/moved_orders"):
        return say("no outcome is old enough to judge by, and nothing was corrected")
    return say(
        "outcomes old enough to judge by are {kept} of orders that kept their way and {moved} of others, "
        "too few to correct by",
        kept=told.number(f"{row}/kept_orders", "count"),
        moved=told.number(f"{row}/moved_orders", "count"),
    )


def _end(told: Cited, row: str, form: str) -> Markup:
    found = judged(told, row)
    rounded = any(_looks_like_zero(told.at(f"{row}/{end}"), form) for end in ("low", "high"))
    if found not in CLAIMS:
        return say(", which holds zero{why}: no claim.", why=" (the bound is rounded)" if rounded else "")
    return say(
        ": a {claim}{weeks}{rounded}.",
        claim=found,
        weeks=few_weeks(told, row, told.number("/comparison/weeks", "count")),
        rounded=" (zero lies outside: the bound is rounded)" if rounded else "",
    )


def _looks_like_zero(value: float, form: str) -> bool:
    """Tell whether rounding writes a value as zero that is none."""
    how = FORMS[form]
    return value != 0.0 and not how.write(value, how.times).strip("+0.,")
