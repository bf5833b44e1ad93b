"""Chromium without a window, steered over the DevTools protocol: for screenshots and tests of pages."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from deploy.local.process import HOST, Launch, Missing, accepts, free_port, running

HINT: Final = "Chromium (Debian: apt-get install chromium)"
NAMES: Final = ("chromium", "chromium-browser", "google-chrome")


@dataclass(frozen=True)
class Chromium:
    """A running browser: Playwright's ``connect_over_cdp`` takes its address."""

    cdp: str


def program() -> str:
    """Return the browser's program; Missing says what to install."""
    for name in NAMES:
        if found := shutil.which(name):
            return found
    raise Missing(f"Chromium is not installed: {HINT}.")


@contextmanager
def serve_chromium(folder: Path) -> Iterator[Chromium]:
    """Run a browser with its profile in ``folder`` until the block ends. Raises Missing, NotStarted."""
    folder.mkdir(parents=True, exist_ok=True)
    port = free_port()
    command = [program(), "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic"]
    command += ["--no-first-run", "--disable-background-networking", "--disable-component-update"]
    command += ["--disable-sync", "--disable-dev-shm-usage", "--force-color-profile=srgb"]
    command += [f"--user-data-dir={folder.resolve()}/profile", f"--remote-debugging-port={port}"]
    with running(Launch("chromium", command, folder), lambda: accepts(port)):
        yield Chromium(f"http://{HOST}:{port}")
