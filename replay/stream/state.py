"""What a reader of all events so far knows, and who looks on: the state that ``step`` moves.

Whatever watches the stream (detectors, for one) is an `Observer`: it is called after each event and each
tick, reads the state, keeps one of its own, and says what should be put out. What it keeps is saved in the
same checkpoint, so it sees every event exactly once whatever happens to the program.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from graph.errors import BadInput
from graph.lead_time import OnlineParameters
from graph.model import NEVER
from inventory.memory import MemoryHome
from replay.stream import saved as packing
from replay.stream import stock
from replay.stream.events import Event
from replay.stream.learner import Learner
from replay.stream.open_orders import Orders
from replay.stream.reference import Reference
from replay.stream.windows import Windows

FORMAT = 3
"""Raised whenever a state is saved otherwise: an older checkpoint is refused."""


@dataclass(frozen=True, slots=True)
class Output:
    """Something to put out at ``time_s``: its kind, and JSON values."""

    kind: str
    time_s: int
    data: Mapping[str, Any]


class Observer(Protocol):
    """Somebody who looks on. Must not change the state, nor read a clock or anything else outside of it."""

    @property
    def name(self) -> str:
        """The name under which its own state is kept; no two observers share one."""
        ...

    def see(self, event: Event, state: State) -> Sequence[Output]:
        """Look at the state after an event (not a tick)."""
        ...

    def tick(self, at_s: int, state: State) -> Sequence[Output]:
        """Look at the state at an instant: everything stamped before ``at_s`` is in it."""
        ...

    def save(self) -> Mapping[str, Any]:
        """Return what it keeps, as JSON values."""
        ...

    def restore(self, saved: Mapping[str, Any]) -> None:
        """Take up what ``save`` told."""
        ...


@dataclass(slots=True, eq=False)
class State:
    """``clock_s``: the last tick; ``closed_s``: the last that was a midnight; NEVER before the first.

    ``counts``: events by kind, and by their fate. ``learner`` is the lead-time model, ``home`` the ledger:
    observers read them, ``step`` moves them.
    """

    reference: Reference
    orders: Orders
    learner: Learner
    windows: Windows
    home: MemoryHome
    clock_s: int = NEVER
    closed_s: int = NEVER
    counts: dict[str, int] = field(default_factory=dict)
    observers: tuple[Observer, ...] = ()

    @classmethod
    def start(
        cls,
        reference: Reference,
        parameters: OnlineParameters | None = None,
        observers: Sequence[Observer] = (),
    ) -> State:
        """Return the state before the first event."""
        learner = Learner.start(reference, parameters or OnlineParameters())
        windows, orders = Windows(reference), Orders(reference)
        return cls(reference, orders, learner, windows, MemoryHome(), observers=tuple(observers))

    def count(self, what: str) -> None:
        """Count one more of something."""
        self.counts[what] = self.counts.get(what, 0) + 1

    def save(self) -> bytes:
        """Return everything as bytes; the same state gives the same bytes."""
        values = {
            "format": FORMAT,
            "reference": self.reference.digest,
            "clock_s": self.clock_s,
            "closed_s": self.closed_s,
            "counts": self.counts,
            "orders": self.orders.save(),
            "stock": stock.save(self.home),
            "observers": {one.name: one.save() for one in self.observers},
        }
        return packing.packed(self.learner.save() | self.windows.save(), values)

    @property
    def digest(self) -> str:
        """A digest of everything in it."""
        return hashlib.sha256(self.save()).hexdigest()

    @classmethod
    def restore(
        cls,
        content: bytes,
        reference: Reference,
        observers: Sequence[Observer] = (),
    ) -> State:
        """Return the state that ``save`` told, the same to the bit; observers take up theirs.

        Raises BadInput for a damaged state, one of another version, and one that knew other names.
        """
        arrays, values = packing.unpacked(content)
        if values.get("format") != FORMAT:
            raise BadInput("The saved state is of another version: play the events from the start.")
        if values["reference"] != reference.digest:
            raise BadInput(
                "The saved state knew other places, goods or sellers: play the events from the start."
            )
        for one in observers:
            if one.name in values["observers"]:
                one.restore(values["observers"][one.name])
        return cls(
            reference=reference,
            orders=Orders.restore(reference, values["orders"]),
            learner=Learner.restore(reference, arrays),
            windows=Windows.restore(reference, arrays),
            home=stock.restore(values["stock"]),
            clock_s=values["clock_s"],
            closed_s=values["closed_s"],
            counts=values["counts"],
            observers=tuple(observers),
        )
