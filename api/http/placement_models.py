"""Placements over HTTP: what comes in. The answer is a job; its result is what ``plan.json`` holds."""

from __future__ import annotations

from api.placement_jobs import PlacementIn


class PlacementQuestion(PlacementIn):
    """A placement scenario: its tables and settings, or one made from the snapshot; see docs/scenarios.md."""
