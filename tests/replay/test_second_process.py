"""Two processes: the same result as one, what is learned told as it was learned, errors told too."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from queue import SimpleQueue
from time import sleep
from typing import Any

import numpy as np
import pytest

from api import policies
from graph.days import day_of
from graph.errors import BadInput, MalhaError
from graph.lead_time import OnlineParameters
from ingest.source import open_source
from replay import replayed
from replay.moving import Known, Learning
from replay.opened import opening_stock
from replay.playing import shared_out
from replay.recorded import Past, read_past
from replay.replayed import replay, second_pays
from replay.second_process import LeftAlone, Listening, OtherGone, Telling, beside
from tests.replay import others

REPOSITORY = Path(__file__).resolve().parents[2]
FEW_TREES = OnlineParameters(lane_trees=8, seller_trees=4, base_minimum=400)
SPAN = (
    int(datetime(2018, 2, 1, 3, tzinfo=UTC).timestamp()),
    int(datetime(2018, 2, 20, 3, tzinfo=UTC).timestamp()),
)


@pytest.fixture(scope="module")
def past(market_dir: Path) -> Past:
    return read_past(open_source(str(market_dir)))


def silent(_share: float) -> None:
    pass


def test_two_processes_tell_what_one_tells(past: Past) -> None:
    chosen = [policies.load(name) for name in ("as_is", "priced", "cheapest")]
    shares: list[float] = []
    told = [
        replay(
            past,
            SPAN,
            chosen,
            chosen[1].costs,
            opening_stock(past, SPAN[0]),
            parameters=FEW_TREES,
            in_two=in_two,
            progress=tell,
        )
        for in_two, tell in ((False, silent), (True, shares.append))
    ]
    assert told[0].to_dict() == told[1].to_dict()
    for name, outcomes in told[0].outcomes.items():
        assert outcomes.equals(told[1].outcomes[name])
    assert [run.home is None for run in told[1].runs] == [False, True, False]
    assert shares == sorted(shares)
    assert shares[-1] <= 1.0


@pytest.mark.parametrize(
    ("more", "processors", "pays"), [(0, 2, True), (1, 2, False), (0, 1, False), (0, None, False)]
)
def test_a_second_process_pays_for_many_orders_on_more_than_one_processor(
    monkeypatch: pytest.MonkeyPatch, past: Past, more: int, processors: int | None, pays: bool
) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: processors)
    monkeypatch.setattr(replayed, "IN_TWO", past.count(SPAN) + more)
    assert second_pays(past, SPAN) is pays


def test_what_is_told_is_what_was_learned(past: Past) -> None:
    messages: Any = SimpleQueue()
    telling, listening = Telling(Learning(past, SPAN[0], FEW_TREES), messages), Listening(messages)
    sizes = []
    for day in range(day_of(SPAN[0]), day_of(SPAN[0]) + 9):
        known = telling.known(day, silent)
        message = messages.get()
        sizes.append(len(message))
        messages.put(message)
        heard = listening.known(day, silent)
        assert same(known, heard)
    assert max(sizes[1:6]) < sizes[0]  # the stages are told once a week


def same(one: Known, other: Known) -> bool:
    """Say whether two models are alike to the bit."""
    parts = [
        [
            *(getattr(known.lead_times, name) for name in ("state", "state_n", "seller", "handling_level")),
            *(
                known.lead_times.pair.effect,
                known.lead_times.total.spread.cdf if known.lead_times.total else 0,
            ),
            *(known.freight.coefficients, known.freight.seller_effect, known.lead_times.as_of_s),
        ]
        for known in (one, other)
    ]
    return all(np.array_equal(mine, theirs) for mine, theirs in zip(*parts, strict=True))


def test_who_listens_hears_that_it_is_over() -> None:
    messages: Any = SimpleQueue()
    messages.put(b"")
    with pytest.raises(LeftAlone):
        Listening(messages).known(1, silent)


def test_days_must_agree() -> None:
    messages: Any = SimpleQueue()
    messages.put(pickle.dumps((1, None, None)))
    with pytest.raises(AssertionError):
        Listening(messages).known(2, silent)


def wait(other: Any) -> None:
    while True:
        assert other.share == 0.0
        sleep(0.05)


@pytest.mark.parametrize("ask", [lambda other: other.result(silent), wait])
def test_errors_of_the_other_are_raised_here(ask: Callable[[Any], object]) -> None:
    with pytest.raises(ValueError, match="invalid literal"), beside(int, "twelve") as other:
        ask(other)


@pytest.mark.parametrize(
    ("work", "kind", "text"),
    [
        (others.full, MalhaError, "w1 packs 1 more packages on 2018-03-01, not 2."),
        (others.unknown, BadInput, "Unknown product 'p0'. Nearest known: p1."),
        (others.killed, OtherGone, "ended from outside"),
    ],
)
def test_errors_that_cannot_be_rebuilt_from_their_text_are_told_too(
    work: Callable[[], None], kind: type[MalhaError], text: str
) -> None:
    with pytest.raises(kind) as told, beside(work) as other:
        other.result(silent)
    assert text in str(told.value)


@pytest.mark.parametrize("end", [subprocess.Popen.terminate, subprocess.Popen.kill])
def test_who_is_killed_leaves_no_second_process_behind(end: Callable[[Any], None]) -> None:
    command = [sys.executable, "-m", "tests.replay.others"]
    with subprocess.Popen(
        command, cwd=REPOSITORY, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as first:
        assert first.stdout is not None
        assert first.stdout.readline() == b"at work\n"
        end(first)
        # The second writes to the same pipe, which is at its end only when both have gone.
        assert first.communicate(timeout=30) == (b"", None)


def test_the_dearest_policy_goes_to_the_second_process() -> None:
    as_is, priced, cheapest = (policies.load(name) for name in ("as_is", "priced", "cheapest"))
    assert shared_out([as_is, priced]) == ((as_is,), (priced,))
    assert shared_out([as_is, priced, cheapest]) == ((as_is, cheapest), (priced,))
    assert shared_out([as_is]) == ((), (as_is,))
