"""The page that ``malha backtest --report`` writes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from api.reports.page import write_html
from api.reports.plots import COLOURS, MARKS, Plot
from api.scorecard import FORECASTERS, PROMISES, scorecard

Scores = Mapping[str, Any]

_COVERED: Final = (50, 80, 90, 95)
_MOST_MONTHS: Final = 14
"""More months than this are not all named on an axis."""


def write_page(path: Path, scores: Scores, source: str) -> Path:
    """Write a backtest's scores with their plots as one page. ``scores`` are those of ``replay.scores``."""
    return write_html(path, "backtest.html", card=scorecard(scores), source=source, figures=figures(scores))


def figures(scores: Scores) -> list[tuple[str, str]]:
    """Return what each plot shows, and the plot as an ``<svg>`` element."""
    found = [
        (
            "Calibration: how many outcomes fell into each twentieth of their forecast. Flat is calibrated; "
            "high at the right: deliveries took longer than forecast.",
            _pit(scores["pit"]),
        ),
        (
            "Coverage by month of purchase: the share of orders at or below each quantile. The thin lines "
            "are where it should be.",
            _coverage(scores),
        ),
        (
            "Mean absolute error of the median by month of purchase, in days; lower is better.",
            _errors(scores),
        ),
    ]
    if scores["promise"]:
        told = (
            "Promise length against the share of orders that arrive within it: shorter is to the left, safer "
            "is up. The cross is the platform's own promise."
        )
        found.append((told, _promises(scores)))
    return found


def _pit(shares: Sequence[float]) -> str:
    plot = Plot("pit")
    width = 1.0 / len(shares)
    middles = [(place + 0.5) * width for place in range(len(shares))]
    plot.axes.bar(middles, [100.0 * share for share in shares], 0.92 * width, color=COLOURS[0])
    plot.axes.axhline(100.0 * width, color=COLOURS[1], linewidth=1.2)
    plot.axes.set(xlabel="forecast probability of the actual time or less", ylabel="% of orders", xlim=(0, 1))
    return plot.svg()


def _coverage(scores: Scores) -> str:
    plot = Plot("coverage")
    for p, colour, mark in zip(_COVERED, COLOURS, MARKS, strict=False):
        shares = [100.0 * told["model"][f"coverage_{p}"] for told in scores["months"].values()]
        plot.axes.plot(range(len(shares)), shares, color=colour, marker=mark, label=f"q{p}")
        plot.axes.axhline(p, color=colour, linewidth=0.8, alpha=0.6)
    plot.axes.set(ylabel="% of orders at or below", ylim=(min(30.0, plot.axes.get_ylim()[0]), 101.0))
    return _by_month(plot, scores)


def _errors(scores: Scores) -> str:
    plot = Plot("errors")
    shown = {"model": scores["claim"], **{n: FORECASTERS[n] for n in scores["baselines"] if n != "promise"}}
    for (name, label), colour, mark in zip(shown.items(), COLOURS, MARKS, strict=False):
        errors = [told[name].get("mae", float("nan")) for told in scores["months"].values()]
        width = 2.4 if name == "model" else 1.2
        plot.axes.plot(range(len(errors)), errors, color=colour, marker=mark, label=label, linewidth=width)
    plot.axes.set(ylabel="MAE, days")
    plot.axes.set_ylim(bottom=0.0)
    return _by_month(plot, scores)


def _by_month(plot: Plot, scores: Scores) -> str:
    months = list(scores["months"])
    step = 1 + (len(months) - 1) // _MOST_MONTHS
    turn = 30 if len(months) > 6 else 0
    plot.axes.set_xticks(range(0, len(months), step), months[::step], rotation=turn)
    return _with_legend(plot)


def _promises(scores: Scores) -> str:
    told = scores["promise"]
    plot = Plot("promise")
    for (name, curve), colour, mark in zip(told["curves"].items(), COLOURS, MARKS, strict=False):
        days, shares = zip(*curve, strict=True)
        label = scores["claim"] if name == "model" else PROMISES[name]
        on_time = [100.0 * share for share in shares]
        plot.axes.plot(days, on_time, color=colour, marker=mark, markersize=4, label=label)
    at = ([told["platform_days"]], [100.0 * told["on_time_rate"]])
    plot.axes.plot(*at, color="black", marker="X", markersize=11, linestyle="", label=PROMISES["promise"])
    plot.axes.set(xlabel="mean promise, days", ylabel="% of orders on time")
    return _with_legend(plot)


def _with_legend(plot: Plot) -> str:
    plot.axes.legend(frameon=False, fontsize=9)
    return plot.svg()
