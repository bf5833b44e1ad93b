"""The remaining time is the conditional law of the whole time."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.lead_time import LeadTimeBatch
from graph.lead_time.remaining import Remaining
from graph.lead_time.spread import Spread, pooled_mass


def whole(rows: int = 4, sd: float = 0.5) -> LeadTimeBatch:
    none = np.zeros(0)
    spread = Spread.from_mass(pooled_mass(none, none, none.astype(np.int64), 1, 1.0, sd))
    location = np.linspace(1.5, 3.0, rows)
    return LeadTimeBatch(
        location, np.zeros(rows, np.int64), spread, np.zeros(rows, np.int8), np.ones(rows, np.int64)
    )


@given(age=st.floats(0.0, 60.0), days=st.floats(0.0, 60.0))
def test_it_is_the_conditional_probability(age: float, days: float) -> None:
    law = whole()
    expected = (law.cdf(age + days) - law.cdf(age)) / (1.0 - law.cdf(age))
    assert Remaining(law, age).cdf(days) == pytest.approx(expected, abs=1e-9)
    assert Remaining(law, age).p_late(days) == pytest.approx(1.0 - expected, abs=1e-9)


@given(age=st.floats(0.0, 60.0), p=st.floats(0.01, 0.99))
def test_quantile_undoes_cdf(age: float, p: float) -> None:
    rest = Remaining(whole(), age)
    assert rest.cdf(rest.quantile(p)) == pytest.approx(np.full(4, p), abs=1e-6)


def test_at_age_zero_nothing_changes() -> None:
    law = whole()
    rest = Remaining(law, 0.0)
    assert rest.mean_days == pytest.approx(law.mean_days)
    assert rest.quantile(0.9) == pytest.approx(law.quantile(0.9))


@pytest.mark.parametrize("age", [0.5, 5.0, 12.0])
def test_the_mean_is_that_of_draws(age: float) -> None:
    law = whole(rows=1)
    ps = (np.arange(100_000) + 0.5) / 100_000
    draws = np.exp(law.location[0] + law.spread.residual_at(ps, np.zeros(ps.shape, np.int64)))
    assert Remaining(law, age).mean_days[0] == pytest.approx((draws[draws > age] - age).mean(), rel=2e-2)


def test_old_parcels_and_impossible_ages() -> None:
    rest = Remaining(whole(), 1e9)
    assert rest.mean_days.tolist() == [0.0] * 4
    assert rest.cdf(1.0).tolist() == [1.0] * 4
    with pytest.raises(ValueError, match="not negative"):
        Remaining(whole(), -1.0)
