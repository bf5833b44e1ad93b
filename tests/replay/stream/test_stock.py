"""The ledger of the stream as it is put into checkpoints."""

from __future__ import annotations

from inventory.memory import MemoryHome
from inventory.stock import StockRow, StockSettings
from replay.stream.stock import restore, save
from tests.inventory.make import SHELF, event


def rows(home: MemoryHome) -> list[StockRow]:
    with home.reading() as unit:
        return list(unit.store.all_rows())


def test_a_checkpoint_keeps_settings_and_may_be_older_than_one_of_them() -> None:
    home = MemoryHome()
    with home.unit() as unit:
        unit.ledger.append([event("open", "RECEIVED", 5)])
        unit.ledger.configure({SHELF: StockSettings(2, 3, 7.0, 40)})
    saved = save(home)
    assert rows(restore(saved)) == rows(home)
    old = saved | {"rows": [row[:-1] for row in saved["rows"]]}
    [row] = rows(restore(old))
    assert (row.current, row.reorder_point, row.order_up_to) == (5, 3, None)
