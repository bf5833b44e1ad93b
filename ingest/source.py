"""Opening a source by name: a folder, or the synthetic marketplace."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from graph.errors import BadInput
from ingest.folder import FolderSource
from ingest.raw import RawTable, Source

__all__ = ["RawTable", "Source", "open_source"]

_SYNTHETIC = "synth"


def open_source(where: str | Path) -> Source:
    """Return the source at a folder path, or at ``synth://?orders=20000&seed=7&world=NAME-OR-FILE``.

    Raises BadInput if there is no such source.
    """
    address = str(where)
    if not address.strip():
        raise BadInput("No source given: give the folder that holds the tables, or synth://?orders=20000")
    if address.startswith(("postgresql://", "postgres://")):
        from ingest.postgres import PostgresSource  # noqa: PLC0415 (its driver is loaded for who asks for it)

        return PostgresSource(address)
    if not address.startswith(f"{_SYNTHETIC}:"):
        return FolderSource(Path(address))
    return _synthetic(address)


def _synthetic(address: str) -> Source:
    from ingest.synthetic.source import SyntheticSource  # noqa: PLC0415 (numbers only who ask for it pay)

    given = dict(parse_qsl(urlsplit(address).query))
    unknown = sorted(given.keys() - {"world", "orders", "seed"})
    if unknown:
        names = ", ".join(unknown)
        raise BadInput(f"{address}: unknown {names}; a synthetic source takes orders, seed and world.")
    orders, seed = _whole(address, given, "orders", 20_000), _whole(address, given, "seed", 7)
    return SyntheticSource(given.get("world", "default"), orders, seed)


def _whole(address: str, given: dict[str, str], name: str, default: int) -> int:
    text = given.get(name, str(default))
    if not (text.isascii() and text.isdigit()):
        raise BadInput(f"{address}: {name} is a whole number, not {text!r}.")
    return int(text)
