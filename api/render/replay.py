"""How a replay's totals are shown: one column a policy, the assumptions below."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from rich.console import Console
from rich.table import Table

from graph.days import local_day


def _count(value: Any) -> str:
    return f"{value:,}"


def _money(value: Any) -> str:
    return f"{value / 100:,.2f}"


def _percent(value: Any) -> str:
    return f"{100 * value:.2f} %"


def _number(value: Any) -> str:
    return f"{value:.3f}"


MEASURES: Final[Mapping[str, tuple[str, Callable[[Any], str]]]] = {
    "orders": ("orders decided", _count),
    "lines": ("lines", _count),
    "units": ("units", _count),
    "served": ("orders served whole", _count),
    "partly_served": ("orders served in part", _count),
    "unserved": ("orders not served", _count),
    "unanswered": ("orders without an answer", _count),
    "unserved_units": ("units not served", _count),
    "kept_share": ("lines as recorded", _percent),
    "packages": ("packages", _count),
    "split_orders": ("orders in several packages", _count),
    "packages_per_order": ("packages an order", _number),
    "stock_outs": ("lines some seller had too little for", _count),
    "expected_days": ("expected days, mean", _number),
    "p_on_time": ("P(on time), mean", _percent),
    "freight_cents": ("freight", _money),
    "package_cents": ("packages, cost", _money),
    "handling_cents": ("handling", _money),
    "time_cents": ("time", _money),
    "late_cents": ("lateness", _money),
    "cost_cents": ("all costs", _money),
    "scarcity_cents": ("price of scarce stock used (steers, nobody pays)", _money),
    "price_versions": ("price versions used", _count),
}
"""What is told of each policy: its key, its words, how it is written."""


def measured(told: Mapping[str, Any]) -> list[tuple[str, list[str]]]:
    """Return the totals of ``replay.replayed`` as they are written: a measure's words, a cell a policy."""
    return [
        (words, ["" if totals[key] is None else written(totals[key]) for totals in told["policies"].values()])
        for key, (words, written) in MEASURES.items()
    ]


def counted(told: Mapping[str, Any]) -> str:
    """Return the sentence on how many orders were decided, and how many had a choice."""
    orders, choice = told["orders"], told["lines_with_choice"]
    return (
        f"{orders['purchased']:,} orders purchased, {orders['decided']:,} decided; "
        f"{orders['without_lines']:,} have no line, {orders['refused']:,} cannot be decided. "
        f"A real choice of seller: {_percent(choice['share'] or 0.0)} of {choice['units']:,} units."
    )


def show_replay(console: Console, told: Mapping[str, Any]) -> None:
    """Print the totals of ``replay.replayed``."""
    first, end = (local_day(datetime.fromisoformat(told[name])) for name in ("from", "to"))
    grid = Table(title=f"Purchases from {first} until {end}", title_justify="left")
    grid.add_column("", no_wrap=True)
    for name in told["policies"]:
        grid.add_column(name, justify="right", no_wrap=True)
    for words, cells in measured(told):
        grid.add_row(words, *cells)
    console.print(grid)
    console.print(counted(told), highlight=False)
    console.print("Assumptions:")
    for sentence in told["assumptions"]:
        console.print(f"  - {sentence}", markup=False, highlight=False)
