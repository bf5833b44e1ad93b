"""Drawings of changes with their intervals, of values by step, and of shares beside what they should be."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from markupsafe import Markup

from api.reports.charts import (
    BLUE,
    GREY,
    RUST,
    WIDTH,
    Scale,
    mark,
    rules_across,
    rules_down,
    scale_of,
    svg,
    text,
)
from api.reports.cited import Cited
from api.reports.smart_routing.words import judged, verdict_label

_MOST_NAMES: Final = 12
"""More steps than this are not all named on an axis."""


def differences(told: Cited, title: str, rows: Sequence[tuple[str, str]], times: float = 1.0) -> Markup:
    """Draw means with their intervals round zero: ``rows`` are (name, pointer to mean, low and high)."""
    values = [told.at(f"{row}/{end}") for _, row in rows for end in ("low", "mean", "high")]
    across = scale_of(values, 12.0, WIDTH - 12.0)
    bottom = 10.0 + 40.0 * len(rows)
    drawn = Markup("")
    for place, (name, row) in enumerate(rows):
        drawn += _difference(told, name, row, across, 14.0 + 40.0 * place)
    return svg(title, bottom + 20.0, rules_down(across, 6.0, bottom, 5, times), drawn, kind="forest")


def _difference(told: Cited, name: str, row: str, across: Scale, y: float) -> Markup:
    colour = {"gain": BLUE, "loss": RUST}.get(judged(told, row), GREY)
    claim = verdict_label(told, row)
    drawn = text(12.0, y + 4.0, name, class_="row")
    drawn += text(WIDTH - 12.0, y + 4.0, claim, class_="row end", fill=colour)
    low, mean, high = (told.at(f"{row}/{end}") for end in ("low", "mean", "high"))
    if low is not None and high is not None:
        drawn += mark(
            "line",
            x1=across(low),
            x2=across(high),
            y1=y + 17.0,
            y2=y + 17.0,
            stroke=colour,
            stroke_width=3,
            stroke_linecap="round",
            data_x1=f"{row}/low",
            data_x2=f"{row}/high",
            data_scale="change",
        )
    if mean is None:
        return drawn
    return drawn + mark(
        "circle",
        cx=across(mean),
        cy=y + 17.0,
        r=5.0,
        fill=colour,
        stroke="#fff",
        stroke_width=1.5,
        data_cx=f"{row}/mean",
        data_scale="change",
    )


def points(told: Cited, title: str, rows: Sequence[tuple[str, str]], split: int | None) -> Markup:
    """Draw a value for each named step, with a gap before step ``split``; ``rows``: (name, pointer)."""
    across = Scale(-0.5, max(len(rows) - 0.5, 0.5), 34.0, WIDTH - 4.0)
    up = scale_of([told.at(path) for _, path in rows], 150.0, 14.0, zero=False)
    drawn = rules_across(up, 34.0, WIDTH)
    if split is not None:
        middle = across(split - 0.5)
        drawn += mark("line", x1=middle, x2=middle, y1=8.0, y2=154.0, class_="rule zero")
        drawn += text(middle - 4.0, 12.0, "in time", class_="key end") + text(
            middle + 4.0, 12.0, "late", class_="key"
        )
    every = 1 + (len(rows) - 1) // _MOST_NAMES
    for place, (name, path) in enumerate(rows):
        if not place % every:
            drawn += text(across(place), 168.0, name, class_="axis middle")
        value = told.at(path)
        if value is None:
            continue
        late = split is not None and place >= split
        drawn += mark(
            "circle",
            mark("title", told.svg_number(path, "score")),
            cx=across(place),
            cy=up(value),
            r=4.0,
            fill=RUST if late else BLUE,
            data_cy=path,
            data_scale="value",
        )
    return svg(title, 174.0, drawn)


def coverage(told: Cited, rows: Sequence[str]) -> Markup:
    """Draw the share that each central interval held; a pointer ends with the level in %."""
    across = Scale(0.0, 1.0, 34.0, WIDTH - 10.0)
    bottom = 12.0 + 26.0 * len(rows)
    drawn = rules_down(across, 4.0, bottom, 5, 100.0)
    for place, row in enumerate(rows):
        y, level = 10.0 + 26.0 * place, row.rpartition("/")[2]
        drawn += text(28.0, y + 10.5, f"{level} %", class_="axis end")
        drawn += mark(
            "rect",
            mark("title", told.svg_number(row, "percent")),
            x=across(0.0),
            y=y,
            width=across(told.at(row) or 0.0) - across(0.0),
            height=14.0,
            fill=BLUE,
            data_width=row,
            data_scale="share",
        )
        should = across(float(level) / 100.0)
        drawn += mark("line", x1=should, x2=should, y1=y - 4.0, y2=y + 18.0, stroke=RUST, stroke_width=2.5)
    return svg("Share of outcomes inside each central interval of the forecast", bottom + 18.0, drawn)
