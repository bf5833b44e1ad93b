"""Local days: what demand is counted by."""

from __future__ import annotations

from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from inventory.events import utc

ZONE: Final = ZoneInfo("America/Sao_Paulo")
"""The clock by which a marketplace's days begin."""


def local_day(at: datetime) -> date:
    """Return the local calendar day of an aware instant."""
    return utc(at).astimezone(ZONE).date()
