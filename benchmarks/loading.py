"""Servers under load: run in processes of their own, loaded in turn by wrk, told as rates.

One worker each; all addresses are loaded in turn and the whole round is repeated, so that a busy moment of
the machine hits all. The CPU time that a server spends on an answer is told too: it moves less then.
"""

from __future__ import annotations

import argparse
import json
import logging.config
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple
from urllib.request import urlopen

import uvicorn
from fastapi import FastAPI

from api.http.logs import CONFIG
from graph.errors import BadInput
from ingest.source import open_source
from replay.build import build

ROUNDS: Final = 3
START_S: Final = 120.0
SYNTHETIC: Final = "synth://?orders=20000&seed=3"
"""A marketplace with a category of 14 sources: times 4 carriers, 56 candidates."""

_WRK: Final = """
local bodies = {}
for line in io.lines("%s") do bodies[#bodies + 1] = line end
local turn = 0
request = function()
  turn = turn %% #bodies + 1
  return wrk.format("POST", nil, nil, bodies[turn])
end
wrk.headers["Content-Type"] = "application/json"
wrk.headers["Authorization"] = "Bearer %s"
done = function(summary, latency)
  local errors = summary.errors
  local bad = errors.connect + errors.read + errors.write + errors.timeout + errors.status
  io.write(string.format("@@%%d %%d %%d %%d %%d\\n", summary.requests, summary.duration, bad,
    latency:percentile(50), latency:percentile(99)))
end
"""


@dataclass(frozen=True, slots=True)
class Rate:
    """What one server did: answers a second, CPU time of an answer, and milliseconds at two percentiles."""

    name: str
    per_second: float
    cpu_us: float
    p50_ms: float
    p99_ms: float
    errors: int


class Round(NamedTuple):
    """One address under load for a while."""

    per_second: float
    cpu_us: float
    p50_ms: float
    p99_ms: float
    errors: int


class Place(NamedTuple):
    """An address and the process that answers there."""

    url: str
    pid: int

    def at(self, path: str) -> Place:
        """Return a path of the same server."""
        return self._replace(url=f"{self.url}{path}")


def serve(app: FastAPI, log: Path) -> None:
    """Serve an app on a free port until the process is ended; print the address first."""
    with socket.create_server(("127.0.0.1", 0)) as listener, log.open("w") as file:
        print(f"http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
        logging.config.dictConfig(CONFIG)
        logging.getLogger("malha.http").handlers[0].setStream(file)  # type: ignore[attr-defined]
        config = uvicorn.Config(
            app, loop="uvloop", http="httptools", ws="none", access_log=False, log_config=None,
            server_header=False, proxy_headers=False, log_level="warning",
        )  # fmt: skip
        uvicorn.Server(config).run([listener])


@contextmanager
def at_work(module: str, *arguments: str, ready: str = "") -> Iterator[Place]:
    """Run a module that calls ``serve`` in its own process; give its address once ``ready`` answers there."""
    command = [sys.executable, "-m", module, *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            address = process.stdout.readline().strip()
            if not address:
                raise BadInput("The benchmark's server did not start; see above.")
            if ready:
                urlopen(f"{address}{ready}", timeout=START_S).close()
            yield Place(address, process.pid)
        finally:
            process.terminate()


def write_script(folder: Path, bodies: Sequence[str], token: str) -> Path:
    """Return a script for wrk that asks each body in turn."""
    (folder / "bodies").write_text("\n".join(bodies) + "\n", "utf-8")
    script = folder / "load.lua"
    script.write_text(_WRK % (folder / "bodies", token), "utf-8")
    return script


def measure(places: Mapping[str, Place], script: Path, seconds: int, connections: int) -> list[Rate]:
    """Load every address in turn, several rounds; the median of each figure counts, and all errors."""
    for place in places.values():
        load(place, script, 1, connections)
    rounds: dict[str, list[Round]] = {name: [] for name in places}
    for _ in range(ROUNDS):
        for name, place in places.items():
            rounds[name].append(load(place, script, seconds, connections))
    rates = []
    for name, found in rounds.items():
        *figures, errors = zip(*found, strict=True)
        per_second, cpu_us, p50, p99 = map(statistics.median, figures)
        rates.append(Rate(name, per_second, cpu_us, p50, p99, sum(errors)))
    return rates


def load(place: Place, script: Path, seconds: int, connections: int) -> Round:
    """Load one address for some seconds."""
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "-s", str(script), place.url]
    worked = cpu_s(place.pid)
    out = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    worked = cpu_s(place.pid) - worked
    line = next(line for line in out.splitlines() if line.startswith("@@"))
    answers, micros, bad, p50, p99 = (float(part) for part in line[2:].split())
    return Round(answers / micros * 1e6, worked / answers * 1e6, p50 / 1e3, p99 / 1e3, int(bad))


def cpu_s(pid: int) -> float:
    """Return the seconds of CPU time, user and system, that a process has had (proc(5), ``stat``)."""
    fields = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def rows(title: str, rates: Sequence[Rate]) -> list[str]:
    """Return rates as lines of a table."""
    lines = [f"{title:36} {'answers/s':>10} {'CPU us':>8} {'p50 ms':>8} {'p99 ms':>8} {'errors':>7}"]
    for rate in rates:
        times = f"{rate.per_second:10.0f} {rate.cpu_us:8.0f} {rate.p50_ms:8.2f} {rate.p99_ms:8.2f}"
        lines.append(f"{rate.name:36} {times} {rate.errors:7d}")
    return lines


def parser(description: str | None) -> argparse.ArgumentParser:
    """Return the options that all benchmarks under load have."""
    made = argparse.ArgumentParser(description=description, formatter_class=argparse.RawTextHelpFormatter)
    made.add_argument("--source", default=SYNTHETIC)
    made.add_argument("--snapshot", type=Path)
    made.add_argument("--seconds", type=int, default=5)
    made.add_argument("--connections", type=int, default=8)
    made.add_argument("--json", action="store_true")
    return made


@contextmanager
def snapshot_of(given: argparse.Namespace) -> Iterator[Path]:
    """Give the snapshot that was named, or one built from the source that was."""
    if shutil.which("wrk") is None:
        sys.exit("This benchmark needs wrk: apt-get install wrk")
    with tempfile.TemporaryDirectory() as folder:
        if given.snapshot is None:
            build(open_source(given.source), None, Path(folder))
        yield given.snapshot or Path(folder)


def tell(given: argparse.Namespace, found: Mapping[str, object], lines: Sequence[str]) -> None:
    """Print what was found, as JSON or as a person reads it."""
    print(json.dumps(found) if given.json else "\n".join(lines))
