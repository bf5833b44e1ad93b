"""``malha replay`` as a user runs it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

from api.render.replay import MEASURES
from tests.api.program import Ended, malha

SPAN = ("--from", "2018-02-01", "--to", "2018-02-15")


def replay(*arguments: object) -> Ended:
    return malha("replay", *arguments)


def program(*arguments: object, seed: str) -> subprocess.CompletedProcess[str]:
    """Run it with a seed of hashes, which only a new process can have."""
    command = [sys.executable, "-m", "api", "replay", *map(str, arguments)]
    hashes = os.environ | {"PYTHONHASHSEED": seed}
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=300, env=hashes)


def files(folder: Path) -> dict[str, bytes]:
    """Return what is in a folder, by path."""
    found = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in found}


def shelf(folder: Path, market_dir: Path, counted: str) -> Path:
    """Write a stock of one offer that was really sold."""
    items = (market_dir / "olist_order_items_dataset.csv").read_text("utf-8").splitlines()
    heads, first = (line.replace('"', "").split(",") for line in items[:2])
    row = dict(zip(heads, first, strict=True))
    file = folder / "shelf.csv"
    file.write_text(
        "product_id,seller_id,location_id,current_stock,reserved_stock,safety_stock,reorder_point,"
        f"lead_time_days,last_updated_at\n{row['product_id']},{row['seller_id']},{row['seller_id']},7,0,,,,"
        f"{counted}\n",
        "utf-8",
    )
    return file


def test_one_json_document_and_the_same_in_words(market_dir: Path) -> None:
    asked = ("--source", market_dir, *SPAN, "--policy", "as_is", "--policy", "cheapest")
    done = replay(*asked, "--json")
    assert (done.returncode, done.stderr) == (0, "")
    told = json.loads(done.stdout)
    assert list(told["policies"]) == ["as_is", "cheapest"]
    assert told["from"] == "2018-02-01T02:00:00+00:00"  # midnight of a summer night in São Paulo
    assert told["stock"]["origin"] == "init"
    assert set(told["stock"]["recorded_units"]) == {"as_is", "cheapest"}
    assert 0 < told["lines_with_choice"]["share"] <= 1
    assert set(MEASURES) <= set(told["policies"]["as_is"])
    shown = replay(*asked)
    assert (shown.returncode, shown.stderr) == (0, "")
    for words, _ in MEASURES.values():
        assert words in shown.stdout
    assert f"{told['policies']['cheapest']['freight_cents'] / 100:,.2f}" in shown.stdout
    assert "As-is is the recorded choice" in shown.stdout


def test_a_folder_of_what_came_of_it(market_dir: Path, tmp_path: Path) -> None:
    asked = ("--source", market_dir, *SPAN, "--policy", "as_is", "--policy", "cheapest", "--json", "--out")
    one, other = replay(*asked, tmp_path / "one"), program(*asked, tmp_path / "other", seed="1")
    assert (one.returncode, one.stderr) == (0, "")
    assert one.stdout == other.stdout
    assert files(tmp_path / "one") == files(tmp_path / "other")
    told = json.loads((tmp_path / "one" / "replay.json").read_text("utf-8"))
    assert told == json.loads(one.stdout)
    rows = pl.read_parquet(tmp_path / "one" / "outcomes" / "cheapest.parquet")
    assert rows["freight_cents"].sum() == told["policies"]["cheapest"]["freight_cents"]
    again = replay(*asked, tmp_path / "one", "--policy", "priced")
    assert again.returncode == 0
    assert sorted(files(tmp_path / "one")) == [
        *(f"outcomes/{name}.parquet" for name in ("as_is", "cheapest", "priced")),
        "replay.json",
    ]
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("keep", "utf-8")
    refused = replay(*asked, tmp_path / "mine")
    assert refused.returncode == 2
    assert "is no replay" in json.loads(refused.stdout)["message"]
    assert sorted(files(tmp_path / "mine")) == ["letter.txt"]


def test_a_stock_file_counts_unless_it_is_later_than_the_start(market_dir: Path, tmp_path: Path) -> None:
    asked = ("--source", market_dir, *SPAN, "--policy", "cheapest", "--json", "--stock")
    known = replay(*asked, shelf(tmp_path, market_dir, "2018-01-31 12:00:00"))
    assert known.returncode == 0, known.stdout
    assert json.loads(known.stdout)["stock"] | {"recorded_units": {}} == {
        "origin": "shelf.csv",
        "opening_units": 7,
        "recorded_units": {},
        "restocked_units": {"cheapest": 0},
    }
    late = replay(*asked, shelf(tmp_path, market_dir, "2018-02-03 12:00:00"))
    assert late.returncode == 2
    assert "later than --from" in json.loads(late.stdout)["message"]


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (("--from", "2018-03-01", "--to", "2018-02-01"), "must lie before"),
        (("--from", "2030-01-01", "--to", "2030-02-01"), "No order with lines"),
        ((*SPAN, "--policy", "cheepest"), "cheapest"),
        ((*SPAN, "--policy", "cheapest", "--policy", "cheapest"), "each once"),
        ((*SPAN, "--stock", "nowhere.csv"), "does not exist"),
        (("--from", "soon", "--to", "2018-02-01"), "is no instant"),
    ],
)
def test_bad_input_is_one_clear_error(market_dir: Path, given: tuple[str, ...], told: str) -> None:
    done = replay("--source", market_dir, *given)
    assert done.returncode == 2
    assert told in done.stderr
    assert "Traceback" not in done.stderr


def test_help_is_by_example() -> None:
    done = replay("--help")
    assert done.returncode == 0
    assert "malha replay --source tables/" in done.stdout
