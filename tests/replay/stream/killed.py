"""A reader to be killed: ``python -m tests.replay.stream.killed DATABASE SOURCE FUSE``.

It copies the source into the log and plays it, and kills itself (SIGKILL) at the FUSE-th point: before an
event, before a statement to the database, or before a commit. With FUSE 0 it lives, and prints its digest.
"""

from __future__ import annotations

import os
import signal
import sys
from dataclasses import dataclass

from sqlalchemy import event

from ingest.source import open_source
from inventory.sql import SqlHome
from replay.stream.checkpoints import Checkpoints
from replay.stream.source import fill, read_recorded
from replay.stream.sql_log import SqlLog
from replay.stream.stepper import Stepper
from tests.replay.stream.conftest import QUICK
from tests.replay.stream.watchers import Tally

EVERY = 150


@dataclass
class Fuse:
    left: int

    def burn(self, *_: object) -> bool:
        self.left -= 1
        if self.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return False


def main(database: str, source: str, fuse: str) -> None:
    home, point = SqlHome.open(database), Fuse(int(fuse))
    event.listen(home.engine, "before_cursor_execute", lambda *_: [point.burn(), None][1])
    event.listen(home.engine, "commit", point.burn)
    recorded = read_recorded(open_source(source))
    log = SqlLog(home, "market")
    fill(log, recorded.log)
    kept = Checkpoints(home, "killed")
    stepper = Stepper.resume(
        log, recorded.reference, kept, parameters=QUICK, observers=[Tally()], every=EVERY
    )
    stepper.run(stopped=point.burn)
    print(stepper.state.digest)
    home.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
