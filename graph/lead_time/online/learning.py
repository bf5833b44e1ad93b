"""Learning a whole history for a snapshot: forecasts that nobody will ask for again are not kept.

The history is played in stretches of whole days. At the end of each, only rows that later days can still
touch are carried on: what is under way, what is new, and the newest journeys, of which the next base is made.
So memory follows the stretch and not the history, and a snapshot can hold where its log ended.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from graph.days import start_of
from graph.lead_time.journeys import IntArray, Journeys
from graph.lead_time.online.engine import Engine
from graph.lead_time.online.history import Calendar, Progress
from graph.lead_time.online.parameters import OnlineParameters
from graph.lead_time.online.regrouped import Codes, Sizes, regrouped
from graph.lead_time.online.rows import Issued, Rows, to_day
from graph.lead_time.online.saved import Arrays, put_together, taken_apart
from graph.model import NEVER, UNKNOWN

AT_ONCE: Final = 500_000
"""Purchases of one stretch, about."""


@dataclass(frozen=True, slots=True, eq=False)
class Paused:
    """Learning as it stood at the start of epoch day ``day``, to be gone on with when more is known.

    ``engine``: its state, see ``saved``. ``row``: the journeys that are still needed, by their rows in the
    history so far, whose first ``played`` were bought before ``day``; ``issued``: what was forecast for them;
    ``bought_s``, ``seller``: by which they are known again.
    """

    engine: Arrays
    day: int
    played: int
    row: IntArray
    issued: Issued
    bought_s: IntArray
    seller: NDArray[np.int32]

    def save(self, file: Path) -> None:
        """Write everything as one NPZ file, no pickle."""
        numbers = {"day": np.array(self.day), "played": np.array(self.played)}
        rows = {name: getattr(self, name) for name in ("row", "bought_s", "seller")}
        arrays: Arrays = self.engine | taken_apart(self.issued, "issued") | numbers | rows
        np.savez(file, allow_pickle=False, **arrays)

    @classmethod
    def load(cls, file: Path) -> Paused:
        """Read what ``save`` wrote, the same bits."""
        with file.open("rb") as raw, np.load(raw, allow_pickle=False) as saved:
            arrays = {name: saved[name] for name in saved.files}
        return cls(
            engine={name: array for name, array in arrays.items() if name.startswith("engine.")},
            day=int(arrays["day"]),
            played=int(arrays["played"]),
            issued=put_together(Issued, arrays, "issued"),
            **{name: arrays[name] for name in ("row", "bought_s", "seller")},
        )


def learn(
    journeys: Journeys,
    as_of_s: int,
    parameters: OnlineParameters | None = None,
    *,
    paused: Paused | None = None,
    codes: Codes | None = None,
    progress: Progress | None = None,
    fitted: Progress | None = None,
    at_once: int = AT_ONCE,
) -> tuple[Engine, Paused]:
    """Return the engine that has learned every event before ``as_of_s``, and where to go on from.

    ``paused``: what an earlier call returned, with its parameters. ``journeys`` are then those of that call
    as known now, and newer ones after them (else ValueError); ``codes`` tells the codes that changed since.
    The result is the same to the bit as without, unless carriers are new. ``progress`` is told the share of
    the days, ``fitted`` the seconds of each base fit.
    """
    end = float(to_day(np.array([as_of_s]))[0])
    whole, last = int(np.floor(end)), int(np.ceil(end))
    if paused is None:
        now = _start(journeys, whole, parameters or OnlineParameters())
    else:
        now = _gone_on(paused, journeys, codes)
    first = now.day

    def play(stretch: _Stretch, day: int, until: float) -> None:
        seconds = stretch.play(day, until)
        if fitted is not None and seconds is not None:
            fitted(seconds)
        if progress is not None:
            progress((day + 1 - first) / (last - first))

    while now.day < whole:
        stop = _stop(journeys, now, at_once, whole)
        stretch = _Stretch(journeys, now, stop)
        for day in range(now.day, stop):
            play(stretch, day, day + 1.0)
        now = stretch.paused(stop)
    rest = _Stretch(journeys, now, last)
    if last > whole:
        play(rest, whole, end)
    return rest.engine, now


class _Stretch:
    """The rows that some days need, and the engine that plays them."""

    def __init__(self, journeys: Journeys, now: Paused, stop: int) -> None:
        """Take what was carried on, and what is bought before day ``stop``."""
        self.played = _bought_before(journeys, stop)
        self.row = np.concatenate([now.row, np.arange(now.played, self.played)])
        self.journeys = _taken(journeys, self.row)
        self.rows = Rows.of(self.journeys)
        self.issued = Issued.empty(len(self.journeys))
        for field in fields(Issued):
            getattr(self.issued, field.name)[: now.row.shape[0]] = getattr(now.issued, field.name)
        self.calendar = Calendar(self.rows, self.journeys)
        if "engine.today" in now.engine:
            self.engine = put_together(Engine, now.engine, "engine")
        else:
            parameters = put_together(OnlineParameters, now.engine, "engine.parameters")
            self.engine = Engine.start(self.rows, parameters)

    def play(self, day: int, until: float) -> float | None:
        """Play [day, until); return the seconds that a fit of the base took, if one was due."""
        engine, base, started = self.engine, self.engine.base, time.perf_counter()
        engine.refit_if_due(self.rows, self.issued, day, {})
        seconds = None if engine.base is base else time.perf_counter() - started
        engine.issue(self.rows, self.issued, self.calendar.rows("bought", day, until), day)
        engine.learn(self.rows, self.issued, day, until, self.calendar.events(day, until))
        return seconds

    def paused(self, day: int) -> Paused:
        """Return the state at the start of ``day``, with the rows that later days can still touch."""
        needed = np.flatnonzero(self._needed(day)[:-1])
        engine = replace(self.engine, open=np.searchsorted(needed, self.engine.open))
        return Paused(
            engine=taken_apart(engine, "engine"),
            day=day,
            played=self.played,
            row=self.row[needed],
            issued=Issued(*(getattr(self.issued, field.name)[needed] for field in fields(Issued))),
            bought_s=self.journeys.purchased_s[needed],
            seller=self.journeys.seller[needed],
        )

    def _needed(self, day: int) -> NDArray[np.bool_]:
        """Tell the rows with events to come, those too new for a base, and the newest of which it is made."""
        rows, parameters = self.rows, self.engine.parameters
        delivered, new = rows.delivered_day < day, rows.start_day >= day - parameters.censored_days
        over = delivered & (rows.handed_day < day) & (to_day(self.journeys.approved_s) < day)
        needed = ~over | new
        fit = delivered & ~new & ~np.isnan(self.issued.base) & ~np.isnan(rows.log_days[0])
        needed[np.flatnonzero(fit)[-parameters.base_rows :]] = True
        return needed


def _start(journeys: Journeys, last: int, parameters: OnlineParameters) -> Paused:
    """Return the state before the first purchase, at the latest that of day ``last``."""
    none = np.zeros(0, np.int64)
    bought = to_day(journeys.purchased_s[:1])
    return Paused(
        engine=taken_apart(parameters, "engine.parameters"),
        day=min(int(np.floor(bought[0])), last) if len(bought) else last,
        played=0,
        row=none,
        issued=Issued.empty(0),
        bought_s=none,
        seller=none.astype(np.int32),
    )


def _gone_on(paused: Paused, journeys: Journeys, codes: Codes | None) -> Paused:
    """Return the state in the codes of ``journeys``; ValueError where they are others than were played."""
    seller = paused.seller if codes is None else np.append(codes.sellers, UNKNOWN)[paused.seller]
    same = _bought_before(journeys, paused.day) == paused.played and (
        np.array_equal(journeys.purchased_s[paused.row], paused.bought_s)
        and np.array_equal(journeys.seller[paused.row], seller)
    )
    if not same:
        raise ValueError("these journeys do not go on where learning paused: learn from the start")
    if "engine.today" not in paused.engine:
        return paused
    sizes = Sizes.of(Rows.of(_taken(journeys, np.zeros(0, np.int64))))
    return replace(paused, engine=regrouped(paused.engine, sizes, codes))


def _bought_before(journeys: Journeys, day: int) -> int:
    return int(np.searchsorted(journeys.purchased_s, start_of(day)))


def _stop(journeys: Journeys, now: Paused, at_once: int, last: int) -> int:
    """Return the day before which about ``at_once`` more are bought; at least one day on."""
    after = now.played + at_once
    if after >= len(journeys):
        return last
    return min(max(int(to_day(journeys.purchased_s[after : after + 1])[0]), now.day + 1), last)


def _taken(journeys: Journeys, row: IntArray) -> Journeys:
    """Return some rows and, last, one that is never bought.

    It holds the largest codes of all journeys, so that every stretch has the same groups.
    """
    columns: dict[str, NDArray[Any]] = {}
    for field in fields(Journeys):
        column = getattr(journeys, field.name)
        if column.dtype == np.int32:
            last = column.max(initial=-1)
        else:
            last = NEVER if column.dtype == np.int64 else np.nan
        columns[field.name] = np.append(column[row], np.array([last], column.dtype))
    return Journeys(**columns)
