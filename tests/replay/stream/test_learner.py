"""The model that events teach is the one that builds, backtests and replays learn, to the bit."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from graph.days import start_of
from graph.lead_time import Journeys, RouteQuery
from graph.lead_time.journeys import STAGES
from graph.lead_time.online.saved import taken_apart
from graph.lead_time.online.total import OnlineTotal
from ingest.source import open_source
from replay.moving import MovingTimes, known_at
from replay.recorded import Past, read_past
from replay.stream.source import FrameLog, Recorded
from replay.stream.stepper import Stepper
from tests.replay.stream.conftest import QUICK

DAYS = ("2017-02-10", "2017-05-10", "2017-07-25")


@pytest.fixture(scope="module")
def past(market_dir: Path) -> Past:
    return read_past(open_source(market_dir))


def day(text: str) -> int:
    return int(np.datetime64(text, "D").astype(np.int64))


def assert_same_state(one: OnlineTotal, other: OnlineTotal) -> None:
    assert (one.as_of_s, one.level) == (other.as_of_s, other.level)
    for name in ("state_pair", "dest_region", "effect_log"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name), name)
    np.testing.assert_array_equal(one.spread.cdf, other.spread.cdf)
    routes, again = (taken_apart(total.routes, "routes") for total in (one, other))
    assert routes.keys() == again.keys()
    for name, array in routes.items():
        np.testing.assert_array_equal(array, again[name], name)
    trees = [
        () if total.base.lane_forest is None else taken_apart(total.base, "base") for total in (one, other)
    ]
    assert list(trees[0]) == list(trees[1])
    for name in trees[0]:
        np.testing.assert_array_equal(trees[0][name], trees[1][name], name)


def asked_from(past: Past, at_s: int) -> RouteQuery:
    """Ask for the next packages that were bought."""
    first = int(np.searchsorted(past.from_sellers.purchased_s, at_s))
    some = {field.name for field in fields(RouteQuery)} & {field.name for field in fields(Journeys)}
    columns = {name: getattr(past.from_sellers, name)[first : first + 200] for name in sorted(some)}
    return RouteQuery.build(len(columns["seller"]), at_s, **columns)


def test_stepping_teaches_what_the_moving_view_learns(recorded: Recorded, past: Past) -> None:
    moving = MovingTimes(past, start_of(day(DAYS[0])), QUICK)
    stepper = Stepper.resume(recorded.log, recorded.reference, parameters=QUICK)
    for text in DAYS:
        at_s = start_of(day(text))
        moving.play(day(text))
        stepper.run(at_s)
        assert stepper.state.clock_s == at_s
        times, others = stepper.state.learner.lead_times(), moving.read()
        assert times.total is not None
        assert others.total is not None
        assert_same_state(times.total, others.total)
        query = asked_from(past, at_s)
        answers = [
            [known.read(query), *(known.read(query).stage(name) for name in STAGES)]
            for known in (times, others)
        ]
        for one, other in zip(*answers, strict=True):
            np.testing.assert_array_equal(one.mean_days, other.mean_days)
            np.testing.assert_array_equal(one.var_days, other.var_days)
            np.testing.assert_array_equal(one.n, other.n)
    assert times.total.base.lane_forest is not None  # the comparison reached the trees


def test_rows_of_the_model_are_the_journeys_known_by_then(recorded: Recorded, past: Past) -> None:
    at_s = start_of(day(DAYS[0]))
    stepper = Stepper.resume(recorded.log, recorded.reference, parameters=QUICK)
    stepper.run(at_s)
    known = known_at(past, at_s)
    for name, column in stepper.state.learner.journeys.arrays().items():
        if name != "shipping_limit_s":  # an attribute, told from the start to a batch
            np.testing.assert_array_equal(column, getattr(known, name), name)


def test_nothing_that_is_stamped_later_is_known(recorded: Recorded) -> None:
    """The same days, with a log that ends there: what comes later has left no trace."""
    at_s = start_of(day(DAYS[0]))
    cut = FrameLog(recorded.log.frame.filter(pl.col("time_s") < at_s))
    digests = []
    for log in (recorded.log, cut):
        stepper = Stepper.resume(log, recorded.reference, parameters=QUICK)
        stepper.run(at_s - 1)
        digests.append(stepper.state.digest)
    assert digests[0] == digests[1]
