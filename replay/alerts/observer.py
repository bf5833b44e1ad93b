"""The detectors as an observer of the stream: alerts are put out, and kept in the stream's checkpoints."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import UTC, datetime
from typing import Any

from graph.days import day_of, start_of
from graph.lead_time import LeadTimes
from replay.alerts.alert import Alert, AlertState, Change, Key, Kind, Severity, settle
from replay.alerts.look import OF_DAYS, OF_ORDERS, look
from replay.alerts.seen import view_of
from replay.alerts.settings import AlertSettings
from replay.alerts.words import said
from replay.stream.events import Event
from replay.stream.state import Output, State

OUTPUT = "alert"
"""The kind of the outputs."""

_STAMPS = ("opened_at", "resolved_at", "acknowledged_at")


class AlertObserver:
    """Looks at every tick, for slow things at midnight's; remembers the newest alert of each trouble."""

    name = "alerts"

    def __init__(self, settings: AlertSettings) -> None:
        self.settings = settings
        self.known: dict[Key, Alert] = {}
        self._times: tuple[int | None, LeadTimes] | None = None

    def see(self, event: Event, state: State) -> Sequence[Output]:  # noqa: ARG002
        """Do nothing: what one event changes is seen at the next tick."""
        return ()

    def tick(self, at_s: int, state: State) -> Sequence[Output]:
        """Put out what changed."""
        midnight = at_s == start_of(day_of(at_s))
        kinds = self.settings.only(*OF_ORDERS, *(OF_DAYS if midnight else ()))
        view = view_of(state, self._lead_times(state), at_s)
        at = datetime.fromtimestamp(at_s, UTC)
        changes = settle(self.known, look(view, self.settings, kinds), at, kinds)
        self.known |= {change.alert.key: change.alert for change in changes}
        return [Output(OUTPUT, at_s, _told(change)) for change in changes]

    def save(self) -> Mapping[str, Any]:
        """Return the alerts as JSON values."""
        return {"alerts": [_saved(alert) for alert in self.known.values()]}

    def restore(self, saved: Mapping[str, Any]) -> None:
        """Take up what ``save`` told."""
        self.known = {alert.key: alert for alert in map(_alert, saved["alerts"])}

    def _lead_times(self, state: State) -> LeadTimes:
        """Return the model as of the day's start; it moves once a day, and costs a fit."""
        day = state.learner.day
        if self._times is None or self._times[0] != day:
            self._times = day, state.learner.lead_times()
        return self._times[1]


def _told(change: Change) -> dict[str, Any]:
    alert, words = change.alert, said(change.alert)
    return {
        "change": change.what.value,
        **_saved(alert),
        "audience": alert.audience.value,
        "message": words.message,
        "suggested_action": words.suggested_action,
    }


def _saved(alert: Alert) -> dict[str, Any]:
    told = {one.name: getattr(alert, one.name) for one in fields(Alert)}
    stamps = {name: None if told[name] is None else told[name].isoformat() for name in _STAMPS}
    words = {name: told[name].value for name in ("kind", "state", "severity")}
    return told | stamps | words


def _alert(saved: Mapping[str, Any]) -> Alert:
    stamps = {name: saved[name] and datetime.fromisoformat(saved[name]) for name in _STAMPS}
    words = {
        "kind": Kind(saved["kind"]),
        "state": AlertState(saved["state"]),
        "severity": Severity(saved["severity"]),
    }
    return Alert(**{**saved, **stamps, **words})
