"""Alerts in the database: nothing that a person says is lost, one stands at most, old ones are forgotten."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from inventory.sql import SqlHome
from replay.alerts.alert import Alert, AlertState, Change, Finding, Kind, Severity, Thresholds
from replay.alerts.store import Alerts

START = datetime(2018, 3, 1, 3, tzinfo=UTC)
RULES = {Kind.SELLER_SLOW: Thresholds(100.0, 90.0, timedelta(days=1))}
SLOW = Finding(Kind.SELLER_SLOW, "s", 120.0)


def settle(home: SqlHome, at: datetime, *findings: Finding) -> list[Change]:
    return home.run(lambda unit: Alerts(unit.connection).settle(findings, at, RULES))


def stored(home: SqlHome) -> list[Alert]:
    with home.reading() as unit:
        return [alert for _, alert in Alerts(unit.connection).page()]


@pytest.mark.parametrize("worse", [False, True])
def test_an_acknowledgement_meanwhile_is_not_lost(home: SqlHome, worse: bool) -> None:
    [opened] = settle(home, START, SLOW)
    findings = [replace(SLOW, severity=Severity.CRITICAL)] if worse else []
    begun = threading.Event()

    def look() -> list[Change]:
        begun.set()
        return settle(home, START + timedelta(days=1), *findings)

    with ThreadPoolExecutor(1) as pool:
        with home.unit() as unit:
            Alerts(unit.connection).acknowledge(opened.alert.alert_id, "ana", START)
            looking = pool.submit(look)
            assert begun.wait(10)
            threading.Event().wait(0.2)
            assert not looking.done()
        [change] = looking.result()
    [alert] = stored(home)
    assert change.alert == alert
    if worse:
        assert (alert.state, alert.severity) == (AlertState.OPEN, Severity.CRITICAL)
    else:
        assert (alert.state, alert.acknowledged_by) == (AlertState.RESOLVED, "ana")


def test_of_one_trouble_one_alert_stands(home: SqlHome) -> None:
    settle(home, START, SLOW)
    settle(home, START + timedelta(days=2))
    settle(home, START + timedelta(days=4), SLOW)
    assert [alert.state for alert in stored(home)] == [AlertState.OPEN, AlertState.RESOLVED]


def test_old_resolved_alerts_are_forgotten_and_standing_ones_never(home: SqlHome) -> None:
    other = replace(SLOW, subject="t")
    settle(home, START, SLOW, other)
    settle(home, START + timedelta(days=1), other)

    def forget(before: datetime) -> int:
        return home.run(lambda unit: Alerts(unit.connection).forget(before))

    assert forget(START + timedelta(days=1)) == 0
    assert forget(START + timedelta(days=900)) == 1
    assert [alert.subject for alert in stored(home)] == ["t"]
