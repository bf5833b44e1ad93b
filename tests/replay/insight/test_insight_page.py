"""docs/insight.md says what the program does: its constants, members, criteria and selections."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from graph import model
from replay.insight import bottlenecks, claims, expected, judged, kpis, routes, satisfaction
from replay.insight.insight import Insight
from replay.insight.packages import Log
from replay.insight.selections import SELECTIONS, TARGET_HOURS
from replay.insight.settings import RankingSettings

PAGE = (Path(__file__).parents[3] / "docs" / "insight.md").read_text("utf-8")
SETTINGS = RankingSettings()


@pytest.mark.parametrize(
    "told",
    [
        f"not handed over {model.UNHANDED_DAYS} days after its purchase",
        f"{model.UNDELIVERED_DAYS} days\nafter its hand-over",
        f"in the {expected.WINDOW_DAYS}\ndays before the day of the purchase",
        f"fewer than {expected.ENOUGH}",
        f"the last {SETTINGS.window_days} days count",
        f"fewer than\n{SETTINGS.least_packages} packages",
        f"at least {SETTINGS.month_least_packages} packages",
        f"at least {judged.LEAST_AHEAD} of\nthose",
        f"{routes.BANDS} bands",
        f"handed over in the last {bottlenecks.CURRENT_DAYS} days",
        f"in the last {bottlenecks.FENCE_DAYS} days, in hours",
        f"beyond {TARGET_HOURS:.0f} h",
        f"`CRITICAL` from {SETTINGS.critical:.0%} of".replace("%", " %"),
        f"`HIGH` from {SETTINGS.high:.0%}".replace("%", " %"),
        f"`MEDIUM` from {SETTINGS.medium:.0%}".replace("%", " %"),
        f"the {kpis.PERIOD_DAYS} days before the instant",
        "the slowest 15 % of item rows",
        "tried under eight\nnamed selections",
    ],
)
def test_the_constants_are_those_of_the_program(told: str) -> None:
    assert told in PAGE


def test_the_bandwidths_and_selections_are_all_there() -> None:
    assert all(f"\n| {width} | " in PAGE for width in satisfaction.BANDWIDTHS)
    assert len(SELECTIONS) == 8
    assert len(claims.CLAIMED) == 3


def test_every_member_of_a_bottleneck_is_explained(log: Log) -> None:
    told = Insight(log, SETTINGS).bottlenecks.to_dict(1)
    members = {*told, *told["bottlenecks"][0]} - {"days", "target_hours", "bottlenecks", "state", "packages"}
    assert not [name for name in members if f"`{name}`" not in PAGE]


def test_the_whole_is_json_and_the_same_twice(log: Log) -> None:
    one, two = (Insight(log, SETTINGS).to_dict(5) for _ in range(2))
    text = json.dumps(one, allow_nan=False)
    assert text == json.dumps(two, allow_nan=False)
    assert len(one["sellers"]["sellers"]) == 5
    assert {"sellers", "routes", "bottlenecks", "kpis", "diagnosis", "satisfaction", "claims"} <= one.keys()
