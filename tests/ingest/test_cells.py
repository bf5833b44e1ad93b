"""Text to typed values: exact money, forgiving zip prefixes, and every unusable cell marked."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.cells import Cells, read_cells
from ingest.faults import Reason
from ingest.tables import EVENT_TYPES, Column, Kind

PRICE = Column("price_cents", "price", Kind.MONEY, low=0, high=2**50)


def read(texts: list[str | None], column: Column) -> Cells:
    return read_cells(pl.Series(texts, dtype=pl.String), column)


def faults(cells: Cells) -> dict[int, Reason]:
    return {at: reason for reason, where in cells.faults for at in where.to_list()}


@given(st.lists(st.integers(0, 2**50), min_size=1))
def test_amounts_with_two_decimals_are_exact(cents: list[int]) -> None:
    cells = read([f"{c // 100}.{c % 100:02}" for c in cents], PRICE)
    assert cells.values.to_list() == cents
    assert not cells.faults
    assert not cells.notes


@given(st.lists(st.decimals(0, 10**9, places=5), min_size=1))
def test_parts_of_a_cent_round_half_to_even(amounts: list[Decimal]) -> None:
    cells = read([str(amount) for amount in amounts], PRICE)
    assert cells.values.to_list() == [int((a * 100).to_integral_value(ROUND_HALF_EVEN)) for a in amounts]


def test_parts_of_a_cent_are_counted() -> None:
    cells = read(["1.005", "1.015", "2.50", "58.90"], PRICE)
    assert cells.values.to_list() == [100, 102, 250, 5890]
    assert [(kind, where.to_list()) for kind, where in cells.notes] == [("cents_rounded", [0, 1])]


@pytest.mark.parametrize("text", ["58,90", "R$ 5", "nan", "inf", "1e400", "0x10", "1_000"])
def test_what_is_no_amount(text: str) -> None:
    cells = read(["1.00", text], PRICE)
    assert faults(cells) == {1: Reason.WRONG_TYPE}
    assert cells.values.to_list() == [100, None]


def test_a_negative_amount_is_out_of_range() -> None:
    assert faults(read(["-0.01", "0"], PRICE)) == {0: Reason.OUT_OF_RANGE}


def test_zip_prefixes() -> None:
    column = Column("zip_prefix", "zip", Kind.ZIP)
    cells = read(
        ["01310", "1310", " 13023 ", "1310.0", "00000", "131", "+1234", "-1234", "01310-100", ""], column
    )
    assert cells.values.to_list()[:5] == ["01310", "01310", "13023", "01310", "00000"]
    assert cells.values.null_count() == 5
    assert [(kind, where.to_list()) for kind, where in cells.notes] == [("zip_prefix_padded", [1, 3])]
    wrong = dict.fromkeys((5, 6, 7, 8), Reason.WRONG_TYPE)
    assert faults(cells) == wrong | {9: Reason.MISSING_VALUE}


def test_whole_numbers() -> None:
    column = Column("score", "score", Kind.INTEGER, dtype=pl.Int32(), low=1, high=5)
    cells = read(["1", "5.0", " 3 ", "0", "6", "2.5", "9" * 20, "x", None], column)
    assert cells.values.to_list() == [1, 5, 3, None, None, None, None, None, None]
    assert cells.values.dtype == pl.Int32
    out, wrong = Reason.OUT_OF_RANGE, Reason.WRONG_TYPE
    assert faults(cells) == {3: out, 4: out, 5: wrong, 6: wrong, 7: wrong, 8: Reason.MISSING_VALUE}


def test_zero_means_unknown_where_it_is_said() -> None:
    cells = read(
        ["0", "225", "0.0", ""], Column("weight_g", "w", Kind.NUMBER, required=False, zero_is_unknown=True)
    )
    assert cells.values.to_list() == [None, 225.0, None, None]
    assert [(kind, where.to_list()) for kind, where in cells.notes] == [("weight_g_zero", [0, 2])]
    assert not cells.faults


def test_closed_lists_of_words() -> None:
    strict = read(["SHIPPED", "shipped", ""], Column("event_type", "e", one_of=EVENT_TYPES))
    assert faults(strict) == {1: Reason.UNKNOWN_VALUE, 2: Reason.MISSING_VALUE}
    soft = read(["SP", "XX", ""], Column("state", "s", required=False, else_blank=("SP",)))
    assert soft.values.to_list() == ["SP", None, None]
    assert not soft.faults
    assert [(kind, where.to_list()) for kind, where in soft.notes] == [("state_unknown", [1])]
    shaped = read(["12345", "8", ""], Column("days", "d", required=False, pattern="^[1-7]+$"))
    assert faults(shaped) == {1: Reason.WRONG_TYPE}


def test_stamps_out_of_range_keep_their_value_for_the_cut() -> None:
    cells = read(
        ["1066-10-14 09:00:00", "2999-01-01 00:00:00", "2018-01-01 00:00:00"],
        Column("at", "at", Kind.INSTANT),
    )
    assert faults(cells) == {0: Reason.OUT_OF_RANGE, 1: Reason.OUT_OF_RANGE}
    assert cells.values.null_count() == 0
