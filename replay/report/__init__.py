"""The smart-routing report: what happened, what other decisions would have brought, what nobody can know."""

from replay.report.smart_routing import FORMAT, Asked, SmartRouting

__all__ = ["FORMAT", "Asked", "SmartRouting"]
