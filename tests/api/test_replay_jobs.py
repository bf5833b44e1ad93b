"""A replay as a job: what it may be asked for, and what the worker needs for it."""

from __future__ import annotations

from datetime import UTC, datetime
from inspect import signature
from pathlib import Path
from typing import Any

import pytest

from api.cli import replay, report
from api.jobs import Shop
from api.replay_jobs import REPLAY, Replay, history_name, replay_of
from graph.errors import BadInput
from replay.jobs import Job, Task
from replay.seed import SEED

NOW = datetime(2018, 6, 1, tzinfo=UTC)


def task(request: dict[str, Any]) -> Task:
    return Task(Job("job-1", REPLAY, "planner", "key", request, NOW), "unused", lambda _share, _text: None)


def test_a_request_names_a_stretch_and_policies() -> None:
    asked = replay_of({"from": "2018-04-01", "to": "2018-05-01", "policies": ["as_is", "cheapest"]})
    assert asked.start == datetime(2018, 4, 1, 3, tzinfo=UTC)
    assert asked.end == datetime(2018, 5, 1, 3, tzinfo=UTC)
    assert replay_of({}).policies == ["as_is", "priced"]
    assert replay_of(asked.model_dump(mode="json", exclude_defaults=True)) == asked


@pytest.mark.parametrize(
    ("wrong", "place"),
    [
        ({"from": "2018-04-01", "to": "2018-04-01"}, ["from"]),
        ({"policies": ["a", "a"]}, ["policies"]),
        ({"policies": []}, ["policies"]),
        ({"policies": ["a"] * 9}, ["policies"]),
        ({"from": 7, "seed": 1.5}, ["from", "seed"]),
        ({"source": "/etc"}, ["source"]),
        ({"start": "2018-04-01"}, ["start"]),
    ],
)
def test_every_fault_is_told_at_once(wrong: dict[str, Any], place: list[str]) -> None:
    with pytest.raises(BadInput) as caught:
        replay_of(wrong)
    assert [fault.column for fault in caught.value.faults] == place


def test_a_worker_without_a_history_says_how_to_give_it_one(small_snapshot: Path) -> None:
    with pytest.raises(BadInput, match="--source"):
        Replay(Shop(small_snapshot, "cheapest", None))(task({}))


def test_a_request_names_no_policy_file(small_snapshot: Path) -> None:
    shop = Shop(small_snapshot, "cheapest", None, "synth://?orders=300")
    with pytest.raises(BadInput, match="Unknown policy"):
        Replay(shop)(task({"policies": ["own.toml"]}))


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("/srv/data/olist", "olist"),
        ("tables/", "tables"),
        ("synth://?orders=300&seed=7", "synth://?orders=300&seed=7"),
        ("postgresql://malha:secret@db.example/olist", "postgresql://db.example/olist"),
        ("postgresql://db.example/olist?user=malha&password=secr@t", "postgresql://db.example/olist"),
        ("postgres://malha:pw@db.example/olist?sslkey=/srv/key", "postgres://db.example/olist"),
    ],
)
def test_a_report_names_no_folders_and_no_passwords(source: str, name: str) -> None:
    assert history_name(source) == name


def test_every_way_to_ask_draws_with_one_seed() -> None:
    options = [signature(one.command).parameters["seed"].default for one in (replay, report)]
    assert [*options, replay_of({}).seed] == [SEED] * 3
