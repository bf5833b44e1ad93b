"""A placement as it is asked for over HTTP: checked for who queues it, and done by the worker."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

import polars as pl
from pydantic import BeforeValidator, Field, ValidationError

from api.order_models import Strict, whole
from api.scenarios.edits import edited
from api.scenarios.raw import Raw
from graph.errors import BadInput, Fault
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
    ``from_snapshot``. What the tables leave out is computed from the worker's snapshot. ``assort``: also
    what each site stocks, product by product. ``seconds`` and ``gap`` hold for each solve of the ``studies``.
    """

    tables: dict[str, Rows] | None = None
    settings: dict[str, Any] = Field(default_factory=dict)
    from_snapshot: FromSnapshot | None = None
    edits: list[Annotated[str, Field(max_length=300)]] = Field(default_factory=list, max_length=MOST_EDITS)
    seconds: float = Field(default=60.0, gt=0, le=MOST_SECONDS)
    gap: float = Field(default=1e-3, ge=0, lt=1)
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
    if asked.tables is not None:
        from api.scenarios.raw import checked  # noqa: PLC0415 (compiles the optimizer's code)

        checked(edited(_raw(asked.tables, asked.settings), asked.edits))


def _raw(tables: Mapping[str, list[dict[str, Cell]]], settings: Mapping[str, Any]) -> Raw:
    """Return rows as a scenario is read; rows are counted from 1, as JSON Pointers of arrays are from 0."""
    frames = {
        name: pl.DataFrame(
            {
                column: [_text(row.get(column)) for row in rows]
                for column in dict.fromkeys(key for row in rows for key in row if key != ROW)
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
        from api.place_assortment import assorting, stocked  # noqa: PLC0415 (a worker may never need it)
        from api.place_studies import Studies, studied  # noqa: PLC0415
        from api.placing import completed, progress_text, solved  # noqa: PLC0415
        from optimizer.placement.record import PlaceLimits  # noqa: PLC0415

        asked, folder = placement_of(task.job.request), self.shop.folder()
        task.tell(0.0, "Reading the scenario")
        ready, network = completed(edited(self._scenario(asked, folder), asked.edits), folder)
        done = 0.0

        def progress(step: Progress) -> None:
            nonlocal done
            share = step.bound / step.value if 0 < step.bound <= step.value else 0.0
            done = max(done, min(share, SOLVED))
            task.tell(done, progress_text(step))

        def told(message: str) -> None:
            task.tell(max(done, SOLVED), message)

        limits = PlaceLimits(seconds=asked.seconds, gap=asked.gap)
        placed = studied(solved(ready, limits, progress), Studies(**asked.studies.model_dump()), limits, told)
        if (how := assorting(asked.assort)) is not None:
            placed = stocked(placed, how, network, folder, limits, told)
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
        return Raw(tables, {**settings, **asked.settings}, REQUEST)


def _rows(table: pl.DataFrame) -> list[dict[str, Any]]:
    dates = [name for name, dtype in table.schema.items() if dtype == pl.Date]
    return table.with_columns(pl.col(dates).dt.to_string("iso") if dates else []).to_dicts()
