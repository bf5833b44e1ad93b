"""Public placement instances: read right (small ones solved to their published values), and the measures."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest

from benchmarks.placement import Outcome, chosen, main, shifted_mean, speed_ratio
from benchmarks.placement_instances import FAMILIES, names_in, read_instance
from optimizer.placement.check import referee
from optimizer.placement.record import PlaceLimits
from optimizer.placement.solve import place
from optimizer.words import Status
from tests.conftest import shared_path


@pytest.fixture(scope="module")
def folder() -> Path:
    return shared_path("instances")


SMALL = (
    "cap/cap41 cap/cap62_ss cap/cap62_uncap pmed/pmed1 pmedcap/pmedcap01 holmberg/p1 bildekrarup/B1.1 m/MO1 "
    "euclid/111EuclS gap/a05100 gap/gap1-0_max"
)


@pytest.mark.parametrize("name", SMALL.split())
def test_published_values(folder: Path, name: str) -> None:
    instance = read_instance(folder, *name.split("/"))
    answer = place(instance.problem, limits=PlaceLimits(seconds=60))
    referee(instance.problem, answer)
    assert answer.status is Status.OPTIMAL
    assert instance.sign * answer.value == pytest.approx(instance.known, rel=1e-4)


def test_the_fixed_list_names_instances_of_every_family(folder: Path) -> None:
    wanted = chosen(folder, "")
    assert {family for family, _ in wanted} == set(FAMILIES)
    assert all(name in names_in(folder, family) for family, name in wanted)
    assert ("m", "MO1") in chosen(folder, "m/*")


def test_layouts_that_are_easily_confused(folder: Path) -> None:
    shared = read_instance(folder, "tbed1", "i300_1_ms").problem
    single = read_instance(folder, "tbed1", "i300_1_ss").problem
    assert (shared.single_source, single.single_source) == (False, True)
    assert shared.cost[0, 0] == pytest.approx(3.324153 * 26)  # the file holds costs of one unit
    assert np.isinf(read_instance(folder, "cap", "cap41_uncap").problem.capacity).all()
    assert (read_instance(folder, "cap", "capb_7000").problem.capacity == 7000).all()
    most = read_instance(folder, "gap", "a05100_max")
    assert (most.sign, most.problem.cost.max() < 0) == (-1, True)


def test_a_wrong_name_is_refused(folder: Path) -> None:
    with pytest.raises(ValueError, match="Unknown family"):
        read_instance(folder, "nothing", "p1")
    with pytest.raises(ValueError, match="names no instance"):
        read_instance(folder, "cap", "nothing")


def outcome(seconds: float, plain: float, *, proven: bool = True, plain_proven: bool = True) -> Outcome:
    gap, bound = (0.0 if proven else 0.5), (1.0 if plain_proven else 0.5)
    return Outcome("f", "i", 1.0, 1.0, 1.0, gap, seconds, "optimal", 1.0, bound, plain)


def test_the_ratio_of_speeds() -> None:
    assert shifted_mean([3.0, 3.0]) == pytest.approx(3.0)
    assert shifted_mean([0.0, 3.0]) == pytest.approx(math.sqrt(4.0) - 1.0)
    both_out = outcome(60, 60, proven=False, plain_proven=False)
    ratio, left_out = speed_ratio([outcome(1.0, 3.0), both_out], 60.0)
    assert (ratio, left_out) == (pytest.approx(3.0), 1)
    ratio, _ = speed_ratio([outcome(5.0, 70.0, plain_proven=False)], 60.0)  # a time-out counts as the limit
    assert ratio == pytest.approx(12.0)
    assert speed_ratio([both_out], 60.0) == (None, 1)


def test_the_run_writes_what_it_measured(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.json"
    asked = ["--instances", str(folder), "--time", "20", "--only", "cap/cap41,gap/gap1-0_max"]
    assert main([*asked, "--out", str(out)]) == 0
    rows = json.loads(out.read_text())
    assert [row["instance"] for row in rows] == ["cap41", "gap1-0_max"]
    assert set(rows[0]) == {
        *("family", "instance", "known", "value", "bound", "gap", "seconds", "status"),
        *("baseline_value", "baseline_bound", "baseline_seconds"),
    }
    assert rows[1]["value"] == rows[1]["known"]
    assert rows[1]["bound"] >= rows[1]["value"]
