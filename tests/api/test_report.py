"""``malha report`` as a user runs it: what it refuses, what it teaches."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from api.cli.report import EPILOG, alert_scores, command
from graph.errors import BadInput


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"start": "2018-03-01", "end": "2018-02-01"}, "must lie before"),
        ({"start": "soon"}, "is no instant"),
        ({"policy": ["cheepest"]}, "cheapest"),
        ({"stock": "nowhere.csv"}, "does not exist"),
        ({"placement": Path("nowhere")}, "is no plan"),
    ],
)
def test_bad_input_is_told_before_the_history_is_read(
    given: dict[str, Any], told: str, tmp_path: Path
) -> None:
    with pytest.raises(BadInput, match=told):
        command("no/such/folder", tmp_path / "out", **given)
    assert not (tmp_path / "out").exists()


def test_no_folder_but_a_report_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("keep", "utf-8")
    with pytest.raises(BadInput, match="no report"):
        command("no/such/folder", tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["letter.txt"]


def test_help_is_by_example() -> None:
    assert "malha report --source tables/ --out reports/newest" in EPILOG
    assert "malha serve" in EPILOG


@pytest.mark.parametrize("text", ["", "[1]", "{}", '{"from": NaN}', "warnings"])
def test_scores_of_alerts_are_those_of_the_program(text: str, tmp_path: Path) -> None:
    file = tmp_path / "alerts.json"
    file.write_text(text, "utf-8")
    with pytest.raises(BadInput, match="alerts judge --json"):
        alert_scores(file)
    file.write_text('{"from": "2018-03-01", "delivery_at_risk": {"recall": 0.4}}', "utf-8")
    assert alert_scores(file)["delivery_at_risk"] == {"recall": 0.4}
