"""Files of orders: read with every fault told by its line, and decisions written line by line."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from api.order_models import order_of
from graph.errors import BadInput, Fault
from graph.orders import Order


@dataclass(frozen=True, slots=True)
class OrderFile:
    """The orders of a file, and what is wrong with the lines that hold none: read = orders + set aside."""

    orders: tuple[Order, ...]
    set_aside: tuple[Fault, ...]
    read: int


def read_orders(path: Path) -> OrderFile:
    """Read one order a line (JSON Lines). BadInput with every fault when no line holds an order."""
    orders: dict[str, Order] = {}
    faults: list[Fault] = []
    lines = [(row, text) for row, text in enumerate(_text(path).splitlines(), 1) if text.strip()]
    bad = 0
    for row, text in lines:
        try:
            order = order_of(_json(text, path.name, row), path.name, row)
            if order.order_id in orders:
                raise _doubled(path.name, row, order.order_id)
            orders[order.order_id] = order
        except BadInput as error:
            faults += error.faults
            bad += 1
    if not orders:
        raise BadInput(f"{path} holds no usable order.", faults)
    return OrderFile(tuple(orders.values()), tuple(faults), len(orders) + bad)


def write_lines(path: Path, documents: Iterable[Mapping[str, Any]]) -> None:
    """Write one JSON document a line."""
    with path.open("w", encoding="utf-8") as file:
        for document in documents:
            file.write(json.dumps(document, ensure_ascii=False) + "\n")


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except UnicodeDecodeError:
        raise BadInput(f"{path} is not UTF-8 text: save it as UTF-8.") from None


def _json(text: str, table: str, row: int) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        fault = Fault(table, row, None, "no JSON", str(error), "Write one JSON object a line.")
        raise BadInput(f"{table}, row {row} is no JSON.", [fault]) from None


def _doubled(table: str, row: int, order_id: str) -> BadInput:
    remedy = "Give each order an order_id of its own."
    return BadInput("Two orders of one name.", [Fault(table, row, "order_id", "doubled", order_id, remedy)])
