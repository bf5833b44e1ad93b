"""A placement as it is asked for over HTTP: checked for who queues it, and done by the worker."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

import polars as pl
from pydantic import BeforeValidator, Field, ValidationError

from api.order_models import Strict, whole
from api.place_limits import GAP, SECONDS
from api.scenarios.edits import EDIT, edited, edited_settings
from api.scenarios.folders import RESERVED
from api.scenarios.raw import Raw, checked
from graph.errors import BadInput, Fault
from optimizer.placement.scenario_cells import MOST_FAULTS
from optimizer.placement.scenario_settings import settings_of
from optimizer.placement.scenario_tables import ROW

if TYPE_CHECKING:
    from api.jobs import Shop
    from optimizer.placement.answer import Progress
    from replay.jobs import Task

PLACE: Final = "place"
MOST_ROWS: Final = 200_000
MOST_EDITS: Final = 100
MOST_SITES: Final = 200
MOST_SECONDS: Final = 3_600.0
MOST_POINTS: Final = 20
MOST_DRAWS: Final = 200
REQUEST: Final = "request"
SOLVED: Final = 0.99
"""How much of the job is done when the plan is found."""

MADE: Final = ("sites", "demand", "products", "supply")
"""The tables of a scenario that is made from a snapshot."""

Cell = str | float | bool | None
Rows = Annotated[list[dict[str, Cell]], Field(max_length=MOST_ROWS)]


class FromSnapshot(Strict):
    """A scenario on the demand that the worker's snapshot expects, as `malha scenario new` makes it.

    ``kmedians``: so many sites where demand lies; None: one site in every state capital.
    """

    horizon_days: float = Field(default=90.0, ge=1, le=3_650)
    kmedians: Annotated[int, Field(ge=1, le=MOST_SITES), BeforeValidator(whole)] | None = None


class StudiesIn(Strict):
    """What else is asked of the plan, as `malha place` takes it: each solves the scenario again, changed."""

    frontier: Annotated[int, Field(ge=2, le=MOST_POINTS), BeforeValidator(whole)] | None = None
    worth: bool = False
    bootstrap: Annotated[int, Field(ge=1, le=MOST_DRAWS), BeforeValidator(whole)] | None = None
    seed: Annotated[int, Field(ge=0, lt=2**32), BeforeValidator(whole)] = 1


class PlacementIn(Strict):
    """The request of a job ``place``: a scenario, edits on it, and how far to search.

    Give ``tables`` (rows by table, as docs/scenarios.md has them) and ``settings`` (as scenario.toml), or
    ``from_snapshot``, where each of the ``settings`` takes the place of the one made. What the tables leave
    out is computed from the worker's snapshot. ``assort``: also what each site stocks, product by product.
    ``seconds`` and ``gap`` hold for each solve of the ``studies``.
    """

    tables: dict[str, Rows] | None = None
    settings: dict[str, Any] = Field(default_factory=dict)
    from_snapshot: FromSnapshot | None = None
    edits: list[Annotated[str, Field(max_length=300)]] = Field(default_factory=list, max_length=MOST_EDITS)
    seconds: float = Field(default=SECONDS, gt=0, le=MOST_SECONDS)
    gap: float = Field(default=GAP, ge=0, lt=1)
    assort: Literal["weighed", "best-sellers"] | None = None
    studies: StudiesIn = Field(default_factory=StudiesIn)


def placement_of(request: Mapping[str, Any]) -> PlacementIn:
    """Return the request of a placement; BadInput with every fault, those of its tables included."""
    try:
        asked = PlacementIn.model_validate(request)
    except ValidationError as error:
        told = [(".".join(map(str, found["loc"])), found["msg"]) for found in error.errors(include_url=False)]
        faults = [Fault(REQUEST, None, where, what, "", "Correct the request.") for where, what in told]
        raise BadInput("The placement cannot be used.", faults) from None
    check_placement(asked)
    return asked


def check_placement(asked: PlacementIn) -> None:
    """Refuse a scenario that cannot be used, as far as that needs no snapshot; BadInput with every fault."""
    if (asked.tables is None) == (asked.from_snapshot is None):
        remedy = "Give tables or from_snapshot, one of the two."
        raise BadInput(
            "The placement cannot be used.", [Fault(REQUEST, None, "tables", "not one scenario", "", remedy)]
        )
    if "snapshot" in asked.settings:
        remedy = "Leave it out: the worker's own snapshot is used."
        raise BadInput(
            "The placement cannot be used.", [Fault(REQUEST, None, "settings.snapshot", "a path", "", remedy)]
        )
    with _edits_placed(asked.edits):
        if asked.tables is not None:
            checked(edited(_raw(asked.tables, asked.settings), asked.edits))
            return
        if faults := _unmade_faults(asked):
            raise BadInput("The placement cannot be used.", faults)


def _unmade_faults(asked: PlacementIn) -> list[Fault]:
    """Return what is wrong with settings and edits of a scenario that is still to be made."""
    try:
        settings = edited_settings(asked.settings, asked.edits, MADE)
    except BadInput as error:
        return [*settings_of(asked.settings)[1], *error.faults]
    return settings_of(settings)[1]


@contextmanager
def _edits_placed(edits: Sequence[str]) -> Iterator[None]:
    """Let faults of edits leave with their place in the request."""

    def placed(fault: Fault) -> Fault:
        if fault.table != EDIT:
            return fault
        return replace(fault, table=REQUEST, column=f"edits.{edits.index(fault.value)}")

    try:
        yield
    except BadInput as error:
        raise BadInput(error.message, [placed(fault) for fault in error.faults]) from None


def _raw(tables: Mapping[str, list[dict[str, Cell]]], settings: Mapping[str, Any]) -> Raw:
    """Return rows as a scenario is read; rows are counted from 1, as JSON Pointers of arrays are from 0.

    BadInput for cells that are named as the count of the rows is.
    """
    counted = [
        Fault(name, number, ROW, "reserved name of a column", "", RESERVED)
        for name, rows in tables.items()
        for number, row in enumerate(rows, 1)
        if ROW in row
    ]
    if counted:
        raise BadInput("The placement cannot be used.", counted[:MOST_FAULTS])
    frames = {
        name: pl.DataFrame(
            {
                column: [_text(row.get(column)) for row in rows]
                for column in dict.fromkeys(key for row in rows for key in row)
            }
        ).with_row_index(ROW, offset=1)
        for name, rows in tables.items()
    }
    return Raw(frames, settings, REQUEST)


def _text(cell: Cell) -> str | None:
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return None if cell is None else str(cell)


@dataclass(frozen=True, slots=True)
class Place:
    """Solves a placement on the worker's snapshot."""

    shop: Shop

    def __call__(self, task: Task) -> Mapping[str, Any]:
        """Do it; the result is what ``plan.json`` holds, with the plan's tables as rows.

        BadInput for a request that cannot be used, or whose limits leave no plan; NoPlanFound ends the job
        as failed.
        """
        from api.place_assortment import assorting  # noqa: PLC0415 (a worker may never need it)
        from api.place_studies import Studies, check_studies, studied  # noqa: PLC0415
        from api.placing import completed, progress_text, solved  # noqa: PLC0415
        from optimizer.placement.record import PlaceLimits  # noqa: PLC0415

        asked, folder = placement_of(task.job.request), self.shop.folder()
        task.tell(0.0, "Reading the scenario")
        ready, network = completed(edited(self._scenario(asked, folder), asked.edits), folder)
        studies = Studies(**asked.studies.model_dump(), assort=assorting(asked.assort))
        check_studies(studies, ready, network)
        done = 0.0

        def progress(step: Progress) -> None:
            nonlocal done
            share = step.bound / step.value if 0 < step.bound <= step.value else 0.0
            done = max(done, min(share, SOLVED))
            task.tell(done, progress_text(step))

        def told(message: str) -> None:
            task.tell(max(done, SOLVED), message)

        limits = PlaceLimits(seconds=asked.seconds, gap=asked.gap)
        placed = studied(solved(ready, limits, progress), studies, limits, told, network, folder)
        tables = {
            name: _rows(getattr(placed.tables, name)) for name in ("sites", "stock", "flows", "transfers")
        }
        return {**placed.to_dict(), "tables": tables}

    def _scenario(self, asked: PlacementIn, folder: Path) -> Raw:
        if asked.tables is not None:
            return _raw(asked.tables, asked.settings)
        from api.scenarios.new import CAPITALS, MEDIANS, new_scenario  # noqa: PLC0415

        wanted = asked.from_snapshot or FromSnapshot()
        warehouses = CAPITALS if wanted.kmedians is None else MEDIANS
        tables, settings = new_scenario(folder, warehouses, wanted.horizon_days, wanted.kmedians or 1)
        del settings["snapshot"]["folder"]  # where this worker's snapshots are is no part of an answer
        return Raw(tables, _merged(settings, asked.settings), REQUEST)


def _merged(made: Mapping[str, Any], asked: Mapping[str, Any]) -> dict[str, Any]:
    """Return settings in which those that are asked for, table by table, take the place of those made."""
    return {**made, **{name: _both(made.get(name), value) for name, value in asked.items()}}


def _both(made: Any, asked: Any) -> Any:
    return {**made, **asked} if isinstance(made, Mapping) and isinstance(asked, Mapping) else asked


def _rows(table: pl.DataFrame) -> list[dict[str, Any]]:
    dates = [name for name, dtype in table.schema.items() if dtype == pl.Date]
    return table.with_columns(pl.col(dates).dt.to_string("iso") if dates else []).to_dicts()
