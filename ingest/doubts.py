"""What a person should look at before trusting a build: said loudly, never a reason to stop."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from ingest.checked import Checked
from ingest.tables import TABLES

LARGE_SHARE: Final = 0.05
"""Of a table's rows set aside: more than this is a broken export rather than a few bad rows."""
SILENCE: Final = timedelta(days=30)
"""Between the last event and the as-of instant: more than this, and what is learned is old."""


def doubts(checked: Checked) -> tuple[str, ...]:
    """Return one sentence for each thing about checked tables that is unlikely to be meant."""
    return (*_many_set_aside(checked), *_long_silence(checked))


def _many_set_aside(checked: Checked) -> list[str]:
    found = []
    for name, report in checked.reports.items():
        if report.set_aside > LARGE_SHARE * report.read:
            reason = max(report.reasons, key=lambda reason: report.reasons[reason])
            found.append(
                f"{TABLES[name].file}: {report.set_aside / report.read:.0%} of its rows were set aside "
                f"({report.set_aside:,} of {report.read:,}), most for: {reason}."
            )
    return found


def _long_silence(checked: Checked) -> list[str]:
    stamps = [
        checked.tables[table.name][column.name].max()
        for table in TABLES.values()
        if table.name in checked.tables
        for column in table.columns
        if column.event
    ]
    last = max(stamp for stamp in stamps if isinstance(stamp, datetime))
    if checked.as_of - last <= SILENCE:
        return []
    days = (checked.as_of - last).days
    return [
        f"The as-of instant {checked.as_of:%Y-%m-%d} lies {days:,} days after the last event "
        f"({last:%Y-%m-%d %H:%M} UTC): estimates rest on nothing newer."
    ]
