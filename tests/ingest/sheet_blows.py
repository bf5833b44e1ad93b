"""Blows to a table before it is written: cells, rows, columns."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from tests.ingest.blows import TABLE_OF, Damage
from tests.ingest.tiny import Sheet

NASTY = [
    *(
        "",
        " ",
        "0",
        "-1",
        "-0.5",
        "1e400",
        "nan",
        "inf",
        "58,90",
        "12.345",
        "99999999999999999999",
        "x",
        "NULL",
    ),
    *("2018-13-45 00:00:00", "1066-10-14 09:00:00", "2999-01-01 00:00:00", "2018-02-29", "31/12/2018 10:00"),
    *("2018-05-05T10:00:00Z", "2018-05-05 10:00:00.25", "2018-05-05", "1310", "01310-100", "00000", "abcde"),
    *(
        'a "quoted" word',
        "a, b",
        "line\nbreak",
        "\r",
        "\r\n",
        "é" * 300,
        "=1+1",
        "product-1",
        "order-01",
        "seller-1",
    ),
    *("-91", "181", "6", "1.0", "1.5", "２", "𝟙", "\u200b", "SHIPPED", "LOST", "SP", "XX", "depot-9"),
]


def change_cell(rng: Random, damage: Damage, file: str) -> None:
    sheet = damage.sheets[file]
    if not sheet.rows:
        return
    row = rng.choice(sheet.rows)
    damage.touch(file, row)
    row[rng.randrange(len(row))] = rng.choice(NASTY)
    damage.touch(file, row)


def swap_cells(rng: Random, damage: Damage, file: str) -> None:
    sheet = damage.sheets[file]
    if not sheet.rows:
        return
    row = rng.choice(sheet.rows)
    damage.touch(file, row)
    i, j = rng.randrange(len(row)), rng.randrange(len(row))
    row[i], row[j] = row[j], row[i]
    damage.touch(file, row)


def drop_row(rng: Random, damage: Damage, file: str) -> None:
    rows = damage.sheets[file].rows
    if rows:
        damage.touch(file, rows.pop(rng.randrange(len(rows))))


def repeat_row(rng: Random, damage: Damage, file: str) -> None:
    rows = damage.sheets[file].rows
    if rows:
        rows.insert(rng.randrange(len(rows)), list(rng.choice(rows)))


def contradict_row(rng: Random, damage: Damage, file: str) -> None:
    repeat_row(rng, damage, file)
    change_cell(rng, damage, file)


def shuffle_rows(rng: Random, damage: Damage, file: str) -> None:
    rng.shuffle(damage.sheets[file].rows)


def drop_column(rng: Random, damage: Damage, file: str) -> None:
    sheet = damage.sheets[file]
    if len(sheet.header) < 2:
        return
    at = rng.randrange(len(sheet.header))
    if any(c.source == sheet.header[at] for c in TABLE_OF[file].columns):
        damage.touch_all(file)
    damage.sheets[file] = Sheet(
        [name for i, name in enumerate(sheet.header) if i != at],
        [[cell for i, cell in enumerate(row) if i != at] for row in sheet.rows],
    )


def rename_column(rng: Random, damage: Damage, file: str) -> None:
    sheet = damage.sheets[file]
    damage.touch_all(file)
    at = rng.randrange(len(sheet.header))
    sheet.header[at] = rng.choice(
        ("", "renamed", sheet.header[at].upper(), f" {sheet.header[at]} ", "ünïcode")
    )


def ruin_column(rng: Random, damage: Damage, file: str) -> None:
    sheet = damage.sheets[file]
    damage.touch_all(file)
    at, value = rng.randrange(len(sheet.header)), rng.choice(NASTY)
    for row in sheet.rows:
        row[at] = value
    damage.touch(file, *sheet.rows)


def reorder_columns(rng: Random, damage: Damage, file: str) -> None:
    sheet = damage.sheets[file]
    order = list(range(len(sheet.header)))
    rng.shuffle(order)
    if file == "olist_order_reviews_dataset":
        damage.touch_all(file)  # where a comment may span lines depends on what stands before it
    damage.sheets[file] = Sheet(
        [sheet.header[i] for i in order], [[row[i] for i in order] for row in sheet.rows]
    )


def add_column(rng: Random, damage: Damage, file: str) -> None:
    sheet = damage.sheets[file]
    sheet.header.append("note")
    for row in sheet.rows:
        row.append(rng.choice(("", "hello", "a, b")))


SHEET_BLOWS: list[Callable[[Random, Damage, str], None]] = [
    *(change_cell,) * 9,
    *(swap_cells, drop_row, repeat_row, contradict_row, shuffle_rows) * 2,
    *(drop_column, rename_column, ruin_column, reorder_columns, add_column),
]
