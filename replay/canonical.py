"""JSON that depends on nothing but its values: what is the same has the same bytes, and the same digest."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any


def canonical(values: Mapping[str, Any], indent: int | None = None) -> str:
    """Return JSON with sorted keys and floats as Python writes them; without ``indent`` on one line.

    Raises ValueError for a number that is not finite: JSON has none.
    """
    separators = (",", ":") if indent is None else (",", ": ")
    return json.dumps(
        values, sort_keys=True, ensure_ascii=False, allow_nan=False, indent=indent, separators=separators
    )
