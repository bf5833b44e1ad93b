"""Observers for tests: one that counts, and says so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from replay.stream.events import Event
from replay.stream.state import Output, State


class Tally:
    """Puts out every hundredth event that it sees, and on each tick how many that were."""

    name = "tally"

    def __init__(self) -> None:
        self.seen = 0

    def see(self, event: Event, state: State) -> Sequence[Output]:
        self.seen += 1
        if self.seen % 100:
            return ()
        return [Output("hundredth", event.time_s, {"id": event.id, "open": len(state.orders.open)})]

    def tick(self, at_s: int, state: State) -> Sequence[Output]:
        assert state.clock_s == at_s
        return [Output("tally", at_s, {"seen": self.seen})]

    def save(self) -> Mapping[str, Any]:
        return {"seen": self.seen}

    def restore(self, saved: Mapping[str, Any]) -> None:
        self.seen = saved["seen"]
