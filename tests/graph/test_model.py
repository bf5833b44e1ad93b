"""What is lost is lost everywhere at the same second, whatever the seconds are held in."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from graph.model import UNDELIVERED_DAYS, UNHANDED_DAYS, is_lost


@pytest.mark.parametrize("days", [UNHANDED_DAYS, UNDELIVERED_DAYS])
def test_lost_is_what_has_waited_for_longer_than_the_days(days: int) -> None:
    seconds = [0, days * 86_400, days * 86_400 + 1]
    wanted = [False, False, True]
    assert [is_lost(each, days) for each in seconds] == wanted
    assert is_lost(np.array(seconds), days).tolist() == wanted
    frame = pl.DataFrame({"waited_s": [*seconds, None]})
    assert frame.select(is_lost(pl.col("waited_s"), days))["waited_s"].to_list() == [*wanted, None]
