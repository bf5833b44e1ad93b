"""The opening stock of a replay from a file: events to book, each fault told."""

from __future__ import annotations

from pathlib import Path

from api.stock_files import LEVELS, Sheet, counts, read_sheets, stock_events
from graph.errors import BadInput
from inventory.counts import events_of
from inventory.events import StockEvent
from replay.replayed import Stock


def stock_file(path: Path) -> Stock:
    """Return the stock that a file or folder tells (``olist_inventory_dataset`` or ``…_events``).

    Raises BadInput with every fault: half a stock would decide wrongly.
    """
    sheets = read_sheets(path)
    events = [event for sheet in sheets for event in _events(sheet)]
    if faults := [fault for sheet in sheets for fault in sheet.set_aside]:
        raise BadInput(f"{path} has rows that cannot be used; half a stock would decide wrongly.", faults)
    return Stock(path.name, tuple(events))


def _events(sheet: Sheet) -> list[StockEvent]:
    if sheet.table.name == LEVELS.name:
        return list(events_of([count for _, count, _ in counts(sheet)], {}))
    return [event for _, event in stock_events(sheet)]
