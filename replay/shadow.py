"""The shadow window: decided orders, by which prices are judged before new ones are believed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import numpy as np

from optimizer.order_types import NO_ORDER
from optimizer.policy import PriceSchedule
from optimizer.prices import Pricer, Shadow
from optimizer.words import Ints
from replay.market import Market

SEED: Final = 1
"""Every pricer starts from it, so that equal stock and demand give equal prices."""

Kind = tuple[tuple[tuple[str, int], ...], str]
"""What an order asks for, as (product, units) in order, and the region where it goes."""


def stream_of(market: Market, kinds: Iterable[Kind | None]) -> Ints:
    """Return the types of decided orders, those left out that are of none."""
    rows: dict[Kind | None, int] = {
        (tuple(sorted(kind.lines)), kind.region): row for row, kind in enumerate(market.types)
    }
    found = [rows.get(kind, NO_ORDER) for kind in kinds]
    return np.array([row for row in found if row != NO_ORDER], dtype=np.int64)


def judge(
    market: Market, schedule: PriceSchedule, stream: Ints, records: Sequence[Mapping[str, Any]]
) -> Shadow | None:
    """Return whether prices would have won over the window; its opening had what its orders took."""
    pricer, demand = Pricer(market.columns, schedule, SEED), market.demand(schedule)
    pricer.solve(demand, market.columns.stock + _taken(market, records))
    pricer.saw(stream)
    pricer.solve(demand, market.columns.stock)
    return pricer.shadow


def _taken(market: Market, records: Sequence[Mapping[str, Any]]) -> Ints:
    taken: Counter[tuple[str, str]] = Counter()
    for record in records:
        for line in record["lines"]:
            for part in line["parts"]:
                taken[line["product_id"], str(part["source_id"])] += part["quantity"]
    return np.array([taken[name] for name in market.names], dtype=np.int64)


def kind_of(record: Mapping[str, Any]) -> Kind | None:
    """Return the kind of a decided order; None where the record does not tell where it went."""
    if "order" not in record:
        return None
    lines = tuple(sorted((line["product_id"], line["quantity"]) for line in record["lines"]))
    return lines, record["order"]["destination"]["zip_prefix"][:3]
