from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.errors import BadInput, Fault
from ingest.states import state_facts
from ingest.synthetic.calendar import make_calendar
from ingest.synthetic.world_files import load_world, shipped_worlds
from tests.ingest.synthetic.conftest import changed


def file(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "mine.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_shipped_worlds_are_valid() -> None:
    assert shipped_worlds() == ("default", "null")
    world = load_world()
    assert (world.effects.lane_sd, world.effects.carrier_sd, world.effects.residual_sd) == (0.20, 0.15, 0.35)
    assert load_world("null").effects.lane_sd == 0.0


def test_a_world_file_names_only_what_differs(tmp_path: Path) -> None:
    world = load_world(file(tmp_path, "[effects]\nlane_sd = 0.5\n\n[rule]\nname = 'random'\n"))
    assert world == changed(load_world(), effects={"lane_sd": 0.5}, rule={"name": "random"})


def test_all_faults_come_at_once_with_key_and_remedy(tmp_path: Path) -> None:
    text = """
    colour = "blue"
    [effects]
    lane_sdd = 0.3
    carrier_sd = -1
    [history]
    months = "many"
    [rule]
    name = "best"
    [sellers]
    habits = [{ weekdays = "531", share = 1.0 }]
    """
    with pytest.raises(BadInput) as caught:
        load_world(file(tmp_path, text))
    faults = {fault.column: fault for fault in caught.value.faults}
    assert set(faults) == {
        *("colour", "effects.lane_sdd", "effects.carrier_sd", "history.months", "rule.name"),
        "sellers.habits.0.weekdays",
    }
    assert "lane_sd" in faults["effects.lane_sdd"].remedy
    assert "softmax" in faults["rule.name"].remedy
    assert all(fault.remedy.endswith((".", "?")) for fault in faults.values())


def test_rules_between_keys_are_all_named(tmp_path: Path) -> None:
    text = """
    outcomes = { canceled = 0.9, lost = 0.9 }
    promise = { reference_carrier = "nobody" }
    payments = { shares = { boleto = 0.0, credit_card = 0.0, voucher = 0.0, debit_card = 0.0 } }
    """
    with pytest.raises(BadInput) as caught:
        load_world(file(tmp_path, text))
    assert {fault.column for fault in caught.value.faults} == {
        *("outcomes", "promise.reference_carrier", "payments.shares"),
    }


@pytest.mark.parametrize("text", ["[effects\n", "a = 1\na = 2\n"])
def test_text_that_is_not_toml_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(BadInput, match="not readable TOML"):
        load_world(file(tmp_path, text))


def test_an_unknown_world_lists_the_known_ones() -> None:
    with pytest.raises(BadInput, match="default, null"):
        load_world("nowhere")


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), lambda s: st.lists(s, max_size=2)))
def test_any_value_in_a_world_ends_in_a_world_or_a_message(value: object) -> None:
    for key in ("months", "start", "complete"):
        assert all(fault.remedy for fault in faults_of(key, value))


def faults_of(key: str, value: object) -> tuple[Fault, ...]:
    try:
        changed(load_world(), history={key: value})
    except BadInput as error:
        return error.faults
    return ()


def test_shocks_and_shifts_move_the_level() -> None:
    world = changed(load_world(), yearly={"level_swing": 0.0}, peaks=[])
    states = state_facts()["state"].to_list()
    level = make_calendar(world, 1, states).level_log
    start = pl.Series([world.history.start])
    day = {name: (pl.Series([when]) - start).dt.total_days()[0] for name, when in (
        ("shift", world.level_shifts[1].date), ("strike", world.shocks[0].start))}  # fmt: skip
    assert np.allclose(level[day["shift"]] - level[day["shift"] - 1], 0.24 + 0.12)
    full = day["strike"] + world.shocks[0].rise_days
    assert np.allclose(level[full] - level[day["strike"] - 1], world.shocks[0].log)


def test_a_shock_can_strike_some_states_only() -> None:
    base = load_world()
    shock = {**base.shocks[0].model_dump(mode="json"), "states": ["BA"]}
    world = changed(base, shocks=[shock])
    states = state_facts()["state"].to_list()
    difference = (
        make_calendar(world, 1, states).level_log
        - make_calendar(changed(base, shocks=[]), 1, states).level_log
    )
    assert difference[:, states.index("BA")].max() == pytest.approx(shock["log"])
    assert np.abs(np.delete(difference, states.index("BA"), axis=1)).max() == 0
