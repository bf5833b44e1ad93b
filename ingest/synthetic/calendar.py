"""Time: the local clock, how orders spread over the hours, and the level of lead times on each day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import numpy as np
import polars as pl

from graph.days import DAY_S, ZONE, day_number
from ingest.synthetic.arrays import Floats, Ints, Stream, generator
from ingest.synthetic.world import Peak, Shock, World

_TAIL_DAYS = 1500


@dataclass(frozen=True, slots=True)
class Calendar:
    """The clock and the levels of one world.

    ``start_s`` and ``end_s`` are epoch seconds; ``hour_offset_s`` holds, for each hour from ``start_s`` on,
    what to add to UTC to get the local wall; ``order_share`` is the cumulative share of orders at each of
    those hours up to ``end_s``; ``level_log[day, state]`` is the log level of lead times by local day of
    purchase and destination state.
    """

    start: date
    start_s: int
    end_s: int
    hour_offset_s: Ints
    order_share: Floats
    level_log: Floats

    @property
    def days(self) -> int:
        """Local days from the first to the last."""
        return len(self.level_log)

    def local_s(self, utc_s: Ints) -> Ints:
        """Return local wall seconds (as if they were UTC) of instants in epoch seconds."""
        hour = np.clip((utc_s - self.start_s) // 3600, 0, self.hour_offset_s.size - 1)
        return utc_s + self.hour_offset_s[hour]

    def local_day(self, utc_s: Ints) -> Ints:
        """Return the local day of each instant, counted from the first day of the history."""
        return np.clip(self.local_s(utc_s) // DAY_S - day_number(self.start), 0, self.days - 1)

    def weekday(self, utc_s: Ints) -> Ints:
        """Return local weekdays, Monday 0."""
        return (self.local_s(utc_s) // DAY_S + 3) % 7  # 1970-01-01 was a Thursday

    def hour(self, utc_s: Ints) -> Ints:
        """Return local hours, 0 to 23."""
        return self.local_s(utc_s) // 3600 % 24

    def purchases(self, share: Floats) -> Ints:
        """Return the instants by which each given share (0 to 1, ascending) of all orders was placed."""
        hours = np.interp(share, self.order_share, np.arange(self.order_share.size))
        return np.minimum(self.start_s + 1 + (hours * 3600).astype(np.int64), self.end_s - 1)


def make_calendar(world: World, seed: int, states: list[str]) -> Calendar:
    """Return the calendar of a world; day-to-day noise of volume comes from ``seed``."""
    first = world.history.start
    last = _months_later(first, world.history.months)
    start_s, end_s = _midnight_s(first), _midnight_s(last)
    hours = pl.datetime_range(
        datetime.fromtimestamp(start_s, UTC),
        datetime.fromtimestamp(end_s + _TAIL_DAYS * DAY_S, UTC),
        "1h",
        eager=True,
    ).dt.convert_time_zone(ZONE)
    offset = (
        (hours.dt.base_utc_offset() + hours.dt.dst_offset()).dt.total_seconds().to_numpy().astype(np.int64)
    )
    days = (last - first).days
    volume = _volume_by_day(world, seed, days)
    open_hours = hours.head((end_s - start_s) // 3600)
    day = (open_hours.dt.date().cast(pl.Int32) - day_number(first)).to_numpy()
    hour = open_hours.dt.hour().cast(pl.Int64).to_numpy()
    weights = volume[np.clip(day, 0, days - 1)] * np.array(world.volume.hour_weights)[hour]
    share = np.concatenate([[0.0], np.cumsum(weights)])
    return Calendar(first, start_s, end_s, offset, share / share[-1], _levels(world, days, states))


def _volume_by_day(world: World, seed: int, days: int) -> Floats:
    volume, day = world.volume, np.arange(days)
    weekday = (day_number(world.history.start) + day + 3) % 7
    level: Floats = np.exp(volume.growth_per_year * day / 365.25)
    level *= np.array(volume.weekday_weights)[weekday]
    level *= 1.0 - volume.yearly_swing * _january_wave(world, days)
    noise = generator(seed, Stream.CALENDAR).normal(0.0, 1.0, days)
    level *= np.exp(volume.day_noise_sd * noise)
    for peak in world.peaks:
        level *= np.exp(np.log(peak.volume_factor) * _peak_profile(world, peak, days, fade=2))
    for shock in world.shocks:
        level *= np.exp(np.log(shock.volume_factor) * _shock_profile(world, shock, days))
    return level


def _levels(world: World, days: int, states: list[str]) -> Floats:
    """Return the log level by local day and state: yearly wave, shifts, peaks, shocks."""
    level = world.yearly.level_swing * _january_wave(world, days)
    step = np.zeros(days)
    for shift in sorted(world.level_shifts, key=lambda shift: shift.date):
        step[max(0, (shift.date - world.history.start).days) :] = shift.log
    level = level + step
    for peak in world.peaks:
        level = level + peak.log * _peak_profile(world, peak, days, fade=peak.fade_days)
    by_state: Floats = np.repeat(level[:, None], len(states), axis=1)
    for shock in world.shocks:
        struck = np.array([not shock.states or state in shock.states for state in states])
        by_state += shock.log * _shock_profile(world, shock, days)[:, None] * struck
    return by_state


def _january_wave(world: World, days: int) -> Floats:
    since = (world.history.start - date(world.history.start.year, 1, 15)).days + np.arange(days)
    wave: Floats = np.cos(2 * np.pi * since / 365.25)
    return wave


def _peak_profile(world: World, peak: Peak, days: int, fade: int) -> Floats:
    profile = np.zeros(days)
    for year in range(
        world.history.start.year - 1, world.history.start.year + world.history.months // 12 + 2
    ):
        begins = (date(year, peak.month, peak.day) - world.history.start).days
        profile = np.maximum(profile, _trapezoid(days, begins, 1, peak.days, fade))
    return profile


def _shock_profile(world: World, shock: Shock, days: int) -> Floats:
    begins = (shock.start - world.history.start).days
    return _trapezoid(days, begins + shock.rise_days, shock.rise_days, shock.days, shock.fade_days)


def _trapezoid(days: int, full_from: int, rise: int, full: int, fade: int) -> Floats:
    """Return a profile that climbs to 1 on day ``full_from``, stays ``full`` days and falls back to 0."""
    day = np.arange(days)
    climb = 1.0 + (day - full_from) / max(rise, 1)
    fall = 1.0 - (day - (full_from + full - 1)) / (fade + 1)
    return np.clip(np.minimum(climb, fall), 0.0, 1.0)


def _months_later(first: date, months: int) -> date:
    month = first.month - 1 + months
    return date(first.year + month // 12, month % 12 + 1, min(first.day, 28))


def _midnight_s(day: date) -> int:
    """Return the first instant of a local day, as epoch seconds (01:00 where midnight is skipped)."""
    stamp = pl.Series([datetime(day.year, day.month, day.day)])  # noqa: DTZ001 - localised in the next step
    local = stamp.dt.replace_time_zone(ZONE, ambiguous="earliest", non_existent="null")
    if local[0] is None:
        local = (stamp + timedelta(hours=1)).dt.replace_time_zone(ZONE, ambiguous="earliest")
    return int(local.dt.epoch("s")[0])
