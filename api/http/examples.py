"""Worked examples: questions that the snapshot in force can answer, with its answers.

So "Try it out" works on every snapshot, and an example cannot grow old.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from api.http.alert_examples import alert_examples
from api.http.desk import Counter
from api.http.guard import PREFIX
from api.http.insight_examples import insight_examples
from api.http.job_examples import job_examples
from api.http.lanes import find_lanes
from api.http.offer_examples import offer_examples
from api.http.order_examples import order_examples
from api.http.placement_examples import placement_examples
from api.http.replay_examples import replay_examples
from api.http.service import Loaded
from api.http.sources import find_source
from graph import Network

Example = dict[str, Any]

REQUEST_ID: Final = "7d1f0c6b2a9e4f58b3c1d0e9f8a7b6c5"

_ZIP: Final = "01310"
_CATEGORY: Final = "beleza_saude"


def worked_examples(loaded: Loaded, counter: Counter) -> Mapping[tuple[str, str], Example]:
    """Return, for each method and path: ``questions`` (bodies by name), ``path`` values, ``answer``.

    A network without offers or lanes has no example of them.
    """
    network = loaded.network
    about = {"request_id": REQUEST_ID, "snapshot_id": loaded.snapshot_id, "as_of": loaded.as_of}
    found: dict[tuple[str, str], Example] = {
        ("get", f"{PREFIX}/snapshot"): {"answer": {**about, **snapshot_values(network)}},
        ("post", f"{PREFIX}/snapshot/reload"): {
            "answer": {**about, "previous_snapshot_id": "0" * 64, "workers": 2, "seconds": 0.81}
        },
    }
    if network.tables["offers"].height:
        found["post", f"{PREFIX}/routes/recommend"] = _routes(network, about)
        found["get", f"{PREFIX}/sources/{{source_id}}"] = _source(network, about)
        found |= order_examples(network, counter, about) | job_examples(network, counter, about)
        found |= offer_examples(network, about)
        found |= placement_examples(network, about)
    found |= replay_examples(network, about) | alert_examples(network, about)
    found |= insight_examples(loaded, counter, about)
    if network.tables["lanes"].height:
        found["get", f"{PREFIX}/lanes/{{from_region}}/{{to_region}}"] = _lanes(network, about)
    return found


def snapshot_values(network: Network) -> dict[str, Any]:
    """Return what a snapshot says of itself, in the keys of ``SnapshotOut``."""
    return {"parameters": dict(network.meta.parameters), "counts": network.counts()}


def _routes(network: Network, about: Example) -> Example:
    zip_prefix = _one_of(network.arrays.zip_prefixes, _ZIP)
    category = _one_of(network.arrays.category_names, _CATEGORY)
    newest = network.tables["offers"].sort("last_sold", "product_id", descending=[True, False])
    question: Example = {"zip_prefix": zip_prefix, "category": category, "promise_days": 10.0, "k": 2}
    by_product = {"zip_prefix": zip_prefix, "product_id": newest["product_id"][0], "probability": 0.95}
    return {
        "questions": {
            "category": {"summary": "A category, judged by a promise", "value": question},
            "product": {"summary": "A product: the shortest promise that holds", "value": by_product},
        },
        "answer": {**about, **network.recommend(**question).to_dict()},
    }


def _lanes(network: Network, about: Example) -> Example:
    busiest = network.lanes().sort("n", "from_region", "to_region", descending=[True, False, False])
    path = busiest.select("from_region", "to_region").row(0, named=True)
    return {"path": path, "answer": {**about, **path, "lanes": find_lanes(network, **path)}}


def _source(network: Network, about: Example) -> Example:
    seller = network.tables["sellers"].sort("n", "seller_id", descending=[True, False])["seller_id"][0]
    source_id = f"seller:{seller}"
    return {"path": {"source_id": source_id}, "answer": {**about, **(find_source(network, source_id) or {})}}


def _one_of(names: Sequence[str], wanted: str) -> str:
    return wanted if wanted in names else names[0]
