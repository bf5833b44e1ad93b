"""The one Snapshot node: what it holds, and what it says of the network around it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from graph.errors import SnapshotError
from graph.model import OFFER_LAPSE_DAYS, SnapshotMeta

READY: Final = "ready"
LOADING: Final = "loading"
FORMAT: Final = 2
"""Raised whenever the shape of the graph changes."""


def snapshot_properties(meta: SnapshotMeta) -> dict[str, Any]:
    """Return the properties of the Snapshot node of a complete network.

    ``offers_since``: an offer not sold since then has lapsed, which a query cannot work out by itself.
    ``parameters`` is JSON: a property cannot be a map.
    """
    as_of = meta.as_of.astimezone(UTC)
    lapse = timedelta(days=int(str(meta.parameters.get("offer_lapse_days", OFFER_LAPSE_DAYS))))
    return {
        "id": meta.snapshot_id,
        "as_of": as_of,
        "state": READY,
        "format": FORMAT,
        "offers_since": as_of - lapse,
        "parameters": json.dumps(dict(meta.parameters), sort_keys=True, ensure_ascii=False),
    }


def snapshot_meta(found: Mapping[str, Any], where: str) -> SnapshotMeta:
    """Return what a Snapshot node says; SnapshotError when it is not ready, of another format, or spoilt."""
    if found.get("state") == LOADING:
        raise SnapshotError(
            f"The graph in {where} is being loaded, or a load broke off. Wait, or run malha load again."
        )
    if found.get("format") != FORMAT:
        raise SnapshotError(
            f"The graph in {where} has format {found.get('format')}; this version reads {FORMAT}. "
            "Load the snapshot again."
        )
    try:
        as_of: datetime = found["as_of"]
        return SnapshotMeta(found["id"], as_of.astimezone(UTC), json.loads(found["parameters"]))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise SnapshotError(
            f"The Snapshot node in {where} is damaged ({error!r}). Load the snapshot again."
        ) from error
