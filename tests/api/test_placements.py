"""``--placement DIR`` as a planner uses it: a folder's faults, groups dealt out, commands that take it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import typer
from typer.testing import CliRunner

from api.cli import assign, decide, recommend
from api.cli import replay as replay_command
from api.placements import PlanFolder, open_network
from graph import Network
from graph.errors import BadInput
from tests.api.plans import SITE, best_sellers, write_plan

RUNNER = CliRunner()


def program(command: Any) -> typer.Typer:
    app = typer.Typer()
    app.command()(command)
    return app


def ask(command: Any, *arguments: object) -> Any:
    done = RUNNER.invoke(program(command), [*map(str, arguments), "--json"], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def network(small_snapshot: Path) -> Network:
    return Network.open(small_snapshot)


@pytest.fixture(scope="module")
def dest(network: Network) -> str:
    """Return a place where no seller of the best sold products lives."""
    homes = network.tables["sellers"]["zip_prefix"]
    zips = network.tables["zip_prefixes"].filter(pl.col("located") == "prefix")
    return str(zips.filter(~pl.col("zip_prefix").is_in(homes.implode()))["zip_prefix"][0])


@pytest.fixture(scope="module")
def plan(network: Network, dest: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    stock = best_sellers(network, 20).with_columns(units=pl.lit(4))
    as_of = network.meta.as_of.isoformat()
    return write_plan(tmp_path_factory.mktemp("plans") / "plan", as_of, stock, zip_prefix=dest)


def test_recommend_ranks_the_plan_s_warehouse_and_says_whose_network_it_is(
    network: Network, small_snapshot: Path, plan: Path, dest: str
) -> None:
    seller, product = best_sellers(network, 1).row(0)
    asked = ("--snapshot", small_snapshot, "--zip", dest, "--product", product, "--rank", "fastest")
    without, told = ask(recommend.command, *asked), ask(recommend.command, *asked, "--placement", plan)
    assert told["snapshot_id"].startswith(without["snapshot_id"] + "+")
    assert len(told["snapshot_id"]) == 129
    assert told["routes"][0]["source_id"] == f"warehouse:{SITE}:{seller}"
    assert told["routes"][0]["lead_time"]["basis"] == "synthetic"
    assert SITE not in json.dumps(without)


def test_decide_and_assign_may_ship_from_it(
    network: Network, small_snapshot: Path, plan: Path, dest: str, tmp_path: Path
) -> None:
    seller, product = best_sellers(network, 1).row(0)
    asked = ("--snapshot", small_snapshot, "--policy", "fastest")
    told = ask(decide.command, *asked, "--zip", dest, "--line", f"{product}:1", "--placement", plan)
    assert f"warehouse:{SITE}:{seller}" in json.dumps(told["lines"])
    assert "+" in told["snapshot_id"]
    orders, stock, out = (tmp_path / name for name in ("orders.jsonl", "stock.csv", "out.jsonl"))
    order = {
        "destination": {"zip_prefix": dest},
        "lines": [{"line_id": "1", "product_id": product, "quantity": 2}],
    }
    orders.write_text("".join(json.dumps({"order_id": f"o{i}", **order}) + "\n" for i in range(4)), "utf-8")
    stock.write_text(
        "product_id,seller_id,location_id,current_stock,reserved_stock,safety_stock,reorder_point,"
        f"lead_time_days,last_updated_at\n{product},{seller},{seller},2,0,,,,2018-01-01 12:00:00\n",
        "utf-8",
    )
    given = (*asked, "--orders", orders, "--out", out, "--stock", stock)
    # The seller has two units; the plan brings four more.
    assert ask(assign.command, *given)["served"] == 1
    assert ask(assign.command, *given, "--placement", plan)["served"] == 3
    lines = [json.loads(line) for line in out.read_text("utf-8").splitlines()]
    assert sum(f"warehouse:{SITE}:{seller}" in json.dumps(line["lines"]) for line in lines) == 2


def test_every_fault_of_a_folder_is_told_by_file_and_row(tmp_path: Path) -> None:
    folder = tmp_path / "plan"
    with pytest.raises(BadInput, match="is no plan"):
        PlanFolder.read(folder)
    folder.mkdir()
    (folder / "plan.json").write_text('{"as_of": null}', "utf-8")
    (folder / "sites.csv").write_text("warehouse_id,zip_prefix,handling_hours\na,01310,soon\n", "utf-8")
    (folder / "stock.csv").write_text("warehouse_id,seller_id,units\n\na,s,1.5\n", "utf-8")
    with pytest.raises(BadInput) as refused:
        PlanFolder.read(folder)
    found = {(fault.table, fault.row, fault.column, fault.kind) for fault in refused.value.faults}
    assert found == {
        ("plan.json", None, "as_of", "no instant"),
        ("sites.csv", 2, "handling_hours", "no number"),
        ("stock.csv", None, "product_id", "missing column"),
        ("stock.csv", 3, "units", "no whole number"),
    }
    (folder / "plan.json").write_text('{"as_of": "2018-03-01"}', "utf-8")
    (folder / "sites.csv").write_text("warehouse_id;zip_prefix;handling_hours\na;1310;6\n", "utf-8")
    (folder / "stock.csv").write_text("warehouse_id,seller_id,product_id,units\nb,s,p,1\n", "utf-8")
    with pytest.raises(BadInput) as refused:
        PlanFolder.read(folder)
    assert [(fault.table, fault.row, fault.column) for fault in refused.value.faults] == [
        ("sites.csv", 2, "zip_prefix"),
        ("stock.csv", 2, "warehouse_id"),
    ]


def test_depth_by_group_is_dealt_out_to_products(
    network: Network, small_snapshot: Path, dest: str, tmp_path: Path
) -> None:
    offers = network.tables["offers"].join(network.tables["products"], "product_id").drop_nulls("category")
    seller, group = offers.sort("n", descending=True).select("seller_id", "category").row(0)
    stock = pl.DataFrame(schema={"seller_id": pl.String, "product_id": pl.String, "units": pl.Int64})
    folder = write_plan(tmp_path / "plan", network.meta.as_of.isoformat(), stock, zip_prefix=dest)
    transfers = f"seller_id,warehouse_id,item,units,units_first\n{seller},{SITE},{group},50,20.4\n"
    (folder / "transfers.csv").write_text(transfers, "utf-8")
    held = open_network(small_snapshot, folder).tables["stocks"].filter(warehouse_id=SITE)
    assert held["units"].sum() == 21
    own = offers.filter(seller_id=seller, category=group)
    assert held.join(own, ["seller_id", "product_id"], "anti").is_empty()
    # A product of the group in stock.csv says what lies there of the group.
    row = f"{SITE},{seller},{own['product_id'][0]},3\n"
    (folder / "stock.csv").write_text(f"warehouse_id,seller_id,product_id,units\n{row}", "utf-8")
    held = open_network(small_snapshot, folder).tables["stocks"].filter(warehouse_id=SITE)
    assert held["units"].to_list() == [3]
    (folder / "stock.csv").unlink()
    (folder / "transfers.csv").write_text(transfers.replace(group, "nothing_of_the_kind"), "utf-8")
    with pytest.raises(BadInput, match=r"transfers.csv, row .*, column item: not sold"):
        open_network(small_snapshot, folder)


def test_replay_books_the_depth_and_refuses_a_later_plan(
    market_dir: Path, network: Network, dest: str, tmp_path: Path
) -> None:
    sold = pl.read_csv(market_dir / "olist_orders_dataset.csv", infer_schema=False).join(
        pl.read_csv(market_dir / "olist_order_items_dataset.csv", infer_schema=False), "order_id"
    )
    before = sold.filter(pl.col("order_purchase_timestamp") < "2018-01-31")
    again = sold.filter(
        pl.col("order_purchase_timestamp").is_between(pl.lit("2018-02-01 03"), pl.lit("2018-02-14"))
    )
    stock = before.join(again, ["seller_id", "product_id"], "semi").select("seller_id", "product_id").unique()
    stock = stock.with_columns(units=pl.lit(3)).sort("seller_id", "product_id")
    asked = (
        "--source",
        market_dir,
        "--from",
        "2018-02-01",
        "--to",
        "2018-02-15",
        "--policy",
        "as_is",
        "--policy",
        "fastest",
    )
    folder = write_plan(tmp_path / "plan", "2018-02-01", stock, zip_prefix=dest)
    told = ask(replay_command.command, *asked, "--placement", folder)
    found = told["placement"]
    assert found["as_of"] == "2018-02-01T02:00:00+00:00"
    assert found["warehouses"] == [SITE]
    assert found["booked_units"] == {"as_is": 0, "fastest": 3 * stock.height}
    assert found["used_units"]["as_is"] == 0
    assert any("its depth is received there" in text for text in told["assumptions"])
    late = write_plan(tmp_path / "late", "2018-02-01T00:00:01-02:00", stock, zip_prefix=dest)
    with pytest.raises(BadInput, match="later than --from"):
        RUNNER.invoke(
            program(replay_command.command),
            [*map(str, asked), "--placement", str(late)],
            catch_exceptions=False,
        )


def test_the_split_reads_no_day_from_the_plan_s_as_of_on() -> None:
    from replay.planned import depth_by_offer  # noqa: PLC0415 (slow to import)

    as_of = datetime(2018, 3, 1, 3, tzinfo=UTC)
    today = (as_of.date() - datetime(1970, 1, 1, tzinfo=UTC).date()).days
    demand = pl.DataFrame(
        [
            ("s", "p1", today - 1, 3),
            ("s", "p2", today - 2, 1),
            ("t", "p1", today - 3, 1),
            ("s", "p2", today, 50),
        ],
        schema=["seller_id", "product_id", "day", "units"],
        orient="row",
    )
    products = pl.DataFrame({"product_id": ["p1", "p2"], "category": ["g", "g"]})
    transfers = pl.DataFrame(
        [("s", "w", "g", 7.6), ("t", "w", "g", 0.3), ("s", "v", "g", 0.2)],
        schema=["seller_id", "warehouse_id", "item", "units_first"],
        orient="row",
    )
    dealt = depth_by_offer(transfers, demand, products, as_of)
    # w: 5.7, 1.9 and 0.3 of 7.9, so 8 in all; v: the one unit goes where most is wanted.
    assert dealt.rows() == [("v", "s", "p1", 1), ("w", "s", "p1", 6), ("w", "s", "p2", 2)]
