"""Looking up the lanes between two regions."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from graph import Lane, Network


def find_lanes(network: Network, from_region: str, to_region: str) -> list[dict[str, Any]]:
    """Return the lanes from one region to another as JSON values, one a carrier."""
    seen = [network.lane(from_region, to_region, carrier) for carrier in network.arrays.carrier_ids]
    return [_json(lane) for lane in seen if lane is not None]


def _json(lane: Lane) -> dict[str, Any]:
    since = lane.stale_since
    instants = {
        "last_seen": lane.last_seen.isoformat(),
        "stale_since": None if since is None else since.isoformat(),
    }
    return {**asdict(lane), **instants}
