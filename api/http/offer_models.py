"""Offers that sellers tell: what comes in and what goes out."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field

from api.http.models import Answer, Closed
from api.http.settings import MOST_OFFERS
from api.order_models import CandidateIn, Id, Strict
from inventory.offers import Offer


class OfferIn(CandidateIn):
    """A seller's offer of a product, as a whole: what is not told is not known any more."""

    product_id: Id
    active: bool = Field(default=True, description="false: withdrawn; nobody is routed to it.")

    def to_offer(self) -> Offer:
        """Return the offer."""
        return Offer(**self.model_dump())


class OffersIn(Strict):
    """Offers to be stored, one for each product and seller."""

    offers: list[OfferIn] = Field(min_length=1, max_length=MOST_OFFERS)


class OfferStatus(StrEnum):
    """What became of an offer."""

    CREATED = "created"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    REFUSED = "refused"


class OfferOut(Closed):
    """What became of one offer, and why it was refused."""

    product_id: str
    seller_id: str
    status: OfferStatus
    why: str | None


class OffersOut(Answer):
    """What became of offers, in their order."""

    created: int
    changed: int
    unchanged: int
    refused: int
    offers: list[OfferOut]
