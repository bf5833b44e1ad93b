"""``malha step`` as a user runs it."""

from __future__ import annotations

import inspect
import io
import json
import signal
import subprocess
import sys
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import pytest

from api.cli import step
from graph.errors import BadInput
from inventory.sql import DatabaseDown, SqlHome
from replay.stream.checkpoints import Checkpoints, Put
from replay.stream.tables import CHECKPOINTS

SOURCE = "synth://?orders=250&seed=5"


def program(*arguments: object) -> list[str]:
    return [sys.executable, "-m", "api", "step", "--source", SOURCE, *map(str, arguments)]


def malha(**options: Any) -> str:
    """Return what the command prints; in this process, for starting one costs more than the steps."""
    given = {"start": None, "end": None, "speed": 0.0, "pause_at": None, "db": None, "resume": False}
    shown = io.StringIO()
    with redirect_stdout(shown):
        step.command(source=SOURCE, **{**given, "every": 1_000, "as_json": False, **options})
    return shown.getvalue()


def told(**options: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(malha(as_json=True, **options))
    return found


def outputs(db: Path) -> list[Put]:
    home = SqlHome.open(str(db))
    with home.reading() as unit:
        [reader] = set(unit.connection.scalars(CHECKPOINTS.select().with_only_columns(CHECKPOINTS.c.reader)))
    found = [*Checkpoints(home, reader).outputs()]
    home.close()
    return found


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], list[Put]]:
    db = tmp_path_factory.mktemp("step") / "whole.db"
    return told(end="2017-03-15", db=db), outputs(db)


def test_days_go_by_and_the_same_in_words(undisturbed: tuple[dict[str, Any], list[Put]]) -> None:
    lines = malha(start="2017-02-01", end="2017-03-15").splitlines()
    assert lines[0].split() == [
        "date",
        "orders",
        "handed",
        "delivered",
        "late",
        "open",
        "lost",
        "expected",
        "real",
    ]
    days = [line.split()[0] for line in lines[1:-1]]
    assert (days[0], days[-1], len(days)) == ("2017-02-01", "2017-03-14", 42)
    whole = undisturbed[0]
    assert whole["digest"][:16] in lines[-1]
    assert [day["date"] for day in whole["days"]][-42:] == days
    assert whole["stop"] == "paused"
    assert whole["clock"] == "2017-03-15T03:00:00+00:00"


def test_paused_resumed_and_gone_back(undisturbed: tuple[dict[str, Any], list[Put]], tmp_path: Path) -> None:
    db = tmp_path / "steps.db"
    paused = told(pause_at="2017-02-10T15:00", db=db, every=100)
    assert paused["clock"] == "2017-02-10T03:00:00+00:00"
    resumed = told(end="2017-03-15", db=db, resume=True)
    assert paused["days"] + resumed["days"] == undisturbed[0]["days"]
    assert resumed["digest"] == undisturbed[0]["digest"]
    assert outputs(db) == undisturbed[1]
    back = told(start="2017-02-01", end="2017-03-15", db=db)
    assert (back["days"][0]["date"], len(back["days"])) == ("2017-02-01", 42)
    assert back["digest"] == undisturbed[0]["digest"]
    assert outputs(db) == undisturbed[1]


def test_ctrl_c_stops_in_order_and_loses_nothing(
    undisturbed: tuple[dict[str, Any], list[Put]], tmp_path: Path
) -> None:
    db = tmp_path / "steps.db"
    run = program("--from", "2017-02-01", "--to", "2017-03-15", "--speed", "864000", "--db", db)
    with subprocess.Popen(run, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        for _ in range(3):
            running.stdout.readline()
        running.send_signal(signal.SIGINT)
        shown, errors = running.communicate(timeout=60)
    assert (running.returncode, errors) == (0, "")
    assert "Stopped: clock 2017-02" in shown
    assert "--resume" in shown
    resumed = told(end="2017-03-15", db=db, resume=True)
    assert 0 < len(resumed["days"]) < 43
    assert resumed["digest"] == undisturbed[0]["digest"]
    assert outputs(db) == undisturbed[1]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"resume": True}, "--resume needs --db"),
        ({"speed": -1.0}, "--speed is not below 0"),
        ({"speed": float("nan")}, "--speed is not below 0"),
        ({"every": 0}, "--every from 1"),
        ({"start": "2017-03-01", "end": "2017-02-01"}, "must lie before"),
        ({"pause_at": "soon"}, "is no instant"),
    ],
)
def test_bad_input_is_one_clear_error(options: dict[str, Any], said: str) -> None:
    with pytest.raises(BadInput, match=said):
        malha(**options)


def test_a_file_that_is_no_database_is_told(tmp_path: Path) -> None:
    db = tmp_path / "steps.db"
    db.write_text("no database at all, but a text that is long enough to be taken for one" * 20, "utf-8")
    with pytest.raises(DatabaseDown, match="cannot be used"):
        malha(db=db)


def test_every_option_stands_on_the_page() -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "stream.md").read_text("utf-8")
    options = {name.replace("_", "-") for name in inspect.signature(step.command).parameters}
    told = (options - {"start", "end", "as-json"}) | {"from", "to", "json"}
    assert [name for name in sorted(told) if f"| `--{name}` |" not in page] == []
