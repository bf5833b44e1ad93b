"""Which rows of one table can be used: all but those later than T, and those set aside for a fault."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

import polars as pl

from ingest.faults import Reason
from ingest.names import CODE, Flags, coded, holds, marked
from ingest.tables import Column, Table
from ingest.typed import TypedTable


class Key(NamedTuple):
    """The keys of one table, and which of them a row of another table may name.

    Those are the keys of its used rows, and of the rows that are later (a row that is itself known and whole
    never names one of those; of a faulty row they are not what is wrong).
    """

    names: pl.Series
    usable: Flags


Keys = Mapping[str, Key]

_FAULTS: Final = pl.Schema(
    {"at": pl.UInt32(), "order": pl.Int32(), "column": pl.String(), "reason": pl.String()}
)
_ROW: Final = "_row"


@dataclass(frozen=True, slots=True)
class Usable:
    """The used rows, sorted by key with their positions in the source (``at``), and the faults of the rest.

    ``faults`` has one row a fault (position, order and name of the column, reason).
    """

    frame: pl.DataFrame
    at: pl.Series
    faults: pl.DataFrame


def usable_rows(typed: TypedTable, keys: Keys) -> Usable:
    """Return the rows of a table that are known, whole, refer to used rows and are not said twice."""
    faults = pl.concat([_cell_faults(typed), *_reference_faults(typed, keys), *_sign_faults(typed)])
    if typed.later.any():
        faults = faults.filter(~typed.later.gather(faults["at"]))
    keep = ~typed.later
    if faults.height:
        keep = keep.scatter(faults["at"], values=False)
    columns = [typed.values(name) for name in typed.table.names]
    frame = pl.DataFrame(columns).with_columns(pl.int_range(pl.len(), dtype=pl.UInt32).alias(_ROW))
    frame = frame if keep.all() else frame.filter(keep)
    single, repeated = _one_a_key(frame, typed.table)
    return Usable(single.drop(_ROW), single[_ROW], pl.concat([faults, repeated]))


def _cell_faults(typed: TypedTable) -> pl.DataFrame:
    marks = [pl.DataFrame(schema=_FAULTS)]
    for order, column in enumerate(typed.table.columns):
        for reason, where in typed.cells[column.name].faults:
            marks.append(_marks(where, order, column.source, reason))
    return pl.concat(marks)


def _reference_faults(typed: TypedTable, keys: Keys) -> list[pl.DataFrame]:
    """Return the references to rows that are not used; a parent table that is absent cannot be asked."""
    marks = []
    for order, column in enumerate(typed.table.columns):
        if column.either:
            broken = _elsewhere(typed, column, keys)
        elif column.references and column.references in keys:
            codes = typed.values(column.name)
            broken = ~holds(keys[column.references].usable, codes) & codes.is_not_null()
        else:
            broken = pl.repeat(value=False, n=typed.later.len(), dtype=pl.Boolean, eager=True)
        strangers = typed.cells[column.name].strangers
        if strangers is not None:
            broken = broken.scatter(strangers, values=True)
        if broken.any():
            marks.append(_marks(broken.arg_true(), order, column.source, Reason.BROKEN_REFERENCE))
    return marks


def _elsewhere(typed: TypedTable, column: Column, keys: Keys) -> pl.Series:
    """Tell which locations are neither a warehouse nor the place of the row's own seller."""
    places, codes = typed.names(column.name), typed.values(column.name)
    of_seller = coded(typed.names("seller_id"), places)
    elsewhere = codes.ne_missing(of_seller.gather(typed.values("seller_id"))) & codes.is_not_null()
    if "warehouses" in keys:
        names, usable = keys["warehouses"]
        sites = coded(names.filter(pl.Series(usable[:-1])), places)
        elsewhere &= ~holds(marked(places.len(), sites), codes)
    return elsewhere


def _sign_faults(typed: TypedTable) -> list[pl.DataFrame]:
    """Return the stock events that take away less than nothing: only a count correction has a sign."""
    if typed.table.name != "inventory_events":
        return []
    order = typed.table.names.index("quantity")
    types, kinds = typed.values("event_type"), typed.names("event_type")
    signed = marked(kinds.len(), (kinds == "ADJUSTED").arg_true().cast(CODE))
    negative = (typed.values("quantity") < 0) & ~holds(signed, types) & types.is_not_null()
    where = negative.fill_null(value=False).arg_true()
    return [_marks(where, order, typed.table.column("quantity").source, Reason.OUT_OF_RANGE)]


def _marks(where: pl.Series, order: int, column: str, reason: Reason) -> pl.DataFrame:
    constants = {"order": order, "column": column, "reason": reason.value}
    marks = pl.DataFrame({"at": where}).with_columns(pl.lit(v).alias(name) for name, v in constants.items())
    return marks.cast(_FAULTS)


def _one_a_key(frame: pl.DataFrame, table: Table) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the rows sorted by key with one row a key, and the others as faults.

    Of rows that share a key the first in the order of their contents stays, so that the order of the rows
    in the file does not matter. What tells the end of the story comes last in that order, and so decides
    only between rows that are equal as of T. A table without key is a set, and stays as it is.
    """
    nothing = pl.DataFrame(schema=_FAULTS)
    if not table.key:
        return frame, nothing
    frame = frame.sort(table.key, nulls_last=True)
    same = pl.all_horizontal(pl.col(key).eq_missing(pl.col(key).shift()) for key in table.key)
    repeats = frame.select(same.alias("same") & (pl.int_range(pl.len()) > 0)).to_series()
    if not repeats.any():
        return frame, nothing
    contents = [name for name in table.names if name not in (*table.key, *table.final)]
    canonical = frame.sort(*table.key, *contents, *table.final, _ROW, nulls_last=True)
    order = table.names.index(table.key[0])
    source = table.column(table.key[0]).source
    others = _marks(canonical.filter(repeats)[_ROW], order, source, Reason.DUPLICATE_KEY)
    return canonical.filter(~repeats), others
