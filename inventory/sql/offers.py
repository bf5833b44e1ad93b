"""Offers that sellers have told, in the database."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict, fields
from datetime import datetime
from functools import cache
from typing import Any, Final

import sqlalchemy as sa

from inventory.offers import Offer, Put
from inventory.sql.driver import Said, Sentence, among, ask, values_among, width_of
from inventory.sql.inserts import insert_into
from inventory.sql.tables import OFFERS

_NAMES: Final = tuple(one.name for one in fields(Offer))
_KEY: Final = ("product_id", "seller_id")
_OF_PAIRS: Final = sa.select(*(OFFERS.c[name] for name in _NAMES)).where(
    sa.tuple_(OFFERS.c.product_id, OFFERS.c.seller_id).in_(sa.bindparam("names", expanding=True))
)
_AT_ONCE: Final = 400
"""Names in one statement."""

_ALL: Final = 2**62


class SqlOffers:
    """The offers told, on the connection of a unit of work: whoever begins one later sees what was put."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def put(self, offers: Sequence[Offer], at: datetime) -> list[Put]:
        """Store offers, one for each product and seller, and say what became of each.

        Those that say what is stored already are left alone; the others are written in the order of their
        keys, so that two who put the same never wait in a circle.
        """
        known = self._known([(offer.product_id, offer.seller_id) for offer in offers])
        told = [_put(known.get((offer.product_id, offer.seller_id)), offer) for offer in offers]
        new = [asdict(offer) for offer, put in zip(offers, told, strict=True) if put is not Put.UNCHANGED]
        if new:
            rows = sorted(new, key=lambda row: (row["product_id"], row["seller_id"]))
            self._connection.execute(self._upsert(), [row | {"updated_at": at} for row in rows])
        return told

    def of_products(self, product_ids: Collection[str], most: int = _ALL) -> list[Offer]:
        """Return the offers of products by product and seller, withdrawn ones included, at most so many."""
        products, found = sorted(product_ids), list[Offer]()
        for start in range(0, len(products), _AT_ONCE):
            some = products[start : start + _AT_ONCE]
            query = _of_products(self._connection.dialect.name, width_of(len(some)))
            [rows] = ask(self._connection, [Said(query, [values_among(some) | {"most": most - len(found)}])])
            found += map(_offer, rows)
        return found

    def _known(self, pairs: Sequence[tuple[str, str]]) -> dict[tuple[str, str], Offer]:
        found: dict[tuple[str, str], Offer] = {}
        for start in range(0, len(pairs), _AT_ONCE):
            for row in self._connection.execute(_OF_PAIRS, {"names": pairs[start : start + _AT_ONCE]}):
                offer = Offer(*row)
                found[offer.product_id, offer.seller_id] = offer
        return found

    def _upsert(self) -> sa.Executable:
        insert = insert_into(OFFERS, self._connection.dialect.name)
        moved = {name: insert.excluded[name] for name in (*_NAMES, "updated_at") if name not in _KEY}
        return insert.on_conflict_do_update(index_elements=_KEY, set_=moved)


def _offer(row: Sequence[Any]) -> Offer:
    told = dict(zip(_NAMES, row, strict=True))
    return Offer(**told | {"active": bool(told["active"])})  # SQLite has no booleans


@cache
def _of_products(database: str, products: int) -> Sentence:
    query = (
        sa.select(*(OFFERS.c[name] for name in _NAMES))
        .where(among(OFFERS.c.product_id, products))
        .order_by(OFFERS.c.product_id, OFFERS.c.seller_id)
        .limit(sa.bindparam("most", type_=sa.BigInteger))
    )
    return Sentence.of(query, database)


def _put(before: Offer | None, after: Offer) -> Put:
    if before is None:
        return Put.CREATED
    return Put.UNCHANGED if before == after else Put.CHANGED
