"""Named edits on a scenario: ``sites.fixed_cost_cents*=1.3``, ``sites[SP].status=open``, ``max_sites=5``."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final, Self

import polars as pl

from api.scenarios.raw import Raw, checked
from graph.errors import BadInput, Fault
from optimizer.placement.scenario_cells import Kind
from optimizer.placement.scenario_settings import Settings, to_mapping
from optimizer.placement.scenario_tables import TABLES

_FORM: Final = re.compile(
    r"^(?P<path>[a-z_]+(\.[a-z_]+)?|(?P<table>[a-z_]+)\[(?P<key>[^\]]+)\]\.(?P<column>[a-z_]+))"
    r"\s*(?P<operator>[*+-]?=)\s*(?P<value>.*)$"
)
_HELP: Final = "Write table.column=value, table[id].column*=factor, or setting=value (operators = *= += -=)."

SHORT: Final[Mapping[str, str]] = {
    "fixed_cost": "sites.fixed_cost_cents",
    "handling_cost": "sites.handling_cost_cents",
    "handling_hours": "sites.handling_hours",
    "capacity": "sites.capacity_units",
    "demand": "demand.units",
    "freight": "weights.freight",
    "inbound": "weights.inbound",
    "holding": "weights.holding",
    "time": "weights.time_cents_per_day",
    "late": "weights.late_cents",
    "budget": "budget_cents",
    "promise": "service.promise_days",
}
"""What can be varied by a short name in ``--sensitivity``."""


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


def _is_column(table: str, column: str, key: str | None) -> bool:
    """Whether an edit means a table: ``service`` and ``inbound`` are tables, and have settings too."""
    if table not in TABLES or not column:
        return False
    settings = to_mapping(Settings())
    return bool(key) or column in TABLES[table].columns or table not in settings


def edited(raw: Raw, texts: Iterable[str]) -> Raw:
    """Return the scenario with edits made in their order; BadInput with every edit that cannot be made."""
    tables, settings = dict(raw.tables), _copied(raw.settings)
    faults: list[Fault] = []
    for text in texts:
        try:
            edit = Edit.of(text)
            if edit.table is None:
                _edit_setting(settings, edit)
            else:
                tables[edit.table] = _edit_table(tables, edit.table, edit)
        except BadInput as error:
            faults.append(Fault("--set", None, None, "cannot be made", text, error.message))
    if faults:
        raise BadInput("Not every edit can be made:", faults)
    return replace(raw, tables=tables, settings=settings)


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
    table = TABLES[name]
    if edit.name not in table.columns:
        raise BadInput(f"{name} has no column {edit.name}. One of {', '.join(table.columns)}.")
    if name not in tables:
        raise BadInput(f"The scenario has no table {name}.")
    frame, key = tables[name], table.key[0]
    if edit.name not in frame.columns:
        frame = frame.with_columns(pl.lit(None, pl.String).alias(edit.name))
    meant = pl.lit(value=True) if edit.key is None else pl.col(key).cast(pl.String) == edit.key
    if frame.filter(meant).is_empty():
        raise BadInput(f"{name} has no row whose {key} is {edit.key!r}.")
    if edit.operator == "=":
        new = pl.lit(edit.value)
    elif table.columns[edit.name].kind is Kind.NUMBER:
        new = _counted(pl.col(edit.name).cast(pl.Float64, strict=False), edit).cast(pl.String)
    else:
        raise BadInput(f"{edit.name} is no number: it can only be set, with =.")
    changed = pl.when(meant).then(new).otherwise(pl.col(edit.name).cast(pl.String)).alias(edit.name)
    return frame.with_columns(changed)


def _edit_setting(settings: dict[str, Any], edit: Edit) -> None:
    """Change a setting; whether its name and value make sense is for the scenario's check to say."""
    table, _, name = edit.name.rpartition(".")
    place = settings.setdefault(table, {}) if table else settings
    if not isinstance(place, dict):
        raise BadInput(f"{table} is no table of settings.")
    if edit.operator == "=":
        if edit.value.strip() in {"", "none"}:
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


_SENSITIVITY: Final = re.compile(r"^(?P<name>[a-z_.]+)\s*=\s*(±|\+/-|\+-)\s*(?P<percent>\d+(\.\d+)?)\s*%?$")


def variants(text: str) -> dict[str, str]:
    """Return edits by label for a sensitivity like ``fixed_cost=±30%``: one lower, one higher.

    BadInput for another form, or a name that cannot be varied.
    """
    found = _SENSITIVITY.match(text.strip())
    if found is None:
        raise BadInput(f"--sensitivity {text!r}: write name=±30%, with a name of {', '.join(SHORT)}.")
    name, percent = found["name"], float(found["percent"])
    if name not in SHORT and "." not in name:
        raise BadInput(f"--sensitivity: unknown {name!r}: one of {', '.join(SHORT)}, or table.column.")
    if not 0 < percent <= 100:
        raise BadInput(f"--sensitivity {text!r}: more than 0 % and at most 100 %.")
    path = SHORT.get(name, name)
    return {
        f"{name} {sign}{percent:g} %": f"{path}*={round(1 + factor * percent / 100, 6)}"
        for sign, factor in (("-", -1), ("+", 1))
    }
