"""Logs as one JSON object a line: what happened to a request, never who asked for what.

No path, query, body or address is logged: they may hold ids of customers. The route's template, the key's id
and the request id tell enough to find a request again.
"""

from __future__ import annotations

import logging
import traceback
from datetime import UTC, datetime
from typing import Any, Final

import orjson

CONFIG: Final[dict[str, Any]] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "api.http.logs.JsonLines"}},
    "handlers": {
        "lines": {"class": "logging.StreamHandler", "formatter": "json", "stream": "ext://sys.stdout"}
    },
    "loggers": {
        name: {"handlers": ["lines"], "level": "INFO", "propagate": False}
        for name in ("malha.http", "uvicorn", "uvicorn.error")
    },
}
"""Logging configuration of a server, its libraries included."""


class JsonLines(logging.Formatter):
    """Writes a record as one line of JSON; ``extra={"fields": {...}}`` adds members."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        line = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "event": record.getMessage(),
            **getattr(record, "fields", {}),
        }
        if record.exc_info and record.exc_info[0] is not None:
            # The message of an error may repeat what was sent; where it happened does not.
            kind, _, trace = record.exc_info
            line["error_type"] = kind.__name__
            line["traceback"] = "".join(traceback.format_tb(trace))
        return orjson.dumps(line, default=str).decode()
