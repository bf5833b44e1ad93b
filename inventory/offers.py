"""Offers that a seller has told, beside those that a snapshot learned from what was sold."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from math import isfinite

from graph.errors import BadInput
from graph.orders import Candidate, Order


@dataclass(frozen=True, slots=True)
class Offer:
    """A seller's offer of a product from their own stock; the last one put for the two counts.

    ``price_cents`` is of one unit; sizes are of one unit, too. ``zip_prefix``, ``category`` and sizes are for
    what a snapshot does not know. ``active`` False withdraws it. Raises BadInput.
    """

    product_id: str
    seller_id: str
    price_cents: int
    zip_prefix: str | None = None
    category: str | None = None
    weight_g: float | None = None
    length_cm: float | None = None
    height_cm: float | None = None
    width_cm: float | None = None
    active: bool = True

    def __post_init__(self) -> None:
        if not (self.product_id and self.seller_id):
            raise BadInput("An offer names a product and a seller.")
        if self.price_cents < 0:
            raise BadInput(f"A price is not below zero: {self.price_cents}.")
        told = [size for size in (self.weight_g, *self.sides) if size is not None]
        if not all(isfinite(size) and size > 0 for size in told):
            raise BadInput("Weight and sides of a unit are more than zero.")

    @property
    def sides(self) -> tuple[float | None, float | None, float | None]:
        """Length, height and width of one unit in cm."""
        return self.length_cm, self.height_cm, self.width_cm

    def candidate(self) -> Candidate:
        """Return it as a candidate of an order's line; volume and side are known where all sides are."""
        sides = [side for side in self.sides if side is not None]
        whole = len(sides) == len(self.sides)
        return Candidate(
            seller_id=self.seller_id,
            price_cents=self.price_cents,
            zip_prefix=self.zip_prefix,
            category=self.category,
            weight_g=self.weight_g,
            volume_cm3=sides[0] * sides[1] * sides[2] if whole else None,
            longest_side_cm=max(sides) if whole else None,
            active=self.active,
        )


class Put(StrEnum):
    """What became of an offer that was put."""

    CREATED = "created"
    CHANGED = "changed"
    UNCHANGED = "unchanged"


def with_offers(order: Order, offers: Iterable[Offer]) -> Order:
    """Return an order whose lines have the offers told of their products as candidates.

    What the order itself says of a seller counts more.
    """
    told: dict[str, list[Candidate]] = {}
    for offer in offers:
        told.setdefault(offer.product_id, []).append(offer.candidate())
    return order.with_candidates(told) if told else order
