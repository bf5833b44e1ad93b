"""A report page opened in a real browser, and everything that it shows compared with its JSON."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from api.reports.cited import Cited
from deploy.local import Chromium

SHOWN = """() => [...document.querySelectorAll('[data-path]')].map(e =>
  [e.dataset.path, Number(e.dataset.times || 1), e.textContent])"""
TEXTS = "() => [...document.querySelectorAll('[data-text]')].map(e => [e.dataset.text, e.textContent])"
DAYS = """() => [...document.querySelectorAll('[data-day]')].map(e =>
  [e.dataset.day, e.dataset.datetime, e.textContent])"""
STRAY = """() => {
  const told = '[data-path], [data-text], [data-day], .axis, th, script, style, [data-plain]';
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), found = [];
  while (walk.nextNode())
    if (/[0-9]/.test(walk.currentNode.data) && !walk.currentNode.parentElement.closest(told))
      found.push(walk.currentNode.data.trim());
  return found;
}"""
MARKS = """() => [...document.querySelectorAll('svg.chart')].flatMap((svg, chart) =>
  [...svg.querySelectorAll('[data-scale]')].flatMap(e =>
    ['cx', 'cy', 'x1', 'x2', 'y', 'width'].filter(name => e.hasAttribute('data-' + name)).map(name =>
      [chart, e.dataset.scale, name, e.getAttribute('data-' + name), Number(e.getAttribute(name))])))"""

AXES = {"cx": "x", "x1": "x", "x2": "x", "cy": "y", "y": "y", "width": "width"}


@dataclass
class Walked:
    """What a browser found on a page."""

    width: int
    console: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    shown: list[tuple[str, float, str]] = field(default_factory=list)
    texts: list[tuple[str, str]] = field(default_factory=list)
    days: list[tuple[str, str, str]] = field(default_factory=list)
    stray: list[str] = field(default_factory=list)
    marks: list[tuple[int, str, str, str, float]] = field(default_factory=list)
    charts: list[float] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    page_width: int = 0

    def differences(self, numbers: Mapping[str, Any]) -> Iterator[str]:
        """Yield everything on the page that is not what the JSON says."""
        told = Cited(numbers)
        for path, times, text in self.shown:
            value = told.at(path)
            if value is None or abs(_number(text) - value * times) > _half_a_digit(text):
                yield f"{path}: {text} is not {value!r} times {times}"
        for path, text in self.texts:
            if text != (told.at(path) or "–"):
                yield f"{path}: {text!r}"
        for path, instant, text in self.days:
            day = re.match(r"\d+", text)
            if instant != told.at(path) or day is None:
                yield f"{path}: {instant}"
        yield from self._off_scale(told)

    def _off_scale(self, told: Cited) -> Iterator[str]:
        """Yield the drawings whose marks are not where one straight scale puts their values."""
        groups: dict[tuple[int, str, str], list[tuple[float, float]]] = defaultdict(list)
        for chart, scale, name, path, place in self.marks:
            groups[chart, scale, AXES[name]].append((told.at(path), place))
        for key, found in groups.items():
            values, places = np.array(found, float).T
            if np.ptp(values) > 0:
                line = np.polynomial.Polynomial.fit(values, places, 1)
                if np.abs(line(values) - places).max() > 0.05:
                    yield f"chart {key}: marks are off the scale"


def _number(text: str) -> float:
    return float(text.replace(",", "").replace("\N{MINUS SIGN}", "-"))


def _half_a_digit(text: str) -> float:
    digits = len(text.partition(".")[2])
    return 0.5 * 10.0**-digits * (1 + 1e-6)


@contextmanager
def opened(chromium: Chromium, page: Path, width: int) -> Iterator[tuple[Any, Walked]]:
    """Open a page at a width; what it asks for and complains of is noted."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 (absent where no browser is tested)

    found = Walked(width)
    with sync_playwright() as playwright:
        browser = playwright.chromium.connect_over_cdp(chromium.cdp)
        context = browser.new_context(viewport={"width": width, "height": 900})
        tab = context.new_page()
        tab.on("console", lambda message: found.console.append(message.text))
        tab.on("pageerror", lambda error: found.console.append(str(error)))
        tab.on("request", lambda request: found.asked.append(request.url))
        tab.goto(page.as_uri())
        yield tab, found
        context.close()
        browser.close()


def walk(chromium: Chromium, page: Path, width: int) -> Walked:
    """Return everything that a page shows at a width."""
    with opened(chromium, page, width) as (tab, found):
        found.shown = [(path, float(times), text) for path, times, text in tab.evaluate(SHOWN)]
        found.texts = [tuple(row) for row in tab.evaluate(TEXTS)]
        found.days = [tuple(row) for row in tab.evaluate(DAYS)]
        found.stray = tab.evaluate(STRAY)
        found.marks = [tuple(row) for row in tab.evaluate(MARKS)]
        found.charts = tab.evaluate(
            "() => [...document.querySelectorAll('svg.chart')].map(e => e.getBoundingClientRect().width)"
        )
        found.ids = tab.evaluate("() => [...document.querySelectorAll('[id]')].map(e => e.id)")
        found.page_width = tab.evaluate("() => document.documentElement.scrollWidth")
    return found
