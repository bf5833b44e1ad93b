"""Small drawings as SVG that a page holds itself: every mark names the number that puts it where it is.

A mark's attribute ``data-cx="/a/b"`` says that ``cx`` stands for the value at that JSON Pointer; all marks of
one drawing and ``data-scale`` share one straight scale, so a test can compare the drawing with the numbers.
Widths are in units of a drawing 400 wide: legible on a phone, and not larger than a book's on a desk.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from markupsafe import Markup, escape

WIDTH: Final = 400.0

INK: Final = "#1d2733"
MUTED: Final = "#5d6977"
GRID: Final = "#e4e8ec"
BLUE: Final = "#0b6e99"
RUST: Final = "#b8441f"
SAND: Final = "#e3b04b"
GREY: Final = "#8a94a0"
STEPS: Final = ("#e3eff5", "#b3d3e3", "#76adc8", "#2f7fa8", "#0a466a")
"""Light to dark in one hue: told apart without colour vision, and in print."""


@dataclass(frozen=True, slots=True)
class Scale:
    """A straight scale from values to places."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        """Return the place of a value."""
        return self.start + (value - self.low) / (self.high - self.low) * (self.end - self.start)

    def ticks(self, most: int = 5) -> list[float]:
        """Return round values inside, at most ``most`` and one."""
        step = _round_step((self.high - self.low) / most)
        first = math.ceil(self.low / step - 1e-9)
        last = math.floor(self.high / step + 1e-9)
        return [row * step for row in range(first, last + 1)]


def scale_of(values: Iterable[float | None], start: float, end: float, *, zero: bool = True) -> Scale:
    """Return a scale that holds all values with a little room, and zero if asked."""
    known = [value for value in values if value is not None and math.isfinite(value)]
    known += [0.0] if zero or not known else []
    low, high = min(known), max(known)
    room = 0.06 * ((high - low) or max(abs(high), 1.0))
    low = low if zero and low == 0.0 else low - room
    return Scale(low, high + room if high > 0 or not zero else high + room * (high < 0), start, end)


def _round_step(rough: float) -> float:
    power = 10.0 ** math.floor(math.log10(rough))
    return next(step * power for step in (1.0, 2.0, 5.0, 10.0) if step * power >= rough * (1 - 1e-9))


def tick_text(value: float, step: float) -> str:
    """Return a tick as short as its step allows."""
    digits = max(0, -math.floor(math.log10(step) + 1e-9)) if step else 0
    text = f"{value:,.{digits}f}".replace("-", "\N{MINUS SIGN}")
    return text if text.strip("\N{MINUS SIGN}0.") else "0"


def mark(name: str, inside: object = "", **attributes: object) -> Markup:
    """Return an SVG element; ``data_cx`` is written ``data-cx``, floats with two digits."""
    told = Markup("").join(
        Markup(' {}="{}"').format(key.rstrip("_").replace("_", "-"), _attribute(value))
        for key, value in attributes.items()
        if value is not None
    )
    return Markup("<{}{}>{}</{}>").format(Markup(name), told, escape(inside), Markup(name))


def _attribute(value: object) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)


def text(x: float, y: float, inside: object, **attributes: object) -> Markup:
    """Return a label."""
    return mark("text", inside, x=x, y=y, **attributes)


def svg(title: str, height: float, *parts: Markup, kind: str = "") -> Markup:
    """Return a drawing 400 wide with a title for those who cannot see it."""
    return mark(
        "svg",
        mark("title", title) + Markup("").join(parts),
        **{"class": f"chart {kind}".strip()},
        viewBox=f"0 0 {WIDTH:g} {height:g}",
        role="img",
    )


def rules_across(scale: Scale, left: float, right: float, most: int = 4) -> Markup:
    """Return level rules with their values at the left."""
    ticks = scale.ticks(most)
    step = ticks[1] - ticks[0] if len(ticks) > 1 else 1.0
    return Markup("").join(
        mark("line", x1=left, x2=right, y1=scale(tick), y2=scale(tick), class_="rule")
        + text(left - 5.0, scale(tick) + 3.5, tick_text(tick, step), class_="axis end")
        for tick in ticks
    )


def rules_down(scale: Scale, top: float, bottom: float, most: int = 5, times: float = 1.0) -> Markup:
    """Return upright rules with their values (times ``times``) below."""
    ticks = scale.ticks(most)
    step = (ticks[1] - ticks[0]) * times if len(ticks) > 1 else 1.0
    return Markup("").join(
        mark(
            "line",
            x1=scale(tick),
            x2=scale(tick),
            y1=top,
            y2=bottom,
            class_="rule zero" if abs(tick) < 1e-12 else "rule",
        )
        + text(scale(tick), bottom + 13.0, tick_text(tick * times, step), class_="axis middle")
        for tick in ticks
    )


def legend(y: float, entries: Iterable[tuple[str, str]], left: float = 0.0) -> Markup:
    """Return names with a square of their colour, in one row."""
    told, x = Markup(""), left
    for name, colour in entries:
        told += mark("rect", x=x, y=y - 8.0, width=10.0, height=10.0, rx=2, fill=colour)
        told += text(x + 14.0, y + 1.0, name, class_="key")
        x += 28.0 + 5.6 * len(name)
    return told
