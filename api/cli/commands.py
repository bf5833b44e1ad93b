"""The commands of ``malha`` by name, each imported when it is asked for: to import all takes seconds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Any, Final

import typer
from typer.core import TyperGroup
from typer.main import get_group

NAMES: Final = (
    *("build", "backtest", "replay", "step", "report", "recommend", "decide", "assign", "inspect", "synth"),
    *("load", "serve", "worker", "jobs", "alerts", "stock", "scenario", "place", "reorder", "demand", "rank"),
    *("keys", "demo"),
)
"""In the order of the help. A command of this name is ``command`` of its module, or a group, ``app``."""


class Commands(Mapping[str, Any]):
    """Typer's commands by name."""

    def __getitem__(self, name: str) -> Any:
        """Return a command; KeyError where there is none of the name."""
        if name not in NAMES:
            raise KeyError(name)
        module, around = import_module(f"api.cli.{name}"), typer.Typer(rich_markup_mode="markdown")
        if hasattr(module, "app"):
            around.add_typer(module.app, name=name)
        else:
            around.command(name, epilog=module.EPILOG)(module.command)
        return get_group(around).commands[name]

    def __iter__(self) -> Iterator[str]:
        """Go through the names."""
        return iter(NAMES)

    def __len__(self) -> int:
        """Return how many there are."""
        return len(NAMES)


class Group(TyperGroup):
    """The program: a group whose commands are these."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**{**settings, "commands": Commands()})
