"""The opening stock of a replay from a file: counts, and reorder points where they are asked for."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from api.replay_stock import stock_file
from api.stock_files import write_stock
from graph.errors import BadInput
from inventory.events import StockKey
from inventory.stock import StockRow, StockSettings

NOON = datetime(2018, 2, 1, 12, tzinfo=UTC)
SOLD, EMPTY = StockKey("p1", "s1", "s1"), StockKey("p2", "s1", "s1")


def written(folder: Path, *rows: StockRow) -> Path:
    write_stock(folder, iter(rows), iter(()))
    return folder


def test_reorder_points_are_read_where_they_are_asked_for(tmp_path: Path) -> None:
    rows = StockRow(SOLD, 5, 0, 1, 4, 6.0, NOON, 20), StockRow(EMPTY, 0, 0, updated_at=NOON)
    path = written(tmp_path, *rows)
    plain, again = stock_file(path), stock_file(path, reorders=True)
    assert not plain.orders_again
    assert again.orders_again
    assert again.events == plain.events
    assert again.settings[SOLD] == StockSettings(1, 4, 6.0, 20)


def test_a_file_need_not_tell_how_far_to_fill_up(tmp_path: Path) -> None:
    path = written(tmp_path, StockRow(SOLD, 5, 0, 1, 4, 6.0, NOON, 20))
    table = path / "olist_inventory_dataset.csv"
    pl.read_csv(table).drop("order_up_to").write_csv(table)
    assert stock_file(table, reorders=True).settings[SOLD] == StockSettings(1, 4, 6.0)
    pl.read_csv(table).drop("reorder_point").write_csv(table)
    with pytest.raises(BadInput) as refused:
        stock_file(path)
    assert [fault.column for fault in refused.value.faults] == ["reorder_point"]


def test_a_file_without_reorder_points_cannot_order_again(tmp_path: Path) -> None:
    path = written(tmp_path, StockRow(SOLD, 5, 0, updated_at=NOON))
    with pytest.raises(BadInput, match="leave out --reorders"):
        stock_file(path, reorders=True)
