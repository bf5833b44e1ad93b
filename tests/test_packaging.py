"""The top-level packages have general names: they must be the ones of this repository."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[1]


@pytest.mark.parametrize("package", ["graph", "ingest", "inventory", "optimizer", "replay", "api"])
def test_packages_are_imported_from_this_repository(package: str) -> None:
    found = importlib.import_module(package).__file__
    assert found is not None
    assert Path(found).parent == REPOSITORY / package


def test_every_dependency_is_locked_with_hashes() -> None:
    locked = (REPOSITORY / "requirements.lock").read_text()
    names = set(re.findall(r"^([a-z0-9-]+)==", locked, flags=re.MULTILINE))
    wanted = set(
        re.findall(
            r'^    "([a-z0-9-]+)(?:[><=]|")', (REPOSITORY / "pyproject.toml").read_text(), flags=re.MULTILINE
        )
    )
    assert wanted
    assert wanted - names <= {"malha"}
    assert locked.count("--hash=sha256:") >= len(names)
