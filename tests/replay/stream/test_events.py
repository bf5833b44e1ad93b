"""An event and its CloudEvents envelope."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.errors import BadInput
from ingest.transforms.events import KINDS
from replay.stream.events import RANK, TICK, Event, event_id, tick

TOLD: dict[str, Any] = {
    "specversion": "1.0",
    "id": "Delivered/o1/s1/correios",
    "source": "https://shop.example/oms",
    "type": "malha.Delivered",
    "subject": "o1",
    "time": "2018-04-02T12:00:00.75-03:00",
    "datacontenttype": "application/json",
    "data": {"part": "s1", "carrier_id": "correios", "warehouse_id": None},
}

texts = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=20)
events = st.builds(
    Event,
    id=texts,
    kind=st.sampled_from(sorted(RANK)),
    time_s=st.integers(0, 2**33),
    subject=texts,
    part=st.just("") | texts,
    data=st.dictionaries(texts.filter(lambda name: name != "part"), st.integers(-(2**53), 2**53) | texts),
)


@given(events)
def test_an_event_comes_back_from_its_envelope(event: Event) -> None:
    sent = json.loads(json.dumps(event.to_cloud("/malha")))
    assert Event.of_cloud(sent) == event
    assert sent["partitionkey"] == event.key


def test_an_envelope_of_somebody_else_is_read() -> None:
    event = Event.of_cloud(TOLD)
    assert event == Event(TOLD["id"], "Delivered", 1522681200, "o1", "s1", {"carrier_id": "correios"})
    assert event_id(event.kind, event.subject, event.part, event.data) == event.id


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("specversion", "0.3", "specversion is 1.0"),
        ("id", "", "id is a text"),
        ("id", "x" * 401, "id is a text"),
        ("source", None, "source is a text"),
        ("type", "malha.Lost", "type is one of malha.Tick"),
        ("subject", 7, "subject is a text"),
        ("time", "2018-04-02T12:00:00", "its time zone"),
        ("time", "yesterday", "its time zone"),
        ("time", 5, "its time zone"),
        ("datacontenttype", "text/xml", "datacontenttype is"),
        ("data", [1], "data is an object"),
        ("data", {"a": {"b": 1}}, "data is an object"),
    ],
)
def test_what_is_no_event_is_refused(name: str, value: object, said: str) -> None:
    with pytest.raises(BadInput, match=said):
        Event.of_cloud({**TOLD, name: value})


def test_all_faults_are_told_at_once() -> None:
    with pytest.raises(BadInput) as caught:
        Event.of_cloud({})
    assert [
        word for word in ("specversion", "id", "source", "type", "time") if word not in str(caught.value)
    ] == []


def test_a_tick_comes_before_all_else_of_its_second() -> None:
    others = [Event("x", kind, 5, "", "", {}) for kind in KINDS]
    played = sorted([*reversed(others), tick(5)], key=lambda event: event.order)
    assert [event.kind for event in played] == [TICK, *KINDS]


def test_stock_is_kept_in_order_by_its_place() -> None:
    told = {"product_id": "p", "seller_id": "s", "location_id": "w"}
    assert Event("e", "StockMoved", 0, "e", "o1", told).key == "p/s/w"
    assert Event("e", "Delivered", 0, "o1", "s", {}).key == "o1"
