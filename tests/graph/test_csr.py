"""Grouping by code finds every row once."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.csr import Csr


@given(st.lists(st.integers(-1, 6)))
def test_groups_are_the_rows_of_each_code(codes: list[int]) -> None:
    csr = Csr.group(np.array(codes, dtype=np.int32), 7)
    assert len(csr) == 7
    for code in range(7):
        assert csr.of(code).tolist() == [row for row, own in enumerate(codes) if own == code]
    assert csr.counts.tolist() == [codes.count(code) for code in range(7)]


def test_an_index_cannot_be_written_to() -> None:
    csr = Csr.group(np.array([0, 1]), 2)
    with pytest.raises(ValueError, match="read-only"):
        csr.rows[0] = 1
