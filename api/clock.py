"""Instants as people type them: ISO 8601; without an offset they are in America/Sao_Paulo."""

from __future__ import annotations

from datetime import datetime

from graph.errors import BadInput
from ingest.clock import to_utc


def instant(text: str | None, option: str) -> datetime | None:
    """Return the aware instant that ``text`` names, None for None; BadInput names the option."""
    if text is None:
        return None
    try:
        return to_utc(datetime.fromisoformat(text))
    except (ValueError, OverflowError):
        raise BadInput(
            f"{option}: {text!r} is no instant. Write 2018-06-01 or 2018-06-01T12:00-03:00."
        ) from None
