"""TOML files as people write them: settings, policies, scenarios."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from graph.errors import BadInput, Fault


def read_toml(file: Path, if_missing: str = "Name a file that is there.") -> dict[str, Any]:
    """Return what a file holds; BadInput, with one fault, where it is absent or no TOML in UTF-8.

    ``if_missing``: the remedy where there is no such file.
    """

    def unusable(kind: str, value: str, remedy: str) -> BadInput:
        return BadInput(f"{file} cannot be read.", [Fault(file.name, None, None, kind, value, remedy)])

    try:
        return tomllib.loads(file.read_text("utf-8"))
    except FileNotFoundError:
        raise unusable("missing file", "", if_missing) from None
    except UnicodeDecodeError:
        raise unusable("not UTF-8 text", "", "Save it as UTF-8.") from None
    except ValueError as error:  # beside wrong TOML: numbers that are too long for Python
        raise unusable("no TOML", str(error), "Correct it there.") from None
