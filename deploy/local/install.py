"""`make services`: what tests and `make neo4j` need beside Python, installed where that is possible."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from deploy.local import chromium, neo4j, postgres
from deploy.local.cache import java, maven
from deploy.local.process import Missing


@dataclass(frozen=True)
class Need:
    """Something to have: how to find it (Missing when absent), and the Debian packages that bring it."""

    name: str
    find: Callable[[], object]
    packages: Sequence[str] = ()
    variable: str | None = None


NEEDS = (
    Need("Java", java, ("default-jre-headless",), "MALHA_NEO4J_URI"),
    Need("Maven", maven, ("maven",), "MALHA_NEO4J_URI"),
    Need("Neo4j", neo4j.libraries, (), "MALHA_NEO4J_URI"),
    Need("PostgreSQL", postgres.binaries, ("postgresql",), "MALHA_POSTGRES_URL"),
    Need("Chromium", chromium.program, ("chromium",)),
)


def install(say: Callable[[str], None]) -> list[str]:
    """Make sure that all is there; return what is still missing, each with what to do about it."""
    absent = [need for need in NEEDS if _wanted(need) and need.packages and _fault(need)]
    if absent and _can_install():
        packages = [package for need in absent for package in need.packages]
        say(f"Installing {', '.join(packages)}")
        _apt("update")
        _apt("install", "--yes", "--no-install-recommends", *packages)
    faults = []
    for need in NEEDS:
        if not _wanted(need):
            say(f"{need.name}: not needed, {need.variable} names a server")
        elif fault := _fault(need):
            faults.append(fault)
        else:
            say(f"{need.name}: there")
    return faults


def _wanted(need: Need) -> bool:
    return need.variable is None or not os.environ.get(need.variable)


def _fault(need: Need) -> str | None:
    try:
        need.find()
    except Missing as missing:
        return str(missing)
    return None


def _can_install() -> bool:
    return os.geteuid() == 0 and shutil.which("apt-get") is not None


def _apt(*words: str) -> None:
    # A clean machine has no package lists; a package's own questions would wait for an answer for ever.
    subprocess.run(
        ["apt-get", "-qq", *words],
        check=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
    )
