"""What the command adds to a replay: a comparison where there is something to compare."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from api import policies
from api.replay_comparison import comparison_of
from graph.lead_time import OnlineParameters
from ingest.source import open_source
from replay.opened import opening_stock
from replay.recorded import Past, read_past
from replay.replayed import Replayed, replay
from tests.api.program import malha

SPAN = tuple(int(datetime(2018, *day, 3, tzinfo=UTC).timestamp()) for day in ((2, 1), (2, 22)))
FEW_TREES = OnlineParameters(lane_trees=8, seller_trees=4, base_minimum=400)


@pytest.fixture(scope="module")
def past(market_dir: Path) -> Past:
    return read_past(open_source(str(market_dir)))


@pytest.fixture(scope="module")
def done(past: Past) -> Replayed:
    chosen = [policies.load(name) for name in ("as_is", "fastest", "cheapest")]
    costs, stock = policies.load("priced").costs, opening_stock(past, SPAN[0])
    return replay(past, (SPAN[0], SPAN[1]), chosen, costs, stock, parameters=FEW_TREES)


def test_policies_are_compared_with_the_record_and_each_other(past: Past, done: Replayed) -> None:
    told = comparison_of(done, past.facts, seed=3)
    assert told is not None
    assert told["seed"] == 3
    assert told["against"] == "as_is"
    pairs = {(row["policy"], row["against"]) for row in told["differences"]}
    assert pairs == {("fastest", "as_is"), ("cheapest", "as_is"), ("cheapest", "fastest")}
    assert told["regret_totals"]["basis"] == "as_of"
    means = {name: run["expected_days"] for name, run in done.to_dict()["policies"].items()}
    assert told["policies"]["fastest"]["expected_days"] == pytest.approx(means["fastest"], rel=0.02)
    assert told == comparison_of(done, past.facts, seed=3)


def test_hindsight_is_asked_for(past: Past, done: Replayed) -> None:
    told = comparison_of(done, past.facts, seed=3, hindsight=True)
    assert told is not None
    assert told["regret_totals"]["basis"] == "hindsight"
    assert any("in hindsight" in sentence for sentence in told["assumptions"])


def test_the_future_of_the_source_moves_no_expectation(past: Past, done: Replayed) -> None:
    """Outcomes may correct a claim; what the models and the review curve say is from before."""
    later = pl.col("reviewed_s") >= SPAN[0]
    altered = past.facts.with_columns(review_score=pl.when(later).then(1).otherwise("review_score"))
    told, other = (comparison_of(done, facts, seed=3) for facts in (past.facts, altered))
    assert told is not None
    assert other is not None
    assert told["review_score"] == other["review_score"]
    assert told["policies"] == other["policies"]
    assert [row["model"] for row in told["differences"]] == [row["model"] for row in other["differences"]]


def test_without_the_record_or_another_policy_there_is_none(past: Past, done: Replayed) -> None:
    for runs in (done.runs[:1], done.runs[1:]):
        assert comparison_of(replace(done, runs=runs), past.facts, seed=0) is None


def test_the_command_tells_it_in_words_and_in_its_folder(market_dir: Path, tmp_path: Path) -> None:
    asked = ("--from", "2018-02-01", "--to", "2018-02-11", "--policy", "as_is", "--policy", "fastest")
    more = ("--hindsight", "--seed", "5", "--out", tmp_path / "out")
    shown = malha("replay", "--source", market_dir, *asked, *more)
    assert (shown.returncode, shown.stderr) == (0, "")
    assert "90 % interval" in shown.stdout
    assert "in hindsight" in shown.stdout
    told = json.loads((tmp_path / "out" / "replay.json").read_text("utf-8"))["comparison"]
    assert (told["seed"], told["regret_totals"]["basis"]) == (5, "hindsight")
