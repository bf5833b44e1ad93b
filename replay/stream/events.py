"""One event, as the log keeps it and as CloudEvents 1.0 writes it.

Kinds are those of ``ingest.transforms.events`` and ``Tick``: the clock's own record that an instant has been
reached. Ticks stand in the log like any other event, so what closes at one closes at the same place however
fast the log is read. A tick is the first event of its second: all that is stamped before it has been seen.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from graph.errors import BadInput
from ingest.transforms.events import KINDS

TICK: Final = "Tick"
RANK: Final[Mapping[str, int]] = {kind: rank for rank, kind in enumerate((TICK, *KINDS))}
"""The order of kinds within one second."""

ID_MOST: Final = 400
"""The longest id of an event, in characters."""

_TYPE: Final = "malha."
_SHIPMENT: Final = ("carrier_id", "warehouse_id")


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened, stamped ``time_s`` (epoch seconds).

    ``subject``: the order, or the stock event. ``part`` tells apart what one instant tells of a subject:
    line, payment number, seller, review; of ``StockMoved`` the order that caused it. ``data``: the columns of
    the log that this kind has (``ingest.transforms.events.COLUMNS``), without those that are unknown.
    """

    id: str
    kind: str
    time_s: int
    subject: str
    part: str
    data: Mapping[str, Any]

    @property
    def order(self) -> tuple[int, int, str, str, str]:
        """The place in the total order of play."""
        return self.time_s, RANK[self.kind], self.subject, self.part, self.id

    @property
    def key(self) -> str:
        """What events must be kept in order by, so the partition key: the order, or the place of stock."""
        if self.kind != "StockMoved":
            return self.subject
        return "/".join(str(self.data.get(name, "")) for name in ("product_id", "seller_id", "location_id"))

    def to_cloud(self, source: str) -> dict[str, Any]:
        """Return the event as a CloudEvents 1.0 object (JSON format) of a producer ``source`` (a URI)."""
        return {
            "specversion": "1.0",
            "id": self.id,
            "source": source,
            "type": f"{_TYPE}{self.kind}",
            "subject": self.subject,
            "time": datetime.fromtimestamp(self.time_s, UTC).isoformat().replace("+00:00", "Z"),
            "datacontenttype": "application/json",
            "partitionkey": self.key,
            "data": {"part": self.part, **self.data} if self.part else dict(self.data),
        }

    @classmethod
    def of_cloud(cls, told: Mapping[str, Any]) -> Event:
        """Return the event that a CloudEvents object tells. Raises BadInput, all faults at once.

        A fraction of a second is cut off: the log counts in whole ones.
        """
        faults = [*_faults(told)]
        if faults:
            raise BadInput("This is no event of Malha: " + "; ".join(faults) + ".")
        data = dict(told.get("data") or {})
        at = datetime.fromisoformat(told["time"])
        return cls(
            id=told["id"],
            kind=told["type"].removeprefix(_TYPE),
            time_s=int(at.timestamp() // 1),
            subject=told.get("subject", ""),
            part=str(data.pop("part", "")),
            data={name: value for name, value in data.items() if value is not None},
        )


def event_id(kind: str, subject: str, part: str, data: Mapping[str, Any]) -> str:
    """Return the id that a fact has wherever it comes from: the same fact told twice is one event."""
    told = [kind, subject, part]
    if kind in ("HandedToCarrier", "Delivered"):  # one seller may send an order in two shipments
        told += [str(data.get(name) or "") for name in _SHIPMENT]
    return "/".join(text for text in told if text)


def tick(at_s: int) -> Event:
    """Return the clock's record of an instant."""
    return Event(f"{TICK}/{at_s}", TICK, at_s, "", "", {})


def _faults(told: Mapping[str, Any]) -> list[str]:
    """Return what is wrong with a CloudEvents object, in words."""
    faults = []
    if told.get("specversion") != "1.0":
        faults.append("specversion is 1.0")
    faults += [
        f"{name} is a text of 1 to {ID_MOST} characters"
        for name in ("id", "source", "type")
        if not _text(told.get(name), 1)
    ]
    if not _text(told.get("subject", ""), 0):
        faults.append(f"subject is a text of at most {ID_MOST} characters")
    kind = told.get("type")
    if isinstance(kind, str) and kind.removeprefix(_TYPE) not in RANK:
        faults.append(f"type is one of {', '.join(_TYPE + name for name in RANK)}")
    if not _instant(told.get("time")):
        faults.append("time is an instant with its time zone (RFC 3339)")
    if told.get("datacontenttype", "application/json") != "application/json":
        faults.append("datacontenttype is application/json")
    data = told.get("data") or {}
    if not isinstance(data, Mapping) or not all(_scalar(value) for value in data.values()):
        faults.append("data is an object of texts and numbers")
    return faults


def _text(value: object, least: int) -> bool:
    return isinstance(value, str) and least <= len(value) <= ID_MOST


def _scalar(value: object) -> bool:
    return value is None or isinstance(value, str | int | float)


def _instant(value: object) -> bool:
    try:
        return isinstance(value, str) and datetime.fromisoformat(value).tzinfo is not None
    except ValueError:
        return False
