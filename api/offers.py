"""Offers that sellers have told, against the network in force: which of them can be used, and for what."""

from __future__ import annotations

from collections.abc import Iterable

from graph import Network
from graph.arrays import NetworkArrays
from graph.errors import UnknownName
from graph.names import category_row, zip_row
from graph.orders import Order
from inventory.offers import Offer, with_offers


def with_told(network: Network, order: Order, offers: Iterable[Offer]) -> Order:
    """Return an order with the offers told of its products as candidates.

    Those that this network cannot use are left out: they must not keep others from being decided.
    """
    return with_offers(order, [offer for offer in offers if why_not(network.arrays, offer) is None])


def why_not(arrays: NetworkArrays, offer: Offer) -> str | None:
    """Return why a network cannot use an offer, or None."""
    try:
        if offer.seller_id not in arrays.seller_rows:
            if offer.zip_prefix is None:
                return "The snapshot does not know the seller: say from which zip_prefix they ship."
            zip_row(arrays.zip_rows, offer.zip_prefix)
        if offer.category is not None and offer.product_id not in arrays.product_rows:
            category_row(arrays.category_rows, offer.category)
    except UnknownName as error:
        return error.message
    return None
