"""Cypher statements from the folder ``cypher/``: one statement a file."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Final

FOLDER: Final = Path(__file__).resolve().parents[2] / "cypher"


@cache
def statement(name: str) -> str:
    """Return the statement of ``cypher/<name>.cypher``, without comments at its head."""
    lines = (FOLDER / f"{name}.cypher").read_text("utf-8").splitlines()
    return "\n".join(line for line in lines if not line.startswith("//")).strip().removesuffix(";")


def names(folder: str) -> list[str]:
    """Return the statements of a folder below ``cypher/``, in order of their file names."""
    return [f"{folder}/{path.stem}" for path in sorted((FOLDER / folder).glob("*.cypher"))]
