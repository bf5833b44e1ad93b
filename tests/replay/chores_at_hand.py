"""Small kinds of jobs for the tests of the worker, and a worker that does them until it is ended.

``python -m tests.replay.chores_at_hand DATABASE OWNER LEASE_SECONDS [once]``
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from graph.errors import BadInput
from inventory.sql import SqlHome
from replay.jobs import Habits, Task, Worker, wall_clock


def note(task: Task) -> Mapping[str, Any]:
    """Write down that the job was run, where the request says."""
    with Path(task.job.request["file"]).open("a", encoding="utf-8") as file:
        file.write(f"{task.job.job_id} {task.job.lease_owner}\n")
    return {"seen": task.job.request["number"]}


def sleep(task: Task) -> Mapping[str, Any]:
    """Do nothing for long, in one piece: what a solver looks like from outside."""
    task.tell(0.25, "asleep")
    Path(task.job.request["file"]).write_text(str(os.getpid()), "utf-8")
    time.sleep(task.job.request["seconds"])
    return {}


def refuse(task: Task) -> Mapping[str, Any]:
    raise BadInput("no such thing")


def stumble(task: Task) -> Mapping[str, Any]:
    raise KeyError("a fault of ours")


def die(task: Task) -> Mapping[str, Any]:
    os.kill(os.getpid(), signal.SIGKILL)
    return {}


KINDS = {"note": note, "sleep": sleep, "refuse": refuse, "stumble": stumble, "die": die}


def make(database: str, owner: str, lease_s: float) -> Worker:
    habits = Habits(lease=timedelta(seconds=lease_s), poll_s=0.05)
    return Worker(SqlHome.open(database), database, KINDS, owner, wall_clock, (), habits)


def main(database: str, owner: str, lease_s: float, once: bool) -> None:
    worker = make(database, owner, lease_s)
    signal.signal(signal.SIGTERM, lambda *_: worker.stop())
    print("ready", flush=True)
    worker.run(once=once)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], float(sys.argv[3]), sys.argv[4:] == ["once"])
