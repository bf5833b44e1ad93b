"""``malha rank`` on the made-up marketplace."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from api.cli import rank
from graph.errors import BadInput, SnapshotError


def malha(*words: object) -> Result:
    return CliRunner().invoke(rank.app, list(map(str, words)), catch_exceptions=True, env={"COLUMNS": "200"})


def told(*words: object) -> dict[str, Any]:
    done = malha(*words, "--json")
    assert done.exit_code == 0, done.exception
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def test_sellers_are_told_as_json_and_as_a_table(small_snapshot: Path) -> None:
    best = told("sellers", "--snapshot", small_snapshot, "--limit", 2)
    assert [row["rank"] for row in best["sellers"]] == [1, 2]
    shown = malha("sellers", "--snapshot", small_snapshot, "--limit", 2)
    assert shown.exit_code == 0, shown.exception
    assert best["sellers"][0]["seller_id"] in shown.stdout
    assert "not ranked" in shown.stdout


def test_routes_begin_with_the_worst_if_asked(small_snapshot: Path) -> None:
    worst = told("routes", "--snapshot", small_snapshot, "--limit", 1, "--worst", "--by", "state")
    assert (worst["level"], worst["routes"][0]["rank"]) == ("state", worst["ranked"])
    shown = malha("routes", "--snapshot", small_snapshot)
    assert shown.exit_code == 0, shown.exception
    assert "routes by state" in shown.stdout


def test_bottlenecks_come_with_their_recommendation(small_snapshot: Path) -> None:
    first = told("bottlenecks", "--snapshot", small_snapshot, "--limit", 1)["bottlenecks"][0]
    shown = malha("bottlenecks", "--snapshot", small_snapshot)
    assert first["current_outlier_count"] > 0
    assert first["recommendation"] in shown.stdout


def test_the_judge_shows_every_ranker(small_snapshot: Path) -> None:
    shown = malha("judge", "--snapshot", small_snapshot, "--origins", 1)
    assert shown.exit_code == 0, shown.exception
    assert all(word in shown.stdout for word in ("speed", "raw", "profit", "Spearman"))


def test_own_settings_are_read_and_faults_refused(small_snapshot: Path, tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    own.write_text("least_packages = 1", "utf-8")
    assert told("sellers", "--snapshot", small_snapshot, "--rankings", own)["new"] == 0
    own.write_text("least = 1", "utf-8")
    assert isinstance(malha("sellers", "--snapshot", small_snapshot, "--rankings", own).exception, BadInput)
    assert isinstance(malha("routes", "--snapshot", tmp_path).exception, SnapshotError)


@pytest.mark.parametrize("command", ["sellers", "routes", "bottlenecks", "judge"])
def test_every_command_teaches_by_example(command: str) -> None:
    assert "malha rank" in malha(command, "--help").stdout
