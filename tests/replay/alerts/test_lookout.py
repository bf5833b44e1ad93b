"""Alerts that live: the lookout on a real log and ledger, and the observer on a stream that is stopped."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import closing
from copy import copy
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from api import alerts
from graph import Network
from graph.days import DAY_S, day_of, start_of
from ingest.source import open_source
from inventory.events import EventType, StockEvent, StockKey
from inventory.sql import SqlHome
from inventory.stock import StockSettings
from replay.alerts.alert import Alert, AlertState, Kind, Severity
from replay.alerts.following import Following
from replay.alerts.lookout import Lookout
from replay.alerts.observer import OUTPUT, AlertObserver
from replay.alerts.outbox import Outbox
from replay.alerts.receivers import Receiver, Topic
from replay.alerts.settings import AlertSettings
from replay.alerts.store import Alerts
from replay.alerts.watch import Watch, changes, read_watched
from replay.live import LIVE
from replay.stream.events import Event, event_id, tick
from replay.stream.source import Recorded, read_recorded
from replay.stream.sql_log import SqlLog
from replay.stream.state import Output, State
from replay.stream.stepper import Stepper

SHOP = Receiver("shop", "http://127.0.0.1:9/", b"0123456789abcdef", frozenset(Topic))


@pytest.fixture(scope="module")
def network(small_snapshot: Path) -> Network:
    return Network.open(small_snapshot)


@pytest.fixture
def home(tmp_path: Path) -> Iterator[SqlHome]:
    made = SqlHome.open(str(tmp_path / "live.db"))
    yield made
    made.close()


def stamped(kind: str, at: datetime, part: str = "", **data: str | int) -> Event:
    return Event(event_id(kind, "o1", part, data), kind, int(at.timestamp()), "o1", part, data)


def bought(network: Network, at: datetime) -> Event:
    offer = network.tables["offers"].row(0, named=True)
    data = {"product_id": offer["product_id"], "seller_id": offer["seller_id"]}
    promised = {"promised_s": int(at.timestamp()) + 20 * DAY_S, "zip_prefix": network.arrays.zip_prefixes[0]}
    return stamped("OrderPurchased", at, "1", **data, **promised)


def standing(home: SqlHome, kind: Kind) -> list[Alert]:
    with home.reading() as unit:
        found = Alerts(unit.connection).page(states=[AlertState.OPEN], kind=kind)
    return [alert for _, alert in found]


def look(lookout: Lookout, home: SqlHome, at: datetime) -> dict[str, int]:
    lookout.catch_up()
    told: dict[str, int] = home.run(lambda unit: lookout(unit, at))
    return told


def test_an_order_that_goes_wrong_rings_grows_worse_and_is_over(network: Network, home: SqlHome) -> None:
    start = datetime(2018, 7, 2, 12, tzinfo=UTC)
    log, lookout = SqlLog(home, LIVE), Lookout(home, lambda: network, alerts.load(), [SHOP])
    log.append([bought(network, start), stamped("OrderApproved", start)])
    assert look(lookout, home, start) == {}
    assert look(lookout, home, start + timedelta(days=19)) == {"opened": 2}
    [late] = standing(home, Kind.DELIVERY_AT_RISK)
    [waits] = standing(home, Kind.HANDOVER_OVERDUE)
    assert (late.subject, late.severity) == ("o1", Severity.WARNING)
    assert waits.subject.startswith("o1/")
    assert look(lookout, home, start + timedelta(days=19)) == {}
    assert look(Lookout(home, lambda: network, alerts.load()), home, start + timedelta(days=19)) == {}
    assert look(lookout, home, start + timedelta(days=21)) == {"worsened": 1}
    seller = waits.subject.partition("/")[2]
    done = start + timedelta(days=22)
    log.append([stamped("HandedToCarrier", done, seller), stamped("Delivered", done, seller)])
    assert look(lookout, home, done) == {"resolved": 2}
    with home.reading() as unit:
        queued = Outbox(unit.connection).counts()
    assert sum(queued.values()) == 5  # two kinds open, one worsens, two are resolved


def test_a_canceled_order_worries_nobody(network: Network, home: SqlHome) -> None:
    start = datetime(2018, 7, 2, 12, tzinfo=UTC)
    SqlLog(home, LIVE).append([bought(network, start)])
    with home.unit() as unit:
        unit.ledger.receive("o1", start)
        unit.ledger.cancel("o1", at=start)
    lookout = Lookout(home, lambda: network, alerts.load())
    assert look(lookout, home, start + timedelta(days=30)) == {}


def test_a_look_that_was_rolled_back_looks_for_slow_things_again(network: Network, home: SqlHome) -> None:
    start = datetime(2018, 7, 2, 12, tzinfo=UTC)
    first, handed, now = bought(network, start), start + timedelta(days=6), start + timedelta(days=7)
    seller = str(first.data["seller_id"])
    events = [first, stamped("OrderApproved", start), stamped("HandedToCarrier", handed, seller)]
    midnights = [tick(start_of(day_of(int(start.timestamp())) + days)) for days in range(1, 8)]
    SqlLog(home, LIVE).append([*events[:2], *midnights[:6], events[2], midnights[6]])
    lookout = Lookout(home, lambda: network, replace(alerts.load(), least_orders=1))
    lookout.catch_up()
    with pytest.raises(RuntimeError, match="away"), home.unit() as unit:  # noqa: PT012
        assert lookout(unit, now)["opened"] >= 1
        raise RuntimeError("away")
    assert not standing(home, Kind.SELLER_SLOW)
    look(lookout, home, now)
    assert [alert.subject for alert in standing(home, Kind.SELLER_SLOW)] == [seller]


def test_a_new_snapshot_is_taken_up_once_it_has_caught_up(network: Network, home: SqlHome) -> None:
    start = datetime(2018, 7, 2, 12, tzinfo=UTC)
    log, in_force = SqlLog(home, LIVE), [network]
    log.append([bought(network, start)])
    following = Following(home, lambda: in_force[-1])
    with closing(following):
        assert list(following.known()[1].orders.open) == ["o1"]
        newer = copy(network)
        newer.meta = replace(network.meta, snapshot_id="newer")
        in_force.append(newer)
        log.append([stamped("OrderApproved", start)])
        following.catch_up()
        before = following.known()[1]
        assert before.orders.open["o1"].approved_s == int(start.timestamp())
        deadline = time.monotonic() + 60
        while following.known()[0] is network:
            assert time.monotonic() < deadline
            following.catch_up()
            time.sleep(0.01)
        network_now, state = following.known()
        assert network_now is newer
        assert state is not before
        assert state.digest == before.digest


def test_low_stock_rings_until_it_is_received(network: Network, home: SqlHome) -> None:
    at, key = datetime(2018, 7, 2, 12, tzinfo=UTC), StockKey("p", "s", "s")

    def move(name: str, units: int) -> None:
        with home.unit() as unit:
            unit.ledger.append([StockEvent(name, key, EventType.ADJUSTED, units, at)])

    move("count", 10)
    with home.unit() as unit:
        unit.ledger.configure({key: StockSettings(reorder_point=10)})
    lookout = Lookout(home, lambda: network, alerts.load(), [SHOP])
    assert look(lookout, home, at) == {"opened": 1}
    move("more", 1)  # above the point by a tenth of it: the alert stands
    assert look(lookout, home, at) == {}
    move("sold", -11)
    assert look(lookout, home, at) == {"worsened": 1}
    [low] = standing(home, Kind.STOCK_LOW)
    assert (low.severity, low.facts["available"]) == (Severity.CRITICAL, 0)
    move("received", 12)
    assert look(lookout, home, at) == {"resolved": 1}


def test_the_midnights_stand_in_the_log_once(network: Network, home: SqlHome) -> None:
    start = datetime(2018, 7, 2, 12, tzinfo=UTC)
    for _ in range(2):
        lookout = Lookout(home, lambda: network, alerts.load())
        for days in (0, 0, 2, 2):
            look(lookout, home, start + timedelta(days=days))
    found = [entry.event.time_s for entry in SqlLog(home, LIVE).read(0, 100)]
    first = start_of(day_of(int(start.timestamp())))
    assert found == [first, first + DAY_S, first + 2 * DAY_S]


@pytest.fixture(scope="module")
def recorded(market_dir: Path) -> Recorded:
    return read_recorded(open_source(str(market_dir)))


@pytest.fixture(scope="module")
def settings() -> AlertSettings:
    return AlertSettings(alerts.load().only(Kind.DELIVERY_AT_RISK, Kind.SELLER_SLOW), least_orders=3)


def span(recorded: Recorded) -> tuple[int, int]:
    last = day_of(int(recorded.log.frame["time_s"].max()))  # type: ignore[arg-type]
    return start_of(last - 16), start_of(last - 8)


Begun = tuple[bytes, int]


@pytest.fixture(scope="module")
def begun(recorded: Recorded) -> Begun:
    """Return the state before the span, and where it stands in the log."""
    stepper = Stepper(recorded.log, State.start(recorded.reference))
    stepper.run(span(recorded)[0] - DAY_S + 1)
    return stepper.state.save(), stepper.offset


def test_the_stream_finds_what_watching_the_past_finds(
    market_dir: Path, recorded: Recorded, settings: AlertSettings, begun: Begun
) -> None:
    from_s, to_s = span(recorded)
    state = State.restore(begun[0], recorded.reference, (AlertObserver(settings),))
    seen = []
    Stepper(recorded.log, state, begun[1]).run(to_s - DAY_S + 1, watch=seen.append)
    told = [
        (put.time_s, put.data["change"], put.data["alert_id"], put.data["value"])
        for put in seen
        if put.kind == OUTPUT
    ]
    watch = Watch(read_watched(open_source(str(market_dir)), lambda _step: None), settings, from_s)
    found = [
        (int(at.timestamp()), change.what.value, change.alert.alert_id, pytest.approx(change.alert.value))
        for at, made in changes(watch, (from_s, to_s), timedelta(days=1))
        for change in made
    ]
    assert len(found) > 10
    assert told == found


def test_an_observer_goes_on_from_what_it_saved(
    recorded: Recorded, settings: AlertSettings, begun: Begun
) -> None:
    from_s, to_s = span(recorded)

    def outputs(*stops: int) -> tuple[list[str], str]:
        (content, offset), made = begun, list[str]()
        for stop in stops:
            state = State.restore(content, recorded.reference, (AlertObserver(settings),))
            stepper, puts = Stepper(recorded.log, state, offset), list[Output]()
            stepper.run(stop, watch=puts.append)
            made += [json.dumps(put.data, sort_keys=True) for put in puts if put.kind == OUTPUT]
            content, offset = stepper.state.save(), stepper.offset
        return made, stepper.state.digest

    whole = outputs(to_s)
    assert len(whole[0]) > 10
    assert outputs(from_s + 3 * DAY_S, from_s + 5 * DAY_S + 7, to_s) == whole
