"""A worked example of putting offers."""

from __future__ import annotations

from typing import Any

from api.http import offer_work as work
from api.http.guard import PREFIX
from api.http.offer_models import OfferIn
from graph import Network
from inventory.offers import Put

Example = dict[str, Any]


def offer_examples(network: Network, about: Example) -> dict[tuple[str, str], Example]:
    """Return an example of each call, by method and path. The network has offers."""
    sold = (
        network.tables["offers"].sort("last_sold", "product_id", descending=[True, False]).row(0, named=True)
    )
    asked = [
        OfferIn(product_id=sold["product_id"], seller_id=sold["seller_id"], price_cents=sold["price_cents"]),
        OfferIn(
            product_id="new-product",
            seller_id="new-seller",
            price_cents=4_990,
            zip_prefix=network.arrays.zip_prefixes[0],
            category=network.arrays.category_names[0],
            weight_g=350.0,
            length_cm=20.0,
            height_cm=8.0,
            width_cm=12.0,
        ),
    ]
    checked = work.check(network, asked)
    done = [Put.UNCHANGED, Put.CREATED]
    body = {"offers": [one.model_dump(mode="json", exclude_defaults=True) for one in asked]}
    return {
        ("put", f"{PREFIX}/offers"): {
            "questions": {"two": {"summary": "A known seller and a new one", "value": body}},
            "answer": {**about, **work.answer_values(asked, checked, done)},
        }
    }
