"""`python -m deploy.local services` installs what is missing; `… neo4j` runs a server with a demo graph."""

from __future__ import annotations

import argparse
import os
import secrets
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path

from deploy.local.install import install
from deploy.local.neo4j import USER, Neo4j, serve_neo4j
from deploy.local.process import Missing, NotStarted

BOLT, HTTP = 7687, 7474
DEMO, DEMO_SNAPSHOTS = "synth://?orders=20000&seed=7", Path("demo/snapshots")


def main() -> int:
    """Run one of the two; returns the exit code: 0 done, 2 when something must be installed first."""
    parser = argparse.ArgumentParser(prog="python -m deploy.local", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("services", help="install what is missing")
    server = commands.add_parser("neo4j", help="run Neo4j with Browser and a network until Ctrl-C")
    server.add_argument("--home", type=Path, default=Path("demo/neo4j"), help="folder of the server")
    server.add_argument("--snapshot", type=Path, default=DEMO_SNAPSHOTS, help="network to load")
    server.add_argument("--bolt", type=int, default=BOLT)
    server.add_argument("--http", type=int, default=HTTP)
    given = parser.parse_args()
    try:
        return _services() if given.command == "services" else _neo4j(given)
    except (Missing, NotStarted) as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


def _services() -> int:
    faults = install(lambda line: print(line, flush=True))
    for fault in faults:
        print(fault, file=sys.stderr)
    # Tests of what is missing skip themselves and say so; in CI they fail.
    return 0


def _neo4j(given: argparse.Namespace) -> int:
    snapshots: Path = given.snapshot
    if snapshots == DEMO_SNAPSHOTS and not (snapshots / "CURRENT").exists():
        print(f"No network in {snapshots} yet: building the demonstration's", flush=True)
        if code := _malha("build", "--source", DEMO, "--out", str(snapshots)):
            return code
    password = _password(given.home)
    print("Starting Neo4j; then its network is loaded (a minute or two the first time)", flush=True)
    with serve_neo4j(given.home, password=password, bolt=given.bolt, http=given.http) as server:
        secret = {"MALHA_NEO4J_PASSWORD": password}
        if code := _malha("load", "--snapshot", str(snapshots), "--to", server.uri, environment=secret):
            return code
        _greet(server, given.home)
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            print("Stopping; the graph stays in", given.home)
    return 0


def _malha(*words: str, environment: Mapping[str, str] | None = None) -> int:
    command = [sys.executable, "-m", "api", *words]
    return subprocess.run(command, env={**os.environ, **(environment or {})}, check=False).returncode


def _password(home: Path) -> str:
    """Return the password of a home folder, made up on the first start and kept beside the server's data."""
    file = home / "password"
    if not file.exists():
        home.mkdir(parents=True, exist_ok=True)
        file.touch(mode=0o600)
        file.write_text(secrets.token_urlsafe(12) + "\n", "utf-8")
    return file.read_text("utf-8").strip()


def _greet(server: Neo4j, home: Path) -> None:
    print(
        f"\nNeo4j Browser: {server.address}\n"
        f"User {USER}, password {server.password} (kept in {home}/password)\n"
        f"Drag cypher/malha.grass into it for places and names; then any file of cypher/explore/.\n"
        f"The way, with pictures: docs/neo4j.md. Ctrl-C stops the server.",
        flush=True,
    )


if __name__ == "__main__":
    sys.exit(main())
