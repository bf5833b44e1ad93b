from __future__ import annotations

from datetime import UTC, datetime

import polars as pl
import pytest

from replay.identity import snapshot_id

NOON = datetime(2018, 1, 1, 12, tzinfo=UTC)
FACTS = pl.DataFrame({"id": ["a", "bc", None], "cents": [1, None, 3], "at": [NOON, None, NOON]})


def name(frame: pl.DataFrame = FACTS, as_of: datetime = NOON, **parameters: object) -> str:
    return snapshot_id({"facts": frame}, as_of, parameters)


def test_the_name_is_64_hex_digits_and_the_same_every_time() -> None:
    assert name() == name()
    assert len(bytes.fromhex(name())) == 32


@pytest.mark.parametrize(
    "other",
    [
        name(FACTS.reverse()),
        name(FACTS.rename({"id": "name"})),
        name(FACTS.with_columns(cents=pl.lit(1))),
        name(FACTS.with_columns(id=pl.Series(["ab", "c", None]))),  # the same bytes, cut elsewhere
        name(FACTS.with_columns(id=pl.Series(["a", "bc", ""]))),
        name(as_of=NOON.replace(hour=13)),
        name(model=2),
    ],
)
def test_any_other_fact_instant_or_parameter_gives_another_name(other: str) -> None:
    assert other != name()


def test_column_order_means_nothing() -> None:
    assert name(FACTS.select("at", "cents", "id")) == name()


def test_fitted_floats_are_refused() -> None:
    with pytest.raises(ValueError, match="facts are integers"):
        name(FACTS.with_columns(mean=pl.lit(0.5)))
