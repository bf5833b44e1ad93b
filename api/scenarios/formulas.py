"""Cells of an xlsx file whose formula has no value yet: read as they are they would count as empty."""

from __future__ import annotations

import zipfile
from collections.abc import Collection, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

_BOOK: Final = "xl/workbook.xml"
_RELATIONS: Final = "xl/_rels/workbook.xml.rels"
_RELATION: Final = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_WRONG: Final = (OSError, zipfile.BadZipFile, KeyError, ElementTree.ParseError, NotImplementedError)


def without_value(file: Path, sheets: Collection[str]) -> Iterator[tuple[str, str]]:
    """Yield sheet and cell ("B7") of each formula without a value.

    A program that writes formulas and does not work them out leaves such cells; a spreadsheet program fills
    them in when it saves. Of books in other formats nothing is said.
    """
    with suppress(*_WRONG), zipfile.ZipFile(file) as book:
        for name, part in _parts(book).items():
            if name in sheets:
                yield from ((name, cell) for cell in _cells(book, part))


def _parts(book: zipfile.ZipFile) -> dict[str, str]:
    """Return the part of the file that holds each sheet."""
    targets = {one.get("Id"): one.get("Target", "") for one in ElementTree.fromstring(book.read(_RELATIONS))}
    sheets = [one for one in ElementTree.fromstring(book.read(_BOOK)).iter() if _tag(one) == "sheet"]
    found = {one.get("name", ""): targets.get(one.get(_RELATION), "") for one in sheets}
    return {
        name: part.removeprefix("/") if part.startswith("/") else f"xl/{part}" for name, part in found.items()
    }


def _cells(book: zipfile.ZipFile, part: str) -> Iterator[str]:
    with book.open(part) as sheet:
        for _, one in ElementTree.iterparse(sheet):
            if _tag(one) == "row":
                yield from (cell.get("r", "") for cell in one if _lacks(cell))
                one.clear()


def _lacks(cell: Element) -> bool:
    """Whether a cell has a formula and no value; an empty text is one."""
    parts = {_tag(part): part.text for part in cell}
    return "f" in parts and ("v" not in parts or (not parts["v"] and cell.get("t") != "str"))


def _tag(one: Element) -> str:
    return one.tag.rpartition("}")[2]
