"""The tables of the smart-routing page, folded until somebody wants them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from markupsafe import Markup

from api.reports.cited import FORMS, Cited

MOST_ROWS: Final = 15
"""Rows of a table on the page; the JSON and the Parquet files have all."""

Cell = tuple[str, Markup]


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its head, the key of its value in a row (a pointer below it), how it is written.

    ``form`` is one of ``FORMS``, or ``text``, ``id`` (text that may be cut), or ``day``.
    """

    head: str
    key: str
    form: str = "text"

    @property
    def style(self) -> str:
        """The class of its cells: numbers stand to the right."""
        if self.form in FORMS:
            return "r"
        return self.form

    def cell(self, told: Cited, row: str) -> Markup:
        """Write its value in a row."""
        path = f"{row}/{self.key}"
        match self.form:
            case "text" | "wide":
                return told.text(path)
            case "id":
                return Markup("<code>{}</code>").format(told.text(path))
            case "day":
                return told.day(path, "%-d %b %Y")
        return told.number(path, self.form)


@dataclass(frozen=True, slots=True)
class Table:
    """A table as a template shows it: heads and cells with their classes."""

    title: str
    heads: list[tuple[str, str]]
    rows: list[list[Cell]]
    more: bool
    note: str | Markup = ""


def table(
    told: Cited, title: str, path: str | Sequence[str], columns: Sequence[Column], note: str | Markup = ""
) -> Table | None:
    """Return a table of the rows at a pointer (or of pointers to rows), columns that none has left out.

    None where there are no rows.
    """
    rows = told.rows(path) if isinstance(path, str) else list(path)
    used = [column for column in columns if any(told.at(f"{row}/{column.key}") is not None for row in rows)]
    if not rows or not used:
        return None
    return Table(
        title,
        [(column.style, column.head) for column in used],
        [[(column.style, column.cell(told, row)) for column in used] for row in rows[:MOST_ROWS]],
        len(rows) > MOST_ROWS,
        note,
    )


STATES: Final = (
    Column("state", "state"),
    Column("orders", "orders", "count"),
    Column("still open", "open", "count"),
    Column("lost", "lost", "count"),
    Column("median days", "median_days", "days_bare"),
    Column("nine in ten within, days", "p90_days", "days_bare"),
    Column("promise, mean days", "promise_mean_days", "days_bare"),
    Column("approval, days", "approval_days", "days_bare"),
    Column("handling, days", "handling_days", "days_bare"),
    Column("transit, days", "transit_days", "days_bare"),
    Column("late", "late_share", "percent"),
    Column("of orders due", "due", "count"),
)

PERIODS: Final = (
    Column("from", "from", "day"),
    Column("days of it", "days", "count"),
    Column("orders", "orders", "count"),
    Column("still open", "open", "count"),
    Column("lost", "lost", "count"),
    Column("median days", "median_days", "days_bare"),
    Column("nine in ten within, days", "p90_days", "days_bare"),
    Column("promise, mean days", "promise_mean_days", "days_bare"),
    Column("late", "late_share", "percent"),
    Column("of orders due", "due", "count"),
)
