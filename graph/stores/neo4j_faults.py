"""What goes wrong with a Neo4j server, in words that say what to do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from neo4j.exceptions import AuthError, DriverError, Neo4jError, ServiceUnavailable

from graph.errors import BadInput, MalhaError

OLDEST: Final = (5, 24)
"""The first with ``OPTIONAL CALL``, by which a saved query answers although it finds nothing."""


class StoreError(MalhaError):
    """The database cannot be used; the message says why and what to do."""


@contextmanager
def speaking(uri: str) -> Iterator[None]:
    """Turn what goes wrong between us and the server at ``uri`` into a StoreError that says what to do."""
    try:
        yield
    except AuthError as error:
        raise StoreError(
            f"{uri} refuses the user or the password: give --user, and --password-file or "
            "MALHA_NEO4J_PASSWORD."
        ) from error
    except ServiceUnavailable as error:
        raise StoreError(f"No Neo4j answers at {uri}. Start one: make neo4j") from error
    except (Neo4jError, DriverError) as error:
        if _interrupted(error):
            raise KeyboardInterrupt from error
        said = f"{error.message} ({error.code})" if isinstance(error, Neo4jError) else str(error)
        raise StoreError(
            f"Neo4j at {uri} failed: {said}. A load that broke off goes on when it is run again."
        ) from error


def refuse_address(uri: str) -> None:
    """Raise BadInput for an address that the driver does not speak to, or that holds a secret."""
    scheme, _, rest = uri.partition("://")
    if scheme.split("+")[0] not in {"bolt", "neo4j"} or not rest:
        raise BadInput(f"{uri!r} is no address of a Neo4j: write bolt://HOST:7687 or neo4j+s://HOST.")
    if "@" in rest:
        raise BadInput("The address must not hold a password: give a file, or MALHA_NEO4J_PASSWORD.")


def refuse_old(version: str) -> None:
    """Raise StoreError for a server older than the statements in ``cypher/`` can be read by."""
    found = tuple(int(part) for part in version.partition("-")[0].split(".")[:2])
    if found < OLDEST:
        raise StoreError(
            f"This is Neo4j {version}, which is too old: Malha needs 5.24, and is tested with 5.26."
        )


def _interrupted(error: BaseException | None) -> bool:
    """Tell whether it was Ctrl-C, in the middle of a message, that the driver stumbled over."""
    while error is not None:
        if isinstance(error, KeyboardInterrupt):
            return True
        error = error.__context__
    return False
