"""What the model expected at a purchase rests on nothing later, and does not excuse the seller."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from graph.model import NEVER
from ingest.source import open_source
from replay.insight.diagnosis import diagnose
from replay.insight.modelled import BASIS, with_modelled
from replay.insight.packages import COMPONENTS, STAGES, Log
from replay.recorded import Past, read_past

DAY_S = 86_400
EXPECTED = [f"expected_{name}_days" for name in COMPONENTS]


@pytest.fixture(scope="module")
def past(nine_dir: Path) -> Past:
    return read_past(open_source(nine_dir))


@pytest.fixture(scope="module")
def span_s(log: Log) -> tuple[int, int]:
    return log.as_of_s - 150 * DAY_S, log.as_of_s - 129 * DAY_S


@pytest.fixture(scope="module")
def modelled(packages: pl.DataFrame, past: Past, span_s: tuple[int, int]) -> pl.DataFrame:
    return with_modelled(packages, past, span_s)


def test_every_package_of_the_span_is_expected_something(
    modelled: pl.DataFrame, packages: pl.DataFrame, span_s: tuple[int, int]
) -> None:
    bought = pl.col("purchased_s").is_between(*span_s, closed="left") & pl.col("seller_id").is_not_null()
    assert modelled.height == packages.filter(bought).height > 20
    assert (modelled.select(pl.col(EXPECTED) > 0)).to_numpy().all()
    whole = modelled.select(pl.sum_horizontal(EXPECTED[: len(STAGES)])).to_series()
    assert whole.to_list() == pytest.approx(modelled[EXPECTED[-1]].to_list())


def test_the_future_changes_nothing(
    modelled: pl.DataFrame, packages: pl.DataFrame, past: Past, span_s: tuple[int, int]
) -> None:
    seen = past.journeys
    later = seen.delivered_s >= span_s[1]
    assert later.sum() > 100
    slower = replace(
        seen,
        delivered_s=np.where(later, NEVER, seen.delivered_s),
        transit_days=np.where(later, np.nan, seen.transit_days),
        total_days=np.where(later, np.nan, seen.total_days),
    )
    altered = replace(past, journeys=slower, from_sellers=slower)
    assert_frame_equal(with_modelled(packages, altered, span_s), modelled, check_exact=True)


def test_who_sells_changes_nothing(
    modelled: pl.DataFrame, packages: pl.DataFrame, past: Past, span_s: tuple[int, int]
) -> None:
    """Two packages alike but for the seller are expected alike: his effect is learned, and not asked for."""
    here = np.flatnonzero((past.journeys.purchased_s >= span_s[0]) & (past.journeys.purchased_s < span_s[1]))
    seller = past.journeys.seller.copy()
    seller[here] = seller[here][::-1]
    first_week = modelled["purchased_s"] < span_s[0] + 6 * DAY_S
    other = replace(past.journeys, seller=seller)
    told = with_modelled(packages, replace(past, journeys=other, from_sellers=other), span_s)
    assert_frame_equal(told.filter(first_week), modelled.filter(first_week), check_exact=True)


def test_the_diagnosis_names_its_basis(modelled: pl.DataFrame, packages: pl.DataFrame) -> None:
    assert diagnose(modelled, BASIS).to_dict()["expected_from"] == BASIS
    assert diagnose(packages).to_dict()["expected_from"] != BASIS


def test_another_sources_packages_are_refused(
    packages: pl.DataFrame, past: Past, span_s: tuple[int, int]
) -> None:
    with pytest.raises(ValueError, match="one source"):
        with_modelled(packages.tail(-5), past, span_s)
