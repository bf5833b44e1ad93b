"""A state as bytes, the same state always the same bytes: arrays as NPZ without pickle, the rest as JSON."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any, Final
from zipfile import BadZipFile

import numpy as np
import orjson

from graph.errors import BadInput
from replay.stream.columns import Array

_JSON: Final = "json"


def packed(arrays: Mapping[str, Array], values: Mapping[str, Any]) -> bytes:
    """Return arrays and JSON values as bytes: names in order, no time stamps, nothing executable."""
    text = orjson.dumps(values, option=orjson.OPT_SORT_KEYS)
    every = {**arrays, _JSON: np.frombuffer(text, np.uint8)}
    file = io.BytesIO()
    np.savez(file, allow_pickle=False, **{name: every[name] for name in sorted(every)})
    return file.getvalue()


def unpacked(content: bytes) -> tuple[dict[str, Array], Any]:
    """Return the arrays and the JSON values of ``packed``; BadInput for bytes that are damaged."""
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as saved:
            arrays = {name: saved[name] for name in saved.files}
        return arrays, orjson.loads(arrays.pop(_JSON).tobytes())
    except (BadZipFile, ValueError, OSError, KeyError) as error:
        raise BadInput(f"A saved state cannot be read: {error}.") from error
