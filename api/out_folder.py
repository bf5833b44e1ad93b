"""A folder that a command writes, and that may be replaced only by what it wrote there before."""

from __future__ import annotations

from pathlib import Path

from graph.errors import BadInput


def check_out_folder(folder: Path, what: str, mark: str) -> None:
    """Refuse a folder that holds something else than a ``what``, which has a file ``mark`` (BadInput)."""
    if not folder.exists():
        return
    if not folder.is_dir() or (any(folder.iterdir()) and not (folder / mark).exists()):
        raise BadInput(f"{folder} holds something that is no {what}: name another folder.")
