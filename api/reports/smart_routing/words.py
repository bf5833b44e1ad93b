"""The words of the smart-routing page: what each measure is called, and what a verdict says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from markupsafe import Markup

from api.render.comparison import FEW_WEEKS
from api.reports.cited import Cited


@dataclass(frozen=True, slots=True)
class Measure:
    """A measure's words and unit, how its changes are written, and whether less of it is better."""

    words: str
    unit: str
    change: str
    less_is_better: bool = True

    @property
    def title(self) -> str:
        """The words as they begin a line."""
        return self.words[:1].upper() + self.words[1:]


MEASURES: Final[Mapping[str, Measure]] = {
    "expected_days": Measure("days to the customer", "Days", "days_change"),
    "var_days": Measure("variance of the lead time", "Days²", "plain_change"),
    "p_on_time": Measure("P(on time)", "Percentage points", "percent_change", less_is_better=False),
    "review_score": Measure("expected review, stars", "Stars", "score_change", less_is_better=False),
    "freight_cents": Measure("freight an order", "R$", "money_change"),
    "packages": Measure("packages an order", "Packages", "plain_change"),
    "split": Measure("orders in several packages", "Percentage points", "percent_change"),
    "stock_outs": Measure("lines some seller had too little for", "Lines an order", "plain_change"),
    "scarcity_cents": Measure("price of scarce stock used", "R$", "money_change"),
    "total_cents": Measure("all costs an order", "R$", "money_change"),
}
"""The measures that policies are compared by (``replay.comparison``)."""

LEVEL: Final = Markup("<span data-plain>90 %</span>")
"""How much an interval holds: a choice, not a number that was found."""

UNCHECKED: Final = "unchecked"
VERDICTS: Final = {"gain": "gain", "loss": "loss", "none": "no claim", UNCHECKED: UNCHECKED}
_SIGNS: Final = {"gain": "▲", "loss": "▼", "none": "=", UNCHECKED: "?"}
CLAIMS: Final = frozenset({"gain", "loss"})
_WEEKS: Final = "/comparison/weeks"


def measure(name: str) -> Measure:
    """Return the words of a measure; one without is shown under its own name."""
    return MEASURES.get(name) or Measure(name.replace("_", " "), "Units of its own", "plain_change")


def judged(told: Cited, row: str) -> str:
    """Return what may be said of a difference: gain, loss, none, or unchecked (no outcomes to judge by)."""
    return UNCHECKED if told.at(f"{row}/checked") is False else str(told.at(f"{row}/verdict"))


def verdict(told: Cited, row: str) -> Markup:
    """Write a difference's verdict: a sign and a word, so that colour is never the only difference."""
    found = judged(told, row)
    style = found if found in CLAIMS else "none"
    words = Markup('<span class="verdict {}">{}</span>').format(style, _signed(found))
    return words + few_weeks(told, row, told.number(_WEEKS, "count"))


def verdict_label(told: Cited, row: str) -> Markup:
    """Return the same as the label of a drawing."""
    label = Markup("{}").format(_signed(judged(told, row)))
    return label + few_weeks(told, row, told.svg_number(_WEEKS, "count"))


def few_weeks(told: Cited, row: str, number: Markup) -> Markup:
    """Say from how few weeks a claim is; nothing where they are enough, or where nothing is claimed."""
    weeks = told.at(_WEEKS)
    if judged(told, row) not in CLAIMS or weeks is None or weeks >= FEW_WEEKS:
        return Markup()
    return say(" (from only {weeks} weeks)", weeks=number)


def _signed(found: str) -> str:
    words = VERDICTS.get(found, found.replace("_", " "))
    return f"{_SIGNS.get(found, '')}\N{NO-BREAK SPACE}{words}"


def say(sentence: str, **parts: object) -> Markup:
    """Return a sentence with parts put in; what is not markup is escaped."""
    return Markup(sentence).format(**parts)
