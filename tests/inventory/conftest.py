"""The homes of the ledger: memory, SQLite, PostgreSQL. A test that asks for ``home`` runs in each."""

from __future__ import annotations

import pytest

from inventory.ledger import Home
from inventory.memory import MemoryHome


@pytest.fixture(params=["memory", "sqlite", "postgres"])
def home(request: pytest.FixtureRequest) -> Home:
    opened: Home = MemoryHome() if request.param == "memory" else request.getfixturevalue(request.param)
    return opened
