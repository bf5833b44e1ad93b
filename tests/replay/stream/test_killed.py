"""Killed wherever it may be, a reader started again ends with the state and output of one that was not."""

from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path

import pytest

from ingest.source import open_source
from ingest.synthetic.marketplace import write
from ingest.synthetic.world_files import load_world
from inventory.sql import SqlHome
from replay.stream.checkpoints import Checkpoints, Put
from replay.stream.log import BEGINNING
from replay.stream.source import read_recorded
from replay.stream.stepper import Stepper
from tests.replay.stream.conftest import QUICK
from tests.replay.stream.killed import EVERY
from tests.replay.stream.watchers import Tally

REPOSITORY = Path(__file__).resolve().parents[3]


def reader(database: str, source: Path, fuse: int) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tests.replay.stream.killed", database, str(source), str(fuse)]
    return subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False, timeout=300)


@pytest.fixture(scope="module")
def small_market(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("killed") / "tables"
    write(load_world(), 400, 11, folder)
    return folder


@pytest.mark.campaign
@pytest.mark.parametrize(("kind", "kills"), [("sqlite", 50), ("postgres", 10)])
def test_killed_at_random_points(
    request: pytest.FixtureRequest, small_market: Path, kind: str, kills: int
) -> None:
    home: SqlHome = request.getfixturevalue(kind)
    database = home.engine.url.render_as_string(hide_password=False)
    recorded = read_recorded(open_source(small_market))
    undisturbed = Stepper.resume(recorded.log, recorded.reference, parameters=QUICK, observers=[Tally()])
    puts: list[Put] = []
    undisturbed.run(
        watch=lambda output: puts.append(
            Put(undisturbed.offset, sum(one.offset == undisturbed.offset for one in puts[-40:]), output)
        )
    )
    kept, rng, killed, finished = Checkpoints(home, "killed"), random.Random(kills), 0, False
    while not finished:
        # Some way into the log beyond the newest checkpoint, or not even so far; after the last, to the end.
        done = reader(database, small_market, rng.randrange(1, 4 * EVERY) if killed < kills else 0)
        assert (done.returncode, done.stderr) in ((-9, ""), (0, ""))
        if done.returncode == 0:
            assert done.stdout.strip() == undisturbed.state.digest
            assert list(kept.outputs()) == puts
            kept.forget(BEGINNING)
            finished = killed == kills
        else:
            killed += 1
