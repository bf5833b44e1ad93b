"""A sensitivity is one edit down and one up, of something that can be varied."""

from __future__ import annotations

import pytest

from api.scenarios import Raw, checked
from api.scenarios.edits import edited
from api.scenarios.sensitivity import SHORT, variants
from graph.errors import BadInput
from tests.optimizer.placement.scenarios import SETTINGS, tables

BASE = Raw(tables(), SETTINGS, "base")


@pytest.mark.parametrize("text", ["fixed_cost=±30%", "fixed_cost = +/-30 %", "fixed_cost=+-30"])
def test_a_sensitivity_is_one_edit_down_and_one_up(text: str) -> None:
    told = variants(text)
    assert list(told) == ["fixed_cost -30 %", "fixed_cost +30 %"]
    low, high = (checked(edited(BASE, [edit])).sites["fixed_cost_cents"].to_list() for edit in told.values())
    assert low == pytest.approx([350, 210])
    assert high == pytest.approx([650, 390])


def test_every_short_name_is_something_that_can_be_varied() -> None:
    base = Raw(tables(), {**SETTINGS, "budget_cents": 800.0}, "base")
    for name in SHORT:
        for edit in variants(f"{name}=±10%").values():
            checked(edited(base, [edit]))


@pytest.mark.parametrize("text", ["fixed_cost=30%", "colour=±30%", "fixed_cost=±0%", "fixed_cost=±200%"])
def test_a_sensitivity_of_another_form_is_refused(text: str) -> None:
    with pytest.raises(BadInput, match="--sensitivity"):
        variants(text)
