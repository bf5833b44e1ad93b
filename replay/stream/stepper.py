"""The stepper: reads a log on, event by event, keeps checkpoints, pauses, seeks, resumes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from graph.lead_time import OnlineParameters
from replay.stream.checkpoints import Checkpoint, Checkpoints, Put
from replay.stream.clock import Pace
from replay.stream.log import BEGINNING, Log
from replay.stream.reference import Reference
from replay.stream.state import Observer, Output, State
from replay.stream.step import step

EVERY: Final = 50_000
"""Events between two checkpoints."""

_AT_ONCE: Final = 2_000

Watch = Callable[[Output], None]


class Stop(StrEnum):
    """Why a run ended: it reached where it should pause, or the end of the log, or was told to stop."""

    PAUSED = "paused"
    END = "end"
    STOPPED = "stopped"


def _never() -> bool:
    return False


@dataclass(slots=True, eq=False)
class Stepper:
    """A reader of ``log`` at ``offset``, the last event that is in ``state``.

    With ``kept`` a checkpoint is stored once ``every`` offsets have gone by (a log may leave some out) and
    wherever a run ends; without, nothing is.
    """

    log: Log
    state: State
    offset: int = BEGINNING
    kept: Checkpoints | None = None
    every: int = EVERY
    pace: Pace = field(default_factory=Pace)
    _puts: list[Put] = field(default_factory=list)
    _saved: int = BEGINNING
    _at_s: int = 0

    @classmethod
    def resume(
        cls,
        log: Log,
        reference: Reference,
        kept: Checkpoints | None = None,
        *,
        parameters: OnlineParameters | None = None,
        observers: Sequence[Observer] = (),
        before_s: int | None = None,
        every: int = EVERY,
    ) -> Stepper:
        """Go on from the newest checkpoint (of those that hold nothing stamped at ``before_s`` or later).

        Without one, begin at the start. What was kept after it is dropped: it will be put out again, the
        same. ``parameters`` are those of a model that starts. Raises BadInput for a checkpoint that knew
        other names, or is damaged.
        """
        found = None if kept is None else kept.newest(before_s)
        if kept is not None:
            kept.forget(BEGINNING if found is None else found.offset)
        if found is None:
            return cls(log, State.start(reference, parameters, observers), kept=kept, every=every)
        state = State.restore(found.state, reference, observers)
        return cls(log, state, found.offset, kept, every, _saved=found.offset, _at_s=found.at_s)

    def run(
        self,
        until_s: int | None = None,
        *,
        most: int | None = None,
        watch: Watch = lambda _output: None,
        stopped: Callable[[], bool] = _never,
    ) -> Stop:
        """Play events stamped before ``until_s`` (None: all), and a tick at it; at most ``most`` of them.

        ``watch`` is shown every output at once; it counts as put out with the next checkpoint only.
        """
        self.pace.restart()
        left = most
        while True:
            wanted = _AT_ONCE if left is None else min(_AT_ONCE, left)
            entries = self.log.read(self.offset, wanted)
            for offset, event in entries:
                after = until_s is not None and (event.time_s, event.kind != "Tick") > (until_s, False)
                if after or stopped():
                    return self._end(Stop.PAUSED if after else Stop.STOPPED)
                self.pace.wait(event.time_s, stopped)
                self.state, outputs = step(self.state, event)
                self.offset, self._at_s = offset, max(self._at_s, event.time_s)
                for place, output in enumerate(outputs):
                    watch(output)
                    if self.kept is not None:
                        self._puts.append(Put(offset, place, output))
                if offset - self._saved >= self.every:
                    self.checkpoint()
            left = None if left is None else left - len(entries)
            if left == 0 or len(entries) < wanted:
                return self._end(Stop.PAUSED if left == 0 else Stop.END)

    def checkpoint(self) -> None:
        """Store where the reader stands, if it has moved and anybody keeps it."""
        if self.kept is None or self.offset == self._saved:
            return
        self.kept.keep(Checkpoint(self.offset, self._at_s, self.state.save()), self._puts)
        self._puts, self._saved = [], self.offset

    def _end(self, why: Stop) -> Stop:
        self.checkpoint()
        return why
