"""Names as numbers: an id is 32 letters in a file and four bytes here.

A *space* holds the names of one kind of thing, sorted and without doubles; the code of a name is its row
there, so codes compare as their names do. Null stands for an empty cell and for a name that the space lacks.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

CODE: Final = pl.Int32()
NO_NAMES: Final = pl.Series([], dtype=pl.String)

Names = Mapping[str, pl.Series]
"""Space -> its names."""
Flags = NDArray[np.bool_]
"""What holds of each name of a space, by code, and one ``False`` more, for those without code."""

_PREFIX: Final = 16
_HEX: Final = 16


def ranked(values: pl.Series) -> tuple[pl.Series, pl.Series]:
    """Return the names among ``values`` and the code of each value; for columns of mostly different names."""
    order = _order(values)
    ordered = values.gather(order)
    empty = ordered.null_count()
    new = ordered.slice(empty).ne_missing(ordered.slice(empty).shift())
    codes = np.full(len(values), -1, np.int32)
    codes[order.slice(empty).to_numpy()] = new.cum_sum().to_numpy().astype(np.int32) - 1
    return ordered.slice(empty).filter(new), _series(values.name, codes)


def listed(values: pl.Series) -> tuple[pl.Series, pl.Series]:
    """Return the names among ``values`` and the code of each value; for columns of a few names."""
    names = values.unique().drop_nulls().sort()
    return names, coded(values, names)


def coded(values: pl.Series, names: pl.Series) -> pl.Series:
    """Return the code of each value.

    Looked up by 64-bit hashes, which are proved right by comparing the names; should two names of the space
    share one, by the names themselves.
    """
    if names.is_empty():
        return pl.repeat(None, values.len(), dtype=CODE, eager=True).alias(values.name)
    keys = names.hash()
    exact = keys.n_unique() < keys.len()
    space = pl.DataFrame({"key": names if exact else keys, "code": np.arange(names.len(), dtype=np.int32)})
    wanted = pl.DataFrame({"key": values if exact else values.hash()})
    found = wanted.join(space, on="key", how="left", maintain_order="left")["code"].alias(values.name)
    same = names.gather(found) == values
    return found if same.all(ignore_nulls=False) else _where(same, found)


def named(frame: pl.DataFrame, names: Names) -> pl.DataFrame:
    """Return a frame with the names of its codes: those of the columns that ``names`` knows."""
    codes = [column for column, dtype in frame.schema.items() if column in names and dtype == CODE]
    return frame.with_columns(names[column].gather(frame[column]).alias(column) for column in codes)


def marked(size: int, *codes: pl.Series) -> Flags:
    """Return flags of a space of ``size`` names that hold for these codes (nulls are passed over)."""
    flags = np.zeros(size + 1, np.bool_)
    for some in codes:
        flags[_array(some)] = True
    flags[-1] = False
    return flags


def holds(flags: Flags, codes: pl.Series) -> pl.Series:
    """Tell where a flag holds; without code it does not."""
    return pl.Series(flags[_array(codes)])


def compacted(flags: Flags) -> NDArray[np.int32]:
    """Return the code of each name in the space of those for which ``flags`` hold; -1 for the others."""
    kept = flags[:-1]
    rows: NDArray[np.int32] = np.where(kept, np.cumsum(kept, dtype=np.int32) - 1, np.int32(-1))
    return np.append(rows, np.int32(-1)).astype(np.int32)


def translated(codes: pl.Series, to: NDArray[np.int32]) -> pl.Series:
    """Return codes as the codes of another space; ``to`` has -1 where there is none, and at its end."""
    return _series(codes.name, to[_array(codes)])


def _order(values: pl.Series) -> pl.Series:
    """Return the order of the values, nulls first.

    Ids are hexadecimal as a rule: sorting their first 64 bits as a number takes a tenth of the time, and
    one pass tells whether that has put the texts in order.
    """
    number = values.str.head(_PREFIX).str.to_integer(base=_HEX, dtype=pl.UInt64, strict=False)
    order = number.arg_sort()
    ordered = values.gather(order)
    in_order = (ordered >= ordered.shift()) | ordered.shift().is_null()
    return order if in_order.all(ignore_nulls=False) else values.arg_sort()


def _array(codes: pl.Series) -> NDArray[np.int32]:
    array: NDArray[np.int32] = codes.fill_null(-1).to_numpy()
    return array


def _series(name: str, codes: NDArray[np.int32]) -> pl.Series:
    series = pl.Series(name, codes)
    return _where(series >= 0, series) if series.min() == -1 else series


def _where(mask: pl.Series, values: pl.Series) -> pl.Series:
    return pl.select(pl.when(mask).then(values).alias(values.name)).to_series()
