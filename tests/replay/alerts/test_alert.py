"""The life of an alert: one at a time for a trouble, no ringing round one threshold, no step that is not."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from replay.alerts.alert import (
    AUDIENCES,
    NEXT,
    Alert,
    AlertState,
    Change,
    Changed,
    Finding,
    Key,
    Kind,
    Severity,
    Step,
    Thresholds,
    WrongAlertStep,
    acknowledged,
    opened,
    resolved,
    settle,
)
from replay.alerts.words import said

START = datetime(2018, 3, 1, 3, tzinfo=UTC)
RULE = Thresholds(open_at=0.5, close_at=0.3, quiet=timedelta(hours=12))
RULES = {Kind.DELIVERY_AT_RISK: RULE}
SUBJECTS = ("o1", "o2")
FACTS = {
    "order_id": "o1",
    "seller_id": "s1",
    "left_days": 2.0,
    "p_late": 0.6,
    "likely_days": 4.0,
    "handed_over": True,
}


def finding(value: float, subject: str = "o1", severity: Severity = Severity.WARNING) -> Finding:
    return Finding(Kind.DELIVERY_AT_RISK, subject, value, severity, FACTS)


def played(values: Sequence[float | None], hours: int = 6) -> list[Change]:
    """Return what changes when a subject's value goes by; None: the detector says nothing."""
    known: dict[Key, Alert] = {}
    made: list[Change] = []
    for tick, value in enumerate(values):
        found = [] if value is None else [finding(value)]
        made += settle(known, found, START + tick * timedelta(hours=hours), RULES)
        known |= {change.alert.key: change.alert for change in made}
    return made


def test_a_value_that_trembles_round_the_threshold_rings_once() -> None:
    told = played([0.4, 0.5, 0.45, 0.55, 0.31, 0.6, None])
    assert [change.what for change in told] == [Changed.OPENED, Changed.RESOLVED]
    assert told[1].alert.opened_at == told[0].alert.opened_at
    assert told[1].alert.resolved_at == START + timedelta(hours=36)


def test_after_an_alert_there_is_quiet_and_then_another_one() -> None:
    told = played([0.6, 0.1, 0.6, 0.6, 0.6])
    assert [change.what for change in told] == [Changed.OPENED, Changed.RESOLVED, Changed.OPENED]
    assert told[2].alert.opened_at == START + timedelta(hours=18)
    assert told[2].alert.alert_id != told[0].alert.alert_id


def test_who_acknowledged_hears_again_when_it_grows_worse() -> None:
    first = opened(finding(0.6), START)
    seen = acknowledged(first, "ana", START)
    assert (seen.state, seen.acknowledged_by) == (AlertState.ACKNOWLEDGED, "ana")
    assert acknowledged(seen, "bruno", START).acknowledged_by == "ana"
    assert settle({seen.key: seen}, [finding(0.9)], START, RULES) == []
    [worse] = settle({seen.key: seen}, [finding(1.0, severity=Severity.CRITICAL)], START, RULES)
    assert worse.what is Changed.WORSENED
    assert (worse.alert.state, worse.alert.acknowledged_by) == (AlertState.OPEN, None)
    assert settle({seen.key: worse.alert}, [finding(0.6)], START, RULES) == []


def test_of_several_findings_of_a_trouble_the_worst_counts() -> None:
    [change] = settle({}, [finding(0.6), finding(0.9), finding(0.7)], START, RULES)
    assert change.alert.value == 0.9


def test_what_was_not_looked_for_stays_as_it_is() -> None:
    alert = opened(Finding(Kind.STOCK_LOW, "p/s/l", 0.2), START)
    assert settle({alert.key: alert}, [], START, RULES) == []
    assert settle({}, [Finding(Kind.STOCK_LOW, "p/s/l", 0.2)], START, RULES) == []


def test_an_end_is_an_end() -> None:
    alert = resolved(opened(finding(0.6), START), START)
    with pytest.raises(WrongAlertStep, match="is resolved: acknowledge is not possible"):
        acknowledged(alert, "ana", START)
    with pytest.raises(WrongAlertStep):
        resolved(alert, START)
    assert {state for state, _ in NEXT} == {AlertState.OPEN, AlertState.ACKNOWLEDGED}
    assert all((state, step) in NEXT for state, _ in NEXT for step in Step)


@given(st.lists(st.tuples(st.sampled_from(SUBJECTS), st.floats(0, 1)), max_size=40))
def test_never_two_alerts_of_one_trouble_stand(told: list[tuple[str, float]]) -> None:
    known: dict[Key, Alert] = {}
    history: dict[str, list[Changed]] = {subject: [] for subject in SUBJECTS}
    for tick, (subject, value) in enumerate(told):
        at = START + tick * timedelta(hours=6)
        findings = [finding(value, subject, Severity.CRITICAL if value > 0.9 else Severity.WARNING)]
        again = settle(known, findings, at, RULES)
        for change in again:
            history[change.alert.subject].append(change.what)
            known[change.alert.key] = change.alert
        assert settle(known, findings, at, RULES) == [], "the same findings again change nothing"
    for steps in history.values():
        rings = [step for step in steps if step is not Changed.WORSENED]
        assert all(one is not other for one, other in pairwise(rings))
        assert rings[:1] in ([], [Changed.OPENED])


def test_every_kind_has_an_audience_and_words() -> None:
    facts = {
        Kind.DELIVERY_AT_RISK: FACTS,
        Kind.HANDOVER_OVERDUE: {"order_id": "o1", "waited_days": 4, "quantile": 0.95, "usual_days": 3.5},
        Kind.LANE_DRIFT: {"from": "SP", "to": "PA", "since": "2018-03-01"},
        Kind.STOCK_LOW: {
            "product_id": "p",
            "seller_id": "s",
            "location_id": "l",
            "available": 0,
            "reorder_point": 3,
            "on_order": 0,
        },
        Kind.SELLER_SLOW: {
            "seller_id": "s",
            "handling_hours": 130.0,
            "orders": 9,
            "days": 30,
            "low_places": 2,
        },
    }
    assert facts.keys() == AUDIENCES.keys() == set(Kind)
    words = {
        said(opened(Finding(kind, "x", 1.0, severity, told), START))
        for kind, told in facts.items()
        for severity in Severity
    }
    assert len(words) == 2 * len(Kind) - 1  # drift has one severity
    assert all(one.message.endswith(".") and one.suggested_action for one in words)
