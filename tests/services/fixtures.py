"""One server of each kind for the whole test session, started when the first test asks for it.

A server that MALHA_NEO4J_URI or MALHA_POSTGRES_URL names is used instead. Tests empty a Neo4j, so they refuse
one that holds a graph, unless they have marked it as theirs before. Where a program is
missing, the compose file's service takes its place if a docker engine runs; else the test skips and says what
to install, and under CI=true it fails.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from typing import TypeVar

import pytest

from deploy.local import Chromium, Missing, Neo4j, Postgres, serve_chromium, serve_neo4j, serve_postgres
from deploy.local.compose import compose_neo4j, compose_postgres, engine
from deploy.local.neo4j import named as named_neo4j
from deploy.local.postgres import named as named_postgres
from tests.services.graphs import claim

pytest_plugins = ["tests.services.databases"]

Service = TypeVar("Service")


@pytest.fixture(scope="session")
def service_folder() -> Iterator[Path]:
    """Return a folder for what servers write; not below pytest's own, which other users cannot reach."""
    with tempfile.TemporaryDirectory(prefix="malha-test-") as folder:
        yield Path(folder)


@pytest.fixture(scope="session")
def neo4j_server(service_folder: Path) -> Iterator[Neo4j]:
    """Return a running Neo4j. Its data belong to all tests of the session: each starts by emptying it."""
    named = named_neo4j()
    if named is not None:
        yield claim(named)
        return
    with ExitStack() as stack:
        with pytest.MonkeyPatch.context() as patch:
            # Tests run few statements often: to compile those well costs more than it saves.
            patch.setenv("JAVA_TOOL_OPTIONS", "-XX:TieredStopAtLevel=1")
            server = started(stack, serve_neo4j(service_folder / "neo4j"), compose_neo4j)
        yield server


@pytest.fixture(scope="session")
def postgres_server(service_folder: Path) -> Iterator[Postgres]:
    """Return a running PostgreSQL; each test makes a schema or database of its own."""
    with ExitStack() as stack:
        yield named_postgres() or started(
            stack, serve_postgres(service_folder / "postgres"), compose_postgres
        )


@pytest.fixture(scope="session")
def chromium_browser(service_folder: Path) -> Iterator[Chromium]:
    """Return a running Chromium without a window."""
    with ExitStack() as stack:
        yield started(stack, serve_chromium(service_folder / "chromium"))


def started(
    stack: ExitStack,
    service: AbstractContextManager[Service],
    in_container: Callable[[], AbstractContextManager[Service]] | None = None,
) -> Service:
    """Enter a service, or where its program is missing the compose file's, if a docker engine runs.

    Where neither is possible, skip the test and say what to install; fail it under CI=true.
    """
    try:
        return stack.enter_context(service)
    except Missing as missing:
        if in_container is not None and engine():
            return stack.enter_context(in_container())
        reason = f"{missing} `make services` installs it where it can."
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
