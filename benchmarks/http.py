"""How fast the API answers: recommend against a stored answer of the same app, and an empty FastAPI POST.

    python -m benchmarks.http [--source DIR-OR-SYNTH | --snapshot DIR] [--seconds 5] [--connections 8]

One request at a time a connection; how the load is made: `benchmarks.loading`.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks import http_server, loading
from benchmarks.loading import Rate
from graph import Network


@dataclass(frozen=True, slots=True)
class Findings:
    """All rates, the two ratios that count, and how they were measured."""

    rates: list[Rate]
    share_of_stored: float
    share_of_unread: float
    candidates: int
    connections: int
    seconds: int


def run(snapshot: Path, seconds: int, connections: int) -> Findings:
    """Return the rates of all servers and the two ratios that count."""
    network = Network.open(snapshot)
    bodies = http_server.questions(network)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        script = loading.write_script(folder, bodies, http_server.make_key(folder / "keys.json"))
        module = http_server.__name__
        with (
            loading.at_work(module, "malha", str(snapshot), str(folder)) as ours,
            loading.at_work(module, "empty", "-", "-") as empty,
        ):
            places = {
                "recommend": ours.at("/api/v1/routes/recommend"),
                "stored answer, same question read": ours.at(http_server.STORED),
                "stored answer, question not read": ours.at(http_server.UNREAD),
                "empty FastAPI POST": empty.at("/"),
            }
            rates = loading.measure(places, script, seconds, connections)
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
    given = loading.parser(__doc__).parse_args(arguments)
    with loading.snapshot_of(given) as snapshot:
        found = run(snapshot, given.seconds, given.connections)
    loading.tell(given, asdict(found), table(found))


def table(found: Findings) -> list[str]:
    """Return what was found as a person reads it."""
    return [
        *loading.rows("", found.rates),
        f"candidates compared: {found.candidates}",
        f"recommend / stored answer: {found.share_of_stored:.2f} (target: at least 0.50)",
        f"recommend / stored answer, question not read: {found.share_of_unread:.2f}",
    ]


if __name__ == "__main__":
    main()
