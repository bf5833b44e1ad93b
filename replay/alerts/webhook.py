"""What is sent: bodies in the shape of Alertmanager's webhooks, signed as the Standard Webhooks are.

Body: version 4, prometheus.io/docs/alerting/latest/configuration (webhook_config). Signature: HMAC-SHA256 of
``id.timestamp.body`` in base64 behind ``v1,`` (github.com/standard-webhooks/standard-webhooks).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from typing import Any, Final

import orjson

from replay.alerts.alert import Alert, Change, Changed, Kind
from replay.alerts.receivers import Receiver, Topic
from replay.alerts.words import said

MOST_ALERTS: Final = 100
"""Alerts in one message."""

FIRING, RESOLVED = "firing", "resolved"

_NEVER: Final = "0001-01-01T00:00:00Z"
"""How Alertmanager writes an end that has not come."""


@dataclass(frozen=True, slots=True)
class Message:
    """Something to be sent to a receiver; ``message_id`` is the same whenever the same is sent again."""

    message_id: str
    receiver: str
    body: str


def message(receiver: Receiver, told: Mapping[str, Any]) -> Message:
    """Return a message whose id follows from what it says and to whom."""
    body = orjson.dumps(told, option=orjson.OPT_SORT_KEYS).decode()
    name = hashlib.sha256(f"{receiver.name}\0{body}".encode()).hexdigest()[:32]
    return Message(f"msg-{name}", receiver.name, body)


def alert_messages(receiver: Receiver, changes: Sequence[Change]) -> Iterator[Message]:
    """Yield what a receiver is told of changes: by kind, what fires and what is resolved apart."""
    wanted = [one for one in changes if Topic(one.alert.audience.value) in receiver.takes]

    def group(change: Change) -> tuple[Kind, str]:
        return change.alert.kind, RESOLVED if change.what is Changed.RESOLVED else FIRING

    for (kind, status), some in groupby(sorted(wanted, key=group), key=group):
        alerts = [change.alert for change in some]
        for first in range(0, len(alerts), MOST_ALERTS):
            told = _body(receiver.name, kind, status, alerts[first : first + MOST_ALERTS])
            yield message(receiver, told)


def signature_headers(message_id: str, body: str, secret: bytes, at: datetime) -> dict[str, str]:
    """Return the headers that prove who sent a body, and when."""
    stamp = str(int(at.timestamp()))
    digest = hmac.new(secret, f"{message_id}.{stamp}.{body}".encode(), hashlib.sha256).digest()
    return {
        "webhook-id": message_id,
        "webhook-timestamp": stamp,
        "webhook-signature": f"v1,{base64.b64encode(digest).decode()}",
    }


def _body(receiver: str, kind: Kind, status: str, alerts: Sequence[Alert]) -> dict[str, Any]:
    name = {"alertname": kind.value}
    shared = name | {"audience": alerts[0].audience.value}
    return {
        "version": "4",
        "groupKey": f'{{}}:{{alertname="{kind}"}}',
        "truncatedAlerts": 0,
        "status": status,
        "receiver": receiver,
        "groupLabels": name,
        "commonLabels": shared,
        "commonAnnotations": {},
        "externalURL": "",
        "alerts": [_alert(alert, status, shared) for alert in alerts],
    }


def _alert(alert: Alert, status: str, shared: Mapping[str, str]) -> dict[str, Any]:
    words = said(alert)
    own = {"alert_id": alert.alert_id, "severity": alert.severity.value, "subject": alert.subject}
    return {
        "status": status,
        "labels": {**shared, **own},
        "annotations": {"summary": words.message, "suggested_action": words.suggested_action},
        "startsAt": _instant(alert.opened_at),
        "endsAt": _NEVER if alert.resolved_at is None else _instant(alert.resolved_at),
        "generatorURL": "",
        "fingerprint": hashlib.sha256("\0".join(alert.key).encode()).hexdigest()[:16],
    }


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")
