"""The one door to Matplotlib: figures without a screen, as SVG that stands in a page by itself."""

from __future__ import annotations

import io
import re
from typing import Any, Final

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure

COLOURS: Final = ("#0b6e99", "#d1495b", "#7a7a7a", "#e2a03f", "#4f9d69", "#8661c1")
"""Told apart without colour vision too: they differ in lightness, and lines carry marks."""

MARKS: Final = ("o", "s", "^", "D", "v", "x")

_STYLE: Final[dict[Any, Any]] = {
    "svg.fonttype": "none",  # text stays text: small, searchable, in the reader's own font
    "svg.hashsalt": "malha",  # the same figure has the same bytes
    "font.family": "sans-serif",
    "font.size": 10.0,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.alpha": 0.3,
}


class Plot:
    """A figure with one pair of axes, ``axes``, that becomes an ``<svg>`` element."""

    def __init__(self, name: str, width: float = 6.4, height: float = 3.6) -> None:
        """Start an empty figure of so many inches; ``name`` keeps its ids apart from others' on a page."""
        self.name = name
        with rc_context(_STYLE):
            self._figure = Figure((width, height), layout="constrained")
            self.axes: Axes = self._figure.add_subplot()

    def svg(self) -> str:
        """Return the figure as an ``<svg>`` element."""
        held = io.StringIO()
        with rc_context(_STYLE):
            self._figure.savefig(held, format="svg", metadata={"Date": None, "Creator": None})
        text = held.getvalue()
        text = text[text.index("<svg") :]
        text = re.sub(r'\bid="', f'id="{self.name}-', text)
        return re.sub(r'(href="#|url\(#)', rf"\g<1>{self.name}-", text)
