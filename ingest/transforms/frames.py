"""The one kind of frame that the transforms know."""

from __future__ import annotations

from typing import Any, TypeAlias

import narwhals as nw

Frame: TypeAlias = nw.LazyFrame[Any]
"""A lazy frame of any engine."""
