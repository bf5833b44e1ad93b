"""The default home of a network: a folder of Parquet files with one page of JSON about them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import polars as pl

from graph.errors import SnapshotError
from graph.model import SnapshotMeta
from graph.stores.files import NETWORK, replaced_folder
from graph.stores.port import StoredNetwork
from graph.tables import SCHEMAS, checked

FORMAT: Final = 2
_ABOUT: Final = "meta.json"
_AGAIN: Final = "Build the snapshot again."


class ParquetStore:
    """Keeps ``network/*.parquet`` and ``network/meta.json`` in the folder of one snapshot.

    ``meta.json`` holds the format version, the snapshot's id, as-of and parameters, and the rows and
    SHA-256 of every table, so that a damaged folder is noticed before anything is read from it.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = Path(folder) / NETWORK

    def write(self, tables: Mapping[str, pl.DataFrame], meta: SnapshotMeta) -> None:
        """Replace the network in one step; BadInput when the tables do not make one."""
        good = checked(tables)
        with replaced_folder(self._folder) as fresh:
            files = {}
            for name, frame in good.items():
                path = fresh / f"{name}.parquet"
                frame.write_parquet(path, compression="zstd", statistics=False)
                files[name] = {"rows": len(frame), "sha256": _digest(path)}
            about = {
                "format": FORMAT,
                "snapshot_id": meta.snapshot_id,
                "as_of": meta.as_of.isoformat(),
                "parameters": dict(meta.parameters),
                "tables": files,
            }
            (fresh / _ABOUT).write_text(json.dumps(about, indent=1, sort_keys=True) + "\n", "utf-8")

    def read(self) -> StoredNetwork:
        """Return the stored network; SnapshotError when it is missing, damaged or of another format."""
        about = self._about()
        tables = {name: self._table(name, about["tables"][name]) for name in SCHEMAS}
        return StoredNetwork(tables, _meta(about))

    def meta(self) -> SnapshotMeta:
        """Return what the stored network says of itself; SnapshotError as in ``read``."""
        return _meta(self._about())

    def _about(self) -> dict[str, Any]:
        path = self._folder / _ABOUT
        try:
            about = json.loads(path.read_text("utf-8"))
            form, names = about["format"], set(about["tables"])
        except FileNotFoundError:
            raise SnapshotError(f"{self._folder} holds no network: {_ABOUT} is missing. {_AGAIN}") from None
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise SnapshotError(f"{path} cannot be read ({error!r}). {_AGAIN}") from error
        if form != FORMAT:
            raise SnapshotError(f"{path} has format {form}; this version reads {FORMAT}. {_AGAIN}")
        if missing := sorted(set(SCHEMAS) - names):
            raise SnapshotError(f"{path} lacks tables: {', '.join(missing)}. {_AGAIN}")
        return dict(about)

    def _table(self, name: str, about: Mapping[str, Any]) -> pl.DataFrame:
        path = self._folder / f"{name}.parquet"
        try:
            if _digest(path) != about["sha256"]:
                raise SnapshotError(f"{path} is damaged: its digest differs from {_ABOUT}. {_AGAIN}")
            return pl.read_parquet(path)
        except FileNotFoundError:
            raise SnapshotError(f"{path} is missing. {_AGAIN}") from None
        except (OSError, KeyError, TypeError, pl.exceptions.PolarsError) as error:
            raise SnapshotError(f"{path} cannot be read ({error!r}). {_AGAIN}") from error


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _meta(about: Mapping[str, Any]) -> SnapshotMeta:
    try:
        return SnapshotMeta(about["snapshot_id"], datetime.fromisoformat(about["as_of"]), about["parameters"])
    except (KeyError, TypeError, ValueError) as error:
        raise SnapshotError(f"{_ABOUT} of the network is damaged ({error!r}). {_AGAIN}") from error
