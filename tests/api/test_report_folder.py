"""A folder of reports gives out its reports' files and nothing else."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.report_folder import NUMBERS, PAGE, ReportFolder


@pytest.fixture
def folder(tmp_path: Path) -> ReportFolder:
    for age, name in enumerate(("old", "new")):
        report = tmp_path / "reports" / name
        (report / "outcomes").mkdir(parents=True)
        (report / NUMBERS).write_text(json.dumps({"name": name}), "utf-8")
        (report / PAGE).write_text(name, "utf-8")
        (report / "outcomes" / "as_is.parquet").write_bytes(b"PAR1")
        os.utime(report / NUMBERS, (1_000 + age, 1_000 + age))
    (tmp_path / "secret.json").write_text("secret", "utf-8")
    (tmp_path / "reports" / "stray.json").write_text("stray", "utf-8")
    return ReportFolder(tmp_path / "reports")


def test_the_newest_comes_first(folder: ReportFolder) -> None:
    assert folder.names() == ["new", "old"]
    assert folder.newest() == ("new", {"name": "new"})
    os.utime(folder.root / "old" / NUMBERS, (5_000, 5_000))
    assert folder.newest() == ("old", {"name": "old"})


def test_a_report_that_is_being_written_is_not_there_yet(folder: ReportFolder) -> None:
    (folder.root / "old").rename(folder.root / ".old.new-123")
    assert folder.names() == ["new"]
    assert folder.file(f".old.new-123/{PAGE}") is None


def test_a_folder_without_reports_has_none(tmp_path: Path) -> None:
    for root in (tmp_path, tmp_path / "absent"):
        assert ReportFolder(root).names() == []
        assert ReportFolder(root).newest() is None
        assert ReportFolder(root).file("x/index.html") is None


def test_files_of_a_report(folder: ReportFolder) -> None:
    for path in ("new", "new/", f"new/{PAGE}"):
        assert folder.file(path) == folder.root.resolve() / "new" / PAGE
    found = folder.file("old/outcomes/as_is.parquet")
    assert found is not None
    assert found.read_bytes() == b"PAR1"


@pytest.mark.parametrize(
    "path",
    [
        "../secret.json",
        "new/../../secret.json",
        "new/../stray.json",
        "stray.json",
        "",
        ".",
        "..",
        "new/outcomes",
        "new/none.json",
        "new/\0.json",
        "/etc/passwd",
        "new/link.json",
        "new/away/secret.json",
        "new/notes.txt",
        "x" * 5_000,
    ],
)
def test_nothing_else_is_given_out(folder: ReportFolder, path: str) -> None:
    (folder.root / "new" / "link.json").symlink_to(folder.root.parent / "secret.json")
    (folder.root / "new" / "away").symlink_to(folder.root.parent)
    (folder.root / "new" / "notes.txt").write_text("notes", "utf-8")
    assert folder.file(path) is None


PARTS = st.sampled_from(["..", ".", "", "new", "old", "outcomes", "as_is.parquet", "secret.json", PAGE, "~"])


def test_no_path_leads_outside(folder: ReportFolder) -> None:
    @given(st.lists(PARTS, max_size=6), st.sampled_from(["", "/", "//"]))
    def tried(parts: list[str], before: str) -> None:
        found = folder.file(before + "/".join(parts))
        assert found is None or found.is_relative_to(folder.root.resolve())

    tried()
