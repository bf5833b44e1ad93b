"""Alerts as JSON values, and their settings as a TOML file: the one that comes with Malha, or a user's."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any, Final

from api.toml_files import read_toml
from replay.alerts.alert import Alert
from replay.alerts.receivers import Receiver, receivers_of
from replay.alerts.settings import AlertSettings, alert_settings
from replay.alerts.words import said

SHIPPED: Final = Path(__file__).with_name("alerts.toml")


def load(file: Path | None = None) -> AlertSettings:
    """Return the settings of a file, or the shipped ones; raises BadInput with every fault."""
    where = file or SHIPPED
    return alert_settings(read_toml(where), str(where))


def receivers(file: Path | None) -> list[Receiver]:
    """Return the receivers of a file, none without one; raises BadInput with every fault."""
    return [] if file is None else receivers_of(read_toml(file), str(file))


def alert_values(alert: Alert) -> dict[str, Any]:
    """Return an alert as JSON values, with its words."""
    words = said(alert)
    return {
        "alert_id": alert.alert_id,
        "kind": alert.kind.value,
        "audience": alert.audience.value,
        "subject": alert.subject,
        "state": alert.state.value,
        "severity": alert.severity.value,
        "message": words.message,
        "suggested_action": words.suggested_action,
        "value": alert.value,
        "facts": dict(alert.facts),
        "opened_at": alert.opened_at.isoformat(),
        "resolved_at": _instant(alert.resolved_at),
        "acknowledged_at": _instant(alert.acknowledged_at),
        "acknowledged_by": alert.acknowledged_by,
    }


def _instant(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()
