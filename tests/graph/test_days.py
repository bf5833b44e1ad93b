"""The marketplace's clock: local days with summer time, plain days without."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.days import (
    DAY_S,
    DAY_STARTS_S,
    EPOCH,
    LOCAL,
    day_number,
    day_of,
    iso,
    local,
    local_day,
    local_stamps,
    start_of,
    utc,
    weekday_and_hour,
)
from graph.errors import BadInput

STAMPS = st.integers(946_684_800, 4_102_444_800)  # 2000 to 2100
SUMMER = datetime(2018, 1, 10, 1, 30, tzinfo=UTC)  # UTC-2
WINTER = datetime(2018, 7, 10, 2, 30, tzinfo=UTC)  # UTC-3


@pytest.mark.parametrize(("at", "day"), [(SUMMER, date(2018, 1, 9)), (WINTER, date(2018, 7, 9))])
def test_a_local_day_begins_at_local_midnight_summer_and_winter(at: datetime, day: date) -> None:
    assert local_day(at) == day
    assert local_day(at + timedelta(minutes=30)) == day + timedelta(days=1)


def test_instants_of_any_offset_are_one() -> None:
    there = WINTER.astimezone(timezone(timedelta(hours=9)))
    assert utc(there).isoformat() == "2018-07-10T02:30:00+00:00"
    assert local(there).isoformat() == "2018-07-09T23:30:00-03:00"


@pytest.mark.parametrize("of", [utc, local, local_day])
def test_an_instant_needs_a_time_zone(of) -> None:
    with pytest.raises(BadInput, match="2018-07-10 00:00:00 needs a time zone"):
        of(datetime(2018, 7, 10))  # noqa: DTZ001


@given(STAMPS)
def test_seconds_as_stamps_text_and_days_agree(at_s: int) -> None:
    at = datetime.fromtimestamp(at_s, UTC)
    assert datetime.fromisoformat(iso(at_s)) == at
    here = pl.Series([at_s])
    assert local_stamps(here).to_list() == [at.astimezone(LOCAL)]
    told = here.to_frame("at_s").select(local_stamps(pl.col("at_s")).dt.date().cast(pl.Int32)).item()
    assert EPOCH + timedelta(days=told) == local_day(at)
    assert day_number(local_day(at)) == told


@given(STAMPS)
def test_a_plain_day_has_always_as_many_seconds(at_s: int) -> None:
    day = day_of(at_s)
    assert start_of(day) <= at_s < start_of(day + 1) == start_of(day) + DAY_S
    assert datetime.fromtimestamp(start_of(day), UTC).hour * 3600 == DAY_STARTS_S


def test_arrays_and_expressions_are_counted_as_numbers_are() -> None:
    stamps = [0, DAY_STARTS_S - 1, DAY_STARTS_S, 1_527_822_000]
    days = [day_of(stamp) for stamp in stamps]
    assert days == [-1, -1, 0, 17_683]
    assert day_of(np.array(stamps)).tolist() == days
    assert start_of(np.array(days)).tolist() == [start_of(day) for day in days]
    told = pl.DataFrame({"at_s": stamps}).select(day=day_of(pl.col("at_s")))
    assert told["day"].to_list() == days
    assert told.select(start_of(pl.col("day")))["day"].to_list() == [start_of(day) for day in days]


def test_the_week_begins_on_monday_and_has_no_summer_time() -> None:
    midnight = datetime(2018, 1, 1, 3, tzinfo=UTC)  # a Monday
    asked = [midnight, midnight - timedelta(seconds=1), midnight + timedelta(days=2, hours=13, minutes=30)]
    weekday, hour = weekday_and_hour(np.array([int(at.timestamp()) for at in asked]))
    assert weekday.tolist() == [0, 6, 2]
    assert hour.tolist() == pytest.approx([0.0, 24 - 1 / 3600, 13.5])
