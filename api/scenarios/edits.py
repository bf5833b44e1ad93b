"""Named edits on a scenario: ``sites.fixed_cost_cents*=1.3``, ``sites[SP].status=open``, ``max_sites=5``."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final, Self

import polars as pl

from api.scenarios.raw import Raw, checked
from graph.errors import BadInput, Fault
from optimizer.placement.scenario_cells import Kind, read_column
from optimizer.placement.scenario_settings import Settings, to_mapping
from optimizer.placement.scenario_tables import TABLES

_FORM: Final = re.compile(
    r"^(?P<path>[a-z_]+(\.[a-z_]+)?|(?P<table>[a-z_]+)\[(?P<key>[^\]]+)\]\.(?P<column>[a-z_]+))"
    r"\s*(?P<operator>[*+-]?=)\s*(?P<value>.*)$"
)
_HELP: Final = "Write table.column=value, table[id].column*=factor, or setting=value (operators = *= += -=)."

EDIT: Final = "--set"
"""Where faults of edits are: their value is the edit."""


@dataclass(frozen=True, slots=True)
class Edit:
    """One change: of a column of a table (of the row named ``key``, else of all), or of a setting."""

    text: str
    table: str | None
    key: str | None
    name: str
    operator: str
    value: str

    @classmethod
    def of(cls, text: str) -> Self:
        """Read an edit. BadInput where it has another form."""
        found = _FORM.match(text.strip())
        if found is None:
            raise BadInput(f"{text!r} is no edit. {_HELP}")
        parts = found.groupdict()
        table, _, column = parts["path"].partition(".")
        if parts["table"]:
            table, column = parts["table"], parts["column"]
        if _is_column(table, column, parts["key"]):
            return cls(text, table, parts["key"], column, parts["operator"], parts["value"])
        if parts["key"]:
            raise BadInput(f"{text!r}: {table} is no table. One of {', '.join(TABLES)}.")
        return cls(text, None, None, parts["path"], parts["operator"], parts["value"])

    @property
    def empties(self) -> bool:
        """Whether it leaves nothing: of a setting, or in cells that may be empty."""
        return self.operator == "=" and self.value.strip() in {"", "none"}


def _is_column(table: str, column: str, key: str | None) -> bool:
    """Whether an edit means a table: ``service`` and ``inbound`` are tables, and have settings too."""
    if table not in TABLES or not column:
        return False
    settings = to_mapping(Settings())
    return bool(key) or column in TABLES[table].columns or table not in settings


def edited(raw: Raw, texts: Iterable[str]) -> Raw:
    """Return the scenario with edits made in their order; BadInput with every edit that cannot be made."""
    tables, settings = dict(raw.tables), _copied(raw.settings)

    def make(edit: Edit) -> None:
        if edit.table is None:
            _edit_setting(settings, edit)
        else:
            tables[edit.table] = _edit_table(tables, edit.table, edit)

    _each(texts, make)
    return replace(raw, tables=tables, settings=settings)


def edited_settings(
    settings: Mapping[str, Any], texts: Iterable[str], tables: Collection[str]
) -> dict[str, Any]:
    """Return the settings of a scenario whose ``tables`` are not made yet, with edits made in their order.

    BadInput with every edit that could not be made; whether the rows that they name will be there is not
    known.
    """
    after = _copied(settings)

    def make(edit: Edit) -> None:
        if edit.table is None:
            _edit_setting(after, edit)
        else:
            _check_column(edit.table, edit, tables)

    _each(texts, make)
    return after


def _each(texts: Iterable[str], make: Callable[[Edit], None]) -> None:
    faults: list[Fault] = []
    for text in texts:
        try:
            make(Edit.of(text))
        except BadInput as error:
            faults.append(Fault(EDIT, None, None, "cannot be made", text, error.message))
    if faults:
        raise BadInput("Not every edit can be made:", faults)


def derived(raw: Raw, texts: Iterable[str], base: str) -> Raw:
    """Return the edited scenario, which remembers its base and all edits since the first base.

    BadInput where the scenario cannot be used, or an edit not be made.
    """
    texts = list(texts)
    before = checked(raw).settings.derived
    made = edited(raw, texts)
    lineage = {"base": before.get("base", base), "edits": [*before.get("edits", []), *texts]}
    return replace(made, settings={**made.settings, "derived": lineage})


def _copied(settings: Mapping[str, Any]) -> dict[str, Any]:
    return {name: dict(value) if isinstance(value, Mapping) else value for name, value in settings.items()}


def _edit_table(tables: Mapping[str, pl.DataFrame], name: str, edit: Edit) -> pl.DataFrame:
    _check_column(name, edit, tables)
    frame = tables[name]
    if edit.name not in frame.columns:
        frame = frame.with_columns(pl.lit(None, pl.String).alias(edit.name))
    meant = pl.lit(value=True) if edit.key is None else _is_named(name, frame, edit.key)
    if edit.operator == "=":
        new = pl.lit(None if edit.empties else edit.value, pl.String)
    else:
        new = _counted(pl.col(edit.name).cast(pl.Float64, strict=False), edit).cast(pl.String)
    changed = pl.when(meant).then(new).otherwise(pl.col(edit.name).cast(pl.String)).alias(edit.name)
    made = frame.with_columns(changed)
    _check_cells(name, edit, frame, made)
    return made


def _check_cells(name: str, edit: Edit, before: pl.DataFrame, after: pl.DataFrame) -> None:
    """Refuse an edit that makes cells unusable which were not (BadInput, once for all of them)."""
    column = TABLES[name].columns[edit.name]
    rows = pl.Series(range(len(after)), dtype=pl.Int64)
    _, was, _ = read_column(name, edit.name, column, before[edit.name], rows)
    _, now, faults = read_column(name, edit.name, column, after[edit.name], rows)
    if spoilt := int((now & ~was).sum()):
        first = after[edit.name].filter(now & ~was)[0]
        raise BadInput(f"{edit.name} would be {first} (cells like it: {spoilt:,}). {faults[0].remedy}")


def _check_column(name: str, edit: Edit, tables: Collection[str]) -> None:
    """Refuse an edit that no row of a table takes: its column, its operator, its value."""
    column = TABLES[name].columns.get(edit.name)
    if column is None:
        raise BadInput(f"{name} has no column {edit.name}. One of {', '.join(TABLES[name].columns)}.")
    if name not in tables:
        raise BadInput(f"The scenario has no table {name}.")
    if edit.operator == "=":
        cell, row = pl.Series([None if edit.empties else edit.value], dtype=pl.String), pl.Series([0])
        for fault in read_column(name, edit.name, column, cell, row)[2]:
            raise BadInput(f"{edit.name}: {fault.kind}. {fault.remedy}")
    elif column.kind is Kind.NUMBER:
        _counted(0.0, edit)
    else:
        raise BadInput(f"{edit.name} is no number: it can only be set, with =.")


def _is_named(name: str, frame: pl.DataFrame, key: str) -> pl.Expr:
    """Return which rows have the name: that of their product or group, else their first column.

    After a comma, and where no row has the whole name, it goes on with the next columns that name a row.
    BadInput where there is no such row.
    """
    keys = TABLES[name].key
    first = [one for one in keys if one in {"product_id", "group"}] or [keys[0]]
    parts = [first, *([one] for one in keys if one not in first)]
    for names in ([key], key.split(",")):
        meant = pl.all_horizontal(
            _says(frame, columns, one.strip()) for columns, one in zip(parts, names, strict=False)
        )
        if len(names) <= len(parts) and not frame.filter(meant).is_empty():
            return meant
    raise BadInput(f"{name} has no row whose {', '.join(' or '.join(one) for one in parts)} is {key!r}.")


def _says(frame: pl.DataFrame, columns: Iterable[str], text: str) -> pl.Expr:
    """Return which rows hold a text in one of these columns."""
    cells = [pl.col(one).cast(pl.String).str.strip_chars() for one in columns if one in frame.columns]
    return pl.any_horizontal(pl.lit(value=False), *(cell == text for cell in cells))


def _edit_setting(settings: dict[str, Any], edit: Edit) -> None:
    """Change a setting; whether its name and value make sense is for the scenario's check to say."""
    table, _, name = edit.name.rpartition(".")
    place = settings.setdefault(table, {}) if table else settings
    if not isinstance(place, dict):
        raise BadInput(f"{table} is no table of settings.")
    if edit.operator == "=":
        if edit.empties:
            place.pop(name, None)
        else:
            place[name] = _typed(edit.value.strip())
        return
    before = place.get(name, _default(table, name))
    if not isinstance(before, int | float) or isinstance(before, bool):
        raise BadInput(f"{edit.name} has no number in this scenario: set one with =.")
    after = _counted(float(before), edit)
    place[name] = int(after) if isinstance(before, int) and float(after).is_integer() else after


def _default(table: str, name: str) -> Any:
    known = to_mapping(Settings())
    return known.get(table, {}).get(name) if table else known.get(name)


def _counted(before: Any, edit: Edit) -> Any:
    try:
        amount = float(edit.value)
    except ValueError:
        raise BadInput(f"{edit.value!r} is no number.") from None
    return {"*=": before * amount, "+=": before + amount, "-=": before - amount}[edit.operator]


def _typed(text: str) -> Any:
    if text in {"true", "false"}:
        return text == "true"
    for kind in (int, float, date.fromisoformat):
        try:
            return kind(text)
        except ValueError:
            continue
    return text
