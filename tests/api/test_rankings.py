"""The file of ranking settings: read with care, every fault told at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from api.rankings import SHIPPED, load_rankings, rankings_of
from graph.errors import BadInput
from replay.insight.settings import RankingSettings


def test_the_shipped_file_and_an_empty_one_are_the_defaults(tmp_path: Path) -> None:
    empty = tmp_path / "empty.toml"
    empty.write_text("", "utf-8")
    assert load_rankings() == load_rankings(SHIPPED) == load_rankings(empty) == RankingSettings()


def test_what_a_file_leaves_out_is_as_shipped() -> None:
    own = rankings_of({"window_days": 90, "sellers": {"speed": 80}, "impact": {"critical": 0.5}})
    assert own.window_days == 90
    assert own.sellers == {"speed": 80, "reliability": 40.0, "satisfaction": 20.0}
    assert (own.critical, own.medium) == (0.5, 0.03)


def test_every_fault_is_told_at_once() -> None:
    given = {"windowdays": 90, "least_packages": 1.5, "sellers": {"sped": 1, "speed": "x"}, "routes": 3}
    with pytest.raises(BadInput) as caught:
        rankings_of(given)
    told = {fault.column: (fault.kind, fault.remedy) for fault in caught.value.faults}
    assert told == {
        "windowdays": ("unknown key", "Did you mean window_days?"),
        "least_packages": ("not a whole number", "Give a whole number."),
        "sellers.sped": ("unknown key", "Did you mean speed?"),
        "sellers.speed": ("not a number", "Give a number."),
        "routes": ("not a table", "Write it as [routes]."),
    }


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"window_days = ", "no TOML"), (b"\xff", "UTF-8"), (b"window_days = 0", "cannot be used")],
)
def test_a_file_that_cannot_be_used_is_refused(tmp_path: Path, content: bytes, message: str) -> None:
    file = tmp_path / "own.toml"
    file.write_bytes(content)
    with pytest.raises(BadInput, match=message):
        load_rankings(file)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"nowhere\.toml"):
        load_rankings(tmp_path / "nowhere.toml")
