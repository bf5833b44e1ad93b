"""The tables of a backtest in words and rounded numbers, for the terminal and for the report page alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import polars as pl

from graph.days import ZONE

Scores = Mapping[str, Any]
Card = tuple[tuple[str, ...], list[list[str]]]
"""A table: its column heads and its rows; the first column is text, the others are numbers."""

POINTS: Final = ("n", "MAE", "MAE of mean", "RMSE", "R²", "bias", "CRPS", "coverage 50 / 80 / 90 / 95 %")
SHAPES: Final = ("pinball 50 / 80 / 90 / 95 %", "width of the central 50 / 80 / 90 / 95 %")
FORECASTERS: Final[Mapping[str, str]] = {
    "climatology": "climatology",
    "last_month": "last month",
    "state_pair": "state pair, 90 days",
    "frozen": "frozen",
    "promise": "platform's promise",
}
PROMISES: Final[Mapping[str, str]] = {**FORECASTERS, "climatology": "a constant"}
_COVERED: Final = (50, 80, 90, 95)


@dataclass(frozen=True, slots=True)
class Scorecard:
    """What a backtest's scores say: a headline, notes, and the tables by title."""

    title: str
    notes: tuple[str, ...]
    tables: Mapping[str, Card]


def scorecard(scores: Scores) -> Scorecard:
    """Return the tables of ``replay.scores``, days rounded to hundredths."""
    claim = scores["claim"]
    orders, overall = scores["orders"], scores["overall"]
    start = "approval" if scores["target"] == "approved" else "purchase"
    first, end = _local(scores["from"]), _local(scores["to"])
    learned = "each forecast knows the events stamped before its day, nothing else"
    baselines = (
        "all deliveries before the first day (climatology), the last 30 days, the last 90 days of the pair "
        "of states, the same model with nothing learned since the first day (frozen)"
    )
    if claim == "frozen":
        learned = f"nothing stamped at or after {first} was learned"
        baselines = (
            "all deliveries before the first day (climatology), those of the 30 days before it, and those of "
            "the pair of states in the 90 days before it"
        )
    notes = (
        f"{orders['predicted']:,} orders purchased from {first} to {end} (São Paulo, the end not included) "
        f"were forecast at their {start}; {orders['scored']:,} of them were delivered and not canceled, and "
        "are scored.",
        f"{claim.capitalize()}: {learned}. Days from {start} to delivery. MAE scores the median "
        f"({overall['mae']:.2f}; that of the mean is {overall['mae_of_mean']:.2f}); RMSE, R² and bias "
        "(forecast - actual) score the mean. Coverage: the share of orders at or below the quantile.",
        f"Baselines: {baselines}; and the platform's own promise, taken as a sure forecast.",
    )
    beside = [(claim, overall)]
    beside += [(FORECASTERS[name], told) for name, told in scores["baselines"].items()]
    groups = [("all", overall), *scores["groups"].items()]
    tables: dict[str, Card] = {
        "Against the baselines": _points("forecaster", beside),
        "By month, kind of lane and basis": _points("orders", groups),
        "Loss and width of the quantiles": _shapes("", [*beside, *groups[1:]]),
    }
    if scores["promise"]:
        tables["Promise length at the platform's own on-time rate"] = _promises(claim, scores["promise"])
    if scores["late"]:
        tables[f"Late warnings (late: {scores['late']['label']})"] = _late(scores["late"])
    return Scorecard(f"Lead times from {_short(first)} to {_short(end)}, {claim}", notes, tables)


def _local(instant: str) -> str:
    """Return an ISO instant by São Paulo's clock, in which dates are given and months are counted."""
    local = pl.Series([datetime.fromisoformat(instant)]).dt.convert_time_zone(ZONE)
    return str(local.dt.strftime("%Y-%m-%d %H:%M").item())


def _short(local: str) -> str:
    return local.removesuffix(" 00:00")


def _points(head: str, rows: Sequence[tuple[str, Scores]]) -> Card:
    return (head, *POINTS), [
        [
            name,
            f"{told['n']:,}",
            *(f"{told[key]:.2f}" for key in ("mae", "mae_of_mean", "rmse")),
            f"{told['r2']:.3f}",
            f"{told['bias']:+.2f}",
            f"{told['crps']:.3f}",
            " / ".join(f"{100 * told[f'coverage_{p}']:.1f}" for p in _COVERED),
        ]
        for name, told in rows
        if told["n"]
    ]


def _shapes(head: str, rows: Sequence[tuple[str, Scores]]) -> Card:
    return (head, *SHAPES), [
        [
            name,
            " / ".join(f"{told[f'pinball_{p}']:.3f}" for p in _COVERED),
            " / ".join(f"{told[f'width_{p}']:.1f}" for p in _COVERED),
        ]
        for name, told in rows
        if told["n"]
    ]


def _promises(claim: str, told: Scores) -> Card:
    platform = float(told["platform_days"])
    rows = [["the platform's promise", f"{platform:.2f}", "", f"{100 * told['on_time_rate']:.1f} %", ""]]
    for name, equal in told["at_equal_rate"].items():
        days, level = equal["days"], equal["level"]
        share = f"{100 * told['on_time_rate']:.1f} %"
        shown = claim if name == "model" else PROMISES[name]
        rows.append([shown, f"{days:.2f}", f"{days - platform:+.2f}", share, f"q{100 * level:.1f}"])
    return ("promise", "mean days", "against the platform", "on time", "read at"), rows


def _late(told: Scores) -> Card:
    rows = [
        [name, *(f"{told[key][score]:.3f}" for score in ("auc", "ap")), f"{told[key]['brier']:.4f}"]
        for name, key in (
            ("P(late), knowing the promise", "with_promise"),
            ("P(longer than the median promise)", "without_promise"),
        )
    ]
    share = told["base_rate"]
    rows.append(
        [
            f"the late share itself ({100 * share:.1f} %)",
            "0.500",
            f"{share:.3f}",
            f"{told['brier_of_base_rate']:.4f}",
        ]
    )
    return ("score", "ROC AUC", "average precision", "Brier"), rows
