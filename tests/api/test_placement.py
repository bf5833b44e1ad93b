"""``malha scenario`` and ``malha place`` as a planner uses them, from the history to a page."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import typer
from typer.testing import CliRunner

from api.cli import place, scenario
from api.placements import network_and_plan
from api.placing import completed
from api.scenarios import read_folder, write_folder
from graph.errors import BadInput
from optimizer.placement.answer import NoPlanFound
from tests.optimizer.placement.scenarios import SETTINGS, tables

RUNNER = CliRunner()


def ask(app: Any, *arguments: str) -> str:
    """Run a command and return what it prints; its errors are raised."""
    done = RUNNER.invoke(app, [*map(str, arguments)], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.stdout


@pytest.fixture(scope="module")
def program() -> Any:
    app = typer.Typer()
    app.command("place")(place.command)
    app.add_typer(scenario.app, name="scenario")
    return app


@pytest.fixture(scope="module")
def base(program: Any, small_snapshot: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("scenarios") / "base"
    ask(
        program,
        *("scenario", "new", "--snapshot", str(small_snapshot), "--warehouses", "state-capitals"),
        *("--horizon-days", "30", "--out", str(folder.parent / "made")),
    )
    # A fixed cost in proportion to a made-up marketplace of 2 000 orders.
    ask(
        program,
        *("scenario", "derive", str(folder.parent / "made"), "--set", "sites.fixed_cost_cents=6000"),
        *("--out", str(folder)),
    )
    return folder


@pytest.fixture(scope="module")
def plan(program: Any, base: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("plans") / "plan"
    told = ask(program, "place", "--scenario", str(base), "--out", str(out), "--time-limit", "20")
    assert "no plan costs less than" in told
    return out


def test_a_plan_is_tables_that_agree_with_each_other(plan: Path, base: Path) -> None:
    told = json.loads((plan / "plan.json").read_text("utf-8"))
    assert told["gap"] <= 1e-3 or not told["repeatable"]
    assert told["value_cents"] <= told["as_is"]["value_cents"] + 1
    sites, flows = pl.read_csv(plan / "sites.csv"), pl.read_csv(plan / "flows.csv")
    assert sites["warehouse_id"].to_list() == told["sites"]
    assert sites.height > 0
    assert set(flows["warehouse_id"]) <= {*told["sites"], "direct"}
    demand = pl.read_csv(base / "demand.csv")
    assert flows["units"].sum() == pytest.approx(demand["units"].sum(), rel=1e-4)
    transfers = pl.read_csv(plan / "transfers.csv", try_parse_dates=True)
    stocked = flows.filter(pl.col("warehouse_id") != "direct")["units"].sum()
    assert transfers["units"].sum() == pytest.approx(stocked, rel=1e-3)
    assert (transfers["send_by"] < transfers["arrive_by"]).all()
    as_of = pl.Series([told["as_of"][:10]]).str.to_date()[0]
    assert transfers["send_by"].min() > as_of  # nothing is to be sent in the past


def test_the_page_needs_nothing_else(plan: Path) -> None:
    page = (plan / "report.html").read_text("utf-8")
    assert page.count("<svg") == 4
    linked = re.findall(r"(?:src|href)\s*=\s*[\"']([^\"'#][^\"']*)", page)
    assert [name for name in linked if not name.startswith("data:")] == []
    assert "@import" not in page
    assert "<script" not in page
    for name in json.loads((plan / "plan.json").read_text("utf-8"))["sites"]:
        assert f">{name}<" in page


def test_the_same_plan_has_the_same_id(program: Any, base: Path, plan: Path, tmp_path: Path) -> None:
    first = json.loads((plan / "plan.json").read_text("utf-8"))
    told = ask(program, "place", "--scenario", str(base), "--out", str(tmp_path / "again"), "--json")
    assert first["repeatable"]
    assert json.loads(told)["tables_id"] == first["tables_id"]


def test_what_to_stock_is_told_by_product_within_the_room(program: Any, base: Path, tmp_path: Path) -> None:
    roomy, out = tmp_path / "roomy", tmp_path / "plan"
    edits = ("--set", "sites.room_units=30", "--set", "assortment.offers=200")
    ask(program, "scenario", "derive", str(base), *edits, "--out", str(roomy))
    stocks = {}
    for how in ("weighed", "best-sellers"):
        asked = ("--scenario", str(roomy), "--assort", how, "--time-limit", "20", "--out", str(out))
        shown = ask(program, "place", *asked)
        assert "What to stock" in shown
        assert "their stock saves" in shown
        told = json.loads((out / "plan.json").read_text("utf-8"))
        stock = stocks[how] = pl.read_csv(out / "stock.csv")
        by_site = dict(stock.group_by("warehouse_id").agg(pl.sum("units")).iter_rows())
        assert {
            name: units for name, units in told["assortment"]["units_by_site"].items() if units
        } == by_site
        assert max(by_site.values()) <= 30
        transfers = pl.read_csv(out / "transfers.csv")
        sent = transfers.select("warehouse_id", "seller_id", product_id="item", units="units_first")
        assert sent.cast({"units": pl.Int64}).sort(stock.columns[:3]).equals(stock)
        assert "What to stock" in (out / "report.html").read_text("utf-8")
    judged = told["assortment"]["judged"]
    assert judged["weighed"]["value_cents"] < judged["best-sellers"]["value_cents"]
    assert judged["weighed"]["value_cents"] < told["assortment"]["nothing_cents"]
    assert not stocks["weighed"].equals(stocks["best-sellers"])
    with pytest.raises(BadInput, match="weighed or best-sellers"):
        ask(program, "place", *asked[:3], "dearest", *asked[4:])


def test_a_plan_says_its_stock_once(program: Any, base: Path, small_snapshot: Path, tmp_path: Path) -> None:
    """What is stocked by product is not dealt out of the groups as well."""
    roomy, out = tmp_path / "roomy", tmp_path / "plan"
    ask(program, "scenario", "derive", str(base), "--set", "assortment.offers=50", "--out", str(roomy))
    limits = ("--time-limit", "20", "--out", str(out))
    ask(program, "place", "--scenario", str(roomy), "--assort", "weighed", *limits)
    _, plan = network_and_plan(small_snapshot, out)
    assert plan is not None
    assert plan.units == pl.read_csv(out / "stock.csv")["units"].sum()


def test_scenarios_and_plans_stand_side_by_side(program: Any, base: Path, plan: Path, tmp_path: Path) -> None:
    none = tmp_path / "none"
    ask(
        program,
        *("scenario", "derive", str(base), "--set", "max_sites=0", "--set", "weights.late_cents=0"),
        *("--out", str(none)),
    )
    limits = ("--time-limit", "20", "--json")
    told = json.loads(ask(program, "scenario", "compare", str(plan), str(none), *limits))
    assert told["scenarios"] == ["plan", "none"]
    assert told["inputs"]["max_sites"] == {"plan": None, "none": 0}
    assert told["result"]["open sites"]["none"] == "none"
    assert told["cost_cents"]["late"]["plan"] > 0 == told["cost_cents"]["late"]["none"]
    assert 0 < told["result"]["moved"]["none"] <= 1
    assert told["units_by_site"]["direct"]["none"] == pytest.approx(told["inputs"]["units"]["none"], rel=1e-3)


def test_a_sensitivity_brackets_its_scenario(program: Any, base: Path) -> None:
    told = json.loads(
        ask(
            program,
            *("scenario", "compare", str(base), "--sensitivity", "fixed_cost=±50%", "--time-limit", "20"),
            *("--gap", "0.0001", "--json"),
        )
    )
    middle, low, high = (told["result"]["value_cents"][name] for name in told["scenarios"])
    assert low < middle < high
    assert told["inputs"]["fixed_cost_cents"]["base, fixed_cost -50 %"] == pytest.approx(
        told["inputs"]["fixed_cost_cents"]["base"] / 2
    )


def test_solves_are_told_on_standard_error_as_they_end(program: Any, tmp_path: Path) -> None:
    write_folder(tmp_path / "own", tables(), SETTINGS)
    asked = ["scenario", "compare", str(tmp_path / "own"), "--sensitivity", "freight=±10%", "--json"]
    done = RUNNER.invoke(program, asked, catch_exceptions=False)
    first, *rest = done.stderr.splitlines()
    assert first == "3 solves of up to 60 s each"
    assert [line.partition(": ")[0] for line in rest] == ["1 of 3", "2 of 3", "3 of 3"]
    assert set(json.loads(done.stdout)["scenarios"]) == {"own", "own, freight -10 %", "own, freight +10 %"}


def test_a_spreadsheet_goes_there_and_back(program: Any, base: Path, tmp_path: Path) -> None:
    book, back = tmp_path / "base.xlsx", tmp_path / "back"
    ask(program, "scenario", "export", str(base), "--xlsx", str(book))
    ask(program, "scenario", "import", "--xlsx", str(book), "--out", str(back))
    before, after = (completed(read_folder(folder))[0] for folder in (base, back))
    assert (before.problem().cost == after.problem().cost).all()


def test_sites_may_come_from_a_file_or_from_the_demand(
    program: Any, small_snapshot: Path, base: Path, tmp_path: Path
) -> None:
    zips = pl.read_csv(base / "sites.csv", infer_schema=False)["zip_prefix"].head(2).to_list()
    own = tmp_path / "own.csv"
    own.write_text(
        f"warehouse_id,zip_prefix,fixed_cost_cents_per_day,handling_hours\nA,{zips[0]},10,6\nB,{zips[1]},20,12\n",
        "utf-8",
    )
    new = ("scenario", "new", "--snapshot", str(small_snapshot), "--horizon-days", "30")
    ask(program, *new, "--warehouses", str(own), "--out", str(tmp_path / "a"))
    sites = pl.read_csv(tmp_path / "a" / "sites.csv")
    assert sites["fixed_cost_cents"].to_list() == [300, 600]
    assert sites["handling_hours"].to_list() == [6, 12]
    ask(program, *new, "--warehouses", "kmedians", "--sites", "3", "--out", str(tmp_path / "b"))
    assert pl.read_csv(tmp_path / "b" / "sites.csv").height == 3
    own.write_text('warehouse_id,zip_prefix,fixed_cost_cents_per_day\nA,1310,"12,50"\n', "utf-8")
    with pytest.raises(BadInput) as caught:
        ask(program, *new, "--warehouses", str(own), "--out", str(tmp_path / "c"))
    assert [(fault.table, fault.row, fault.column) for fault in caught.value.faults] == [
        ("own.csv", 2, "zip_prefix"),
        ("own.csv", 2, "fixed_cost_cents_per_day"),
    ]
    assert not (tmp_path / "c").exists()


def test_what_was_changed_by_hand_is_not_lost(program: Any, tmp_path: Path) -> None:
    base, out, book = tmp_path / "base", tmp_path / "out", tmp_path / "base.xlsx"
    write_folder(base, tables(), SETTINGS)
    before = (base / "sites.csv").read_bytes()
    with pytest.raises(BadInput, match="the scenario to start from"):
        ask(program, "scenario", "derive", str(base), "--set", "max_sites=1", "--out", f"{out}/../base")
    assert (base / "sites.csv").read_bytes() == before
    derive = ("scenario", "derive", str(base), "--set", "max_sites=1", "--out", str(out))
    ask(program, *derive)
    ask(program, *derive)  # nothing was changed
    ask(program, "scenario", "export", str(base), "--xlsx", str(book))
    (out / "sites.csv").write_bytes(before + b"east,20010,5,,1,1\n")
    (out / "notes.txt").write_text("ask Ana", "utf-8")
    new = ("scenario", "new", "--snapshot", str(tmp_path / "none"), "--out", str(out))
    for command in (derive, new, ("scenario", "import", "--xlsx", str(book), "--out", str(out))):
        with pytest.raises(BadInput, match=r"changed by hand \(notes\.txt, sites\.csv\)"):
            ask(program, *command)
    ask(program, *derive, "--replace")
    assert (out / "sites.csv").read_bytes() == before


def test_a_plan_and_a_scenario_are_not_taken_for_each_other(
    program: Any, plan: Path, base: Path, small_snapshot: Path, tmp_path: Path
) -> None:
    out = ("--out", str(tmp_path / "out"))
    for command in (
        ("place", "--scenario", str(plan), *out),
        ("scenario", "derive", str(plan), "--set", "max_sites=1", *out),
    ):
        with pytest.raises(BadInput, match="is a plan, not a scenario"):
            ask(program, *command)
    with pytest.raises(BadInput, match="is a scenario, not a plan: malha place"):
        network_and_plan(small_snapshot, base)


def test_what_cannot_be_is_told_before_anything_is_written(program: Any, base: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    for arguments, message in (
        (("scenario", "derive", str(base), "--set", "max_sitez=1", "--out", str(out)), "max_sites"),
        (("place", "--scenario", str(base), "--out", str(out), "--gap", "2"), "--gap"),
        (("place", "--scenario", str(tmp_path / "no"), "--out", str(out)), "no scenario"),
        (("scenario", "compare", str(base), "--sensitivity", "colour=±3%"), "--sensitivity"),
        (
            ("scenario", "new", "--snapshot", str(base), "--warehouses", "x", "--out", str(out)),
            "no snapshot",
        ),
    ):
        with pytest.raises(BadInput, match=message):
            RUNNER.invoke(program, [*arguments], catch_exceptions=False)
    assert not out.exists()
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "dear.txt").write_text("dear", "utf-8")
    with pytest.raises(BadInput, match="no plan"):
        RUNNER.invoke(
            program,
            ["place", "--scenario", str(base), "--out", str(tmp_path / "letters"), "--time-limit", "5"],
            catch_exceptions=False,
        )


def test_what_a_scenario_leaves_out_without_a_snapshot_is_told(tmp_path: Path) -> None:
    """What comes in would otherwise cost nothing, and no transfer be planned."""
    given = tables()
    del given["inbound"]
    write_folder(tmp_path / "own", given, SETTINGS)
    with pytest.raises(BadInput) as caught:
        completed(read_folder(tmp_path / "own"))
    assert [(fault.table, fault.kind) for fault in caught.value.faults] == [("inbound.csv", "missing table")]
    del given["supply"]
    write_folder(tmp_path / "own", given, SETTINGS)
    assert completed(read_folder(tmp_path / "own"))[0].inbound is None
    del given["service"]
    write_folder(tmp_path / "own", given, SETTINGS)
    with pytest.raises(BadInput, match=r"service\.csv: missing table"):
        completed(read_folder(tmp_path / "own"))


def test_another_snapshot_is_the_one_that_is_named(base: Path, small_snapshot: Path, tmp_path: Path) -> None:
    moved = tmp_path / "moved"
    shutil.copytree(small_snapshot, moved)
    made, _ = completed(read_folder(base), moved)
    assert made.settings.origin["folder"] == str(moved)


def test_nothing_is_compared_where_sellers_cannot_ship_all(program: Any, tmp_path: Path) -> None:
    given, scenario_, out = tables(), tmp_path / "own", tmp_path / "plan"
    own = given["service"].head(2).with_columns(warehouse_id=pl.lit("direct"))  # a and b, but not c
    given["service"] = pl.concat([given["service"], own])
    write_folder(scenario_, given, {**SETTINGS, "direct": True})
    told = ask(program, "place", "--scenario", str(scenario_), "--out", str(out), "--json")
    assert json.loads(told, parse_constant=pytest.fail)["as_is"] is None
    text = (out / "plan.json").read_text("utf-8")
    assert json.loads(text, parse_constant=pytest.fail)["as_is"] is None
    shown = ask(program, "place", "--scenario", str(scenario_), "--out", str(out))
    assert "shipping everything" not in shown
    assert "beside shipping all" not in (out / "report.html").read_text("utf-8")


def test_what_sellers_can_ship_has_a_plan_however_short_the_search(program: Any, tmp_path: Path) -> None:
    given, folder, out = tables(), tmp_path / "own", tmp_path / "plan"
    own = given["service"].head(3).with_columns(warehouse_id=pl.lit("direct"))
    given["service"] = pl.concat([given["service"], own])
    write_folder(folder, given, {**SETTINGS, "direct": True, "max_sites": 1})
    at_once = ("--out", str(out), "--time-limit", "1e-9", "--json")
    told = json.loads(ask(program, "place", "--scenario", str(folder), *at_once), parse_constant=pytest.fail)
    assert told["value_cents"] == told["as_is"]["value_cents"]
    assert told["sites"] == []
    (folder / "scenario.toml").write_text("direct = true\nmin_sites = 1\n", "utf-8")
    with pytest.raises(NoPlanFound):  # shipping everything directly is no plan here
        ask(program, "place", "--scenario", str(folder), *at_once)


def test_a_scenario_that_states_all_needs_no_snapshot(program: Any, tmp_path: Path) -> None:
    write_folder(tmp_path / "own", tables(), SETTINGS)
    told = json.loads(
        ask(program, "place", "--scenario", str(tmp_path / "own"), "--out", str(tmp_path / "p"), "--json")
    )
    # The south is cheaper for b and c, and too small for all three.
    assert told["sites"] == ["north", "south"]
    assert told["status"] == "optimal"
    assert (tmp_path / "p" / "report.html").read_text("utf-8").count("<svg") >= 2
