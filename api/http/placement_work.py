"""What a placement is checked for before it is queued."""

from __future__ import annotations

from contextlib import AbstractContextManager

from api.http.faults import told_at
from api.http.order_work import Visit
from api.http.placement_models import PlacementQuestion
from api.placement_jobs import REQUEST, check_placement
from graph.errors import Fault
from optimizer.placement.scenario_settings import WHERE


def check(_: Visit, asked: PlacementQuestion) -> None:
    """Refuse a scenario that cannot be used; the problem ``request_unusable``."""
    with placement_faults():
        check_placement(asked)


def placement_faults() -> AbstractContextManager[None]:
    """Let every fault of a scenario leave as ``request_unusable``, at its place in the body."""
    return told_at(_pointer)


def _pointer(fault: Fault) -> str:
    column = (fault.column or "").partition("+")[0].replace(".", "/")
    if fault.table == REQUEST:
        return f"/{column}"
    if fault.table == WHERE:
        return f"/settings/{column}"
    row = f"/{fault.row - 1}" if isinstance(fault.row, int) else ""
    return f"/tables/{fault.table}{row}{'/' if column else ''}{column}"
