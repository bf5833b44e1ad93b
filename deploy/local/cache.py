"""Java libraries in a folder shared by all checkouts of this machine, fetched once with Maven."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final
from xml.sax.saxutils import escape

from deploy.local.process import Missing

JAVA_HINT: Final = "Java 17 or 21 and Maven (Debian: apt-get install openjdk-17-jre-headless maven)"

_POM: Final = """<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>malha</groupId><artifactId>services</artifactId><version>1</version><packaging>pom</packaging>
  <dependencies>{dependencies}</dependencies>
</project>
"""


def cache_folder() -> Path:
    """Return where fetched programs are kept: MALHA_CACHE, else ``malha`` in the user's cache folder."""
    if named := os.environ.get("MALHA_CACHE"):
        return Path(named)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "malha"


def java() -> str:
    """Return the Java program; Missing says what to install."""
    home = os.environ.get("JAVA_HOME")
    found = shutil.which("java", path=f"{home}/bin") if home else shutil.which("java")
    if found is None:
        raise Missing(f"Java is not installed: {JAVA_HINT}.")
    return found


def maven() -> str:
    """Return the Maven program; Missing says what to install."""
    found = shutil.which("mvn")
    if found is None:
        raise Missing(f"Maven is not installed: {JAVA_HINT}.")
    return found


def fetch(folder: Path, artefacts: Sequence[str]) -> None:
    """Put Maven artefacts (``group:name:version``) and what they need at run time into a folder.

    The folder appears whole, or not at all. Missing where there is no Maven or it cannot fetch.
    """
    if folder.is_dir():
        return
    program = maven()
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".fetch-") as work:
        Path(work, "pom.xml").write_text(_POM.format(dependencies="".join(map(_dependency, artefacts))))
        done = subprocess.run(
            [
                *(program, "-q", "-B", "-ntp", "dependency:copy-dependencies"),
                *("-DincludeScope=runtime", f"-DoutputDirectory={work}/lib"),
            ],
            cwd=work,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise Missing(
                f"Maven could not fetch {', '.join(artefacts)}:\n{(done.stdout + done.stderr)[-2000:]}"
            )
        try:
            Path(work, "lib").rename(folder)
        except OSError:
            # Somebody else was quicker: theirs is as good as ours.
            if not folder.is_dir():
                raise


def _dependency(artefact: str) -> str:
    group, name, version = map(escape, artefact.split(":"))
    return (
        f"<dependency><groupId>{group}</groupId><artifactId>{name}</artifactId>"
        f"<version>{version}</version></dependency>"
    )
