"""A replay as it is asked for over HTTP: checked for who queues it, done and reported by the worker."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Final

from pydantic import ConfigDict, Field, ValidationError

from api.order_models import Id, Instant, Strict, Whole
from graph.errors import BadInput, Fault
from replay.seed import SEED

if TYPE_CHECKING:
    from api.jobs import Shop
    from replay.jobs import Task

REPLAY: Final = "replay"
POLICIES: Final = ("as_is", "priced")
MOST_POLICIES: Final = 8
MOST_SEED: Final = 2**31 - 1

_WHERE: Final = "request"
_REMEDY: Final = "Correct the request."


class ReplayIn(Strict):
    """The request of a job ``replay``: which purchases, by which policies.

    The history is the worker's own: a request names no files. Without ``from`` and ``to`` it is the last 60
    days.
    """

    model_config = ConfigDict(serialize_by_alias=True)

    start: Instant = Field(default=None, alias="from", description="First purchase.")
    end: Instant = Field(default=None, alias="to", description="Purchases before this count.")
    policies: Annotated[list[Id], Field(min_length=1, max_length=MOST_POLICIES)] = Field(
        default=list(POLICIES), description="By name, each once; the story is about the last."
    )
    seed: Whole = Field(default=SEED, ge=0, le=MOST_SEED, description="Of the intervals.")


def replay_of(request: Mapping[str, Any]) -> ReplayIn:
    """Return the request of a replay; BadInput with every fault."""
    try:
        asked = ReplayIn.model_validate(request)
    except ValidationError as error:
        told = [(".".join(map(str, found["loc"])), found["msg"]) for found in error.errors(include_url=False)]
        faults = [Fault(_WHERE, None, where, what, "", _REMEDY) for where, what in told]
        raise BadInput("The replay cannot be used.", faults) from None
    check_replay(asked)
    return asked


def check_replay(asked: ReplayIn) -> None:
    """Refuse a replay that makes no sense, as far as that needs no history; BadInput with every fault."""
    faults = []
    if asked.start is not None and asked.end is not None and asked.start >= asked.end:
        faults.append(Fault(_WHERE, None, "from", "not before to", asked.start.isoformat(), _REMEDY))
    if len(set(asked.policies)) < len(asked.policies):
        faults.append(Fault(_WHERE, None, "policies", "a policy twice", "", "Name each once."))
    if faults:
        raise BadInput("The replay cannot be used.", faults)


@dataclass(frozen=True, slots=True)
class Replay:
    """Replays a stretch of the worker's history and reports it."""

    shop: Shop

    def __call__(self, task: Task) -> Mapping[str, Any]:
        """Do it; the result has the report's numbers, and where its page is if the worker keeps reports.

        BadInput for a request that cannot be used, or where the worker was given no history.
        """
        from api import policies  # noqa: PLC0415 (a worker may never need it, as all below)
        from api.report_files import write_report  # noqa: PLC0415
        from ingest.source import open_source  # noqa: PLC0415
        from replay.report.making import Sources, Wanted, make  # noqa: PLC0415

        asked, source = replay_of(task.job.request), self.shop.source
        if source is None:
            raise BadInput("This worker has no history to replay: start it with --source (MALHA_SOURCE).")
        chosen = [self.shop.load(name) for name in asked.policies]
        costs = self.shop.load(policies.DEFAULT).costs
        sources = Sources.read(history_name(source), open_source(source), lambda text: task.tell(0.0, text))
        span_s = sources.span_s(asked.start, asked.end)
        made = make(sources, span_s, Wanted(chosen, costs, seed=asked.seed), task.tell)
        if self.shop.reports is None:
            return {"page": None, "report": made.report.to_dict()}
        numbers = write_report(self.shop.reports / task.job.job_id, made)
        return {"page": f"/reports/{task.job.job_id}/", "report": numbers}


def history_name(source: str) -> str:
    """Return how a report calls a history: a server's folders and passwords are nobody's business."""
    kind, given, rest = source.partition("://")
    if not given:
        return source.rstrip("/").rpartition("/")[2]
    if kind.startswith("postgres"):  # the settings of the connection, ?password=… among them
        rest = rest.partition("?")[0]
    return f"{kind}://{rest.rpartition('@')[2]}"
