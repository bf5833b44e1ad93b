"""PostgreSQL from the packages of this machine, in a folder of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from signal import SIGINT
from typing import Final

from deploy.local.process import HOST, Launch, Missing, accepts, free_port, running

USER: Final = "postgres"
HINT: Final = "PostgreSQL (Debian: apt-get install postgresql)"

# A test's data need not survive a power cut.
_FAST: Final = ("fsync=off", "full_page_writes=off", "synchronous_commit=off")


@dataclass(frozen=True)
class Postgres:
    """A running server, as a URL with user and database."""

    url: str


def binaries() -> Path:
    """Return the folder with ``initdb`` and ``postgres``, the newest; Missing says what to install."""
    packaged = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
    found = shutil.which("initdb")
    folders = [*([Path(found).resolve().parent] if found else []), *reversed(packaged)]
    for folder in folders:
        if (folder / "initdb").exists() and (folder / "postgres").exists():
            return folder
    raise Missing(f"PostgreSQL is not installed: {HINT}.")


@contextmanager
def serve_postgres(folder: Path, *, port: int | None = None) -> Iterator[Postgres]:
    """Run a server with its data in ``folder`` until the block ends; local connections need no password.

    PostgreSQL refuses to run as root: then the packages' own user runs it. Raises Missing, NotStarted.
    """
    programs, port = binaries(), port or free_port()
    folder = folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    user = _own(folder)
    data = folder / "data"
    if not data.exists():
        subprocess.run(
            [
                *(f"{programs}/initdb", "--pgdata", str(data), "--username", USER, "--auth", "trust"),
                *("--no-sync", "--encoding", "UTF8", "--locale", "C.UTF-8"),
            ],
            check=True,
            capture_output=True,
            cwd=folder,
            user=user,
        )
    settings = [f"port={port}", f"listen_addresses={HOST}", f"unix_socket_directories={folder}", *_FAST]
    command = [str(programs / "postgres"), "-D", str(data)]
    command += [word for setting in settings for word in ("-c", setting)]
    launch = Launch("postgres", command, folder, user=user, stop_signal=SIGINT)
    check = [f"{programs}/pg_isready", "--quiet", "--host", HOST, "--port", str(port), "--dbname", USER]
    with running(launch, lambda: accepts(port) and not subprocess.run(check, check=False).returncode):
        yield Postgres(f"postgresql://{USER}@{HOST}:{port}/{USER}")


def named() -> Postgres | None:
    """Return the server that MALHA_POSTGRES_URL names, if it does."""
    url = os.environ.get("MALHA_POSTGRES_URL")
    return Postgres(url) if url else None


def _own(folder: Path) -> str | None:
    """Give the folder to the user who will run the server, and let that user reach it."""
    if os.geteuid() != 0:
        return None
    shutil.chown(folder, USER)
    for parent in folder.parents:
        # Temporary folders are made for their owner alone; folders elsewhere are not ours to open.
        if parent.is_relative_to(tempfile.gettempdir()):
            parent.chmod(parent.stat().st_mode | 0o011)
    return USER
