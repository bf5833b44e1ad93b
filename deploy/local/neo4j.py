"""Neo4j community with its Browser, from Maven artefacts: no container, no installation."""

from __future__ import annotations

import os
import shlex
import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from deploy.local.cache import cache_folder, fetch, java
from deploy.local.process import HOST, Launch, NotStarted, accepts, free_port, running

VERSION: Final = "5.26.31"
ARTEFACTS: Final = (f"org.neo4j:neo4j:{VERSION}", "org.neo4j.client:neo4j-browser:5.24.0")

USER: Final = "neo4j"

_HEAP_FIRST, _HEAP = "512m", "1g"
_JVM: Final = (
    "-XX:+UseG1GC",
    "-XX:+DisableExplicitGC",
    "-Djdk.nio.maxCachedBufferSize=1024",
    "-Dio.netty.tryReflectionSetAccessible=true",
    "--add-opens=java.base/java.nio=ALL-UNNAMED",
    "--add-opens=java.base/java.io=ALL-UNNAMED",
    "--add-opens=java.base/sun.nio.ch=ALL-UNNAMED",
    "--enable-native-access=ALL-UNNAMED",
    "-Dlog4j2.disable.jmx=true",
    "-Dfile.encoding=UTF-8",
)
_ADMIN: Final = "org.neo4j.server.startup.Neo4jAdminCommand"
_SERVER: Final = "org.neo4j.server.CommunityEntryPoint"


@dataclass(frozen=True)
class Neo4j:
    """A running server. ``password`` is None where it asks for none; ``home`` where it is not ours."""

    uri: str
    browser: str | None
    password: str | None
    home: Path | None

    @property
    def address(self) -> str:
        """Browser's address with the server and the user filled in; the password is left to be typed."""
        if self.password is None:
            return f"{self.browser}?dbms={self.uri}&preselectAuthMethod=NO_AUTH"
        return f"{self.browser}?dbms={self.uri.replace('://', f'://{USER}@')}"


def libraries() -> Path:
    """Return the folder with the server's libraries, fetched when absent; Missing says what to install."""
    folder = cache_folder() / f"neo4j-{VERSION}"
    java()
    fetch(folder, ARTEFACTS)
    return folder


def prepare(home: Path, bolt: int, http: int, password: str | None = None) -> None:
    """Lay out a home folder as an installation has it: ``conf``, ``lib``, ``bin/neo4j-admin``.

    A password holds for a home that has no data yet: later it is changed in the server.
    """
    (home / "conf").mkdir(parents=True, exist_ok=True)
    (home / "bin").mkdir(exist_ok=True)
    (home / "plugins").mkdir(exist_ok=True)
    lib = home / "lib"
    lib.unlink(missing_ok=True)
    lib.symlink_to(libraries())
    (home / "conf" / "neo4j.conf").write_text(_settings(bolt, http, password is not None), "utf-8")
    admin = home / "bin" / "neo4j-admin"
    command = [java(), "-cp", _class_path(home), *_JVM, f"-Dbasedir={home}", _ADMIN]
    admin.write_text(f'#!/bin/sh\nexec {shlex.join(command)} "$@"\n', "utf-8")
    admin.chmod(0o755)
    if password is not None and not (home / "data" / "dbms").exists():
        subprocess.run(
            [admin, "dbms", "set-initial-password", password], check=True, capture_output=True, text=True
        )


@contextmanager
def serve_neo4j(
    home: Path,
    *,
    password: str | None = None,
    bolt: int | None = None,
    http: int | None = None,
) -> Iterator[Neo4j]:
    """Run a server in a home folder (made when absent) until the block ends; its data stay there.

    Without ports it takes free ones; without a password it asks for none. Raises Missing, NotStarted.
    """
    home = home.resolve()
    bolt, http = bolt or free_port(), http or free_port()
    if taken := [port for port in (bolt, http) if accepts(port)]:
        raise NotStarted(
            f"Port {taken[0]} is in use, perhaps by another Neo4j: stop it, or take other ports: "
            "python -m deploy.local neo4j --bolt 7688 --http 7475"
        )
    prepare(home, bolt, http, password)
    command = [java(), f"-Xms{_HEAP_FIRST}", f"-Xmx{_HEAP}", *_JVM, "-cp", _class_path(home)]
    command += [_SERVER, f"--home-dir={home}", f"--config-dir={home}/conf", "--console-mode"]
    launch = Launch("neo4j", command, home, failure="ERROR Failed to start")
    with running(launch, lambda: accepts(bolt) and _serves(http)):
        uri = f"bolt://{HOST}:{bolt}"
        yield Neo4j(uri, f"http://{HOST}:{http}/browser/", password, home)


def named() -> Neo4j | None:
    """Return the server that MALHA_NEO4J_URI names (with MALHA_NEO4J_PASSWORD), if it does."""
    uri = os.environ.get("MALHA_NEO4J_URI")
    return Neo4j(uri, None, os.environ.get("MALHA_NEO4J_PASSWORD"), None) if uri else None


def _class_path(home: Path) -> str:
    return f"{home}/plugins/*:{home}/conf:{home}/lib/*"


def _serves(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://{HOST}:{port}/", timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def _settings(bolt: int, http: int, auth: bool) -> str:
    settings = {
        "server.default_listen_address": HOST,
        "server.bolt.listen_address": f"{HOST}:{bolt}",
        "server.bolt.advertised_address": f"{HOST}:{bolt}",
        "server.http.enabled": "true",
        "server.http.listen_address": f"{HOST}:{http}",
        "server.https.enabled": "false",
        "dbms.security.auth_enabled": str(auth).lower(),
        "server.memory.heap.initial_size": _HEAP_FIRST,
        "server.memory.heap.max_size": _HEAP,
        "server.memory.pagecache.size": "256m",
        "dbms.usage_report.enabled": "false",
        "client.allow_telemetry": "false",
    }
    return "".join(f"{name}={value}\n" for name, value in settings.items())
