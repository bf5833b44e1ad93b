"""The virtual clock: how fast events go by. What they do does not depend on it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

NAP_S: Final = 0.1
"""The longest sleep at once: who wants to stop waits no longer."""


@dataclass(slots=True)
class Pace:
    """``speed`` seconds of the history go by in one second; 0 is as fast as possible.

    ``now`` and ``sleep`` are the wall's, in seconds.
    """

    speed: float = 0.0
    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    _anchor: tuple[float, int] | None = field(default=None, init=False)

    def wait(self, time_s: int, stopped: Callable[[], bool]) -> None:
        """Return when it is time for what is stamped ``time_s``, or somebody stopped."""
        if not self.speed:
            return
        if self._anchor is None:
            self._anchor = self.now(), time_s
        begun, first_s = self._anchor
        due = begun + (time_s - first_s) / self.speed
        while (left := due - self.now()) > 0 and not stopped():
            self.sleep(min(left, NAP_S))

    def restart(self) -> None:
        """Count from the next event on, as after a pause or a seek."""
        self._anchor = None
