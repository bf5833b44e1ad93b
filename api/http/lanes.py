"""Looking up the lanes between two regions."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from graph import Network


def find_lanes(network: Network, from_region: str, to_region: str) -> list[dict[str, Any]]:
    """Return the lanes from one region to another in the keys of ``LaneOut``, one a carrier."""
    seen = [network.lane(from_region, to_region, carrier) for carrier in network.arrays.carrier_ids]
    return [{**asdict(lane), "last_seen": lane.last_seen.isoformat()} for lane in seen if lane is not None]
