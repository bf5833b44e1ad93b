"""The settings: the shipped ones are read, and everything wrong with others is said at once."""

from __future__ import annotations

import tomllib
from datetime import timedelta
from pathlib import Path

import pytest

from api import alerts
from graph.errors import BadInput
from replay.alerts.alert import Kind
from replay.alerts.settings import alert_settings


def test_the_shipped_settings_look_for_everything() -> None:
    found = alerts.load()
    assert found.thresholds.keys() == set(Kind)
    assert found.thresholds[Kind.SELLER_SLOW].open_at == 100.0
    assert found.thresholds[Kind.SELLER_SLOW].quiet == timedelta(days=7)
    assert (found.days, found.least_orders) == (30, 5)
    assert list(found.only(Kind.STOCK_LOW)) == [Kind.STOCK_LOW]


def test_a_kind_without_a_table_is_not_looked_for() -> None:
    found = alert_settings({"stock_low": {"open_at": 0, "close_at": -0.5, "quiet_hours": 1}}, "mine.toml")
    assert list(found.thresholds) == [Kind.STOCK_LOW]
    assert found.only(Kind.SELLER_SLOW) == {}


WRONG = """
[delivery_at_risk]
open_at = 1.5
close_at = "low"
quiet_hours = 1
[stock_lo]
open_at = 1
[seller_slow]
open_at = 100
close_at = 120
quiet_hours = 1
days = 0.5
least_order = 5
[handover_overdue]
open_at = 0.5
close_at = 0.6
quiet_hours = 1
"""


def test_all_faults_are_told_at_once() -> None:
    with pytest.raises(BadInput) as caught:
        alert_settings(tomllib.loads(WRONG) | {"lane_drift": 3}, "mine.toml")
    told = {(fault.column, fault.kind) for fault in caught.value.faults}
    assert told == {
        ("delivery_at_risk.open_at", "not such a number"),
        ("delivery_at_risk.close_at", "not such a number"),
        ("stock_lo", "unknown table"),
        ("seller_slow.days", "not such a number"),
        ("seller_slow.least_orders", "missing key"),
        ("seller_slow.least_order", "unknown key"),
        ("handover_overdue.close_at", "above open_at"),
        ("lane_drift", "not a table"),
    }
    assert "Did you mean stock_low?" in str(caught.value)


@pytest.mark.parametrize(("text", "why"), [(b"a = [", "no TOML"), (b'a = "\xff"', "not UTF-8")])
def test_a_file_that_cannot_be_read(tmp_path: Path, text: bytes, why: str) -> None:
    file = tmp_path / "mine.toml"
    file.write_bytes(text)
    with pytest.raises(BadInput, match=why):
        alerts.load(file)
