"""Lists that are answered a page at a time: after a row's number, or after a place of stock."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from typing import Annotated, Any, Final, TypeVar

import orjson
from fastapi import Query

from api.http.problems import Code, Problem
from inventory.events import StockKey

Row = TypeVar("Row")

_NAME: Final = r"^[^\x00-\x1f\x7f]+$"
_AFTER: Final = "What `next` of the last page said."

Name = Annotated[str | None, Query(pattern=_NAME, max_length=100)]
Limit = Annotated[int, Query(ge=1, le=1_000, description="Rows on a page.")]
AfterRow = Annotated[int | None, Query(ge=1, le=2**53, description=_AFTER)]
AfterKey = Annotated[str | None, Query(max_length=1_000, description=_AFTER)]


def page(
    name: str,
    found: Sequence[Row],
    limit: int,
    told: Callable[[Row], dict[str, Any]],
    mark: Callable[[Row], int | str],
) -> dict[str, Any]:
    """Return a page of rows, of which one more was looked for than fits.

    ``next`` is the mark of the last one shown, None where nothing follows.
    """
    shown = found[:limit]
    return {name: [told(row) for row in shown], "next": mark(shown[-1]) if len(found) > limit else None}


def cursor(key: StockKey) -> str:
    """Return a place in the list of stock as text."""
    return urlsafe_b64encode(orjson.dumps(list(key))).decode()


def key_at(text: str | None) -> StockKey | None:
    """Return the place that a cursor names; the problem ``request_unusable`` for any other text."""
    if text is None:
        return None
    try:
        product, seller, location = orjson.loads(urlsafe_b64decode(text))
        return StockKey(str(product), str(seller), str(location))
    except (ValueError, TypeError):
        raise Problem(
            Code.REQUEST_UNUSABLE, "`after` is what `next` of another page said, nothing else."
        ) from None
