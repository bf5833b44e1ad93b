"""The program as a user runs it: exit codes, standard output, help."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from api.cli import commands
from api.cli.recommend import parse_weights
from api.clock import instant
from graph import Network
from graph.errors import BadInput
from tests.api.program import malha


def program(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "api", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)


def test_a_program_of_its_own_says_the_same(small_snapshot: Path) -> None:
    for words in (("inspect", small_snapshot, "--json"), ("inspect", "no/such/snapshot")):
        done, here = program(*words), malha(*words)
        assert (done.returncode, done.stdout, done.stderr) == (here.returncode, here.stdout, here.stderr)


def test_every_module_of_a_command_has_its_name() -> None:
    modules = {path.stem for path in Path(commands.__file__).parent.glob("[a-z]*.py")}
    assert modules - {"app", "capacity", "commands"} == set(commands.NAMES)
    assert [made.name for made in commands.Commands().values()] == list(commands.NAMES)


def test_a_command_does_not_wait_for_what_others_import() -> None:
    slow = {"fastapi", "numba", "ortools", "sklearn", "sqlalchemy"}
    asked = f"import sys; import api.cli, api.cli.keys; print(*{slow} & sys.modules.keys())"
    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("\n", "")


def test_build_prints_one_json_document_in_designs_words(market_dir: Path, tmp_path: Path) -> None:
    done = malha("build", "--source", market_dir, "--out", tmp_path, "--as-of", "2018-01-01", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    told = json.loads(done.stdout)
    assert {"snapshot_id", "as_of", "tables", "nodes", "lanes", "offers", "seconds"} <= told.keys()
    assert told["as_of"] == "2018-01-01T02:00:00+00:00"
    accounts = {"read", "used", "set_aside", "later_than_as_of", "cleaned", "reasons"}
    assert all(table.keys() == accounts for table in told["tables"].values())


def test_build_shows_where_every_row_went(market_dir: Path, tmp_path: Path) -> None:
    done = malha("build", "--source", market_dir, "--out", tmp_path)
    assert done.returncode == 0
    assert "read = used + set aside + later" in done.stdout
    assert "orders" in done.stdout


@pytest.fixture(scope="module")
def category(small_snapshot: Path) -> str:
    return str(Network.open(small_snapshot).tables["categories"]["category_english"][0])


def test_recommend_prints_ranked_routes_as_json(small_snapshot: Path, category: str) -> None:
    asked = ("recommend", "--snapshot", small_snapshot, "--zip", "01310", "--category", category)
    done = malha(*asked, "--promise-days", "9", "--k", "3", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    told = json.loads(done.stdout)
    assert told.keys() == {"snapshot_id", "as_of", "routes"}
    assert [route["rank"] for route in told["routes"]] == [1, 2, 3]
    on_time = [route["p_on_time"] for route in told["routes"]]
    assert on_time == sorted(on_time, reverse=True)
    assert told["routes"][0]["lead_time"]["stages"].keys() == {"approval", "handling", "transit"}


def test_the_program_and_the_library_give_the_same_numbers(small_snapshot: Path, category: str) -> None:
    asked = (
        "recommend",
        "--snapshot",
        small_snapshot,
        "--zip",
        "01310-100",
        "--category",
        category,
        "--json",
    )
    told = json.loads(malha(*asked).stdout)
    answer = Network.open(small_snapshot).recommend(zip_prefix="01310", category=category)
    assert told == json.loads(json.dumps(answer.to_dict()))


def test_inspect_tells_identity_sizes_and_evidence(small_snapshot: Path) -> None:
    told = json.loads(malha("inspect", small_snapshot, "--json").stdout)
    assert told["snapshot_id"] == (small_snapshot / "CURRENT").read_text().strip()
    assert sum(level["lanes"] for level in told["evidence"].values()) == told["lanes"]
    shown = malha("inspect", small_snapshot)
    assert shown.returncode == 0
    assert "Evidence of the lanes" in shown.stdout


def test_synth_then_build_then_demo(tmp_path: Path) -> None:
    tables = tmp_path / "tables"
    assert malha("synth", "--orders", "500", "--seed", "3", "--out", tables).returncode == 0
    done = malha("demo", "--source", tables, "--out", tmp_path / "demo")
    assert done.returncode == 0, done.stderr
    assert "The recorded seller" in done.stdout
    page = (tmp_path / "demo" / "report.html").read_text()
    assert "Routes over a network built from history" in page
    assert "orders decided" in done.stdout
    assert "The last weeks, decided anew" in page
    assert "http" not in page.replace("http-equiv", "")


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("build", "--source", "no/such/folder", "--out", "x"), "no/such/folder"),
        (("build", "--source", "synth://?orders=ten", "--out", "x"), "orders"),
        (("build", "--source", "synth://?orders=10", "--out", "x", "--as-of", "yesterday"), "yesterday"),
        (("recommend", "--snapshot", "no/such/snapshot", "--zip", "01310", "--category", "x"), "malha build"),
        (("inspect", "no/such/snapshot"), "malha build"),
        (("synth", "--out", "x", "--world", "nowhere"), "nowhere"),
    ],
)
def test_bad_input_is_one_message_and_exit_code_2(
    arguments: tuple[str, ...], expected: str, tmp_path: Path
) -> None:
    at_home = [argument if argument != "x" else tmp_path / "x" for argument in arguments]
    done = malha(*at_home)
    assert done.returncode == 2
    assert done.stdout == ""
    assert expected in done.stderr.replace("\n", "")
    assert "Traceback" not in done.stderr
    told = malha(*at_home, "--json") if arguments[0] != "synth" else None
    assert told is None or json.loads(told.stdout)["error"]


def test_unknown_names_are_answered_with_the_nearest(small_snapshot: Path, category: str) -> None:
    asked = ("recommend", "--snapshot", small_snapshot, "--zip", "01310", "--category", category[:-1] + "x")
    done = malha(*asked)
    assert done.returncode == 2
    assert category in done.stderr.replace("\n", " ")


def test_a_folder_without_an_order_says_what_to_do(tmp_path: Path) -> None:
    done = malha("build", "--source", tmp_path, "--out", tmp_path / "out")
    assert done.returncode == 2
    assert done.stderr.count("olist_orders_dataset") == 1
    assert "olist_geolocation_dataset" in done.stderr


@pytest.mark.parametrize("command", ["build", "recommend", "inspect", "synth", "demo"])
def test_help_teaches_by_example(command: str) -> None:
    done = malha(command, "--help")
    assert done.returncode == 0
    assert "Example" in done.stdout
    assert f"malha {command}" in done.stdout


def test_weights_are_read_by_name_and_faults_are_told() -> None:
    assert parse_weights(None).days == 100
    assert parse_weights("days=5, late=0").days == 5
    for wrong in ("days", "days=x", "speed=1", "days=-1"):
        with pytest.raises(BadInput):
            parse_weights(wrong)


def test_a_date_is_local_and_an_offset_is_kept() -> None:
    assert instant(None, "--at") is None
    local, given = instant("2018-06-01", "--at"), instant("2018-06-01T00:00+00:00", "--at")
    assert local is not None
    assert given is not None
    assert (local - given).total_seconds() == 3 * 3600


def test_a_reader_that_goes_away_is_no_error(small_snapshot: Path) -> None:
    command = f"{sys.executable} -m api inspect {small_snapshot} | head -1"
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", command], capture_output=True, text=True, check=False, timeout=60
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_a_place_that_cannot_be_written_is_bad_input(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    done = malha("build", "--source", "synth://?orders=50", "--out", tmp_path / "file")
    assert done.returncode == 2
    assert "file" in done.stderr


def test_wrong_usage_with_json_is_json(small_snapshot: Path) -> None:
    done = malha("recommend", "--snapshot", small_snapshot, "--zip", "01310", "--k", "many", "--json")
    assert done.returncode == 2
    assert json.loads(done.stdout)["error"] == "BadInput"
    assert "--k" in done.stderr


def test_an_interrupted_build_says_so_and_leaves_nothing(tmp_path: Path) -> None:
    out = tmp_path / "snapshots"
    command = [sys.executable, "-m", "api", "build", "--source", "synth://?orders=300000", "--out", str(out)]
    program = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    for _ in range(600):
        if out.exists():  # the first thing that a build does
            break
        time.sleep(0.1)
    program.send_signal(signal.SIGINT)
    _, told = program.communicate(timeout=60)
    assert program.returncode == 130
    assert "Interrupted" in told
    assert list(out.iterdir()) == []


def test_the_version_is_the_packages(small_snapshot: Path) -> None:
    assert malha("--version").stdout.startswith("malha ")


def test_weights_count_only_where_routes_are_ranked_by_them(small_snapshot: Path, category: str) -> None:
    asked = ("recommend", "--snapshot", small_snapshot, "--zip", "1310", "--category", category)
    assert malha(*asked, "--weights", "days=1").returncode == 2
    assert malha(*asked, "--weights", "days=1", "--rank", "balanced").returncode == 0
