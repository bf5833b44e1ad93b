"""Alerts as pure functions: one closed table of steps, and what findings make of the alerts that stand.

A detector tells at an instant every subject that it worries about, with a number for how much. An alert opens
where the number reaches ``open_at`` and resolves where it falls below ``close_at``: what lies between keeps
things as they are, so that a number which trembles round one threshold does not ring all day.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final, NamedTuple

from graph.errors import MalhaError


class Kind(StrEnum):
    """What may be wrong."""

    HANDOVER_OVERDUE = "handover_overdue"
    DELIVERY_AT_RISK = "delivery_at_risk"
    LANE_DRIFT = "lane_drift"
    STOCK_LOW = "stock_low"
    SELLER_SLOW = "seller_slow"


class Audience(StrEnum):
    """Who is to read an alert."""

    CUSTOMER = "customer"
    SELLER = "seller"
    OPERATOR = "operator"


AUDIENCES: Final[Mapping[Kind, Audience]] = {
    Kind.HANDOVER_OVERDUE: Audience.SELLER,
    Kind.DELIVERY_AT_RISK: Audience.CUSTOMER,
    Kind.LANE_DRIFT: Audience.OPERATOR,
    Kind.STOCK_LOW: Audience.SELLER,
    Kind.SELLER_SLOW: Audience.SELLER,
}


class Severity(StrEnum):
    """How bad it is."""

    WARNING = "warning"
    CRITICAL = "critical"


class AlertState(StrEnum):
    """Where an alert stands; ``resolved`` is the end: the same trouble later is another alert."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"


class Step(StrEnum):
    """What can happen to an alert."""

    REPEAT = "repeat"
    WORSEN = "worsen"
    ACKNOWLEDGE = "acknowledge"
    CLEAR = "clear"


S = AlertState
NEXT: Final[Mapping[tuple[AlertState, Step], AlertState]] = {
    (S.OPEN, Step.REPEAT): S.OPEN,
    (S.OPEN, Step.WORSEN): S.OPEN,
    (S.OPEN, Step.ACKNOWLEDGE): S.ACKNOWLEDGED,
    (S.OPEN, Step.CLEAR): S.RESOLVED,
    (S.ACKNOWLEDGED, Step.REPEAT): S.ACKNOWLEDGED,
    (S.ACKNOWLEDGED, Step.WORSEN): S.OPEN,
    (S.ACKNOWLEDGED, Step.ACKNOWLEDGE): S.ACKNOWLEDGED,
    (S.ACKNOWLEDGED, Step.CLEAR): S.RESOLVED,
}
"""The state that a step leads to; a pair that is absent is not possible.

Whoever acknowledged an alert has not seen that it grew worse: it is open again.
"""


class Key(NamedTuple):
    """Of one trouble there is at most one alert that is not resolved."""

    kind: Kind
    subject: str


@dataclass(frozen=True, slots=True)
class Finding:
    """What a detector tells of a subject: ``value`` in the unit of its kind's thresholds, and the facts.

    ``facts`` are JSON values; the message is made of them.
    """

    kind: Kind
    subject: str
    value: float
    severity: Severity = Severity.WARNING
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> Key:
        """The trouble."""
        return Key(self.kind, self.subject)


@dataclass(frozen=True, slots=True)
class Thresholds:
    """When alerts of a kind open and resolve; ``quiet``: how long none opens after one was resolved."""

    open_at: float
    close_at: float
    quiet: timedelta


@dataclass(frozen=True, slots=True)
class Alert:
    """One alert. Instants are aware; ``value`` and ``facts`` are of the finding that set its severity."""

    alert_id: str
    kind: Kind
    subject: str
    state: AlertState
    severity: Severity
    value: float
    facts: Mapping[str, Any]
    opened_at: datetime
    resolved_at: datetime | None = None
    acknowledged_at: datetime | None = None
    acknowledged_by: str | None = None

    @property
    def key(self) -> Key:
        """The trouble."""
        return Key(self.kind, self.subject)

    @property
    def audience(self) -> Audience:
        """Who is to read it."""
        return AUDIENCES[self.kind]

    @property
    def stands(self) -> bool:
        """Whether it is not resolved."""
        return self.state is not S.RESOLVED


class Changed(StrEnum):
    """What others are told of: an alert opened, grew worse, or was resolved."""

    OPENED = "opened"
    WORSENED = "worsened"
    RESOLVED = "resolved"


class Change(NamedTuple):
    """An alert after something that others are told of."""

    what: Changed
    alert: Alert


class WrongAlertStep(MalhaError):
    """An alert cannot do this from where it stands; nothing was changed."""

    def __init__(self, alert_id: str, step: Step, state: AlertState) -> None:
        self.alert_id, self.step, self.state = alert_id, step, state
        super().__init__(f"Alert {alert_id} is {state}: {step} is not possible.")


def opened(finding: Finding, at: datetime) -> Alert:
    """Return a new alert. Its id follows from trouble and instant, so that whoever opens it names it so."""
    told = "\0".join((*finding.key, at.isoformat()))
    alert_id = f"alert-{hashlib.sha256(told.encode()).hexdigest()[:24]}"
    return Alert(alert_id, *finding.key, S.OPEN, finding.severity, finding.value, finding.facts, at)


def acknowledged(alert: Alert, by: str, at: datetime) -> Alert:
    """Return an alert that somebody has seen; the first one to say so stays named.

    Raises WrongAlertStep for one that is resolved.
    """
    state = _next(alert, Step.ACKNOWLEDGE)
    if alert.state is state:
        return alert
    return replace(alert, state=state, acknowledged_by=by, acknowledged_at=at)


def worsened(alert: Alert, finding: Finding) -> Alert:
    """Return an alert that has become critical: open, and to be acknowledged anew."""
    return replace(
        alert,
        state=_next(alert, Step.WORSEN),
        severity=finding.severity,
        value=finding.value,
        facts=finding.facts,
        acknowledged_by=None,
        acknowledged_at=None,
    )


def resolved(alert: Alert, at: datetime) -> Alert:
    """Return an alert whose trouble is over."""
    return replace(alert, state=_next(alert, Step.CLEAR), resolved_at=at)


def settle(
    known: Mapping[Key, Alert],
    findings: Iterable[Finding],
    at: datetime,
    thresholds: Mapping[Kind, Thresholds],
) -> list[Change]:
    """Return what findings of an instant change, in order of the troubles.

    ``known``: the newest alert of each trouble, resolved ones as far back as quiet times reach. Of several
    findings of one trouble the worst counts.
    ``thresholds``: of the kinds that were looked for; a subject without finding is below its ``close_at``,
    alerts of other kinds stay as they are.
    """
    found: dict[Key, Finding] = {}
    for finding in findings:
        if finding.kind in thresholds and _is_worst(finding, found.get(finding.key)):
            found[finding.key] = finding
    standing = {key for key, alert in known.items() if alert.stands and key.kind in thresholds}
    changes = []
    for key in sorted(found.keys() | standing):
        change = _change(known.get(key), found.get(key), at, thresholds[key.kind])
        if change is not None:
            changes.append(change)
    return changes


def _change(alert: Alert | None, finding: Finding | None, at: datetime, rule: Thresholds) -> Change | None:
    if alert is not None and alert.stands:
        if finding is None or finding.value < rule.close_at:
            return Change(Changed.RESOLVED, resolved(alert, at))
        if finding.severity is Severity.CRITICAL and alert.severity is Severity.WARNING:
            return Change(Changed.WORSENED, worsened(alert, finding))
        return None
    if finding is None or finding.value < rule.open_at:
        return None
    if alert is not None and alert.resolved_at is not None and at < alert.resolved_at + rule.quiet:
        return None
    return Change(Changed.OPENED, opened(finding, at))


def _is_worst(finding: Finding, known: Finding | None) -> bool:
    return known is None or (finding.value, finding.severity is Severity.CRITICAL) > (
        known.value,
        known.severity is Severity.CRITICAL,
    )


def _next(alert: Alert, step: Step) -> AlertState:
    if (alert.state, step) not in NEXT:
        raise WrongAlertStep(alert.alert_id, step, alert.state)
    return NEXT[alert.state, step]
