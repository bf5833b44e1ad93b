"""The opening stock of a replay from a file: events to book, each fault told."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from api.stock_files import LEVELS, Sheet, counts, read_sheets, stock_events
from graph.errors import BadInput
from inventory.counts import events_of
from inventory.events import StockEvent, StockKey
from inventory.stock import StockSettings
from replay.opened import Stock


def stock_file(path: Path, *, reorders: bool = False) -> Stock:
    """Return the stock that a file or folder tells (``olist_inventory_dataset`` or ``…_events``).

    ``reorders``: with the reorder points of the former; BadInput where it has none. Raises BadInput with
    every fault: half a stock would decide wrongly.
    """
    sheets = read_sheets(path)
    events = [event for sheet in sheets for event in _events(sheet)]
    if faults := [fault for sheet in sheets for fault in sheet.set_aside]:
        raise BadInput(f"{path} has rows that cannot be used; half a stock would decide wrongly.", faults)
    stock = Stock(path.name, tuple(events), dict(_settings(sheets)) if reorders else {})
    if reorders and not stock.orders_again:
        raise BadInput(f"{path} has no reorder_point: leave out --reorders, or fill in the points.")
    return stock


def _settings(sheets: Iterable[Sheet]) -> Iterator[tuple[StockKey, StockSettings]]:
    for sheet in sheets:
        if sheet.table.name == LEVELS.name:
            yield from ((count.key, settings) for _, count, settings in counts(sheet))


def _events(sheet: Sheet) -> list[StockEvent]:
    if sheet.table.name == LEVELS.name:
        return list(events_of([count for _, count, _ in counts(sheet)], {}))
    return [event for _, event in stock_events(sheet)]
