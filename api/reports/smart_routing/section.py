"""What a section of the smart-routing page is made of."""

from __future__ import annotations

from dataclasses import dataclass, field

from markupsafe import Markup

from api.reports.smart_routing.tables import Table


@dataclass(frozen=True, slots=True)
class Drawing:
    """A chart with its title and how to read it; a ``tall`` one stands beside two others."""

    title: str
    note: str | Markup
    svg: Markup
    tall: bool = False


@dataclass(slots=True)
class Section:
    """A part of the page: words, drawings side by side, lines, folded tables."""

    name: str
    title: str
    words: list[Markup] = field(default_factory=list)
    figures: list[Drawing] = field(default_factory=list)
    lines: list[Markup] = field(default_factory=list)
    tables: list[Table | None] = field(default_factory=list)

    @property
    def empty(self) -> bool:
        """Whether there is nothing to show."""
        return not (self.figures or self.lines or any(self.tables))
