"""One server for all tests that only read, and a folder with two snapshots for those that swap them."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from api.keys import Scope
from graph import Network
from ingest.source import open_source
from replay.build import build
from tests.api.http.running import Server, serving


@pytest.fixture(scope="session")
def network(small_snapshot: Path) -> Network:
    return Network.open(small_snapshot)


@pytest.fixture(scope="session")
def server(small_snapshot: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("server"), small_snapshot) as running:
        yield running


@pytest.fixture
def oms(server: Server) -> Iterator[httpx.Client]:
    with server.client(Scope.OMS) as client:
        yield client


@pytest.fixture(scope="session")
def built_twice(small_snapshot: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    """Return a folder that holds two snapshots, and their ids; ``CURRENT`` names the second."""
    root = tmp_path_factory.mktemp("two") / "snapshots"
    shutil.copytree(small_snapshot, root)
    first = (root / "CURRENT").read_text().strip()
    return root, [first, build(open_source("synth://?orders=300&seed=8"), None, root).snapshot_id]


@pytest.fixture
def two_snapshots(built_twice: tuple[Path, list[str]], tmp_path: Path) -> tuple[Path, list[str]]:
    """Return a copy of a folder with two snapshots, to spoil as a test likes, and their ids."""
    root, ids = built_twice
    shutil.copytree(root, tmp_path / "snapshots")
    return tmp_path / "snapshots", ids
