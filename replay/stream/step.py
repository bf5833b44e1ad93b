"""One step: what an event does to the state, and what is put out because of it; for past and live alike.

The fate of every event is defined. One that is stamped before the last midnight that was played is *late*:
it is played as of that midnight, since its day is closed, and counts in the windows that are still open. One
that tells again what is known, or a second shipment of one seller's package, is *repeated* and changes
nothing (the log keeps every id once, so this is another event with the same content). One whose order nobody
has bought yet is *early* and waits for the purchase. A stock event that cannot be booked is *refused*.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from graph.days import DAY_S, EPOCH, day_of, start_of
from replay.stream import stock
from replay.stream.events import TICK, Event
from replay.stream.orders import Today
from replay.stream.panes import pane
from replay.stream.state import Output, State
from replay.stream.windows import Table


def step(state: State, event: Event) -> tuple[State, Sequence[Output]]:
    """Play one event; return the state after it (the same object, moved) and what to put out."""
    state.count(event.kind)
    if event.kind == TICK:
        return state, _tick(state, event.time_s)
    outputs: list[Output] = []
    if event.time_s < state.closed_s:
        late_s = state.closed_s - event.time_s
        outputs.append(_fate(state, event, "late", {"late_s": late_s}))
        event = replace(event, time_s=state.closed_s)
    if event.kind == "StockMoved":
        refused = stock.book(state.home, event)
        outputs += [_fate(state, event, "refused", {"why": one.why}) for one in refused]
    elif event.kind != "Reviewed" and not state.orders.see(event):
        state.count("early" if event.subject in state.orders.early else "repeated")
    for observer in state.observers:
        outputs += observer.see(event, state)
    return state, outputs


def _tick(state: State, at_s: int) -> list[Output]:
    """Let the clock reach an instant; at a midnight of Brasilia the day before is learned and closed."""
    if at_s <= state.clock_s:
        state.count("repeated")
        return []
    outputs: list[Output] = []
    if at_s == start_of(day_of(at_s)):
        today = state.orders.close(at_s)
        for day, part in today.by_day(state.closed_s, at_s):
            outputs += _closed(state, day, part)
        if day_of(at_s) // stock.KEPT_DAYS > day_of(max(state.closed_s, 0)) // stock.KEPT_DAYS:
            state.home = stock.compacted(state.home, at_s)
        state.closed_s = at_s
    state.clock_s = at_s
    for observer in state.observers:
        outputs += observer.tick(at_s, state)
    return outputs


def _closed(state: State, day: int, today: Today) -> list[Output]:
    """Learn a day, and close the windows that end with it."""
    state.learner.close(day, today)
    closed = state.windows.close(day, pane(today, state.learner))
    told = [("day", _told(state, day, closed[0]["rows"])), *(("window", one) for one in closed)]
    return [Output(kind, start_of(day + 1), data) for kind, data in told]


def _told(state: State, day: int, rows: Table) -> dict[str, Any]:
    """Return what a person wants to know of a day: it is the first of the windows that close daily."""
    row = {name: values[0] if values else 0 for name, values in rows.items()}
    mean = {
        name: row[f"{name}_sum_s"] / row["expected_n"] / DAY_S
        for name in ("expected", "real")
        if row["expected_n"]
    }
    return {
        "date": (EPOCH + timedelta(days=day)).isoformat(),
        **{name: row[name] for name in ("orders", "packages", "handed", "delivered", "promised", "late")},
        "expected_mean_days": mean.get("expected"),
        "real_mean_days": mean.get("real"),
        "open_orders": len(state.orders.open),
        "lost_orders": len(state.orders.lost),
        "level_log_days": state.learner.engine.period.level,
    }


def _fate(state: State, event: Event, fate: str, more: dict[str, Any]) -> Output:
    """Count an event that was not played as it was told, and say so."""
    state.count(fate)
    return Output(fate, max(event.time_s, state.clock_s), {"event_id": event.id, "kind": event.kind, **more})
