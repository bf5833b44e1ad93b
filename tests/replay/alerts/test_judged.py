"""Judged on the past: the figures are those of a hand, and no alert knows what comes after it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from typer.testing import CliRunner

from api import alerts
from api.cli.alerts import app
from graph.days import DAY_S, day_of, start_of
from graph.errors import BadInput
from graph.lead_time import Journeys
from graph.model import NEVER
from ingest.source import open_source
from ingest.synthetic.marketplace import write
from ingest.synthetic.world_files import load_world
from replay.alerts.alert import Alert, Changed, Finding, Kind, Severity, opened
from replay.alerts.fates import Fates, limits, promises
from replay.alerts.judged import judge, of_orders
from replay.alerts.settings import AlertSettings
from replay.alerts.watch import Watch, Watched, changes, past_kinds, read_watched

EVERY = timedelta(hours=12)


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("judged") / "tables"
    write(load_world(), 800, 5, folder)
    return folder


@pytest.fixture(scope="module")
def watched(source: Path) -> Watched:
    return read_watched(open_source(str(source)), lambda _step: None)


@pytest.fixture(scope="module")
def settings() -> AlertSettings:
    shipped = alerts.load()
    return replace(shipped, thresholds=past_kinds(shipped), least_orders=2)


def span(watched: Watched) -> tuple[int, int]:
    bought = watched.history.journeys.purchased_s
    last = day_of(int(bought.max()))
    return start_of(last - 40), start_of(last - 20)


def test_the_figures_are_those_of_a_hand() -> None:
    day = np.array([10, 10, 10, 10, 10]) * DAY_S
    done = np.array([12 * DAY_S, 12 * DAY_S, 9 * DAY_S, NEVER, 10 * DAY_S])
    fates = Fates(pl.Series(["a", "b", "c", "d", "e"]), day, done, unknown=2)
    assert fates.late.tolist() == [True, True, False, True, False]

    def alert(subject: str, at_day: float) -> Alert:
        at = datetime.fromtimestamp(at_day * DAY_S, UTC)
        return opened(Finding(Kind.DELIVERY_AT_RISK, subject, 0.6, Severity.WARNING), at)

    told = of_orders([alert("a", 5), alert("a", 9), alert("c", 8), alert("d", 11), alert("x", 1)], fates)
    assert (told["judged"], told["unknown"], told["late"]) == (5, 2, 3)
    assert (told["alerts"], told["in_advance"]) == (3, 2)
    assert told["precision"] == 0.5  # a was late, c was not
    assert told["precision_of_all"] == pytest.approx(2 / 3)
    assert told["recall"] == pytest.approx(1 / 3)
    assert told["warning_days"] == {"p25": 5.0, "p50": 5.0, "p75": 5.0, "mean": 5.0}
    assert told["warned_days"] == {"1": pytest.approx(1 / 3), "3": pytest.approx(1 / 3), "7": 0.0}
    # Three days before, nothing had arrived: three of five came late, and so did the one with an alert.
    assert told["waiting"]["3"] == {
        "all": 5,
        "late_share": 0.6,
        "alerted": 1,
        "alerted_late_share": 1.0,
        "alerted_recall": pytest.approx(1 / 3),
    }
    assert (told["waiting"]["1"]["all"], told["waiting"]["1"]["alerted"]) == (4, 1)  # c was there by then
    nothing = of_orders([], Fates(pl.Series([], dtype=pl.String), day[:0], done[:0], 0))
    assert (nothing["precision"], nothing["recall"], nothing["warning_days"]) == (None, None, None)


def test_fates_are_those_of_the_tables(watched: Watched) -> None:
    from_s, to_s = span(watched)
    journeys, canceled = watched.history.journeys, watched.history.canceled
    row = np.flatnonzero((journeys.purchased_s >= from_s) & (journeys.purchased_s < to_s) & ~canceled)
    late = {
        order
        for order, done, due in zip(
            watched.history.orders.gather(row),
            journeys.delivered_s[row],
            journeys.promised_s[row],
            strict=True,
        )
        if done == NEVER or done > due
    }
    end_s = int(journeys.delivered_s.max()) + 400 * DAY_S
    found = promises(watched, (from_s, to_s), end_s)
    assert set(found.key.filter(pl.Series(found.late))) == late
    assert len(found) == watched.history.orders.gather(row).n_unique()
    packages = limits(watched, (from_s, to_s), end_s)
    assert len(packages) + packages.unknown == len(row)


def test_the_future_moves_no_alert(watched: Watched, settings: AlertSettings) -> None:
    from_s, _ = span(watched)
    to_s = from_s + 6 * DAY_S
    other = _other_future(watched, to_s)
    made = [
        [
            (at, change)
            for at, some in changes(Watch(one, settings, from_s), (from_s, to_s + 1), EVERY)
            for change in some
        ]
        for one in (watched, other)
    ]
    assert len(made[0]) > 5
    assert made[0] == made[1]
    kinds = {change.alert.kind for _, change in made[0] if change.what is Changed.OPENED}
    assert {Kind.DELIVERY_AT_RISK, Kind.HANDOVER_OVERDUE} <= kinds


def _other_future(watched: Watched, at_s: int) -> Watched:
    """Return a past in which everything stamped at an instant or later comes 9 days later than it did."""

    def moved(journeys: Journeys) -> Journeys:
        columns = {name: getattr(journeys, name).copy() for name in Journeys.__slots__}
        stages = {"approved_s": ["approval"], "handed_s": ["handling"], "delivered_s": ["transit", "total"]}
        for stamp, days in stages.items():
            later = columns[stamp] >= at_s
            columns[stamp][later] += 9 * DAY_S
            for stage in days:
                columns[f"{stage}_days"][later] += 9.0
        return Journeys(**columns)

    past = watched.past
    made = moved(past.journeys)
    same = past.from_sellers is past.journeys
    other = replace(past, journeys=made, from_sellers=made if same else moved(past.from_sellers))
    return Watched(other, replace(watched.history, journeys=moved(watched.history.journeys)))


def test_the_command_judges_what_the_past_shows(source: Path, watched: Watched) -> None:
    from_s, to_s = span(watched)
    days = [datetime.fromtimestamp(at_s, UTC).date().isoformat() for at_s in (from_s, to_s)]
    runner, words = CliRunner(), ["judge", "--source", str(source), "--tick-hours", "24", "--json"]
    done = runner.invoke(app, [*words, "--from", days[0], "--to", days[1]], catch_exceptions=False)
    told = json.loads(done.stdout)
    assert told["delivery_at_risk"]["judged"] > 20
    assert {"handover_overdue", "seller_slow", "lane_drift"} <= told.keys()
    risk = told["delivery_at_risk"]
    assert risk["in_advance"] <= risk["alerts"] <= risk["judged"]
    with pytest.raises(BadInput, match=r"(?s)--from.*--to"):
        runner.invoke(app, [*words, "--from", "2018-13-01", "--to", "nonsense"], catch_exceptions=False)


def test_a_span_without_purchases_is_refused(watched: Watched, settings: AlertSettings) -> None:
    with pytest.raises(BadInput, match="No order was purchased"):
        judge(watched, settings, (0, DAY_S))
