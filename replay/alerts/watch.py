"""The past watched as if it were now: the detectors at tick after tick, each on what was known then."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

import numpy as np

from graph.arrays import state_names
from graph.days import day_of, start_of
from graph.lead_time import OnlineParameters
from graph.lead_time.online.rows import Issued
from ingest.source import Source
from replay.alerts.alert import Alert, Change, Finding, Key, Kind, Thresholds, settle
from replay.alerts.look import OF_DAYS, OF_ORDERS, View, look
from replay.alerts.parcels import Named, under_way
from replay.alerts.settings import AlertSettings
from replay.drift import Drift, drift
from replay.moving import MovingTimes
from replay.past import History, read_history
from replay.recorded import Past, read_past

EVERY: Final = timedelta(hours=6)
"""The pause between the ticks of a watched past."""

Told = Callable[[float], None]


@dataclass(frozen=True, slots=True, eq=False)
class Watched:
    """A past with the names of what is in it. ``history`` and ``past`` have the same rows of journeys."""

    past: Past
    history: History

    @property
    def named(self) -> Named:
        """The journeys by name."""
        sellers = self.past.tables["sellers"]["seller_id"]
        return Named(self.history.journeys, self.history.orders, sellers)


def read_watched(source: Source, progress: Callable[[str], None]) -> Watched:
    """Return everything that a source holds. Raises BadInput (all faults at once) for unreadable tables."""
    return Watched(read_past(source, progress), read_history(source, progress))


class _Times(MovingTimes):
    """The model of replays, and what it forecast for each journey so far."""

    @property
    def issued(self) -> Issued:
        """The forecasts as issued at each purchase, NaN for purchases to come."""
        return self._issued


class Watch:
    """The detectors over a past; ``findings`` goes forward only."""

    def __init__(self, watched: Watched, settings: AlertSettings, first_s: int) -> None:
        """Begin at an instant, with everything learned that is stamped before its day."""
        self.settings, self.named = settings, watched.named
        self.times = _Times(watched.past, first_s, OnlineParameters())
        self.regions = watched.past.tables["regions"]["region"].to_list()
        self.states = state_names(watched.past.tables["zip_prefixes"]).to_list()
        self._day = -1

    def findings(self, at_s: int) -> tuple[list[Finding], dict[Kind, Thresholds]]:
        """Return what worries at an instant, and the kinds that were looked for."""
        new_day, self._day = self._day != day_of(at_s), day_of(at_s)
        self.times.play(self._day)
        kinds = self.settings.only(*OF_ORDERS, *(OF_DAYS if new_day else ()))
        parcels = under_way(self.named, self.times.read(), at_s)
        view = View(at_s, parcels, self.named, self._drift, self.states, self.regions)
        return look(view, self.settings, kinds), kinds

    def _drift(self) -> Drift:
        """Return what leaned at the start of the day."""
        journeys, issued = self.named.journeys, self.times.issued
        row = np.arange(int(np.searchsorted(journeys.purchased_s, start_of(self._day))))
        return drift(journeys, row, issued.location[row], issued.bucket[row], start_of(self._day))


def past_kinds(settings: AlertSettings) -> dict[Kind, Thresholds]:
    """Return what can be looked for in a recorded past: it has no ledger."""
    return settings.only(*OF_ORDERS, *OF_DAYS)


def changes(
    watch: Watch, span_s: tuple[int, int], every: timedelta = EVERY, told: Told = lambda _share: None
) -> Iterator[tuple[datetime, list[Change]]]:
    """Yield what changed at each tick of [from, to), epoch seconds; nothing stands at the first one."""
    from_s, to_s = span_s
    known: dict[Key, Alert] = {}
    for at_s in range(from_s, to_s, int(every.total_seconds())):
        at = datetime.fromtimestamp(at_s, UTC)
        found, kinds = watch.findings(at_s)
        made = settle(known, found, at, kinds)
        known |= {change.alert.key: change.alert for change in made}
        yield at, made
        told((at_s - from_s) / (to_s - from_s))
