"""What the call for events does: each goes through the same door as the verb that tells the same."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final, TypeVar

from pydantic import BaseModel, ValidationError

from api.http import order_work, stock_work
from api.http.event_models import DATA, Cloud, Envelope
from api.http.order_questions import Seen, Some, StockEventIn
from api.http.order_work import Visit
from api.http.problems import Problem
from api.http.stock_answers import EventStatus
from graph.errors import BadInput, MalhaError
from inventory.ledger import Answer, KeyInFlight, KeyReused
from inventory.reservations import Part, Reservation
from inventory.sql import DatabaseBusy, DatabaseDown, SqlUnit
from inventory.states import OrderState
from replay.live import fact_id, is_approved, note
from replay.stream.events import TICK, Event

AHEAD_S: Final = 300
"""How far before our clock the clock of another program may be."""

MOST_SHOWN: Final = 1_000
"""Characters of an id, or of a reason, that an answer repeats."""

Values = dict[str, Any]


Model = TypeVar("Model", bound=BaseModel)


class Refused(MalhaError):
    """An event that cannot be taken, and why."""


def take_events(visit: Visit, told: Sequence[Cloud]) -> Values:
    """Take events in their order, each in a unit of work of its own, and say what became of each."""
    events = [_taken(visit, one) for one in told]
    counts = Counter(event["status"] for event in events)
    return {**{str(status): counts[status] for status in EventStatus}, "events": events}


def _taken(visit: Visit, told: Cloud) -> Values:
    name = str(told.get("id", ""))
    try:
        event = _event(visit, told)
        status = visit.counter.ledger.run(partial(_once, visit, told, event))
    except (DatabaseBusy, DatabaseDown, KeyInFlight):
        raise
    except KeyReused:
        return _status(name, EventStatus.REFUSED, "another event has this id")
    except BadInput as error:
        return _status(name, EventStatus.REFUSED, error.message)
    except (MalhaError, Problem) as error:
        return _status(name, EventStatus.REFUSED, str(error))
    return _status(name, status)


def _status(name: str, status: EventStatus, why: str | None = None) -> Values:
    return {"id": _shown(name), "status": status, "why": None if why is None else _shown(why)}


def _shown(text: str) -> str:
    """Return a text that can be written: JSON may hold halves of characters, and refusals repeat it."""
    return text[:MOST_SHOWN].encode("utf-8", "replace").decode()


def _event(visit: Visit, told: Cloud) -> Event:
    """Return the event that a CloudEvent tells; raises BadInput or Refused."""
    event = Event.of_cloud(told)
    if event.kind == TICK:
        raise Refused("ticks are the clock's own")
    if event.time_s > visit.now.timestamp() + AHEAD_S:
        raise Refused("it lies in the future")
    if event.time_s < 0:
        raise Refused("it lies before 1970")
    _checked(Envelope, told)
    given = {"part": event.part, **event.data} if event.part else dict(event.data)
    data = _checked(DATA[event.kind], given).model_dump(exclude_none=True)
    part = data.pop("part", "")
    return replace(event, id=fact_id(event.kind, event.subject, part, data), part=part, data=data)


def _checked(model: type[Model], told: Cloud) -> Model:
    try:
        return model.model_validate(told)
    except ValidationError as error:
        faults = [f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors()]
        raise Refused("; ".join(faults)) from None


def _once(visit: Visit, told: Cloud, event: Event, unit: SqlUnit) -> EventStatus:
    """Take an event unless its producer sent it before, or somebody told the same."""
    client, digest = f"events:{told['source']}", _digest(told)
    if unit.answers.claim(client, told["id"], digest) is not None:
        return EventStatus.DUPLICATE
    then = replace(visit, now=datetime.fromtimestamp(event.time_s, UTC))
    status = _through_its_door(then, event, unit)
    unit.answers.keep(client, told["id"], Answer(digest, 200, str(status)), visit.now)
    return status


def _through_its_door(visit: Visit, event: Event, unit: SqlUnit) -> EventStatus:
    if event.kind == "StockMoved":
        return _stock_moved(event, unit)
    held = unit.ledger.order(event.subject, lock=True)
    told = [event]
    if held is not None and event.kind in ("HandedToCarrier", "Delivered"):
        return _sent(visit, event, held, unit)
    if held is not None and event.kind == "OrderApproved" and not is_approved(held):
        # First what it says itself: it may know the shipping limit.
        told += order_work.approve_again(visit, event.subject, Seen(), unit)[1]
    # At the end: others who append to the log wait for us, and we must not wait for them then.
    return EventStatus.BOOKED if note(unit, told) else EventStatus.DUPLICATE


def _stock_moved(event: Event, unit: SqlUnit) -> EventStatus:
    told = {**event.data, "event_id": event.subject, "at": datetime.fromtimestamp(event.time_s, UTC)}
    asked = _checked(StockEventIn, told | {"order_id": event.part or None})
    [done] = stock_work.book([asked], unit)["events"]
    if done["status"] == EventStatus.REFUSED:
        raise Refused(done["why"])
    return EventStatus(done["status"])


def _sent(visit: Visit, event: Event, held: Reservation, unit: SqlUnit) -> EventStatus:
    """Hand over, or deliver, the packages that a seller sends; what is done already is a duplicate."""
    handing = event.kind == "HandedToCarrier"
    if handing and held.state is OrderState.RECEIVED:
        order_work.approved(visit, held.order_id, Seen(), unit)
        held = unit.ledger.order(held.order_id, lock=True) or held
    packages = _packages(held, event)
    if not packages:
        raise Refused(f"order {held.order_id} has no package of seller {event.part} that this could be")
    waiting = {
        name: parts for name, parts in packages.items() if any(_waits(part, handing) for part in parts)
    }
    if handing and not waiting:
        return EventStatus.DUPLICATE
    if not handing and not waiting and all(part.handed for parts in packages.values() for part in parts):
        return EventStatus.DUPLICATE
    for name in waiting or packages:
        if handing:
            order_work.handed_over(visit, held.order_id, Some(package_id=name), unit)
        else:
            order_work.plainly("deliver")(visit, held.order_id, Some(package_id=name), unit)
    return EventStatus.BOOKED


def _packages(held: Reservation, event: Event) -> dict[str, list[Part]]:
    """Return the packages of a seller, from the warehouse that the event names if it names one."""
    found: dict[str, list[Part]] = {}
    for part in held.parts:
        place = event.data.get("warehouse_id", part.key.location_id)
        live = part.open + part.lapsed + part.handed
        if part.key.seller_id == event.part and part.key.location_id == place and live:
            found.setdefault(part.package_id, []).append(part)
    return found


def _waits(part: Part, handing: bool) -> bool:
    return bool(part.open + part.lapsed) if handing else part.delivered < part.handed


def _digest(told: Cloud) -> str:
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()
