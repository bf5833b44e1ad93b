"""From a name to its row, and from a wrong name to the nearest known ones."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from typing import Final

from graph.errors import UnknownName

NEAREST: Final = 3
"""How many known names an error proposes."""

_CEP: Final = re.compile(r"(\d{4,5})(?:[- ]?\d{3})?")


def zip_row(rows: Mapping[str, int], text: str) -> int:
    """Return the row of a zip prefix or a whole CEP (``01310``, ``01310-100``); UnknownName otherwise.

    Four digits are five that lost their leading zero in a spreadsheet.
    """
    cep = _CEP.fullmatch(text.strip())
    row = rows.get(cep[1].zfill(5)) if cep else None
    if row is None:
        raise UnknownName("zip prefix", text, _nearest_zips(list(rows), re.sub(r"\D", "", text)))
    return row


def _nearest_zips(known: Sequence[str], digits: str) -> list[str]:
    """Return the prefixes (``known`` is sorted) whose numbers are nearest to the first five digits."""
    if not digits:
        return []
    wanted = digits[:5].ljust(5, "0")
    place = bisect_left(known, wanted)
    around = known[max(0, place - NEAREST) : place + NEAREST]
    return sorted(around, key=lambda zip_prefix: (abs(int(zip_prefix) - int(wanted)), zip_prefix))[:NEAREST]


def category_row(rows: Mapping[str, int], text: str) -> int:
    """Return the row of a category, by its Portuguese or English name; UnknownName otherwise."""
    plain = text.strip().lower().replace(" ", "_")
    row = rows.get(text, rows.get(plain))
    if row is None:
        alike = get_close_matches(plain, rows, n=NEAREST, cutoff=0.5)
        raise UnknownName("category", text, alike or get_close_matches(plain, rows, n=NEAREST, cutoff=0.0))
    return row


def product_row(rows: Mapping[str, int], ids: Sequence[str], text: str) -> int:
    """Return the row of a product; UnknownName proposes ids that begin alike (``ids`` are sorted)."""
    row = rows.get(text.strip())
    if row is None:
        raise UnknownName("product", text, _begin_alike(ids, text.strip()))
    return row


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return the remedy for a name that is not known: the one that is most like it, or all of them."""
    names = [str(one) for one in known]
    close = get_close_matches(name, names, n=1)
    return f"Did you mean {close[0]}?" if close else f"One of {', '.join(names)}."


def _begin_alike(ids: Sequence[str], text: str) -> list[str]:
    """Return the sorted neighbours of a text, those first that share the longest beginning with it."""
    place = bisect_left(ids, text)
    around = ids[max(0, place - NEAREST) : place + NEAREST]
    return sorted(around, key=lambda known: (-_shared(known, text), known))[:NEAREST]


def _shared(one: str, other: str) -> int:
    return next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), len(one))
