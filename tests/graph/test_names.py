"""A wrong name is answered with what was meant, or with all that could be."""

from __future__ import annotations

from enum import StrEnum

import pytest

from graph.names import did_you_mean


class Colour(StrEnum):
    RED = "red"
    GREEN = "green"


@pytest.mark.parametrize(
    ("name", "remedy"),
    [
        ("gren", "Did you mean green?"),
        ("red", "Did you mean red?"),
        ("blue", "One of red, green."),
        ("", "One of red, green."),
    ],
)
def test_the_most_alike_is_proposed_or_else_all(name: str, remedy: str) -> None:
    assert did_you_mean(name, Colour) == did_you_mean(name, {"red": 1, "green": 2}) == remedy
