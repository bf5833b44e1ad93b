"""The lookout: follows the live log, looks at everything every minute, stores and sends what changed.

Its state is the log's alone and is made anew from it; what alerts stand is the database's to say. So several
lookouts may work side by side, and one that dies loses nothing: the next look settles what is left.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from graph import Network
from graph.days import DAY_S, day_of, start_of
from graph.model import NEVER
from inventory.sql import SqlHome, SqlUnit
from replay.alerts.alert import Change, Kind, Thresholds
from replay.alerts.following import Following
from replay.alerts.look import OF_DAYS, OF_ORDERS, OF_STOCK, look
from replay.alerts.outbox import Outbox
from replay.alerts.receivers import Receiver
from replay.alerts.seen import packages_of, view_of
from replay.alerts.settings import AlertSettings
from replay.alerts.shelves import canceled, near_their_point
from replay.alerts.store import Alerts
from replay.alerts.webhook import alert_messages
from replay.live import LIVE
from replay.stream.events import Event, tick
from replay.stream.sql_log import StoredLog


class _Looked(NamedTuple):
    """When slow things were looked for, and by which snapshot."""

    snapshot_id: str
    day: int
    at: datetime


class Lookout:
    """A chore of the worker. Lead times are those of the network in force; a new one begins the log anew.

    `catch_up` reads the log, outside of any unit of work; a look is at what has been read.
    """

    def __init__(
        self,
        home: SqlHome,
        network: Callable[[], Network],
        settings: AlertSettings,
        receivers: Sequence[Receiver] = (),
    ) -> None:
        self._following = Following(home, network)
        self._settings, self._receivers = settings, receivers
        self._looked: _Looked | None = None

    def __call__(self, unit: SqlUnit, at: datetime) -> dict[str, Any]:
        """Look once; return how many alerts opened, grew worse and were resolved, nothing without any."""
        at_s = int(at.timestamp())
        network, state = self._following.known()
        looked = _Looked(network.meta.snapshot_id, day_of(at_s), at)
        kinds = self._kinds(looked)
        stock = kinds.get(Kind.STOCK_LOW)
        rows = [] if stock is None else near_their_point(unit.connection, stock.close_at, at)
        over = canceled(unit.connection, packages_of(state))
        view = view_of(state, network.lead_times, at_s, rows, over)
        changes = Alerts(unit.connection).settle(look(view, self._settings, kinds), at, kinds)
        self._looked = looked
        self._send(unit, changes, at)
        # Last: whoever appends to the log waits until this unit of work ends.
        if ticks := _ticks(state.clock_s, at_s):
            StoredLog(unit.connection, LIVE).append(ticks)
        return _told(changes)

    def catch_up(self) -> None:
        """Read what was committed to the log since the last look; the first time all of it."""
        self._following.catch_up()

    def close(self) -> None:
        """Stop reading."""
        self._following.close()

    def _kinds(self, now: _Looked) -> dict[Kind, Thresholds]:
        """Return what is looked for now: slow things once a day.

        A look at the same instant did not count: its unit of work was rolled back, and is tried again.
        """
        last = self._looked
        known = last is not None and last.at != now.at and last[:2] == now[:2]
        daily = () if known else OF_DAYS
        return self._settings.only(*OF_ORDERS, *OF_STOCK, *daily)

    def _send(self, unit: SqlUnit, changes: Sequence[Change], at: datetime) -> None:
        messages = [one for receiver in self._receivers for one in alert_messages(receiver, changes)]
        Outbox(unit.connection).put(messages, at)


def _ticks(clock_s: int, at_s: int) -> list[Event]:
    """Return the midnights that the clock has not seen; of those before its first one, the last."""
    midnight = start_of(day_of(at_s))
    first = midnight if clock_s == NEVER else clock_s + DAY_S
    return [tick(stamp) for stamp in range(first, midnight + 1, DAY_S)]


def _told(changes: Sequence[Change]) -> dict[str, Any]:
    counts: dict[str, Any] = {}
    for change in changes:
        counts[change.what.value] = counts.get(change.what.value, 0) + 1
    return counts
