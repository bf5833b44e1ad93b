"""The folder of Parquet files: the contract of every store, and what can go wrong with a folder."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
from polars.testing import assert_frame_equal

from graph import SnapshotError, SnapshotMeta
from graph.stores import GraphStore, ParquetStore
from graph.tables import SCHEMAS, checked
from tests.graph.make import tables
from tests.graph.stores.contract import META, StoreContract


class TestParquetStore(StoreContract):
    @pytest.fixture
    def store(self, tmp_path: Path) -> GraphStore:
        return ParquetStore(tmp_path / "snapshot")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    ParquetStore(tmp_path).write(tables(1), META)
    return tmp_path / "network"


def test_only_the_network_is_in_the_folder(folder: Path) -> None:
    assert sorted(path.name for path in folder.iterdir()) == sorted(
        ["meta.json", *(f"{name}.parquet" for name in SCHEMAS)]
    )
    assert [path.name for path in folder.parent.iterdir()] == ["network"]


def test_the_same_tables_make_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    ParquetStore(tmp_path / "other").write(tables(1), META)
    for path in folder.iterdir():
        assert path.read_bytes() == (tmp_path / "other" / "network" / path.name).read_bytes()


def test_another_format_version_is_refused(folder: Path) -> None:
    about = json.loads((folder / "meta.json").read_text())
    (folder / "meta.json").write_text(json.dumps(about | {"format": 99}))
    with pytest.raises(SnapshotError, match=r"format 99; this version reads 2\. Build the snapshot again"):
        ParquetStore(folder.parent).read()


@pytest.mark.parametrize("name", ["meta", *SCHEMAS])
def test_a_missing_file_is_refused(folder: Path, name: str) -> None:
    (folder / f"{name}.{'json' if name == 'meta' else 'parquet'}").unlink()
    with pytest.raises(SnapshotError, match="missing"):
        ParquetStore(folder.parent).read()


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"format": 2, "tables": 3}', '{"format": 2, "tables": {}}']
)
def test_a_damaged_page_about_it_is_refused(folder: Path, text: str) -> None:
    (folder / "meta.json").write_text(text)
    with pytest.raises(SnapshotError, match="Build the snapshot again"):
        ParquetStore(folder.parent).read()


@pytest.mark.parametrize("key", ["snapshot_id", "as_of", "parameters"])
def test_a_page_without_its_facts_is_refused(folder: Path, key: str) -> None:
    about = json.loads((folder / "meta.json").read_text())
    about.pop(key)
    (folder / "meta.json").write_text(json.dumps(about))
    with pytest.raises(SnapshotError, match="Build the snapshot again"):
        ParquetStore(folder.parent).meta()


@pytest.mark.parametrize("place", [0, 100, -1])
def test_one_changed_byte_is_noticed(folder: Path, place: int) -> None:
    path = folder / "lanes.parquet"
    data = bytearray(path.read_bytes())
    data[place] ^= 1
    path.write_bytes(bytes(data))
    with pytest.raises(SnapshotError, match="damaged"):
        ParquetStore(folder.parent).read()


def test_a_table_that_is_no_parquet_is_refused_even_with_a_matching_digest(folder: Path) -> None:
    data = b"not a table"
    (folder / "lanes.parquet").write_bytes(data)
    about = json.loads((folder / "meta.json").read_text())
    about["tables"]["lanes"]["sha256"] = hashlib.sha256(data).hexdigest()
    (folder / "meta.json").write_text(json.dumps(about))
    with pytest.raises(SnapshotError, match="cannot be read"):
        ParquetStore(folder.parent).read()


def test_an_error_in_the_middle_of_a_write_leaves_the_old_network(folder: Path) -> None:
    unwritable = SnapshotMeta("ef" * 32, META.as_of, {"no JSON value": object()})
    with pytest.raises(TypeError):
        ParquetStore(folder.parent).write(tables(2), unwritable)
    assert_frame_equal(ParquetStore(folder.parent).read().tables["offers"], checked(tables(1))["offers"])
    assert [path.name for path in folder.parent.iterdir()] == ["network"]
