"""The records of one day, of which windows are made: whole numbers, by code of place or name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np

from graph.days import DAY_S
from graph.lead_time.journeys import IntArray
from graph.model import NEVER, UNKNOWN
from replay.stream.columns import Array
from replay.stream.learner import Learner
from replay.stream.orders import OpenOrder, Sent, Today

GROUPS: Final = ("state", "region", "seller", "category")
RECORDS: Final[Mapping[str, tuple[str, ...]]] = {
    "bought": (*GROUPS, "package", "of_order", "of_category"),
    "handed": (*GROUPS, "handling_s"),
    "delivered": (*GROUPS, "transit_s", "total_s", "expected_s", "slack_s"),
}
"""Columns by kind of record; seconds that are not known are ``NEVER``.

``package``: 0 for an order without any line. ``of_order``, ``of_category``: 1 for the first package of its
order, and of its order within the category. ``expected_s``: the mean that was forecast at the purchase, where
the whole lead time is known too; ``slack_s``: from the delivery to the promise.
"""

Pane = Mapping[str, Mapping[str, IntArray]]


def pane(today: Today, learner: Learner) -> Pane:
    """Return the records of one day, which ``learner`` has learned."""
    return {
        "bought": _bought(today.bought, learner),
        "handed": {**_groups(today.handed, learner), "handling_s": _stage(today.handed, learner, "handling")},
        "delivered": _delivered(today.delivered, learner),
    }


def _bought(orders: Sequence[OpenOrder], learner: Learner) -> dict[str, IntArray]:
    sent: list[tuple[OpenOrder, int, int, bool, bool]] = []
    for order in orders:
        seen: set[int] = set()
        for place, one in enumerate(order.packages.values()):
            sent.append((order, one.seller, one.category, place == 0, one.category not in seen))
            seen.add(one.category)
        if not order.packages:
            sent.append((order, UNKNOWN, UNKNOWN, True, True))
    return {
        **_places([order for order, *_ in sent], learner),
        "seller": _whole([seller for _, seller, *_ in sent]),
        "category": _whole([category for _, _, category, *_ in sent]),
        "package": _whole([bool(order.packages) for order, *_ in sent]),
        "of_order": _whole([first for *_, first, _ in sent]),
        "of_category": _whole([first for *_, first in sent]),
    }


def _delivered(sent: Sequence[Sent], learner: Learner) -> dict[str, IntArray]:
    rows = _rows(sent)
    expected_s = np.rint(np.nan_to_num(learner.told["expected_days"][rows]) * DAY_S).astype(np.int64)
    total_s = _stage(sent, learner, "total")
    promised_s, delivered_s = (_whole(values) for values in _stamps(sent))
    return {
        **_groups(sent, learner),
        "transit_s": _stage(sent, learner, "transit"),
        "total_s": total_s,
        "expected_s": np.where((expected_s > 0) & (total_s != NEVER), expected_s, NEVER),
        "slack_s": np.where(promised_s == NEVER, NEVER, promised_s - delivered_s),
    }


def _stamps(sent: Sequence[Sent]) -> tuple[list[int], list[int]]:
    return [order.promised_s for order, _ in sent], [one.delivered_s for _, one in sent]


def _groups(sent: Sequence[Sent], learner: Learner) -> dict[str, IntArray]:
    return {
        **_places([order for order, _ in sent], learner),
        "seller": _whole([one.seller for _, one in sent]),
        "category": _whole([one.category for _, one in sent]),
    }


def _places(orders: Sequence[OpenOrder], learner: Learner) -> dict[str, IntArray]:
    """Return the customers' places."""
    zips = _whole([order.to_zip for order in orders])
    told = learner.reference
    return {
        "state": told.state_of_zip[zips].astype(np.int64),
        "region": told.region_of_zip[zips].astype(np.int64),
    }


def _stage(sent: Sequence[Sent], learner: Learner, stage: str) -> IntArray:
    """Return the seconds of a stage, as the model counts them: blank where its end lies before its start."""
    days = learner.journeys[f"{stage}_days"][_rows(sent)]
    return np.where(np.isnan(days), NEVER, np.rint(np.nan_to_num(days) * DAY_S)).astype(np.int64)


def _rows(sent: Sequence[Sent]) -> IntArray:
    return _whole([one.row for _, one in sent])


def _whole(values: Sequence[int]) -> Array:
    return np.array(values, np.int64)
