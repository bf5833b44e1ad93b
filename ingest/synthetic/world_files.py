"""Reading world files: TOML in, a validated :class:`World` out, every fault at once."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from graph.errors import BadInput, Fault
from graph.names import did_you_mean
from ingest.synthetic.world import World

_SHIPPED = Path(__file__).parent / "worlds"


def shipped_worlds() -> tuple[str, ...]:
    """Return the names of the worlds that ship with Malha."""
    return tuple(sorted(path.stem for path in _SHIPPED.glob("*.toml")))


def load_world(where: str | Path = "default") -> World:
    """Return the world of a shipped name (``default``, ``null``) or of a TOML file.

    The file needs to name only what differs from ``default``.
    Raises ``BadInput`` with one fault for each wrong key, or when the file is missing or is not TOML.
    """
    settings = _parse(_SHIPPED / "default.toml")
    if str(where) != "default":
        settings = _merge(settings, _parse(_find(where)))
    return world_of(settings, str(where))


def world_of(settings: dict[str, Any], where: str = "settings") -> World:
    """Return the world of complete settings. Raises ``BadInput`` with every fault, placed in ``where``."""
    try:
        return World.model_validate(settings)
    except ValidationError as error:
        # The validator's own links and texts stay out of the message: a key and a remedy are enough.
        details = _innermost(error.errors(include_url=False))
        faults = [fault for detail in details for fault in _faults(where, detail)]
        raise BadInput(f"The world {where} cannot be used.", faults) from None


def _find(where: str | Path) -> Path:
    named = _SHIPPED / f"{where}.toml"
    path = named if str(where) in shipped_worlds() else Path(where)
    if not path.is_file():
        raise BadInput(
            f"No world {str(where)!r}: give the path of a TOML file or one of {', '.join(shipped_worlds())}."
        )
    return path


def _parse(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise BadInput(f"The world file {path} is not readable TOML: {error}. Mend the file.") from error


def _merge(base: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """Return ``base`` with ``changes`` laid over it; tables merge, everything else is replaced."""
    merged = dict(base)
    for key, value in changes.items():
        below = merged.get(key)
        merged[key] = _merge(below, value) if isinstance(value, dict) and isinstance(below, dict) else value
    return merged


def _innermost(details: Iterable[Any]) -> list[Any]:
    """Leave out the complaints about a list or table that only repeat one about its inside."""
    found = list(details)
    inner = {detail["loc"][:depth] for detail in found for depth in range(1, len(detail["loc"]))}
    return [detail for detail in found if detail["loc"] not in inner]


def _faults(where: str, detail: Any) -> Iterator[Fault]:
    text = str(detail["msg"]).removeprefix("Value error, ")
    if detail["loc"]:
        yield _fault(where, detail, text)
        return
    for line in text.splitlines():  # rules between keys: "keys: remedy"
        key, _, remedy = line.partition(": ")
        yield Fault(where, None, key, "values that cannot stand together", "", _sentence(remedy))


def _fault(where: str, detail: Any, text: str) -> Fault:
    place: tuple[str | int, ...] = detail["loc"]
    key = ".".join(str(step) for step in place)
    if detail["type"] == "extra_forbidden":
        return Fault(where, None, key, "unknown key", "", _nearest(place))
    if detail["type"] == "missing":
        return Fault(where, None, key, "missing key", "", "Add it; worlds/default.toml shows every key.")
    value = repr(detail["input"])
    shown = value if len(value) <= 60 else value[:57] + "..."
    return Fault(where, None, key, "value out of bounds or of the wrong type", shown, _sentence(text))


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."


def _nearest(place: tuple[str | int, ...]) -> str:
    model: Any = World
    for step in place[:-1]:
        fields = getattr(model, "model_fields", {})
        model = _model_of(fields[step].annotation) if step in fields else model
    known = sorted(getattr(model, "model_fields", {}))
    return did_you_mean(str(place[-1]), known)


def _model_of(annotation: Any) -> Any:
    """Return the model inside ``Model`` or ``tuple[Model, ...]``."""
    inner = getattr(annotation, "__args__", (annotation,))
    return inner[0]
