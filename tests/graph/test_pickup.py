"""The carriers' calendars: what an instant misses, by local time, over weekends and changes of the clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.errors import BadInput
from graph.pickup import Missed, Pickups

LOCAL = ZoneInfo("America/Sao_Paulo")
FRIDAY = datetime(2018, 4, 27, 14, 59, tzinfo=LOCAL)
WEEKDAYS = st.none() | st.sets(st.sampled_from("1234567"), min_size=1).map(lambda days: "".join(sorted(days)))
CALENDAR = st.tuples(st.none() | st.integers(0, 24), WEEKDAYS)
INSTANTS = st.integers(1_480_000_000, 1_560_000_000).map(lambda s: datetime.fromtimestamp(s, UTC))
"""From 2016 to 2019: four times the clocks change by an hour, at midnight."""


def pickups(*calendar: tuple[int | None, str | None]) -> Pickups:
    hours, days = zip(*calendar, strict=True)
    columns = {
        "cut_off_hour": pl.Series(hours, dtype=pl.Int64),
        "pickup_weekdays": pl.Series(days, dtype=pl.String),
    }
    return Pickups.of(pl.DataFrame(columns))


def missed(at: datetime, hour: int | None, days: str | None) -> Missed:
    return pickups((hour, days)).missed(at)


def days_by_hand(at: datetime, hour: int | None, days: str | None) -> int:
    """Go through the local calendar day by day."""
    local = at.astimezone(LOCAL)
    for ahead in range(9):
        date = local.date() + timedelta(days=ahead)
        in_time = ahead > 0 or hour is None or local.hour < hour
        if in_time and str(date.isoweekday()) in (days or "1234567"):
            return ahead
    raise AssertionError("no pickup in nine days")


@given(st.lists(CALENDAR, min_size=1, max_size=5), INSTANTS)
def test_days_are_counted_on_the_local_calendar(
    calendar: list[tuple[int | None, str | None]], at: datetime
) -> None:
    found = pickups(*calendar).missed(at)
    assert found.wait_days.tolist() == [days_by_hand(at, *one) for one in calendar]


@given(CALENDAR, INSTANTS)
def test_mending_what_is_missed_lets_the_parcel_leave_today(
    calendar: tuple[int | None, str | None], at: datetime
) -> None:
    hour, days = calendar
    found = missed(at, hour, days)
    late, off_day = bool(found.late[0]), bool(found.off_day[0])
    assert (found.wait_days[0] == 0) == (not late and not off_day)
    later = found.hour + 1 if late else hour
    more = f"{days}{found.weekday}" if off_day else days
    assert missed(at, later, more).wait_days[0] == 0
    if late and off_day:
        assert missed(at, hour, more).wait_days[0] > 0
        assert missed(at, later, days).wait_days[0] > 0


@given(CALENDAR, INSTANTS)
def test_what_is_left_out_of_account_is_as_if_it_were_not_told(
    calendar: tuple[int | None, str | None], at: datetime
) -> None:
    hour, days = calendar
    told = pickups(calendar)
    assert told.regardless(cut_off=True).missed(at).wait_days[0] == days_by_hand(at, None, days)
    assert told.regardless(weekday=True).missed(at).wait_days[0] == days_by_hand(at, hour, None)
    assert told.regardless(cut_off=True, weekday=True).always


@pytest.mark.parametrize(
    ("later", "days", "late", "off_day"),
    [
        (timedelta(0), 0, False, False),
        (timedelta(minutes=1), 3, True, False),  # Friday 15:00: not before Monday
        (timedelta(days=1), 2, False, True),
        (timedelta(days=2, hours=3), 1, True, True),
        (timedelta(days=3), 0, False, False),
    ],
)
def test_a_weekend(later: timedelta, days: int, late: bool, off_day: bool) -> None:
    found = missed(FRIDAY + later, 15, "12345")
    assert (found.wait_days[0], found.late[0], found.off_day[0]) == (days, late, off_day)


def test_numbers_name_the_day_and_the_hour() -> None:
    found = missed(FRIDAY + timedelta(days=1), 15, "12345")
    assert (found.hour, found.weekday, found.cut_off_hour[0], found.next_weekday[0]) == (14, 6, 15, 1)


def test_one_day_a_week_that_was_just_missed_is_a_week_away() -> None:
    assert missed(FRIDAY + timedelta(hours=1), 15, "5").wait_days[0] == 7


def test_days_on_which_the_clocks_change_count_as_one() -> None:
    # 2018-02-17 ended with an hour told twice, 2017-10-15 had no hour 0.
    first, again = (datetime(2018, 2, 17, 23, 30, tzinfo=LOCAL, fold=fold) for fold in (0, 1))
    assert again.astimezone(UTC) - first.astimezone(UTC) == timedelta(hours=1)
    for at in (first, again):
        assert missed(at, 23, "67").wait_days[0] == 1
        assert missed(at, 24, "67").wait_days[0] == 0
    before_gap = datetime(2017, 10, 14, 23, 59, tzinfo=LOCAL)
    assert missed(before_gap, 12, "67").wait_days[0] == 1
    assert missed(before_gap + timedelta(minutes=2), 12, "67").wait_days[0] == 0


def test_a_table_that_tells_nothing_lets_nothing_wait() -> None:
    assert pickups((None, None), (24, "1234567"), (None, "")).always
    assert not pickups((None, None), (23, None)).always
    assert not pickups((None, "123456")).always


def test_an_instant_needs_a_time_zone() -> None:
    with pytest.raises(BadInput, match="needs a time zone"):
        missed(datetime(2018, 4, 27), 15, None)  # noqa: DTZ001 (the fault to be found)
