"""Writing the tables of a marketplace to a folder, chunk by chunk, in bounded memory."""

from __future__ import annotations

import shutil
from pathlib import Path
from types import TracebackType
from typing import IO, Literal, Self

import polars as pl

Format = Literal["csv", "parquet"]
STAMP_FORMAT = "%Y-%m-%d %H:%M:%S"
_MONEY = frozenset({"olist_order_items_dataset", "olist_order_payments_dataset"})


def as_csv(frame: pl.DataFrame, stem: str, file: IO[bytes], *, header: bool) -> None:
    """Write rows in the originals' format: stamps without zone, money with two decimals, few quotes."""
    frame.write_csv(
        file,
        include_header=header,
        datetime_format=STAMP_FORMAT,
        float_precision=2 if stem in _MONEY else None,
    )


class FolderWriter:
    """Appends frames to tables of a folder; leaves one file a table when it closes.

    CSV files grow in place. A Parquet file cannot grow, so its chunks wait in ``.parts`` and are streamed
    into one file at the end.
    """

    def __init__(self, folder: Path, fmt: Format) -> None:
        self._folder = folder
        self._format = fmt
        self._open: dict[str, IO[bytes]] = {}
        self._parts: dict[str, list[Path]] = {}
        folder.mkdir(parents=True, exist_ok=True)

    def append(self, stem: str, frame: pl.DataFrame) -> None:
        """Append rows to one table."""
        if self._format == "csv":
            first = stem not in self._open
            if first:
                self._open[stem] = (self._folder / f"{stem}.csv").open("wb")
            as_csv(frame, stem, self._open[stem], header=first)
        else:
            parts = self._parts.setdefault(stem, [])
            path = self._folder / ".parts" / f"{stem}.{len(parts):05d}.parquet"
            path.parent.mkdir(exist_ok=True)
            frame.write_parquet(path)
            parts.append(path)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for file in self._open.values():
            file.close()
        if kind is None:
            for stem, parts in self._parts.items():
                self._join(parts, self._folder / f"{stem}.parquet")
        shutil.rmtree(self._folder / ".parts", ignore_errors=True)

    @staticmethod
    def _join(parts: list[Path], out: Path) -> None:
        if len(parts) == 1:
            parts[0].replace(out)
        else:
            pl.scan_parquet(parts).sink_parquet(out)
