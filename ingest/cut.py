"""The cut at T: what lies later is not there yet, so nothing in it can be right or wrong.

A row is later when its own stamp is at or after T (or never came), or when it belongs to a row that is
later: the lines and payments of a later order, the customer, seller or product that no earlier order names.
A stamp at or after T within a row that is known is emptied. Only then do the checks look.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

import polars as pl

from graph.errors import BadInput
from ingest.clock import EARLIEST, LATEST
from ingest.faults import Reason
from ingest.names import Flags, holds
from ingest.typed import TypedTable

# Who names whom: a child belongs to the order it names; an order makes its customer known, and so on.
_OF_ORDERS: Final = ("items", "payments", "reviews", "shipments", "inventory_events")
_NAMED_BY: Final = {"customers": "orders", "sellers": "items", "products": "items"}
_OF_NAMED: Final = {"shipments": ("sellers",), "inventory_events": ("products", "sellers")}


LONGEST_STORY: Final = timedelta(days=365)
"""What happens with an order (approval, delivery, review) happens within a year of its purchase."""


def last_event(tables: Mapping[str, TypedTable]) -> datetime:
    """Return the second after the last event stamp in the source that can be believed.

    A stamp more than ``LONGEST_STORY`` after the last purchase is a slip of the pen (a delivery in 2098). So
    is a purchase that long after its predecessor: purchases fall apart into stretches at such gaps, and the
    last purchase is that of the stretch with most of them (of two as large, the earlier).
    Raises BadInput if there is no stamp.
    """
    stamps = [
        _possible(typed.values(column.name))
        for typed in tables.values()
        for column in typed.table.columns
        if column.event
    ]
    purchase = _last_purchase(_possible(tables["orders"].values("purchased_at")))
    end = LATEST if purchase is None else purchase + LONGEST_STORY
    last = [s.filter(s <= end).max() for s in stamps]
    known = [stamp for stamp in last if isinstance(stamp, datetime)]
    if not known:
        raise BadInput("The source has no event: no order in it has a purchase stamp that can be read.")
    return max(known).replace(microsecond=0) + timedelta(seconds=1)


def _possible(stamps: pl.Series) -> pl.Series:
    return stamps.filter((stamps >= EARLIEST) & (stamps < LATEST))


def _last_purchase(purchases: pl.Series) -> datetime | None:
    """Return the last purchase of the largest stretch without a gap of more than ``LONGEST_STORY``."""
    bought = purchases.sort()
    number = (bought.diff() > LONGEST_STORY).fill_null(value=False).cum_sum()
    stretches = pl.DataFrame({"at": bought, "number": number}).group_by("number")
    ends = stretches.agg(pl.len().alias("size"), pl.col("at").max())
    largest_first = ends.sort("size", "number", descending=[True, False])["at"]
    return next(iter(largest_first), None)


def cut(tables: Mapping[str, TypedTable], as_of: datetime, *, whole: bool = False) -> None:
    """Mark the rows that are later than ``as_of`` and empty the later stamps of the others, in place.

    With ``whole`` the instant was taken from the source itself (``last_event``). A stamp behind it is cut off
    as later; one that lies outside every calendar (``LATEST``) stays, for the checks to set aside.
    """
    for typed in tables.values():
        _cut_own(typed, as_of, whole=whole)
    orders = tables["orders"]
    known = orders.flags("order_id", ~orders.later & orders.values("purchased_at").is_not_null())
    later = orders.flags("order_id", orders.later) & ~known
    for name in _present(tables, _OF_ORDERS):
        tables[name].mark_later(holds(later, tables[name].values("order_id")))
    _cut_unnamed(tables, known)
    _forget_limits(tables["items"], orders)


def _cut_own(typed: TypedTable, as_of: datetime, *, whole: bool) -> None:
    for column in typed.table.columns:
        if not column.event:
            continue
        stamps = typed.values(column.name)
        after = (stamps >= as_of).fill_null(value=False)
        if whole:
            after &= stamps < LATEST
        if column.name not in typed.table.known_at:
            typed.forget(column.name, after)
            continue
        typed.mark_later(after)
        if not column.required:
            typed.mark_later(stamps.is_null() & ~_unreadable(typed, column.name))


def _unreadable(typed: TypedTable, name: str) -> pl.Series:
    """Tell which stamps are there but cannot be read: those rows are faulty, not late."""
    bad = pl.repeat(value=False, n=typed.later.len(), dtype=pl.Boolean, eager=True)
    for reason, where in typed.cells[name].faults:
        if reason is Reason.WRONG_TYPE:
            bad = bad.scatter(where, values=True)
    return bad


def _cut_unnamed(tables: Mapping[str, TypedTable], known_orders: Flags) -> None:
    """Mark customers, sellers and products that no known order names, and what belongs to them."""
    orders, items = tables["orders"], tables["items"]
    naming = {
        "orders": ~orders.later & orders.values("purchased_at").is_not_null(),
        "items": holds(known_orders, items.values("order_id")) & ~items.later,
    }
    for name, by in _NAMED_BY.items():
        key = tables[name].table.key[0]
        own = tables[name].values(key)
        tables[name].mark_later(~holds(tables[by].flags(key, naming[by]), own) & own.is_not_null())
    for name in _present(tables, _OF_NAMED):
        for parent in _OF_NAMED[name]:
            key = tables[parent].table.key[0]
            later = tables[parent].later
            unnamed = tables[parent].flags(key, later) & ~tables[parent].flags(key, ~later)
            tables[name].mark_later(holds(unnamed, tables[name].values(key)))


def _forget_limits(items: TypedTable, orders: TypedTable) -> None:
    """Empty the shipping limits of orders without approval: the limit becomes known with the approval.

    Decided here alone: whoever comes after the cut takes the limit as it stands.
    """
    waiting = orders.flags("order_id", orders.values("approved_at").is_null())
    items.forget("shipping_limit_at", holds(waiting, items.values("order_id")))


def _present(tables: Mapping[str, TypedTable], names: tuple[str, ...] | Mapping[str, object]) -> list[str]:
    return [name for name in names if name in tables]
