"""Names as codes: looked up, put in order and spelled out again."""

from __future__ import annotations

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from ingest.names import coded, compacted, holds, listed, marked, named, ranked, translated

HEX = st.text("0123456789abcdef", min_size=1, max_size=20)
TEXTS = st.lists(st.none() | HEX | st.text("aAbB0 é-", max_size=18), max_size=40)


def series(texts: list[str | None]) -> pl.Series:
    return pl.Series("id", texts, dtype=pl.String)


@given(TEXTS)
def test_codes_are_rows_of_the_sorted_names(texts: list[str | None]) -> None:
    for make in (ranked, listed):
        names, codes = make(series(texts))
        assert names.to_list() == sorted({text for text in texts if text is not None}, key=str.encode)
        assert [None if code is None else names[code] for code in codes] == texts
        assert (codes.name, codes.dtype) == ("id", pl.Int32)


@given(TEXTS, TEXTS)
def test_strangers_and_empty_cells_have_no_code(texts: list[str | None], others: list[str | None]) -> None:
    names, _ = listed(series(others))
    found = [None if code is None else names[code] for code in coded(series(texts), names)]
    assert found == [text if text in others else None for text in texts]


def test_ids_whose_first_half_is_shared_are_in_order_all_the_same() -> None:
    texts = [f"{'f' * 16}{tail}" for tail in ("b", "a", "c", "a")]
    names, codes = ranked(series([*texts, None]))
    assert names.to_list() == sorted(set(texts))
    assert codes.to_list() == [1, 0, 2, 0, None]


@given(st.lists(st.none() | st.integers(0, 9), max_size=30))
def test_flags_hold_for_marked_codes_and_never_without_code(codes: list[int | None]) -> None:
    given_codes = pl.Series("code", codes, dtype=pl.Int32)
    flags = marked(10, given_codes)
    every = pl.Series([*range(10), None], dtype=pl.Int32)
    assert holds(flags, every).to_list() == [code in codes for code in range(10)] + [False]
    kept = sorted({code for code in codes if code is not None})
    smaller = translated(given_codes, compacted(flags))
    assert smaller.to_list() == [None if code is None else kept.index(code) for code in codes]


def test_a_frame_is_spelled_where_it_holds_codes() -> None:
    frame = pl.DataFrame({"id": [1, None, 0], "n": [7, 8, 9]}, schema={"id": pl.Int32, "n": pl.Int64})
    assert named(frame, {"id": pl.Series(["a", "b"]), "n": pl.Series(["x"])}).rows() == [
        ("b", 7),
        (None, 8),
        ("a", 9),
    ]
