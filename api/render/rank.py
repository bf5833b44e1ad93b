"""Rankings, bottlenecks and what became of them, as tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.table import Table

_SELLER = (
    "rank",
    "seller",
    "state",
    "packages",
    "score (90%)",
    "speed",
    "late hand-overs",
    "stars",
    "exposure",
)
_ROUTE = ("rank", "from", "to", "carrier", "packages", "km", "days", "usual", "factor (90%)", "late (90%)")


def show_sellers(console: Console, told: Mapping[str, Any]) -> None:
    """Print the ranked sellers, then in words the new ones, the seller of the month and the breaches."""
    title = f"{told['ranked']:,} sellers of the {told['window_days']} days before {told['as_of']}"
    grid = _table(title, _SELLER)
    for row in told["sellers"]:
        grid.add_row(*_seller(row))
    console.print(grid)
    new = f"{told['new']:,} sellers have fewer than {told['least_packages']} packages: not ranked"
    console.print(f"{new}, and due {_percent(told['new_exposure_share'])} of all exposure.", soft_wrap=True)
    if month := told["seller_of_the_month"]:
        score = f"score {_span(month, 'score')}, {month['n']} packages"
        console.print(f"Seller of the month: {month['seller_id']} ({score}).", soft_wrap=True)
    for row in told["breaches"]:
        console.print(
            f"Proven breaches: {row['seller_id']} handed over {row['breaches']} of {row['n']} after the "
            f"limit ({_percents(row, 'share', 'shrunk_share')}; all sellers {_percent(row['usual_share'])}).",
            soft_wrap=True,
            highlight=False,
        )


def _seller(row: Mapping[str, Any]) -> tuple[str, ...]:
    late = f"{row['breaches']}/{row['due']} {_percents(row, 'breach_share', 'breach_share')}"
    effect = f"{row['review_effect']:+.2f}"
    return (
        str(row["rank"]),
        str(row["seller_id"]),
        str(row["seller_state"]),
        f"{row['n']:,}",
        _span(row, "score"),
        f"{_span(row, 'speed_factor')} x",
        late,
        effect,
        _percent(row["exposure_share"], 2),
    )


def show_routes(console: Console, told: Mapping[str, Any]) -> None:
    """Print the ranked routes."""
    title = f"{told['ranked']:,} routes by {told['level']}, {told['window_days']} days before {told['as_of']}"
    grid = _table(title, _ROUTE)
    for row in told["routes"]:
        grid.add_row(*_route(row))
    console.print(grid)
    console.print(f"{told['new']:,} routes have fewer than {told['least_packages']} packages: not ranked.")


def _route(row: Mapping[str, Any]) -> tuple[str, ...]:
    days = (_number(row[name], 1) for name in ("transit_days", "usual_days"))
    return (
        str(row["rank"]),
        str(row["from"]),
        str(row["to"]),
        str(row["carrier_id"]),
        f"{row['n']:,}",
        _number(row["distance_km"], 0),
        *days,
        _span(row, "transit_factor"),
        _percents(row, "late_share", "late_share"),
    )


def show_bottlenecks(console: Console, told: Mapping[str, Any]) -> None:
    """Print the states where preparation is stuck, each with its recommendation."""
    fence = told["fence_hours"]
    if fence is None:
        console.print("Nothing was handed over in the last days: there is no fence to be beyond.")
        return
    title = f"Preparation of the {told['days']} days before {told['as_of']}; outliers: over {fence:.0f} h"
    grid = _table(title, ("state", "outliers", "waiting", "mean h", "outliers' h", "lost", "impact"))
    for row in told["bottlenecks"]:
        hours = (_number(row[name], 0) for name in ("avg_prep_hrs", "avg_prep_delay_hrs"))
        counts = (str(row["current_outlier_count"]), str(row["waiting_outliers"]))
        share = _percent(row["impact_share"])
        grid.add_row(row["state"], *counts, *hours, share, row["system_impact_potential"])
    console.print(grid)
    for row in told["bottlenecks"]:
        if row["current_outlier_count"]:
            console.print(f"{row['state']}: {row['recommendation']}", soft_wrap=True, highlight=False)


def show_judged(console: Console, told: Mapping[str, Any]) -> None:
    """Print the mean rank correlations, one table a target."""
    if not told["origins"]:
        console.print("The history is too short: an origin wants 90 days before it and 60 after.")
        return
    title = (
        f"Rank correlation with the next {told['ahead_days']} days, mean of {len(told['origins'])} origins"
    )
    grid = _table(title, ("what comes", "ranked by", "sellers", "Spearman", "Kendall"))
    for row in told["means"]:
        figures = (_number(row[name], 3) for name in ("spearman", "kendall"))
        grid.add_row(row["target"], row["ranker"], _number(row["sellers"], 0), *figures)
    console.print(grid)


def _table(title: str, columns: tuple[str, ...]) -> Table:
    grid = Table(title=title, title_justify="left")
    for place, name in enumerate(columns):
        grid.add_column(name, justify="left" if place == 0 else "right")
    return grid


def _number(value: float | None, digits: int) -> str:
    return "-" if value is None else f"{value:,.{digits}f}"


def _percent(share: float | None, digits: int = 1) -> str:
    return "-" if share is None else f"{100 * share:.{digits}f}%"


def _span(row: Mapping[str, Any], name: str) -> str:
    return f"{row[name]:.2f} ({row[f'{name}_low']:.2f}..{row[f'{name}_high']:.2f})"


def _percents(row: Mapping[str, Any], name: str, shown: str) -> str:
    low, high = (100 * row[f"{name}_{end}"] for end in ("low", "high"))
    return f"{_percent(row[shown])} ({low:.0f}..{high:.0f})"
