"""A replay's folder: its totals as JSON, and what came of every order as one Parquet file a policy."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from graph.errors import BadInput
from graph.stores.files import replaced_folder

if TYPE_CHECKING:
    from replay.replayed import Replayed

REPLAY: Final = "replay.json"
OUTCOMES: Final = "outcomes"


def check_out(folder: Path) -> None:
    """Refuse a folder that holds something else than a replay."""
    if not folder.exists():
        return
    if not folder.is_dir() or (any(folder.iterdir()) and not (folder / REPLAY).exists()):
        raise BadInput(f"{folder} holds something that is no replay: name another folder.")


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
        (fresh / REPLAY).write_text(canonical(done.to_dict() if told is None else told), "utf-8")
        (fresh / OUTCOMES).mkdir()
        for name, outcomes in done.outcomes.items():
            outcomes.write_parquet(fresh / OUTCOMES / file_name(name))
        also(fresh)


def file_name(policy: str) -> str:
    """Return the name of a policy's file: what a file name cannot hold is written as in a URL."""
    return f"{quote(policy, safe=' ')}.parquet"


def canonical(told: Mapping[str, Any]) -> str:
    """Return JSON values as text that depends on nothing else: keys sorted, numbers as Python writes them."""
    return json.dumps(told, ensure_ascii=False, sort_keys=True, indent=1, allow_nan=False) + "\n"
