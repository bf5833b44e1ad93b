"""Damaged folders: no traceback, no lost row, and no row lost that the damage did not reach."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from shutil import rmtree
from typing import TypeVar

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from graph.errors import BadInput
from ingest.checked import Checked
from ingest.checks import check
from ingest.source import open_source
from ingest.tables import TABLES, Table
from ingest.transforms.events import KINDS
from replay.build import BuildReport, account, build
from tests.ingest import tiny
from tests.ingest.blows import Damage, Key, key_of
from tests.ingest.damage import damaged

SAMPLE, CAMPAIGN = 24, 2_000
AS_OF = datetime(2018, 12, 1, tzinfo=UTC)
Answer = TypeVar("Answer")


@pytest.mark.parametrize("seed", range(SAMPLE))
def test_a_damaged_folder_is_built_or_refused(seed: int, tmp_path: Path) -> None:
    judge(seed, tmp_path)


@pytest.mark.campaign
@pytest.mark.parametrize("seed", range(SAMPLE, SAMPLE + CAMPAIGN))
def test_two_thousand_damaged_folders(seed: int, tmp_path: Path) -> None:
    judge(seed, tmp_path)


def judge(seed: int, folder: Path) -> str:
    """Build one damaged folder and check everything that must hold of it; return what happened."""
    tables = folder / "tables"
    damage = damaged(seed, tables)
    as_of = AS_OF if seed % 2 else None
    answer = _answer(lambda: check(open_source(tables), as_of))
    built = _answer(lambda: build(open_source(tables), as_of, folder / "snapshots"))
    if isinstance(answer, BadInput) or isinstance(built, BadInput):
        # Only the checks refuse: what they let through can be built, whatever it lacks.
        assert isinstance(answer, BadInput), (damage.blows, str(built))
        assert str(answer) == str(built), damage.blows
        assert damage.may_refuse, (damage.blows, str(answer))
        assert answer.faults, damage.blows
        assert all(fault.remedy and fault.table for fault in answer.faults), damage.blows
        return "refused"
    _nothing_is_lost(answer, built, folder / "snapshots")
    _accounts_add_up(answer, tables, damage)
    _references_hold(answer)
    _untouched_rows_are_used(answer, damage)
    rmtree(folder / "snapshots")  # two thousand of them would fill a disk
    return "built"


def _answer(work: Callable[[], Answer]) -> Answer | BadInput:
    try:
        return work()
    except BadInput as refusal:
        return refusal


def _nothing_is_lost(checked: Checked, built: BuildReport, snapshots: Path) -> None:
    """Require that every row that is used stands in the snapshot that was built."""
    assert {name: account(report) for name, report in built.tables.items()} == {
        name: account(report) for name, report in checked.reports.items()
    }
    log = pl.read_parquet(snapshots / built.snapshot_id / "events.parquet")
    assert log.height == built.events
    told = {kind: log.filter(kind=kind) for kind in KINDS}
    tables = {name: checked.named(name) for name in checked.tables}
    assert set(told["OrderPurchased"]["subject"]) == set(tables["orders"]["order_id"])
    assert told["OrderPurchased"]["product_id"].count() == tables["items"].height
    assert told["PaymentRegistered"].height == tables["payments"].height
    assert told["Reviewed"].height == tables["reviews"].height
    if "inventory_events" in tables:
        assert told["StockMoved"].height == tables["inventory_events"].height
    for name in ("sellers", "products"):
        assert built.nodes[name] == tables[name].height


def _accounts_add_up(checked: Checked, folder: Path, damage: Damage) -> None:
    for name, report in checked.reports.items():
        assert report.read == report.used + report.set_aside + report.later_than_as_of
        assert report.used == checked.tables[name].height
        assert report.quarantine.height >= report.set_aside
        path = folder / f"{TABLES[name].file}.{damage.fmt}"
        if damage.fmt == "csv" and not TABLES[name].free_text:
            lines = path.read_bytes().split(b"\n")[1:]
            records = sum(line.removesuffix(b"\r") != b"" for line in lines)
            assert report.read == records, (damage.blows, name)
        elif damage.fmt == "parquet" and TABLES[name].file not in damage.lost_files:
            assert report.read == len(damage.sheets[TABLES[name].file].rows), (damage.blows, name)


def _references_hold(checked: Checked) -> None:
    for name in checked.tables:
        frame = checked.named(name)
        for column in TABLES[name].columns:
            if column.references in checked.tables:
                parents = checked.named(column.references)
                missing = frame.join(parents, left_on=column.name, right_on=parents.columns[0], how="anti")
                assert missing[column.name].null_count() == missing.height, (name, column.name)


@cache
def _original() -> tuple[tiny.Sheets, Checked]:
    from tempfile import TemporaryDirectory  # noqa: PLC0415 (once, for the undamaged tables)

    with TemporaryDirectory() as folder:
        sheets = tiny.marketplace()
        return sheets, check(open_source(tiny.write(sheets, Path(folder))), AS_OF)


def _untouched_rows_are_used(checked: Checked, damage: Damage) -> None:
    sheets, original = _original()
    for name, keys in _safe_keys(sheets, damage).items():
        table = TABLES[name]
        if table.key:
            kept = _rows_of(checked.named(name), table, keys)
            assert_frame_equal(kept, _rows_of(original.named(name), table, keys))
        else:
            used = Counter((z, la, ln, c, s) for z, la, ln, c, s in checked.named(name).iter_rows())
            wanted = Counter((z, float(la), float(ln), c, s) for z, la, ln, c, s in keys)
            assert not wanted - used, (damage.blows, wanted - used)


def _rows_of(frame: pl.DataFrame, table: Table, keys: set[Key]) -> pl.DataFrame:
    """Return the rows with these keys; whether an order's zip prefix is located does not show here."""
    text = frame.select(pl.col(key).cast(pl.String).fill_null("") for key in table.key)
    mask = [row in keys for row in text.iter_rows()]
    assert sum(mask) == len(keys), (table.name, keys - set(text.iter_rows()))
    return frame.filter(pl.Series(mask, dtype=pl.Boolean))


def _safe_keys(sheets: tiny.Sheets, damage: Damage) -> dict[str, set[Key]]:
    """Return the keys of the rows that no blow reached and that refer to no row that one may have reached."""
    untouched = {
        name: {
            key: dict(zip(sheet.header, row, strict=True))
            for row in sheet.rows
            if (table.file, key := key_of(table.file, sheet.header, row)) not in damage.touched
        }
        for name, table in TABLES.items()
        for sheet in [sheets[table.file]]
        if table.file not in damage.lost_files
    }
    orders = untouched.get("orders", {})
    items = [row for row in untouched.get("items", {}).values() if (row["order_id"],) in orders]
    naming = {
        "customers": {row["customer_id"] for row in orders.values()},
        "sellers": {row["seller_id"] for row in items},
        "products": {row["product_id"] for row in items},
    }
    safe: dict[str, set[Key]] = {}
    for name, rows in untouched.items():
        if name in naming:
            safe[name] = {key for key in rows if key[0] in naming[name]}
        else:
            safe[name] = {key for key, row in rows.items() if _refers_to(safe, TABLES[name], row)}
    return safe


def _refers_to(safe: dict[str, set[Key]], table: Table, row: dict[str, str]) -> bool:
    for column in table.columns:
        value = row[column.source]
        if column.references and value and (value,) not in safe.get(column.references, set()):
            return False
        if column.name == "location_id":
            known = safe.get("warehouses", set()) | {(row["seller_id"],)}
            if (value,) not in known:
                return False
    return True
