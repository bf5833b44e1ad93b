"""The header of a saved query, held against its statement: a person reads it, Browser runs a line of it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import takewhile
from pathlib import Path
from typing import Final

from graph.stores.cypher_files import FOLDER

_PARAM_LINE: Final = re.compile(r"^// :param \{(.*)\}$")
_DEFAULT: Final = re.compile(r"""(\w+): ("(?:[^"\\]|\\.)*"|[-+.\w]+)""")
_PARAMETER: Final = re.compile(r"\$(\w+)")
_ENTRY: Final = re.compile(r"^//   (\w+)  +(\S.*)$")
_SECTIONS: Final = ("Purpose", "Parameters", "Returns")
_QUOTED: Final = re.compile(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"")
_COMMENT: Final = re.compile(r"//.*")


class HeaderError(Exception):
    """A saved query does not keep to the form of its header."""


@dataclass(frozen=True, slots=True)
class SavedQuery:
    """A saved query: a title, what it is for, parameters and returned columns with what they mean.

    ``defaults`` has a value for every parameter.
    """

    name: str
    title: str
    purpose: str
    parameters: Mapping[str, str]
    defaults: Mapping[str, object]
    columns: Mapping[str, str]
    text: str = field(repr=False)


def saved_queries() -> list[SavedQuery]:
    """Return the analysts' queries of ``cypher/explore``; HeaderError names what a header lacks."""
    return [saved_query(path) for path in sorted((FOLDER / "explore").glob("*.cypher"))]


def saved_query(path: Path) -> SavedQuery:
    """Read one saved query and hold its header against its statement.

    The header is comments: a title, ``Purpose``, ``Parameters`` with a line ``:param {name: value, …}`` that
    Neo4j Browser and cypher-shell run as it stands, ``Returns``. Values are text, numbers, true, false, null.
    """
    lines = path.read_text("utf-8").splitlines()
    head = list(takewhile(lambda line: line.startswith("//"), lines))
    sections = _sections(head)
    query = SavedQuery(
        name=path.stem,
        title=head[0].removeprefix("//").strip() if head else "",
        purpose=" ".join(line.removeprefix("//").strip() for line in sections["Purpose"]).strip(),
        parameters=_entries(sections["Parameters"]),
        defaults=_defaults(path.name, sections["Parameters"]),
        columns=_entries(sections["Returns"]),
        text="\n".join(lines[len(head) :]).strip().removesuffix(";"),
    )
    if wrong := _faults(query):
        raise HeaderError(f"{path.name}: {' '.join(wrong)}")
    return query


def _sections(head: list[str]) -> dict[str, list[str]]:
    """Return the lines of each section; what stands behind a section's name is its first line."""
    found: dict[str, list[str]] = {name: [] for name in ("", *_SECTIONS)}
    name = ""
    for line in head:
        start, _, rest = line.removeprefix("// ").partition(":")
        if start in _SECTIONS:
            name = start
            found[name].append(rest)
        else:
            found[name].append(line)
    return found


def _entries(lines: list[str]) -> dict[str, str]:
    return {found[1]: found[2] for line in lines if (found := _ENTRY.match(line))}


def _defaults(name: str, lines: list[str]) -> dict[str, object]:
    maps = [found[1] for line in lines if (found := _PARAM_LINE.match(line))]
    made = {key: _value(name, text) for text in maps for key, text in _DEFAULT.findall(text)}
    if maps and ", ".join(f"{key}: {text}" for key, text in _DEFAULT.findall(maps[0])) != maps[0]:
        raise HeaderError(f"{name}: ':param {{{maps[0]}}}' is not of the form ':param {{name: value, …}}'.")
    return made


def _value(name: str, text: str) -> object:
    try:
        return json.loads(text)
    except ValueError:
        raise HeaderError(f"{name}: {text!r} is no text, number, true, false or null.") from None


def _faults(query: SavedQuery) -> list[str]:
    plain = _COMMENT.sub("", _QUOTED.sub("''", query.text))
    used = set(_PARAMETER.findall(plain))
    checks = [
        (not query.title, "It has no title in its first line."),
        (not query.purpose, "It has no line 'Purpose: …'."),
        (not query.columns, "It names no returned columns."),
        (";" in plain, "It holds more than one statement."),
        (used != set(query.defaults), f"It uses {sorted(used)}; ':param' gives {sorted(query.defaults)}."),
        (
            used != set(query.parameters),
            f"It uses {sorted(used)}; Parameters names {sorted(query.parameters)}.",
        ),
        ("snapshot_state" not in query.columns, "It does not return snapshot_state."),
    ]
    return [text for wrong, text in checks if wrong]
