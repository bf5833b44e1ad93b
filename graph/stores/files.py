"""Files that appear whole or not at all, and a snapshot root whose ``CURRENT`` names the one in force."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from graph.errors import SnapshotError

CURRENT: Final = "CURRENT"
NETWORK: Final = "network"


def sync(path: Path) -> None:
    """Make a file or folder survive a power cut."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sync_tree(folder: Path) -> None:
    """Make a folder and all it holds survive a power cut."""
    for path in sorted(folder.rglob("*")):
        sync(path)
    sync(folder)


@contextmanager
def replaced_folder(target: Path) -> Iterator[Path]:
    """Give an empty folder to fill; at the end it takes the place of ``target``, on an error it vanishes.

    A folder cannot replace another in one step: for an instant ``target`` is absent, and a crash in that
    instant leaves the old one under its hidden name, from where the next writer brings it back.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    _recover(target)
    fresh, old = (target.with_name(f".{target.name}.{kind}-{os.getpid()}") for kind in ("new", "old"))
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir()
    try:
        yield fresh
        sync_tree(fresh)
        _swap(fresh, target, old)
        sync(target.parent)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def _recover(target: Path) -> None:
    """Bring back what a writer that died had moved aside, and sweep away what it had not finished."""
    for left in sorted(target.parent.glob(f".{target.name}.old-*")):
        if not _at_work(left) and not target.exists():
            left.rename(target)
    for left in target.parent.glob(f".{target.name}.*-*"):
        if not _at_work(left):
            shutil.rmtree(left)


def _at_work(left: Path) -> bool:
    """Return whether the process whose number ends the name still runs."""
    try:
        os.kill(int(left.name.rpartition("-")[2]), 0)
    except (ProcessLookupError, ValueError):
        return False
    except PermissionError:
        return True
    return True


def _swap(fresh: Path, target: Path, old: Path) -> None:
    replaces = target.exists()
    if replaces:
        target.rename(old)
    try:
        fresh.rename(target)
    except OSError:
        if replaces:
            old.rename(target)
        raise
    shutil.rmtree(old, ignore_errors=True)


def set_current(root: Path, snapshot_id: str) -> None:
    """Let ``CURRENT`` in a snapshot root name the snapshot in force, in one step."""
    fresh = root / f".{CURRENT}.new-{os.getpid()}"
    fresh.write_text(snapshot_id + "\n", "utf-8")
    sync(fresh)
    fresh.replace(root / CURRENT)
    sync(root)


def snapshot_folder(path: Path) -> Path:
    """Return the folder of one snapshot: ``path`` itself, or the one that its ``CURRENT`` names.

    SnapshotError says what to do when there is none.
    """
    if (path / NETWORK).is_dir():
        return path
    current = path / CURRENT
    if not current.is_file():
        raise SnapshotError(f"{path} holds no snapshot. Build one: malha build --source DIR --out {path}")
    folder = path / current.read_text("utf-8", errors="replace").strip()
    if not (folder / NETWORK).is_dir():
        raise SnapshotError(f"{current} names {folder.name}, which is missing. Build the snapshot again.")
    return folder
