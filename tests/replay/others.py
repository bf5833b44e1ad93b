"""What a second process is given to do; ``python -m tests.replay.others`` has one at work that never ends."""

from __future__ import annotations

import os
import signal
from datetime import date
from time import sleep

from graph.errors import UnknownName
from inventory.ledger import CapacityFull
from replay.second_process import Second, beside

LONG_S = 600.0


def endless() -> None:
    Second.tell(1.0)
    sleep(LONG_S)


def full() -> None:
    raise CapacityFull("w1", date(2018, 3, 1), 2, 1)


def unknown() -> None:
    raise UnknownName("product", "p0", ["p1"])


def killed() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def main() -> None:
    with beside(endless) as other:
        while other.share < 1.0:
            sleep(0.01)
        print("at work", flush=True)
        other.result(lambda _: None)


if __name__ == "__main__":
    main()
