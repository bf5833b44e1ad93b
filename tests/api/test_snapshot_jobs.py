"""Snapshots on schedule: one build a turn, and ``CURRENT`` moves on."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from api.snapshot_jobs import BUILD, order_snapshot
from inventory.sql import SqlHome
from replay.jobs import Jobs
from replay.jobs.job import finished
from tests.api.program import malha

START = datetime(2018, 6, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def home(tmp_path: Path) -> SqlHome:
    return SqlHome.open(str(tmp_path / "ledger.db"))


def test_one_build_a_turn_and_never_two_at_once(home: SqlHome) -> None:
    def order(at: datetime) -> bool:
        return bool(home.run(lambda unit: order_snapshot(unit, at, HOUR)))

    assert [order(START), order(START), order(START + HOUR)] == [True, False, False]
    with home.unit() as unit:
        jobs = Jobs(unit.connection)
        run = jobs.claim("worker", START, HOUR, 1, [BUILD])
        assert run is not None
        jobs.end(run, lambda job: finished(job, START, {}))
    assert [order(START + HOUR / 2), order(START + HOUR)] == [False, True]
    home.close()


def test_the_worker_builds_and_current_moves_on(home: SqlHome, small_snapshot: Path, tmp_path: Path) -> None:
    root, database = tmp_path / "snapshots", str(home.engine.url.database)
    shutil.copytree(small_snapshot, root)
    before = (root / "CURRENT").read_text()
    command = ("worker", "--db", database, "--once", "--build-hours", "24")
    done = malha(*command, "--snapshot", root, "--source", "synth://?orders=120&seed=3")
    assert done.returncode == 0, done.stderr
    with home.reading() as unit:
        [job] = [job for job in Jobs(unit.connection).newest() if job.kind == BUILD]
    home.close()
    assert job.result is not None, job.reason
    assert (root / "CURRENT").read_text().strip() == job.result["snapshot_id"] != before.strip()
    events = [json.loads(line)["event"] for line in done.stdout.splitlines()]
    assert events.count("snapshot_ordered") == 1
    alone = root / before.strip()
    for wrong, why in (
        (("--snapshot", alone, "--source", "synth://?orders=120&seed=3"), "cannot move on"),
        (("--snapshot", root), "needs --source"),
    ):
        refused = malha(*command, *wrong)
        assert refused.returncode == 2
        assert why in " ".join(refused.stderr.split())
