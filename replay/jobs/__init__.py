"""Long work: jobs in the database, and the worker that does them."""

from replay.jobs.hand import Kinds, Task, Work, wall_clock
from replay.jobs.job import Job, JobState, WrongStep
from replay.jobs.store import Jobs, LeaseLost, UnknownJob
from replay.jobs.worker import Chore, Habits, Worker

__all__ = [
    "Chore",
    "Habits",
    "Job",
    "JobState",
    "Jobs",
    "Kinds",
    "LeaseLost",
    "Task",
    "UnknownJob",
    "Work",
    "Worker",
    "WrongStep",
    "wall_clock",
]
