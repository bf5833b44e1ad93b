"""The homes of the ledger: memory, SQLite, PostgreSQL. A test that asks for ``home`` runs in each."""

from __future__ import annotations

import pytest

from inventory.ledger import Home
from inventory.memory import MemoryHome
from tests.services.databases import NewDatabase, database, new_postgres, postgres_ledger

__all__ = ["NewDatabase", "database", "new_postgres", "postgres_ledger"]


@pytest.fixture(params=["memory", "sqlite", "postgres"])
def home(request: pytest.FixtureRequest) -> Home:
    opened: Home = MemoryHome() if request.param == "memory" else request.getfixturevalue(request.param)
    return opened
