"""What a build says loudly, and what it passes over."""

from __future__ import annotations

from datetime import datetime

from ingest.checks import check
from ingest.doubts import doubts
from tests.ingest import tiny
from tests.ingest.history import InMemory

ITEMS = "olist_order_items_dataset"


def said(sheets: tiny.Sheets, as_of: datetime | None = None) -> tuple[str, ...]:
    return doubts(check(InMemory({file: tiny.frame(sheet) for file, sheet in sheets.items()}), as_of))


def test_a_clean_source_is_not_doubted() -> None:
    assert said(tiny.marketplace()) == ()


def test_many_rows_set_aside_are_told_with_their_commonest_reason() -> None:
    sheets = tiny.marketplace()
    sheet = sheets[ITEMS]
    price = sheet.position("price")
    for row in sheet.rows[: len(sheet.rows) // 4]:
        row[price] = "free"
    [doubt] = said(sheets)
    assert doubt.startswith(f"{ITEMS}: 2")
    assert doubt.endswith("most for: wrong type.")


def test_an_instant_long_after_the_last_event_is_told() -> None:
    [doubt] = said(tiny.marketplace(), datetime.fromisoformat("2030-01-01"))
    assert "2030-01-01" in doubt
    assert "days after the last event" in doubt
