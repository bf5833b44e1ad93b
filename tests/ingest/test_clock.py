"""Local stamps become UTC once: summer time, offsets and the forms that people write."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import polars as pl
import pytest

from ingest.clock import instants, to_utc


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2018-05-02 10:56:33", "2018-05-02 13:56:33"),  # winter: UTC-3
        ("2017-12-02 10:56:33", "2017-12-02 12:56:33"),  # summer: UTC-2
        ("2018-02-17 23:30:00", "2018-02-18 01:30:00"),  # the clock shows it twice: the earlier
        ("2017-10-15 00:30:00", "2017-10-15 03:30:00"),  # the clock skips it: an hour later
        ("2017-10-15", "2017-10-15 03:00:00"),  # midnight that does not exist
        ("2018-05-02T10:56:33", "2018-05-02 13:56:33"),
        ("2018-05-02 10:56", "2018-05-02 13:56:00"),
        ("2018-05-02", "2018-05-02 03:00:00"),
        ("2018-05-02T10:56:33Z", "2018-05-02 10:56:33"),
        ("2018-05-02 10:56:33+02:00", "2018-05-02 08:56:33"),
        ("2018-05-02T10:56:33.25-0300", "2018-05-02 13:56:33.250000"),
        (" 2018-05-02 10:56:33.5 ", "2018-05-02 13:56:33.500000"),
    ],
)
def test_forms_of_a_stamp(text: str, utc: str) -> None:
    wanted = datetime.fromisoformat(utc).replace(tzinfo=UTC)
    assert instants(pl.Series([text])).to_list() == [wanted]
    among_usual_ones = instants(pl.Series(["2018-01-01 00:00:00", text, None, ""]))
    assert among_usual_ones.to_list() == [datetime(2018, 1, 1, 2, tzinfo=UTC), wanted, None, None]


@pytest.mark.parametrize(
    "text", ["yesterday", "31/12/2018 10:00", "2018-02-29", "2018-13-01 00:00:00", "10:56:33"]
)
def test_what_is_no_stamp_is_null(text: str) -> None:
    assert instants(pl.Series([text])).to_list() == [None]


def test_a_moment_without_offset_is_local() -> None:
    assert to_utc(datetime.fromisoformat("2018-06-01 00:00")) == datetime(2018, 6, 1, 3, tzinfo=UTC)
    aware = datetime(2018, 6, 1, tzinfo=timezone(timedelta(hours=2)))
    assert to_utc(aware) == datetime(2018, 5, 31, 22, tzinfo=UTC)
