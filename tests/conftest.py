"""Fixtures shared by all tests."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

from ingest.source import open_source
from ingest.synthetic.marketplace import write
from ingest.synthetic.world_files import load_world
from replay.build import build

pytest_plugins = ["tests.services.fixtures"]

REPOSITORY = Path(__file__).resolve().parents[1]
SHARED = REPOSITORY.parent / "shared"

settings.register_profile("fixed", derandomize=True, deadline=None, max_examples=60)
settings.load_profile("fixed")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> object:
    """Deal tests out by file where ``--dist loadfile`` asks for it; None: as xdist would."""
    from tests.services.sharing import ByFile  # noqa: PLC0415 (xdist need not be there)

    return ByFile(config, log) if config.getvalue("dist") == "loadfile" else None


def shared_path(relative: str) -> Path:
    """Return a path below ``../shared``; skip where it is absent, fail where CI should have it."""
    path = SHARED / relative
    if not path.exists():
        reason = f"{path} is absent: the real history and the instances lie beside the project, not in it"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    return path


@pytest.fixture(scope="session")
def olist_dir() -> Path:
    return shared_path("data/olist-2018-05-31")


@pytest.fixture(scope="session")
def market_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of tables: a made-up marketplace of 2 000 orders."""
    folder = tmp_path_factory.mktemp("market") / "tables"
    write(load_world(), 2_000, 7, folder)
    return folder


@pytest.fixture(scope="session")
def small_snapshot(market_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of snapshots with one, built from the made-up marketplace."""
    folder = tmp_path_factory.mktemp("snapshots")
    build(open_source(market_dir), None, folder)
    return folder
