"""The page that ``malha demo`` writes."""

from __future__ import annotations

from pathlib import Path

from api.demo import REPORT, Demo
from api.render.replay import counted
from api.reports.page import write_html


def write_page(path: Path, demo: Demo) -> Path:
    """Write the account of the build, the lanes' evidence and the routed orders; it leads to the report."""
    return write_html(
        path,
        "demo.html",
        source=demo.source,
        report=demo.report.to_dict(),
        seconds=demo.report.seconds,
        evidence=demo.evidence,
        routed=[
            {"title": line.title, "verdict": line.verdict, "routes": [r.to_dict() for r in line.answer]}
            for line in demo.routed
        ],
        replayed=demo.replayed,
        counted=counted(demo.replayed),
        smart_routing=f"{REPORT}/index.html",
    )
