"""Policies as TOML files: those that come with Malha lie beside this module, a user's where he says."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from api.toml_files import read_toml
from graph.errors import BadInput
from optimizer.policy import Policy, policy_of

SHIPPED: Final = Path(__file__).parent
DEFAULT: Final = "priced"


def names(folder: Path | None = None) -> list[str]:
    """Return the names of all policies, a user's own among them."""
    folders = [SHIPPED, folder] if folder else [SHIPPED]
    return sorted({file.stem for where in folders for file in where.glob("*.toml")})


def load(name: str, folder: Path | None = None) -> Policy:
    """Return a policy by name or by the path of its file; a user's folder comes before the shipped ones.

    Raises BadInput with every fault of the file, or with the names that are known.
    """
    if name.endswith(".toml"):
        return _read(Path(name))
    for where in (folder, SHIPPED):
        if where is not None and (where / f"{name}.toml").is_file():
            return _read(where / f"{name}.toml")
    raise BadInput(
        f"Unknown policy {name!r}: one of {', '.join(names(folder))}, or the path of a policy file (….toml)."
    )


def _read(file: Path) -> Policy:
    return policy_of(read_toml(file), str(file))
