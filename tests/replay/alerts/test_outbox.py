"""Everything is told at least once, in order, signed: to who fails, hangs, refuses, and after a kill."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import signal
import subprocess
import sys
import textwrap
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest

from graph.errors import BadInput
from inventory.sql import SqlHome
from replay.alerts.alert import Alert, Change, Changed, Finding, Kind, Severity, opened, resolved
from replay.alerts.outbox import MessageState, Outbox, Patience
from replay.alerts.receivers import Receiver, Topic, receivers_of
from replay.alerts.sender import Sender
from replay.alerts.webhook import MOST_ALERTS, Message, alert_messages, message
from tests.replay.alerts.receiving import receiving

START = datetime(2018, 3, 1, 3, tzinfo=UTC)
SECRET = b"a secret of the test, long enough"
PATIENCE = Patience(attempts=3, first=timedelta(seconds=5), longest=timedelta(seconds=8))
FACTS = {"from": "SP", "to": "PA", "since": "2018-02-20"}


class Now:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.at = START

    def __call__(self) -> datetime:
        return self.at


@pytest.fixture
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SqlHome]:
    made = SqlHome.open(str(tmp_path_factory.mktemp("outbox") / "here.db"))
    yield made
    made.close()


def receiver(url: str, *takes: Topic) -> Receiver:
    return Receiver("shop", url, SECRET, frozenset(takes or Topic))


def drift(subject: str = "SP>PA") -> Alert:
    return opened(Finding(Kind.LANE_DRIFT, subject, 1.5, facts=FACTS), START)


def put(home: SqlHome, to: Receiver, *texts: str, at: datetime = START) -> list[Message]:
    told = [message(to, {"text": text}) for text in texts]
    home.run(lambda unit: Outbox(unit.connection).put(told, at))
    return told


def state(home: SqlHome, told: Message) -> tuple[MessageState, int, str | None]:
    with home.reading() as unit:
        found = Outbox(unit.connection).get(told.message_id)
    assert found is not None
    return found.state, found.attempts, found.error


def test_a_message_is_sent_once_signed_and_in_order(home: SqlHome) -> None:
    now = Now()
    with receiving() as there:
        to = receiver(there.url)
        told = put(home, to, "one", "two")
        assert put(home, to, "one") == told[:1]  # said again: the same message
        assert Sender(home, [to], now).send_due() == 2
        assert there.ids == [one.message_id for one in told]
        for heard, sent in zip(there.heard, told, strict=True):
            stamp = heard.headers["webhook-timestamp"]
            assert stamp == str(int(START.timestamp()))
            signed = f"{sent.message_id}.{stamp}.{heard.body}".encode()
            digest = hmac.new(SECRET, signed, hashlib.sha256).digest()
            assert heard.headers["webhook-signature"] == f"v1,{base64.b64encode(digest).decode()}"
            assert heard.body == sent.body
        assert state(home, told[0]) == (MessageState.SENT, 1, None)
        assert Sender(home, [to], now).send_due() == 0


def test_a_receiver_that_fails_is_tried_again_later_and_nothing_overtakes(here: SqlHome) -> None:
    now = Now()
    with receiving(lambda turn: 503 if turn < 3 else 200) as there:
        to = receiver(there.url)
        first, second = put(here, to, "one", "two")
        sender = Sender(here, [to], now, PATIENCE)
        assert sender.send_due() == 1
        assert state(here, first) == (MessageState.QUEUED, 1, "answered 503")
        now.at += timedelta(seconds=4)
        assert sender.send_due() == 0  # its pause is five seconds, and the other one waits behind it
        now.at += timedelta(seconds=1)
        assert sender.send_due() == 1
        now.at += timedelta(seconds=8)  # twice as long, and at most so long
        assert sender.send_due() == 2
        assert there.ids == [first.message_id] * 3 + [second.message_id]


def test_after_so_many_tries_a_message_is_dead_and_the_next_one_has_its_turn(here: SqlHome) -> None:
    now = Now()
    with receiving(lambda turn: 500 if turn <= 3 else 200) as there:
        to = receiver(there.url)
        first, second = put(here, to, "one", "two")
        sender = Sender(here, [to], now, PATIENCE)
        for _ in range(3):
            sender.send_due()
            now.at += timedelta(seconds=10)
        assert state(here, first) == (MessageState.DEAD, 3, "answered 500")
        assert state(here, second)[0] is MessageState.SENT
        with here.reading() as unit:
            counts = Outbox(unit.connection).counts()
        assert counts == {MessageState.QUEUED: 0, MessageState.SENT: 1, MessageState.DEAD: 1}


@pytest.mark.parametrize("status", [400, 401, 410])
def test_what_will_never_be_taken_is_dead_at_once(here: SqlHome, status: int) -> None:
    with receiving(lambda _turn: status) as there:
        [told] = put(here, to := receiver(there.url), "one")
        Sender(here, [to], Now(), PATIENCE).send_due()
        assert state(here, told) == (MessageState.DEAD, 1, f"answered {status}")


@pytest.mark.parametrize("status", [302, 429])
def test_what_may_be_taken_later_is_tried_again(here: SqlHome, status: int) -> None:
    with receiving(lambda _turn: status) as there:
        [told] = put(here, to := receiver(there.url), "one")
        Sender(here, [to], Now(), PATIENCE).send_due()
        assert len(there.heard) == 1  # a redirect is not followed
        assert state(here, told) == (MessageState.QUEUED, 1, f"answered {status}")


def test_a_receiver_that_hangs_costs_its_time_and_no_more(here: SqlHome) -> None:
    with receiving(lambda _turn: 0) as there:
        [told] = put(here, to := receiver(there.url), "one")
        Sender(here, [to], Now(), PATIENCE, timeout_s=0.2).send_due()
        found, attempts, why = state(here, told)
        assert (found, attempts) == (MessageState.QUEUED, 1)
        assert why is not None
        assert "timed out" in why


def test_what_fits_into_no_request_is_dead_at_once(here: SqlHome) -> None:
    [told] = put(here, to := receiver("http://127.0.0.1:9/café"), "one")
    Sender(here, [to], Now(), PATIENCE).send_due()
    found, attempts, why = state(here, told)
    assert (found, attempts) == (MessageState.DEAD, 1)
    assert "UnicodeEncodeError" in str(why)


def test_what_goes_wrong_in_the_sender_does_not_end_it(
    here: SqlHome, caplog: pytest.LogCaptureFixture
) -> None:
    turns = count()

    def clock() -> datetime:
        if not next(turns):
            raise RuntimeError("no clock yet")
        return START

    stop = threading.Event()
    with receiving() as there:
        [told] = put(here, to := receiver(there.url), "one")
        thread = threading.Thread(target=Sender(here, [to], clock).run, args=(stop, 0.01))
        thread.start()
        assert there.arrived.wait(30)
        stop.set()
        thread.join()
    assert state(here, told)[0] is MessageState.SENT
    assert [one.message for one in caplog.records if one.levelname == "ERROR"] == ["sender_failed"]


def test_nobody_at_home_is_a_failure_like_others(here: SqlHome) -> None:
    with receiving() as there:
        url = there.url
    [told] = put(here, to := receiver(url), "one")
    Sender(here, [to], Now(), PATIENCE).send_due()
    assert state(here, told)[0] is MessageState.QUEUED


KILLED = """
import sys
from datetime import UTC, datetime
from inventory.sql import SqlHome
from replay.alerts.receivers import Receiver, Topic
from replay.alerts.sender import Sender
home = SqlHome.open(sys.argv[1])
to = Receiver("shop", sys.argv[2], b"0123456789abcdef", frozenset(Topic))
Sender(home, [to], lambda: datetime.fromisoformat(sys.argv[3])).send_due()
"""


def test_what_a_killed_sender_had_in_hand_is_sent_again_under_the_same_id(here: SqlHome) -> None:
    with receiving(lambda turn: 0 if turn == 1 else 200) as there:
        [told] = put(here, to := receiver(there.url), "one")
        where = str(here.engine.url.database)
        command = [sys.executable, "-c", textwrap.dedent(KILLED), where, there.url, START.isoformat()]
        with subprocess.Popen(command) as other:
            assert there.arrived.wait(30)
            os.kill(other.pid, signal.SIGKILL)
        now = Now()
        sender = Sender(here, [to], now, PATIENCE)
        assert sender.send_due() == 0  # it may still be at it
        now.at += PATIENCE.claim
        assert sender.send_due() == 1
        assert there.ids == [told.message_id] * 2
        assert state(here, told) == (MessageState.SENT, 2, None)


def test_who_was_too_slow_does_not_undo_what_the_other_did(here: SqlHome) -> None:
    [told] = put(here, to := receiver("http://127.0.0.1:9/"), "one")

    def first(claim_at: datetime) -> Callable[..., object]:
        return lambda unit: Outbox(unit.connection).claim([to.name], claim_at, PATIENCE)

    slow = here.run(first(START))
    quick = here.run(first(START + PATIENCE.claim))
    assert here.run(lambda unit: Outbox(unit.connection).sent(quick, START))
    assert not here.run(
        lambda unit: Outbox(unit.connection).failed(slow, START, "late", PATIENCE, final=True)
    )
    assert state(here, told)[0] is MessageState.SENT


def test_a_receiver_hears_only_what_it_takes_in_alertmanagers_shape() -> None:
    to = receiver("http://127.0.0.1:9/", Topic.OPERATOR)
    seller = opened(Finding(Kind.SELLER_SLOW, "s", 120.0), START)
    over = resolved(drift("SP>AM"), START + timedelta(days=1))
    changes = [
        Change(Changed.OPENED, drift()),
        Change(Changed.OPENED, seller),
        Change(Changed.RESOLVED, over),
    ]
    firing, done = [json.loads(one.body) for one in alert_messages(to, changes)]
    assert (firing["version"], firing["status"], firing["receiver"]) == ("4", "firing", "shop")
    assert firing["groupLabels"] == {"alertname": "lane_drift"}
    assert firing["commonLabels"] == {"alertname": "lane_drift", "audience": "operator"}
    [alert] = firing["alerts"]
    assert alert["startsAt"] == "2018-03-01T03:00:00Z"
    assert alert["endsAt"].startswith("0001")
    assert alert["labels"]["severity"] == Severity.WARNING
    assert "SP to PA" in alert["annotations"]["summary"]
    assert (done["status"], done["alerts"][0]["endsAt"]) == ("resolved", "2018-03-02T03:00:00Z")
    fields = {"version", "groupKey", "truncatedAlerts", "status", "receiver", "groupLabels", "commonLabels"}
    assert set(firing) == fields | {"commonAnnotations", "externalURL", "alerts"}
    many = [Change(Changed.OPENED, drift(f"SP>{number}")) for number in range(MOST_ALERTS + 1)]
    assert [len(json.loads(one.body)["alerts"]) for one in alert_messages(to, many)] == [MOST_ALERTS, 1]


def test_old_messages_are_forgotten_and_waiting_ones_never(here: SqlHome) -> None:
    with receiving() as there:
        to = receiver(there.url)
        put(here, to, "one")
        Sender(here, [to], Now()).send_due()
    put(here, to, "two")
    late = START + timedelta(days=30)
    assert here.run(lambda unit: Outbox(unit.connection).forget(late)) == 1
    with here.reading() as unit:
        assert Outbox(unit.connection).counts()[MessageState.QUEUED] == 1


GOOD = {"url": "https://shop.example/hook", "secret_from": "SHOP", "takes": ["seller", "purchase_orders"]}


def test_receivers_are_read_with_their_secret_from_the_environment() -> None:
    coded = "whsec_" + base64.b64encode(SECRET).decode()
    for secret in (SECRET.decode(), coded):
        [found] = receivers_of({"shop": GOOD}, "hooks.toml", {"SHOP": secret})
        assert found == Receiver(
            "shop", GOOD["url"], SECRET, frozenset({Topic.SELLER, Topic.PURCHASE_ORDERS})
        )
        assert "secret" not in repr(found).replace("secret_from", "")


def test_all_faults_of_receivers_are_told_at_once() -> None:
    given = {
        "a": GOOD | {"url": "http://shop.example/"},
        "b": GOOD | {"secret_from": "NOBODY", "takes": ["buyers"]},
        "c": GOOD | {"url": "https://me:pass@shop.example/", "colour": 1},
        "d": 3,
        "e": GOOD | {"url": "https://shop.example:port/", "takes": []},
        "á": GOOD | {"url": "https://café.example/"},
    }
    with pytest.raises(BadInput) as caught:
        receivers_of(given, "hooks.toml", {"SHOP": SECRET.decode()})
    assert [fault.column for fault in caught.value.faults] == [
        "a.url",
        "b.secret_from",
        "b.takes",
        "c.colour",
        "c.url",
        "d",
        "e.url",
        "e.takes",
        "á.url",
    ]
    assert SECRET.decode() not in str(caught.value)
