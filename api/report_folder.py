"""A folder of reports: which there are, the newest, and their files, and nothing outside of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

NUMBERS: Final = "smart_routing.json"
PAGE: Final = "index.html"
TYPES: Final = {
    ".html": "text/html; charset=utf-8",
    ".json": "application/json",
    ".parquet": "application/vnd.apache.parquet",
}
"""The kinds of files that a report has; no other file is given out."""


@dataclass(frozen=True, slots=True)
class ReportFolder:
    """The folder that ``malha report --out FOLDER/NAME`` and the jobs of workers write to."""

    root: Path

    def names(self) -> list[str]:
        """Return the names of all reports, the newest first; a folder that is not there has none."""
        found = sorted(self._numbers(), key=lambda file: (-file.stat().st_mtime_ns, file.parent.name))
        return [file.parent.name for file in found]

    def newest(self) -> tuple[str, dict[str, Any]] | None:
        """Return the name and the numbers of the newest report; None without one."""
        for name in self.names():
            numbers: dict[str, Any] = json.loads((self.root / name / NUMBERS).read_text("utf-8"))
            return name, numbers
        return None

    def file(self, path: str) -> Path | None:
        """Return a report's file by its path below the folder, a report's page for its own name.

        None for what is not there, is no file of a report, or lies outside, also by way of a link.
        """
        root = self.root.resolve()
        try:
            found = (root / path).resolve(strict=True)
            if found.is_dir():
                found = (found / PAGE).resolve(strict=True)
        except (OSError, ValueError):  # ValueError: a path with a null byte
            return None
        if not found.is_relative_to(root) or not found.is_file() or found.suffix not in TYPES:
            return None
        parts = found.relative_to(root).parts
        hidden = any(part.startswith(".") for part in parts)
        return None if hidden or not (root / parts[0] / NUMBERS).is_file() else found

    def _numbers(self) -> Iterator[Path]:
        return (file for file in self.root.glob(f"*/{NUMBERS}") if not file.parent.name.startswith("."))
