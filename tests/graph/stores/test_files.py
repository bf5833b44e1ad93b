"""Folders appear whole, and CURRENT names the snapshot in force."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from graph import SnapshotError
from graph.stores import set_current, snapshot_folder
from graph.stores.files import replaced_folder


def snapshot(root: Path, name: str) -> Path:
    (root / name / "network").mkdir(parents=True)
    return root / name


def test_a_root_leads_to_the_snapshot_that_current_names(tmp_path: Path) -> None:
    old, new = snapshot(tmp_path, "old"), snapshot(tmp_path, "new")
    set_current(tmp_path, "old")
    assert snapshot_folder(tmp_path) == old
    set_current(tmp_path, "new")
    assert snapshot_folder(tmp_path) == new
    assert snapshot_folder(old) == old
    assert sorted(path.name for path in tmp_path.iterdir()) == ["CURRENT", "new", "old"]


def test_a_folder_without_snapshot_says_how_to_build_one(tmp_path: Path) -> None:
    with pytest.raises(SnapshotError, match="malha build"):
        snapshot_folder(tmp_path)
    with pytest.raises(SnapshotError, match="malha build"):
        snapshot_folder(tmp_path / "absent")


def test_a_current_that_names_nothing_says_so(tmp_path: Path) -> None:
    set_current(tmp_path, "gone")
    with pytest.raises(SnapshotError, match="names gone, which is missing"):
        snapshot_folder(tmp_path)


def test_an_error_leaves_the_old_folder_and_no_trace(tmp_path: Path) -> None:
    target = tmp_path / "target"
    with replaced_folder(target) as fresh:
        (fresh / "a").write_text("1")
    with pytest.raises(RuntimeError), replaced_folder(target) as fresh:  # noqa: PT012
        (fresh / "a").write_text("2")
        raise RuntimeError
    assert (target / "a").read_text() == "1"
    with replaced_folder(target) as fresh:
        (fresh / "b").write_text("3")
    assert [path.name for path in target.iterdir()] == ["b"]
    assert [path.name for path in tmp_path.iterdir()] == ["target"]


def _dead() -> int:
    """Return the number of a process that has ended."""
    done = subprocess.Popen([sys.executable, "-c", ""])
    done.wait()
    return done.pid


def test_what_a_dead_writer_moved_aside_is_brought_back(tmp_path: Path) -> None:
    target = tmp_path / "snapshot"
    aside = tmp_path / f".snapshot.old-{_dead()}"
    aside.mkdir()
    (aside / "kept").write_text("yes")
    unfinished = tmp_path / f".snapshot.new-{_dead()}"
    unfinished.mkdir()
    with pytest.raises(RuntimeError), replaced_folder(target):
        raise RuntimeError("the new one fails as well")
    assert (target / "kept").read_text() == "yes"
    assert [path.name for path in tmp_path.iterdir()] == ["snapshot"]
