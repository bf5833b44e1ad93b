"""A report's folder: the same numbers as page, JSON and Parquet; only a report is replaced."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from api.report_files import TABLE, check_report_folder, flat, write_report
from api.report_folder import NUMBERS, PAGE
from api.reports.cited import Cited
from graph.errors import BadInput
from replay.report import Asked, SmartRouting
from replay.report.making import Made
from tests.api.reports.routing import SPAN_S, compared, happened, insight, replayed


def made(**parts: Any) -> Made:
    told = {"happened": happened(), "replayed": replayed(), "comparison": compared(), "insight": insight()}
    report = SmartRouting(Asked("tables", SPAN_S, 7), **(told | parts))
    return Made(
        report, {"as_is": pl.DataFrame({"order_id": ["a"]}), "a/b": pl.DataFrame({"order_id": ["a"]})}
    )


def test_every_number_of_the_json_is_in_the_parquet_file(tmp_path: Path) -> None:
    numbers = write_report(tmp_path / "report", made())
    assert json.loads((tmp_path / "report" / NUMBERS).read_text("utf-8")) == numbers
    rows = pl.read_parquet(tmp_path / "report" / TABLE)
    assert rows["path"].is_unique().all()
    told = Cited(numbers)
    for path, number, text in rows.iter_rows():
        value = told.at(path)
        assert (value == text) if isinstance(value, str) else (value == number)
    assert rows.height == json.dumps(numbers).count(": ") - _containers(numbers) + _items(numbers)


def _containers(value: Any) -> int:
    """Count the members whose value is an object or a list."""
    if isinstance(value, dict):
        return sum(isinstance(v, (dict, list)) + _containers(v) for v in value.values())
    return sum(map(_containers, value)) if isinstance(value, list) else 0


def _items(value: Any) -> int:
    """Count the plain values in lists, and take away what ': ' in texts has counted too much."""
    if isinstance(value, dict):
        return sum(map(_items, value.values()))
    if isinstance(value, list):
        return sum(not isinstance(v, (dict, list)) for v in value) + sum(map(_items, value))
    return -value.count(": ") if isinstance(value, str) else 0


def test_the_same_report_writes_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        write_report(tmp_path / name, made())
    files = sorted(path.relative_to(tmp_path / "one") for path in (tmp_path / "one").rglob("*.*"))
    assert [str(file) for file in files] == [
        *(PAGE, TABLE, "outcomes/a%2Fb.parquet", "outcomes/as_is.parquet", NUMBERS)
    ]
    for file in files:
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes()
    assert (tmp_path / "one" / PAGE).read_text("utf-8").count("<svg") > 10


def test_only_a_report_is_replaced(tmp_path: Path) -> None:
    write_report(tmp_path / "report", made())
    write_report(tmp_path / "report", made(insight={}))
    assert '"insight":{}' in (tmp_path / "report" / NUMBERS).read_text("utf-8")
    (tmp_path / "other").mkdir()
    check_report_folder(tmp_path / "other")
    (tmp_path / "other" / "mine.txt").write_text("mine", "utf-8")
    for folder in (tmp_path / "other", tmp_path / "other" / "mine.txt"):
        with pytest.raises(BadInput, match="no report"):
            write_report(folder, made())
    assert (tmp_path / "other" / "mine.txt").read_text("utf-8") == "mine"


def test_pointers_escape_what_has_a_meaning_in_them() -> None:
    numbers = {"a/b": {"~": [1, {"c": True}]}, "none": None}
    rows = flat(numbers)
    assert rows["path"].to_list() == ["/a~1b/~0/0", "/a~1b/~0/1/c", "/none"]
    assert rows["number"].to_list() == [1.0, 1.0, None]
    assert [Cited(numbers).at(path) for path in rows["path"]] == [1, True, None]


def test_a_number_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        made(insight={"x": float("nan")}).report.to_dict()
