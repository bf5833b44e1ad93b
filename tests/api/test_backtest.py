"""``malha backtest`` as a user runs it: its files, its one clear error, its page in a browser."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from api.scorecard import scorecard
from deploy.local import Chromium
from tests.api.program import Ended, malha

SPAN = ("--from", "2018-01-01", "--to", "2018-03-01")


def backtest(*arguments: object) -> Ended:
    return malha("backtest", *arguments)


@pytest.fixture(scope="module")
def outputs(market_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with what one run wrote."""
    folder = tmp_path_factory.mktemp("backtest")
    files = ("--predictions", folder / "new" / "p.parquet", "--json", folder / "scores.json")
    done = backtest("--source", market_dir, *SPAN, *files)
    (folder / "shown.txt").write_text(done.stdout, "utf-8")
    assert (done.returncode, done.stderr) == (0, "")
    return folder


@pytest.fixture(scope="module")
def scores(outputs: Path) -> Mapping[str, Any]:
    told: Mapping[str, Any] = json.loads((outputs / "scores.json").read_text("utf-8"))
    return told


def test_predictions_are_one_unrounded_row_an_order(outputs: Path, market_dir: Path) -> None:
    told = pl.read_parquet(outputs / "new" / "p.parquet")
    levels = [*(f"q{p:02d}" for p in range(5, 100, 5)), "q99"]
    assert told.columns == ["order_id", "from_instant", "mean_days", "var_days", *levels, "basis", "n"]
    assert told.schema["from_instant"] == pl.Datetime("us", "UTC")
    orders = pl.read_csv(market_dir / "olist_orders_dataset.csv", infer_schema=False)
    stamp = pl.col("order_purchase_timestamp")
    items = pl.read_csv(market_dir / "olist_order_items_dataset.csv", infer_schema=False)
    # Without items there is no seller, hence no way to forecast.
    sold = orders.join(items, on="order_id", how="semi")
    bought = sold.filter((stamp >= "2018-01-01") & (stamp < "2018-03-01"))
    assert sorted(told["order_id"]) == sorted(bought["order_id"])
    assert told["q50"].n_unique() > 10
    assert told["from_instant"].is_sorted()


def test_scores_name_the_claim_and_what_is_scored(scores: Mapping[str, Any]) -> None:
    assert (scores["claim"], scores["target"]) == ("online", "purchased")
    assert scores["from"] == "2018-01-01T02:00:00+00:00"  # midnight of a summer night in São Paulo
    assert scores["scored_point"] == {"mae": "median", "rmse": "mean", "r2": "mean", "bias": "mean"}
    assert {"mae", "mae_of_mean", "rmse", "r2", "bias", "crps"} < scores["overall"].keys()
    for p in (50, 80, 90, 95):
        assert {f"pinball_{p}", f"coverage_{p}", f"width_{p}"} < scores["overall"].keys()
    assert set(scores["baselines"]) == {"climatology", "last_month", "state_pair", "frozen", "promise"}
    assert set(scores["months"]) == {"2018-01", "2018-02"}
    assert len(scores["pit"]) == 20
    by_month = sum(month["model"]["n"] for month in scores["months"].values())
    assert by_month == scores["overall"]["n"] == scores["orders"]["scored"] < scores["orders"]["predicted"]


def test_the_terminal_shows_every_table(outputs: Path, scores: Mapping[str, Any]) -> None:
    shown = (outputs / "shown.txt").read_text("utf-8")
    card = scorecard(scores)
    assert len(card.tables) == 5
    for title, (_, rows) in card.tables.items():
        assert title in shown
        assert all(row[0] in shown for row in rows)
    assert "purchased from 2018-01-01 00:00 to 2018-03-01 00:00" in " ".join(shown.split())
    assert "PIT histogram" in shown
    assert f"{scores['overall']['crps']:.3f}" in shown


def test_frozen_from_approval_as_one_json_document(market_dir: Path) -> None:
    done = backtest("--source", market_dir, *SPAN, "--frozen", "--target", "approved", "--json", "-")
    assert (done.returncode, done.stderr) == (0, "")
    told = json.loads(done.stdout)
    assert (told["claim"], told["target"]) == ("frozen", "approved")
    assert "frozen" not in told["baselines"]


def test_to_may_lie_after_the_history(market_dir: Path) -> None:
    done = backtest("--source", market_dir, "--from", "2018-06-01", "--to", "2031-01-01", "--json", "-")
    assert done.returncode == 0
    assert json.loads(done.stdout)["orders"]["scored"] > 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--from", "2018-03-01", "--to", "2018-03-01"), "must lie before"),
        (("--from", "2018-03-01", "--to", "2018-02-01"), "must lie before"),
        (("--from", "March", "--to", "2018-02-01"), "--from: 'March' is no instant"),
        (("--from", "2011-01-01", "--to", "2011-02-01"), "No order was purchased"),
        (("--from", "2031-01-01", "--to", "2031-02-01"), "No order was purchased"),
        (("--from", "March", "--to", "2018-13-01"), "--to: '2018-13-01' is no instant"),
        (("--from", "2011-01-01", "--to", "2011-02-01"), "from 2011-01-01 00:00 to 2011-02-01 00:00"),
        ((*SPAN, "--predictions", "."), "is a folder"),
        ((*SPAN, "--predictions", "/dev/null/p.parquet"), "/dev/null/p.parquet cannot be written"),
        ((*SPAN, "--predictions", "/proc/p.parquet"), "/proc/p.parquet cannot be written"),
        (("--from", "March", "--to", "2018-03-01", "--report", "."), "'March' is no instant"),
        (("--from", "March", "--to", "2018-03-01", "--report", "."), "is a folder"),
        ((*SPAN, "--report", "-"), "only --json can be written to standard output"),
        ((*SPAN, "--report", "same", "--predictions", "same"), "a different file for each"),
        ((*SPAN, "--target", "shipped"), "shipped"),
    ],
)
def test_bad_input_is_one_clear_error(market_dir: Path, arguments: tuple[str, ...], said: str) -> None:
    done = backtest("--source", market_dir, *arguments)
    assert done.returncode == 2
    assert said in " ".join(done.stderr.split())  # lines are as wide as the terminal
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_a_source_that_is_not_there_is_named(tmp_path: Path) -> None:
    done = backtest("--source", tmp_path / "nowhere", *SPAN)
    assert done.returncode == 2
    assert "nowhere" in done.stderr


def test_help_teaches_by_example() -> None:
    shown = " ".join(backtest("--help").stdout.split())
    assert "malha backtest --source tables/ --from 2018-03-01" in shown
    assert "--frozen" in shown


@pytest.fixture(scope="module")
def page(scores: Mapping[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("matplotlib", reason="Matplotlib is not installed: pip install matplotlib")
    from api.reports.backtest import write_page  # noqa: PLC0415

    return write_page(tmp_path_factory.mktemp("page") / "backtest.html", scores, "tables/")


def test_the_page_is_the_same_every_time_and_needs_nothing_else(
    page: Path, scores: Mapping[str, Any], tmp_path: Path
) -> None:
    from api.reports.backtest import write_page  # noqa: PLC0415

    again = write_page(tmp_path / "again.html", scores, "tables/")
    assert again.read_bytes() == page.read_bytes()
    text = page.read_text("utf-8")
    assert "<script" not in text
    assert "src=" not in text


def test_the_page_shows_its_plots_and_tables_in_a_browser(page: Path, chromium_browser: Chromium) -> None:
    sync_api = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
    told: list[str] = []
    asked: list[str] = []
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.connect_over_cdp(chromium_browser.cdp)
        context = browser.new_context(viewport={"width": 1280, "height": 900})
        opened = context.new_page()
        opened.on("console", lambda message: told.append(message.text))
        opened.on("pageerror", lambda error: told.append(str(error)))
        opened.on("request", lambda request: asked.append(request.url))
        opened.goto(page.as_uri())
        assert opened.locator("figure svg").count() == 4
        assert opened.locator("figure svg").first.bounding_box()["width"] > 300
        assert opened.locator("table").count() == 5
        ids = opened.evaluate("[...document.querySelectorAll('[id]')].map(e => e.id)")
        context.close()
        browser.close()
    assert told == []
    assert asked == [page.as_uri()]
    assert len(ids) == len(set(ids))
