"""What a comparison says on a terminal."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from api.render.comparison import VERDICTS, WORDS, foretold, rows, show_comparison, signed, unknown
from replay.comparison import MEASURES, Comparison, Verdict
from tests.replay.comparison.planted import Planted


@pytest.fixture(scope="module")
def compared() -> Comparison:
    return Planted().compare()


def printed(compared: Comparison) -> str:
    file = io.StringIO()
    show_comparison(Console(file=file, width=160), compared.to_dict())
    return file.getvalue()


def test_every_measure_unit_and_verdict_has_words() -> None:
    assert set(WORDS) == {measure.name for measure in MEASURES}
    assert all(signed(-1.0, measure.unit).startswith("-") for measure in MEASURES)
    assert set(VERDICTS) == {verdict.value for verdict in Verdict}


def test_differences_stand_with_interval_and_verdict(compared: Comparison) -> None:
    claim = compared.found("priced", "expected_days")
    row = rows(compared.to_dict()["differences"])[0]
    assert row[:2] == ("priced - as_is", "lead time")
    assert row[2] == f"{claim.mean:+.3f} d"
    assert row[3] == f"{claim.model:+.3f} d"
    assert row[4] == f"{claim.low:+.3f} d to {claim.high:+.3f} d"
    assert row[5] == VERDICTS["gain"]


def test_everything_is_printed(compared: Comparison) -> None:
    text = printed(compared)
    assert "gain" in text
    assert "1,200 orders in 10 weeks" in text
    for sentence in compared.assumptions():
        assert sentence[:40] in text
    assert f"{100 * compared.unjudged['priced']['without_outcome']:.1f} % of priced's" in text


def test_a_single_week_and_an_unchecked_model_say_so() -> None:
    short = Planted(weeks=1).compare()
    assert "a single week" in printed(short)
    assert "No order bought long enough ago" in foretold(short.to_dict())
    lonely = Planted(orders=60, several=1.0, moves=0.9).compare().to_dict()
    assert rows(lonely["differences"])[0][5] == "unchecked"
    assert "priced's" in unknown(lonely)


def test_a_claim_from_few_weeks_says_so(compared: Comparison) -> None:
    differences = compared.to_dict()["differences"]
    assert rows(differences, 3)[0][5] == f"{VERDICTS['gain']} (from only 3 weeks)"
    assert rows(differences, 4)[0][5] == VERDICTS["gain"]
    assert all(row[5] == VERDICTS["none"] for row in rows(differences, 3) if "claim" in row[5])
    short = Planted(weeks=3).compare()
    assert "(from only 3 weeks)" in printed(short)
