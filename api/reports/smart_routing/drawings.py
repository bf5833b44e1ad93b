"""The drawings of the smart-routing page: the weeks, the map, the stages, changes with intervals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
from markupsafe import Markup

from api.reports.charts import (
    BLUE,
    GREY,
    RUST,
    SAND,
    STEPS,
    WIDTH,
    Scale,
    legend,
    mark,
    rules_across,
    rules_down,
    scale_of,
    svg,
    text,
)
from api.reports.cited import Cited

STAGE_COLOURS: Final = {"approval": SAND, "handling": RUST, "transit": BLUE}
MOST_STATES: Final = 12
SETTLED: Final = 0.8
"""A week's share of late orders is drawn firm once the promises of so many of its orders have passed."""

_SEAWARD: Final = frozenset({"RN", "PB", "PE", "AL", "SE", "ES", "RJ", "SC", "CE"})
"""States whose names stand in the sea, where there is room."""


def weeks(told: Cited) -> Markup:
    """Draw the median days and the promise above, the share of late orders below, period by period."""
    rows = told.rows("/happened/periods")
    across = Scale(-0.5, max(len(rows) - 0.5, 0.5), 34.0, WIDTH - 4.0)
    days = [told.at(f"{row}/{name}") for row in rows for name in ("median_days", "promise_mean_days")]
    upper = scale_of(days, 132.0, 22.0)
    lower = scale_of([told.at(f"{row}/late_share") for row in rows], 222.0, 166.0)
    lines = [
        _line(told, rows, "promise_mean_days", across, upper, GREY, "3 3"),
        _line(told, rows, "median_days", across, upper, BLUE, None),
    ]
    bars = [_late_bar(told, row, across(place), lower) for place, row in enumerate(rows)]
    form = "%-d %b" if told.at("/happened/period") == "week" else "%b %y"
    names = [
        text(across(place), 238.0, told.day(f"{row}/from", form, "tspan"), class_="axis middle")
        for place, row in enumerate(rows)
        if not place % (1 + len(rows) // 7)
    ]
    return svg(
        f"Days from purchase to customer and share of late orders by {told.at('/happened/period')}",
        244.0,
        legend(9.0, (("median days", BLUE), ("mean promise, days", GREY))),
        rules_across(upper, 34.0, WIDTH),
        *lines,
        legend(156.0, (("late, % of orders whose promise has passed", RUST),)),
        _percent_rules(lower),
        *bars,
        *names,
    )


def _percent_rules(scale: Scale) -> Markup:
    hundred = Scale(100.0 * scale.low, 100.0 * scale.high, scale.start, scale.end)
    return rules_across(hundred, 34.0, WIDTH, 3)


def _line(
    told: Cited, rows: Sequence[str], name: str, across: Scale, up: Scale, colour: str, dash: str | None
) -> Markup:
    known = [
        (across(place), up(value), f"{row}/{name}")
        for place, row in enumerate(rows)
        if (value := told.at(f"{row}/{name}")) is not None
    ]
    points = " ".join(f"{x:.1f},{y:.1f}" for x, y, _ in known)
    drawn = mark("polyline", points=points, stroke=colour, stroke_width=2, fill="none", stroke_dasharray=dash)
    size = 2.8 if dash is None else 1.6
    for x, y, path in known:
        hint = mark("title", told.svg_number(path, "days_fine"))
        drawn += mark("circle", hint, cx=x, cy=y, r=size, fill=colour, data_cy=path, data_scale="days")
    return drawn


def _late_bar(told: Cited, row: str, x: float, up: Scale) -> Markup:
    share = told.at(f"{row}/late_share")
    if share is None:
        return Markup()
    settled = told.at(f"{row}/due") >= SETTLED * told.at(f"{row}/orders")
    wide = min(16.0, 250.0 / max(len(told.rows("/happened/periods")), 1))
    path = f"{row}/late_share"
    return mark(
        "rect",
        mark("title", told.svg_number(path, "percent") + " %"),
        x=x - wide / 2,
        y=up(share),
        width=wide,
        height=max(up(0.0) - up(share), 0.01),
        fill=RUST,
        fill_opacity=None if settled else 0.35,
        data_y=path,
        data_scale="late",
    )


def country(told: Cited, shown: str, form: str) -> Markup:
    """Draw each state where its customers live: area by orders, shade by ``shown`` (a key of the states)."""
    rows = [row for row in told.rows("/happened/states") if told.at(f"{row}/lat") is not None]
    outline = told.at("/happened/outline") or [[told.at(f"{r}/lng"), told.at(f"{r}/lat")] for r in rows]
    east, north = _projection(np.array(outline, float).reshape(-1, 2))
    most = max((told.at(f"{row}/orders") for row in rows), default=1)
    values = [value for row in rows if (value := told.at(f"{row}/{shown}")) is not None]
    edges = np.quantile(values, [0.2, 0.4, 0.6, 0.8]) if values else np.zeros(4)
    land = [mark("circle", cx=east(lng), cy=north(lat), r=1.5) for lng, lat in outline]
    drawn = [_state(told, row, (east, north), most, (shown, form, edges)) for row in rows]
    return svg(
        "Where customers live: area by orders, shade by days",
        420.0,
        mark("g", Markup("").join(land), class_="land"),
        *[shape for shape, _ in drawn],
        *[name for _, name in drawn],
        _shades(values, edges),
        kind="map",
    )


def _projection(outline: Any) -> tuple[Scale, Scale]:
    """Return scales of longitude and latitude: one degree is as long both ways (near the equator)."""
    if not len(outline):
        outline = np.array([[-74.0, -34.0], [-34.0, 5.0]])
    (west, south), (east, north) = outline.min(axis=0), outline.max(axis=0)
    span = max(float(east - west), float(north - south), 1.0) * 1.04
    middle_x, middle_y = float(east + west) / 2, float(north + south) / 2
    room = 360.0
    return (
        Scale(middle_x - span / 2, middle_x + span / 2, (WIDTH - room) / 2, (WIDTH + room) / 2),
        Scale(middle_y - span / 2, middle_y + span / 2, 8.0 + room, 8.0),
    )


def _state(
    told: Cited, row: str, places: tuple[Scale, Scale], most: int, by: tuple[str, str, Any]
) -> tuple[Markup, Markup]:
    shown, form, edges = by
    east, north = places
    x, y = east(told.at(f"{row}/lng")), north(told.at(f"{row}/lat"))
    radius, value = 3.0 + 25.0 * float(np.sqrt(told.at(f"{row}/orders") / most)), told.at(f"{row}/{shown}")
    fill = "#ffffff" if value is None else STEPS[int(np.searchsorted(edges, value, side="right"))]
    name = told.at(f"{row}/state")
    hint = mark("title", Markup("{}: ").format(name) + told.svg_number(f"{row}/{shown}", form))
    shape = mark(
        "circle",
        hint,
        cx=x,
        cy=y,
        r=radius,
        fill=fill,
        class_="state",
        data_cx=f"{row}/lng",
        data_cy=f"{row}/lat",
        data_scale="place",
    )
    if radius > 13.0:
        dark = value is not None and value >= edges[2]
        return shape, text(x, y + 4.0, name, class_="place inside light" if dark else "place inside")
    if name in _SEAWARD:
        return shape, text(x + radius + 3.0, y + 3.5, name, class_="place")
    return shape, text(x, y - radius - 2.5, name, class_="place middle")


def _shades(values: Sequence[float], edges: Any) -> Markup:
    """Return the key of the shades: each fifth of the states, with its bounds."""
    if not values:
        return Markup()
    bounds = [min(values), *edges, max(values)]
    told = Markup("")
    for place, colour in enumerate(STEPS):
        told += mark("rect", x=20.0 + 48.0 * place, y=388.0, width=48.0, height=9.0, fill=colour)
    for place, bound in enumerate(bounds):
        told += text(20.0 + 48.0 * place, 411.0, f"{bound:.1f}", class_="axis middle")
    return told + text(268.0, 397.0, "days; area: orders", class_="key")


def stages(told: Cited) -> Markup:
    """Draw the mean days of each stage for the busiest states, one bar a state."""
    rows = told.rows("/happened/states")[:MOST_STATES]
    totals = [sum(told.at(f"{row}/{name}_days") or 0.0 for name in STAGE_COLOURS) for row in rows]
    across = Scale(0.0, max([*totals, 1.0]) * 1.04, 30.0, WIDTH - 6.0)
    bottom = 26.0 + 20.0 * len(rows)
    bars = Markup("")
    for place, row in enumerate(rows):
        y, start = 24.0 + 20.0 * place, 0.0
        bars += text(25.0, y + 10.5, told.at(f"{row}/state"), class_="place end")
        for name, colour in STAGE_COLOURS.items():
            days = told.at(f"{row}/{name}_days") or 0.0
            path = f"{row}/{name}_days"
            bars += mark(
                "rect",
                mark("title", Markup("{}: ").format(name) + told.svg_number(path, "days_fine")),
                x=across(start),
                y=y,
                width=across(start + days) - across(start),
                height=13.0,
                fill=colour,
                data_width=path,
                data_scale="days",
            )
            start += days
    return svg(
        "Mean days of each stage by state of the customer",
        bottom + 18.0,
        legend(9.0, STAGE_COLOURS.items(), left=30.0),
        rules_down(across, 20.0, bottom),
        bars,
    )


def excess(told: Cited, states: Mapping[str, Mapping[str, str]]) -> Markup:
    """Draw a dot a state and stage where its pointer's days are; zero is what was expected."""
    paths = [path for stages in states.values() for path in stages.values()]
    across = scale_of([told.at(path) for path in paths], 34.0, WIDTH - 8.0)
    bottom = 24.0 + 20.0 * len(states)
    drawn = Markup("")
    for place, (state, found) in enumerate(states.items()):
        y = 34.0 + 20.0 * place
        drawn += text(27.0, y + 3.5, state, class_="place end")
        drawn += mark("line", x1=34.0, x2=WIDTH - 8.0, y1=y, y2=y, class_="rule")
        for stage, path in found.items():
            if (value := told.at(path)) is not None:
                hint = mark("title", Markup("{}: ").format(stage) + told.svg_number(path, "days_change"))
                colour = STAGE_COLOURS[stage]
                drawn += mark(
                    "circle",
                    hint,
                    cx=across(value),
                    cy=y,
                    r=4.5,
                    fill=colour,
                    data_cx=path,
                    data_scale="days",
                )
    return svg(
        "Days beyond what was expected, by state and stage",
        bottom + 20.0,
        legend(9.0, STAGE_COLOURS.items(), left=34.0),
        rules_down(across, 20.0, bottom),
        drawn,
    )
