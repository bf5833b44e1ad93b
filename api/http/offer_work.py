"""What putting offers does, and what it answers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from api.http.offer_models import OfferIn, OfferStatus
from api.http.order_work import Values
from api.offers import why_not
from graph import Network
from inventory.offers import Put
from inventory.sql.offers import SqlOffers


def put(network: Network, asked: Sequence[OfferIn], offers: SqlOffers, now: datetime) -> Values:
    """Store the offers that the network in force can use, and say what became of each."""
    checked = check(network, asked)
    good = [one.to_offer() for one, why in zip(asked, checked, strict=True) if why is None]
    return answer_values(asked, checked, offers.put(good, now))


def check(network: Network, asked: Sequence[OfferIn]) -> list[str | None]:
    """Return why each offer cannot be stored, None where it can."""
    found: list[str | None] = []
    seen: set[tuple[str, str]] = set()
    for one in asked:
        name = one.product_id, one.seller_id
        twice = "This request names the product and seller twice." if name in seen else None
        found.append(twice or why_not(network.arrays, one.to_offer()))
        seen.add(name)
    return found


def answer_values(asked: Sequence[OfferIn], checked: Sequence[str | None], done: Sequence[Put]) -> Values:
    """Return what became of each; ``done`` tells of those that were stored, in order."""
    told, stored = [], iter(done)
    for one, why in zip(asked, checked, strict=True):
        status = OfferStatus.REFUSED if why else OfferStatus(next(stored).value)
        told.append(
            {"product_id": one.product_id, "seller_id": one.seller_id, "status": status.value, "why": why}
        )
    counts = Counter(row["status"] for row in told)
    return {**{status.value: counts[status.value] for status in OfferStatus}, "offers": told}
