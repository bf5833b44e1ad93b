"""The page of the smart-routing report: numbers in, one HTML file out that needs nothing else."""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Any

from markupsafe import Markup

from api.reports.cited import Cited
from api.reports.page import write_html
from api.reports.smart_routing.sections import sections
from api.reports.smart_routing.story import story


def write_page(path: Path, numbers: Mapping[str, Any]) -> Path:
    """Write a report (``replay.report.SmartRouting.to_dict``) as one page and return its path.

    Nothing is computed here: each number names the JSON Pointer of its value, and the JSON is in the page.
    """
    told = Cited(numbers)
    return write_html(
        path,
        "smart_routing.html",
        told=told,
        style=Markup(_style()),
        story=story(told),
        sections=sections(told),
        document=_document(numbers),
    )


def _style() -> str:
    return resources.files("api.reports").joinpath("templates", "smart_routing.css").read_text("utf-8")


def _document(numbers: Mapping[str, Any]) -> Markup:
    """Return the numbers as JSON that no HTML parser reads further than it should."""
    text = json.dumps(numbers, sort_keys=True, ensure_ascii=False, allow_nan=False)
    return Markup(text.replace("<", "\\u003c"))
