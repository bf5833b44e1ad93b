"""State as plain arrays: nested dataclasses taken apart by name, and put together again, the same bits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from typing import Any, TypeVar, get_args, get_type_hints

import numpy as np
from numpy.typing import NDArray

Arrays = dict[str, NDArray[Any]]
Kind = TypeVar("Kind")


def taken_apart(value: Any, name: str) -> Arrays:
    """Return copies of all arrays and numbers of a dataclass, by dotted name.

    Fields that make themselves (a default factory, or no parameter of the constructor) are derived, and left
    out; so is None.
    """
    found: Arrays = {}
    for field in _kept(type(value)):
        part, key = getattr(value, field.name), f"{name}.{field.name}"
        if is_dataclass(part):
            found |= taken_apart(part, key)
        elif part is not None:
            found[key] = np.array(part)
    return found


def put_together(kind: type[Kind], arrays: Mapping[str, NDArray[Any]], name: str) -> Kind:
    """Return the ``kind`` that ``taken_apart`` was given, of copies; KeyError where a part is missing."""
    hints = get_type_hints(kind)
    parts: dict[str, Any] = {}
    for field in _kept(kind):
        key, hint = f"{name}.{field.name}", hints[field.name]
        nested = [option for option in (*get_args(hint), hint) if _is_nested(option)]
        if not nested:
            parts[field.name] = arrays[key].item() if hint in (bool, int, float) else arrays[key].copy()
        elif any(other.startswith(f"{key}.") for other in arrays):
            parts[field.name] = put_together(nested[0], arrays, key)
        else:
            parts[field.name] = None
    return kind(**parts)


def _is_nested(hint: Any) -> bool:
    return isinstance(hint, type) and is_dataclass(hint)


def _kept(kind: Any) -> list[Field[Any]]:
    return [field for field in fields(kind) if field.init and field.default_factory is MISSING]
