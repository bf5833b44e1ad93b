"""How fast the API answers: recommend against a stored answer of the same app, and an empty FastAPI POST.

    python -m benchmarks.http [--source DIR-OR-SYNTH | --snapshot DIR] [--seconds 5] [--connections 8]

One worker, one request at a time a connection, load from a second process (wrk). All servers run side by
side, each is loaded in turn, and the whole round is repeated, so that a busy moment of the machine hits all.
The CPU time that a server spends on an answer is told too: a busy machine moves it less than the rates.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final, NamedTuple

from benchmarks import http_server
from graph import Network
from graph.errors import BadInput
from ingest.source import open_source
from replay.build import build

ROUNDS: Final = 3
SYNTHETIC: Final = "synth://?orders=20000&seed=3"
"""A marketplace with a category of 14 sources: times 4 carriers, 56 candidates."""

WRK: Final = """
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


@dataclass(frozen=True, slots=True)
class Findings:
    """All rates, the two ratios that count, and how they were measured."""

    rates: list[Rate]
    share_of_stored: float
    share_of_unread: float
    candidates: int
    connections: int
    seconds: int


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


def measure(places: dict[str, Place], script: Path, seconds: int, connections: int) -> list[Rate]:
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


@contextmanager
def server(*arguments: str) -> Iterator[Place]:
    """Run ``benchmarks.http_server`` in its own process; give its address and process."""
    command = [sys.executable, "-m", "benchmarks.http_server", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            address = process.stdout.readline().strip()
            if not address:
                raise BadInput("The benchmark's server did not start; see above.")
            yield Place(address, process.pid)
        finally:
            process.terminate()


def run(snapshot: Path, seconds: int, connections: int) -> Findings:
    """Return the rates of all servers and the two ratios that count."""
    network = Network.open(snapshot)
    bodies = http_server.questions(network)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "bodies").write_text("\n".join(bodies) + "\n", "utf-8")
        token = http_server.make_key(folder / "keys.json")
        script = folder / "load.lua"
        script.write_text(WRK % (folder / "bodies", token), "utf-8")
        with server("malha", str(snapshot), str(folder)) as ours, server("empty", "-", "-") as empty:
            places = {
                "recommend": ours._replace(url=f"{ours.url}/api/v1/routes/recommend"),
                "stored answer, same question read": ours._replace(url=f"{ours.url}{http_server.STORED}"),
                "stored answer, question not read": ours._replace(url=f"{ours.url}{http_server.UNREAD}"),
                "empty FastAPI POST": empty._replace(url=f"{empty.url}/"),
            }
            rates = measure(places, script, seconds, connections)
    of = {rate.name: rate.per_second for rate in rates}
    return Findings(
        rates,
        share_of_stored=of["recommend"] / of["stored answer, same question read"],
        share_of_unread=of["recommend"] / of["stored answer, question not read"],
        candidates=network.recommend(**json.loads(bodies[0])).candidates,
        connections=connections,
        seconds=seconds,
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the benchmark and print its table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--source", default=SYNTHETIC)
    parser.add_argument("--snapshot", type=Path)
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--connections", type=int, default=8)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args(arguments)
    if shutil.which("wrk") is None:
        sys.exit("This benchmark needs wrk: apt-get install wrk")
    with tempfile.TemporaryDirectory() as folder:
        if given.snapshot is None:
            build(open_source(given.source), None, Path(folder))
        found = run(given.snapshot or Path(folder), given.seconds, given.connections)
    print(json.dumps(asdict(found)) if given.json else table(found))


def table(found: Findings) -> str:
    """Return what was found as a person reads it."""
    lines = [f"{'':36} {'answers/s':>10} {'cpu us':>8} {'p50 ms':>8} {'p99 ms':>8} {'errors':>7}"]
    for rate in found.rates:
        times = f"{rate.per_second:10.0f} {rate.cpu_us:8.0f} {rate.p50_ms:8.2f} {rate.p99_ms:8.2f}"
        lines.append(f"{rate.name:36} {times} {rate.errors:7d}")
    lines.append(f"candidates compared: {found.candidates}")
    lines.append(f"recommend / stored answer: {found.share_of_stored:.2f} (target: at least 0.50)")
    lines.append(f"recommend / stored answer, question not read: {found.share_of_unread:.2f}")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
