"""A replay's folder: its totals as JSON, and what came of every order as one Parquet file a policy."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from api.out_folder import check_out_folder
from graph.stores.files import replaced_folder
from replay.canonical import canonical

if TYPE_CHECKING:
    import polars as pl

    from replay.replayed import Replayed

REPLAY: Final = "replay.json"
OUTCOMES: Final = "outcomes"


def check_out(folder: Path) -> None:
    """Refuse a folder that holds something else than a replay."""
    check_out_folder(folder, "replay", REPLAY)


def write_replay(
    folder: Path,
    done: Replayed,
    told: Mapping[str, Any] | None = None,
    also: Callable[[Path], object] = lambda _: None,
) -> None:
    """Write ``replay.json`` and ``outcomes/<policy>.parquet``; ``also`` is called to write more there.

    ``told``: what the JSON says, ``done.to_dict()`` if nothing else is given.
    The same replay writes the same bytes. It takes the place of an earlier one. BadInput where the folder
    holds something else.
    """
    check_out(folder)
    with replaced_folder(folder.absolute()) as fresh:
        text = canonical(done.to_dict() if told is None else told, indent=1)
        (fresh / REPLAY).write_text(text + "\n", "utf-8")
        write_outcomes(fresh, done.outcomes)
        also(fresh)


def write_outcomes(folder: Path, outcomes: Mapping[str, pl.DataFrame]) -> None:
    """Write ``outcomes/<policy>.parquet`` into a folder: what came of every order."""
    (folder / OUTCOMES).mkdir()
    for name, rows in outcomes.items():
        rows.write_parquet(folder / OUTCOMES / file_name(name))


def file_name(policy: str) -> str:
    """Return the name of a policy's file: what a file name cannot hold is written as in a URL."""
    return f"{quote(policy, safe=' ')}.parquet"
