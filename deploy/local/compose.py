"""The compose file's own services, for machines with a docker engine but without Java or PostgreSQL."""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from deploy.local.neo4j import Neo4j
from deploy.local.postgres import Postgres

FILE: Final = Path(__file__).resolve().parents[2] / "docker-compose.yml"
BOLT: Final = 7687
POSTGRES: Final = 5432


def engine() -> bool:
    """Tell whether a docker engine answers."""
    docker = shutil.which("docker")
    if docker is None:
        return False
    return subprocess.run([docker, "info"], capture_output=True, check=False, timeout=30).returncode == 0


@contextmanager
def compose_neo4j() -> Iterator[Neo4j]:
    """Run the compose file's Neo4j, with a password made up for it, until the block ends."""
    password = secrets.token_urlsafe(12)
    with _up("neo4j", BOLT, password) as address:
        yield Neo4j(f"bolt://{address}", None, password, None)


@contextmanager
def compose_postgres() -> Iterator[Postgres]:
    """Run the compose file's PostgreSQL, with a password made up for it, until the block ends."""
    password = secrets.token_urlsafe(12)
    with _up("postgres", POSTGRES, password) as address:
        yield Postgres(f"postgresql://malha:{password}@{address}/malha")


@contextmanager
def _up(service: str, port: int, password: str) -> Iterator[str]:
    """Start one service in a project of its own; yield host:port; take it and its volumes away at the end."""
    environment = {**os.environ, "NEO4J_PASSWORD": password, "POSTGRES_PASSWORD": password}
    compose = ["docker", "compose", "--file", str(FILE), "--project-name", f"malha-test-{os.getpid()}"]

    def run(*words: str) -> str:
        done = subprocess.run(
            [*compose, *words], env=environment, check=True, stdout=subprocess.PIPE, text=True
        )
        return done.stdout.strip()

    try:
        run("up", "--detach", "--wait", service)
        yield run("port", service, str(port))
    finally:
        run("down", "--volumes", "--timeout", "20")
