"""Numbers of a page that say where they come from: each carries the JSON Pointer of its value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from markupsafe import Markup

from graph.days import LOCAL

_NOTHING: Final = "–"
_MINUS: Final = "\N{MINUS SIGN}"


@dataclass(frozen=True, slots=True)
class Form:
    """How a number is written: ``value * times`` with so many digits, between ``before`` and ``after``."""

    digits: int = 0
    times: float = 1.0
    before: str = ""
    after: str = ""
    signed: bool = False

    def write(self, value: float, times: float) -> str:
        """Return the digits alone; a number that rounds to zero has no sign."""
        text = f"{value * times:+,.{self.digits}f}"
        sign, digits = text[0], text[1:]
        if not digits.strip("0.,"):
            return digits
        return f"{_MINUS}{digits}" if sign == "-" else f"{'+' if self.signed else ''}{digits}"


FORMS: Final[Mapping[str, Form]] = {
    "count": Form(),
    "plain": Form(2),
    "plain_change": Form(3, signed=True),
    "days": Form(1, after="\N{NO-BREAK SPACE}days"),
    "days_fine": Form(2, after="\N{NO-BREAK SPACE}days"),
    "days_bare": Form(1),
    "days_change": Form(3, after="\N{NO-BREAK SPACE}days", signed=True),
    "days_bare_fine": Form(2),
    "days_bare_change": Form(2, signed=True),
    "times": Form(2, after="\N{NO-BREAK SPACE}×"),
    "hours_bare": Form(1),
    "hours": Form(1, after="\N{NO-BREAK SPACE}h"),
    "percent": Form(1, 100.0, after="\N{NO-BREAK SPACE}%"),
    "percent_bare": Form(1, 100.0),
    "percent_change": Form(2, 100.0, after="\N{NO-BREAK SPACE}points", signed=True),
    "money": Form(2, 0.01, before="R$\N{NO-BREAK SPACE}"),
    "money_whole": Form(0, 0.01, before="R$\N{NO-BREAK SPACE}"),
    "money_change": Form(2, 0.01, before="R$\N{NO-BREAK SPACE}", signed=True),
    "score": Form(2),
    "score_change": Form(3, signed=True),
}
"""How numbers of each kind are written."""


class Cited:
    """The numbers of a report, read by JSON Pointer (RFC 6901) and written with it.

    ``data-path`` names the value that an element shows, times ``data-times``; ``data-text`` names a text that
    it shows as it is. A test opens the page and compares every one of them with the JSON.
    """

    def __init__(self, numbers: Mapping[str, Any]) -> None:
        self.numbers = numbers

    def at(self, path: str) -> Any:
        """Return the value at a pointer; None where there is none."""
        found: Any = self.numbers
        for part in path.split("/")[1:]:
            if isinstance(found, Mapping):
                found = found.get(part.replace("~1", "/").replace("~0", "~"))
            elif isinstance(found, Sequence) and not isinstance(found, str) and int(part) < len(found):
                found = found[int(part)]
            else:
                return None
        return found

    def rows(self, path: str) -> list[str]:
        """Return the pointers of a list's or a mapping's members; none where there is no such thing."""
        found = self.at(path)
        if isinstance(found, Mapping):
            return [f"{path}/{key.replace('~', '~0').replace('/', '~1')}" for key in found]
        return [f"{path}/{row}" for row in range(len(found or ()))]

    def number(self, path: str, form: str = "plain", *, turned: bool = False) -> Markup:
        """Write the number at a pointer with its unit; ``turned``: as its opposite, where words say so."""
        how, value = FORMS[form], self.at(path)
        if value is None:
            return Markup("<span>{}</span>").format(_NOTHING)
        times = -how.times if turned else how.times
        shown = Markup('<span class="n" data-path="{}"{}>{}</span>').format(
            path, _times(times), how.write(value, times)
        )
        return Markup("{}{}{}").format(how.before, shown, how.after)

    def svg_number(self, path: str, form: str) -> Markup:
        """Write the number at a pointer inside an SVG text."""
        how, value = FORMS[form], self.at(path)
        if value is None:
            return Markup()
        shown = Markup('<tspan data-path="{}"{}>{}</tspan>')
        return shown.format(path, _times(how.times), how.write(value, how.times))

    def text(self, path: str) -> Markup:
        """Write the text at a pointer as it is."""
        value = self.at(path)
        return Markup('<span data-text="{}">{}</span>').format(path, _NOTHING if value is None else value)

    def day(self, path: str, form: str = "%-d %B %Y", element: str = "time") -> Markup:
        """Write the day at a pointer to an instant (told in São Paulo's time) or an ISO date."""
        value = str(self.at(path))
        shown = datetime.fromisoformat(value)
        shown = shown.astimezone(LOCAL) if shown.tzinfo else shown
        return Markup('<{0} data-day="{1}" data-datetime="{2}">{3}</{0}>').format(
            Markup(element), path, value, shown.strftime(form)
        )


def _times(times: float) -> Markup:
    return Markup() if times == 1.0 else Markup(' data-times="{}"').format(f"{times:g}")
