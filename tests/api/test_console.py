"""Progress on a terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from api import console


def test_a_share_moves_the_bar_by_whole_percents(monkeypatch: pytest.MonkeyPatch) -> None:
    moved: list[int] = []

    @contextmanager
    def bar(title: str, total: int) -> Iterator[Callable[[int], None]]:
        assert (title, total) == ("Replaying", 100)
        yield moved.append

    monkeypatch.setattr(console, "bar", bar)
    with console.percents("Replaying") as tell:
        for share in (0.0, 0.004, 0.019, 0.5, 0.3, 0.501, 1.0):
            tell(share)
    assert moved == [1, 49, 50]
