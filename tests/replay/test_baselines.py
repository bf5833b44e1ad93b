"""The simple forecasters see the deliveries of the days before, and no others."""

import numpy as np
import pytest

from graph.days import DAY_S
from graph.lead_time import Journeys
from replay.baselines import baselines
from replay.metrics import quantile_at

START = 17_000 * DAY_S + 3 * 3600


def bought_and_arrived(days: list[float], ends_on: list[float], pair: list[int]) -> Journeys:
    ends = START + (np.array(ends_on) * DAY_S).astype(np.int64)
    purchased = ends - (np.array(days) * DAY_S).astype(np.int64)
    return Journeys.build(
        len(days), purchased_s=purchased, delivered_s=ends, total_days=days, origin_state=pair, dest_state=0
    )


def asked(past: Journeys, on_day: float) -> Journeys:
    """Return the past and one more purchase, of pair 0."""
    whole = {name: np.append(getattr(past, name), getattr(past, name)[:1]) for name in Journeys.__slots__}
    whole["purchased_s"][-1] = START + int(on_day * DAY_S)
    whole["delivered_s"][-1] += 500 * DAY_S
    whole["origin_state"][-1] = 0
    return Journeys(**whole)


def medians(journeys: Journeys, from_s: int, *, frozen: bool) -> dict[str, float]:
    found = baselines(journeys, np.array([len(journeys) - 1]), from_s, frozen=frozen)
    return {name: float(quantile_at(quantiles, 0.5)[0]) for name, quantiles in found.items()}


def test_each_looks_back_as_far_as_it_says() -> None:
    old, recent = [4.0] * 40, [8.0] * 40
    ends = [10.0] * 40 + [95.0] * 40
    past = asked(bought_and_arrived(old + recent, ends, [0] * 40 + [1] * 40), on_day=99.5)
    told = medians(past, START + 90 * DAY_S, frozen=False)
    assert told == pytest.approx({"climatology": 4.0, "last_month": 8.0, "state_pair": 4.0})
    # Frozen on day 90, the last thirty days are empty, and so is what is said of them.
    still = medians(past, START + 90 * DAY_S, frozen=True)
    assert np.isnan(still["last_month"])
    assert still["state_pair"] == 4.0


def test_this_mornings_deliveries_are_not_seen() -> None:
    past = asked(bought_and_arrived([4.0, 8.0], [98.0, 99.1], [0, 0]), on_day=99.5)
    assert medians(past, START + 90 * DAY_S, frozen=False)["last_month"] == 4.0


def test_a_pair_seen_too_rarely_takes_all_pairs() -> None:
    past = asked(bought_and_arrived([4.0] * 5 + [8.0] * 40, [95.0] * 45, [0] * 5 + [1] * 40), on_day=99.5)
    assert medians(past, START + 90 * DAY_S, frozen=False)["state_pair"] == 8.0
