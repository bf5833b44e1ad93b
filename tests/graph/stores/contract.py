"""What every home of a network must do. A store's tests subclass this and say how to make one."""

from __future__ import annotations

from abc import ABC, abstractmethod
from datetime import UTC, datetime

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from graph import BadInput, SnapshotError, SnapshotMeta
from graph.stores import GraphStore
from graph.tables import SCHEMAS, checked
from tests.graph.make import tables

META = SnapshotMeta("ab" * 32, datetime(2018, 5, 1, 3, tzinfo=UTC), {"offer_lapse_days": 90, "words": ["a"]})


class StoreContract(ABC):
    """The contract suite: frames in, the same frames out, replaced whole or not at all."""

    @pytest.fixture
    @abstractmethod
    def store(self) -> GraphStore:
        """Return a store that holds nothing yet."""

    def test_what_is_written_is_read(self, store: GraphStore) -> None:
        store.write(tables(1), META)
        found = store.read()
        assert found.meta == META == store.meta()
        assert list(found.tables) == list(SCHEMAS)
        for name, frame in checked(tables(1)).items():
            assert_frame_equal(found.tables[name], frame, check_exact=True)

    def test_rows_come_back_sorted_by_key(self, store: GraphStore) -> None:
        store.write({name: frame.reverse() for name, frame in tables(1).items()}, META)
        for name, frame in store.read().tables.items():
            assert_frame_equal(frame, frame.sort(SCHEMAS[name].key))

    def test_a_second_write_replaces_the_first_whole(self, store: GraphStore) -> None:
        store.write(tables(1), META)
        fewer = tables(2) | {"lanes": SCHEMAS["lanes"].empty()}
        other = SnapshotMeta("cd" * 32, datetime(2018, 6, 1, tzinfo=UTC))
        store.write(fewer, other)
        found = store.read()
        assert found.meta == other
        assert found.tables["lanes"].is_empty()
        assert_frame_equal(found.tables["sellers"], checked(fewer)["sellers"])

    def test_a_write_that_fails_leaves_the_first(self, store: GraphStore) -> None:
        store.write(tables(1), META)
        with pytest.raises(BadInput):
            store.write(tables(2) | {"offers": tables(2)["sellers"]}, META)
        assert_frame_equal(store.read().tables["offers"], checked(tables(1))["offers"])

    def test_an_empty_store_says_so(self, store: GraphStore) -> None:
        with pytest.raises(SnapshotError):
            store.read()
        with pytest.raises(SnapshotError):
            store.meta()

    def test_text_beyond_ascii_and_nulls_survive(self, store: GraphStore) -> None:
        odd = tables(1)["categories"].with_columns(
            pl.Series("category_english", ["saúde; 'e' \"beleza\"", None])
        )
        store.write(tables(1) | {"categories": odd}, META)
        assert_frame_equal(store.read().tables["categories"], odd)
