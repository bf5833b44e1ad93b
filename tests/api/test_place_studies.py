"""``malha place`` with its studies: in the table, in plan.json and on the page."""

from __future__ import annotations

import _thread
import json
import threading
import time
from itertools import pairwise
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import typer
from typer.testing import CliRunner

from api.cli import place
from api.scenarios import write_folder
from graph.errors import BadInput
from tests.optimizer.placement.scenarios import SETTINGS, tables

RUNNER = CliRunner()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Write a scenario in which the cheap site is not the one on time."""
    given = tables()
    given["service"] = given["service"].with_columns(
        p_on_time=pl.Series([0.9, 0.5, 0.6, 0.7, 0.95, 0.9]),
        unit_cost_cents=pl.Series([90, 60, 30, 25, 50, 80]),
    )
    given["sites"] = given["sites"].with_columns(capacity_units=pl.Series([None, 20]))
    write_folder(tmp_path / "base", given, {**SETTINGS, "weights": {}})
    return tmp_path / "base"


def run(folder: Path, *options: str) -> str:
    """Place, and return what is printed; errors are raised."""
    app = typer.Typer()
    app.command("place")(place.command)
    arguments = ["--scenario", str(folder), "--out", str(folder.parent / "plan"), *options]
    done = RUNNER.invoke(app, arguments, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.stdout


def test_a_frontier_is_in_table_json_and_page(folder: Path) -> None:
    told: dict[str, Any] = json.loads(run(folder, "--frontier", "5", "--json"))
    points = told["frontier"]
    assert len(points) > 1
    assert points[0]["value_cents"] == pytest.approx(told["value_cents"])
    for one, other in pairwise(points):
        assert one["value_cents"] < other["value_cents"]
        assert one["on_time_share"] < other["on_time_share"]
    assert points[-1]["on_time_share"] == pytest.approx((10 * 0.9 + 4 * 0.95 + 6 * 0.9) / 20, abs=1e-4)
    page = (folder.parent / "plan" / "report.html").read_text("utf-8")
    assert "Cost against P(on time)" in page
    assert 'id="frontier-' in page
    printed = run(folder, "--frontier", "5")
    assert "Cost against P(on time)" in printed
    assert f"{points[-1]['on_time_share']:.2%}" in printed


def test_worth_and_bootstrap_are_in_table_json_and_page(folder: Path) -> None:
    sites = pl.read_csv(folder / "sites.csv", infer_schema=False)
    sites.with_columns(capacity_units=pl.Series([None, "12"])).write_csv(folder / "sites.csv")
    options = ("--worth", "--bootstrap", "6", "--seed", "3", "--gap", "0")
    told: dict[str, Any] = json.loads(run(folder, *options, "--json"))
    worth, drawn = told["worth"], told["bootstrap"]
    assert {one["site"] for one in worth["break_even"]} == {"north", "south"}
    assert worth["reachable_share"] == 1.0
    for one in worth["binding"]:
        assert 0 <= one["least_cents"] <= one["saves_cents"] <= one["most_cents"]
    assert [(one["limit"], one["site"]) for one in worth["binding"]] == [("capacity", "south")]
    assert (drawn["draws"], drawn["seed"], drawn["unknown"]) == (6, 3, 0)
    assert {one["site"] for one in drawn["sites"]} == {"north", "south"}
    assert all(0 <= one["share"] <= 1 for one in drawn["sites"])
    assert json.loads(run(folder, *options, "--json"))["bootstrap"] == drawn
    page, printed = (folder.parent / "plan" / "report.html").read_text("utf-8"), run(folder, *options)
    for title in ("What binds", "Break-even fixed cost", "Stability of each site"):
        assert title in page
        assert title in printed


def test_without_studies_nothing_is_said_of_them(folder: Path) -> None:
    told = json.loads(run(folder, "--json"))
    assert not {"frontier", "worth", "bootstrap"} & set(told)
    assert "Cost against" not in (folder.parent / "plan" / "report.html").read_text("utf-8")


def test_a_study_that_fails_is_a_reason_beside_the_plan(
    folder: Path, small_snapshot: Path, tmp_path: Path
) -> None:
    """The snapshot sells nothing of the scenario's groups."""
    service = pl.read_csv(folder / "service.csv", infer_schema=False)
    own = service.head(3).with_columns(warehouse_id=pl.lit("direct"), unit_cost_cents=pl.lit("900"))
    pl.concat([service, own]).write_csv(folder / "service.csv")
    (folder / "scenario.toml").write_text("direct = true\nhorizon_days = 30.0\n", "utf-8")
    asked = ("--snapshot", str(small_snapshot), "--assort", "weighed", "--bootstrap", "2")
    told: dict[str, Any] = json.loads(run(folder, *asked, "--json"))
    assert told["bootstrap"]["draws"] == 2
    assert "knows no offer" in told["unanswered"]["assortment"]
    assert json.loads((folder.parent / "plan" / "plan.json").read_text("utf-8")) == told
    assert "Not answered" in (folder.parent / "plan" / "report.html").read_text("utf-8")


def test_the_plan_is_written_before_anything_else_is_asked(folder: Path) -> None:
    """Whatever ends the studies, as an impatient planner here, the plan is there."""
    plan = folder.parent / "plan" / "plan.json"

    def impatient() -> None:
        for _ in range(6_000):
            if plan.is_file():
                _thread.interrupt_main()
                break
            time.sleep(0.01)

    threading.Thread(target=impatient, daemon=True).start()
    with pytest.raises(AssertionError, match="130"):
        run(folder, "--bootstrap", "1000")
    told = json.loads(plan.read_text("utf-8"))
    assert told["sites"]
    assert "bootstrap" not in told


def test_what_to_stock_is_refused_before_a_long_search(folder: Path, small_snapshot: Path) -> None:
    with pytest.raises(BadInput, match="--snapshot"):
        run(folder, "--assort", "weighed")
    with pytest.raises(BadInput, match="direct"):
        run(folder, "--assort", "weighed", "--snapshot", str(small_snapshot))
    assert not (folder.parent / "plan").exists()


def test_what_makes_no_study_is_refused(folder: Path) -> None:
    for options in (("--frontier", "1"), ("--bootstrap", "0"), ("--bootstrap", "2", "--seed", "-1")):
        with pytest.raises(BadInput, match=f"{options[-2]} "):
            run(folder, *options)
    assert not (folder.parent / "plan").exists()


def test_flows_and_statuses_that_cost_something_are_told_to_bind(folder: Path) -> None:
    sites = pl.read_csv(folder / "sites.csv", infer_schema=False)
    sites = sites.with_columns(capacity_units=pl.lit(None), status=pl.Series(["open", "candidate"]))
    sites.write_csv(folder / "sites.csv")
    told: dict[str, Any] = json.loads(run(folder, "--worth", "--gap", "0", "--json"))
    [opened] = told["worth"]["binding"]
    assert (opened["limit"], opened["site"], opened["given"]) == ("forced_open", "north", 1.0)
    assert opened["saves_cents"] > 0
    (folder / "flows.csv").write_text("warehouse_id,demand_id,min_units\nnorth,b,4\n", "utf-8")
    told = json.loads(run(folder, "--worth", "--gap", "0", "--json"))
    [flows] = told["worth"]["binding"]  # the north must serve b: its status costs nothing more
    assert (flows["limit"], flows["given"]) == ("flows", 1.0)
    # Four units of b: freight, handling and inbound of the north 60 + 3 + 2.5, of the south 50 + 4 + 3.5.
    assert flows["saves_cents"] == pytest.approx(4 * (65.5 - 57.5), abs=0.1)


def test_without_a_weight_fixed_costs_have_no_break_even(folder: Path) -> None:
    with (folder / "scenario.toml").open("a", encoding="utf-8") as file:
        file.write("\n[weights]\nfixed = 0.0\n")
    told: dict[str, Any] = json.loads(run(folder, "--worth", "--gap", "0", "--json"))
    assert told["charges_cents"]["fixed"] == 0
    assert told["worth"]["break_even"] == []
