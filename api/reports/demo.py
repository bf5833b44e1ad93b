"""The page that ``malha demo`` writes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from api.reports.page import write_html
from replay.build import BuildReport

if TYPE_CHECKING:
    from api.demo import RoutedLine


def write_page(
    path: Path,
    source: str,
    report: BuildReport,
    evidence: Mapping[str, Mapping[str, int]],
    routed: Sequence[RoutedLine],
) -> Path:
    """Write the account of the build, the evidence of the lanes and the routed orders as one page."""
    return write_html(
        path,
        "demo.html",
        source=source,
        report=report.to_dict(),
        seconds=report.seconds,
        evidence=evidence,
        routed=[
            {"title": line.title, "verdict": line.verdict, "routes": [r.to_dict() for r in line.answer]}
            for line in routed
        ],
    )
