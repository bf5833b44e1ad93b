"""The two CSV readers: the quick one never loses a record, the careful one loses only the bad."""

from __future__ import annotations

import csv
import io
import mmap
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.errors import BadInput
from ingest.careful_csv import read_carefully
from ingest.csv_header import read_header
from ingest.fast_csv import read_fast
from ingest.folder import FolderSource
from ingest.raw import RawTable
from ingest.tables import TABLES, Table

CATEGORIES, REVIEWS = TABLES["categories"], TABLES["reviews"]
HEAD = b"product_category_name,product_category_name_english\n"
REVIEW_HEAD = (
    b"review_id,order_id,review_score,review_comment_title,review_comment_message,"
    b"review_creation_date,review_answer_timestamp\n"
)


def careful(data: bytes, table: Table = CATEGORIES) -> RawTable:
    return read_carefully(data, read_header(data, "file.csv", table), table)


def quick(path: Path, table: Table = CATEGORIES) -> RawTable | None:
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        return read_fast(path, data, read_header(data[:], path.name, table), table)


def pairs(raw: RawTable) -> list[tuple[int, str, str]]:
    rows = raw.rows.to_list() if raw.rows is not None else range(2, 2 + raw.frame.height)
    return [(row, *values) for row, values in zip(rows, raw.frame.iter_rows(), strict=True)]


def broken(raw: RawTable) -> list[tuple[int, str]]:
    return list(raw.broken.select("row", "reason").iter_rows())


@pytest.mark.parametrize(
    ("body", "good", "bad"),
    [
        (b"a,x\nb,y\n", [(2, "a", "x"), (3, "b", "y")], []),
        (b"a,x\r\nb,y", [(2, "a", "x"), (3, "b", "y")], []),
        (b'"a, b","say ""x"""\n', [(2, "a, b", 'say "x"')], []),
        (b"a,x\n\n\nb,y\n", [(2, "a", "x"), (5, "b", "y")], []),  # blank lines count in the numbering only
        (b"a\nb,y\n", [(3, "b", "y")], [(2, "wrong number of columns")]),
        (b"a,x,1\nb,y\n", [(3, "b", "y")], [(2, "wrong number of columns")]),
        (b'a,"x\nb,y\nc,z\n', [(3, "b", "y"), (4, "c", "z")], [(2, "unbalanced quote")]),
        (b'a,"x"1\nb,y\n', [(3, "b", "y")], [(2, "unbalanced quote")]),
        (b'a,"x\n1"\nb,y\n', [(4, "b", "y")], [(2, "unbalanced quote"), (3, "wrong number of columns")]),
        (b'a,x"1\nb,y\n', [(2, "a", 'x"1'), (3, "b", "y")], []),  # inside a value a quote is a character
        (b"a,\xe9\nb,y\n", [(3, "b", "y")], [(2, "bad encoding")]),
        (b"a,\0\nb,y\n", [(3, "b", "y")], [(2, "bad encoding")]),
        (b"a,x\nb", [(2, "a", "x")], [(3, "truncated")]),
        (b'a,x\nb,"y', [(2, "a", "x")], [(3, "truncated")]),
        (b"", [], []),
    ],
)
def test_a_bad_record_costs_itself(
    body: bytes, good: list[tuple[int, str, str]], bad: list[tuple[int, str]], tmp_path: Path
) -> None:
    raw = careful(HEAD + body)
    assert pairs(raw) == good
    assert broken(raw) == bad
    path = tmp_path / f"{CATEGORIES.file}.csv"
    path.write_bytes(HEAD + body)
    chosen = FolderSource(tmp_path).read(CATEGORIES)
    assert chosen is not None
    assert (pairs(chosen), broken(chosen)) == (good, bad)
    if bad or b"\n\n" in body:
        assert quick(path) is None


def review(name: str, comment: bytes) -> bytes:
    return b"%s,order-1,5,,%s,2018-01-01,2018-01-02\n" % (name.encode(), comment)


def test_comments_span_lines_but_never_swallow_a_record(tmp_path: Path) -> None:
    fine = review("r1", b'"good,\n\nvery ""good"""') + review("r2", b"") + review("r3", b'"a\r\nb"')
    raw = careful(REVIEW_HEAD + fine, REVIEWS)
    assert raw.frame["review_id"].to_list() == ["r1", "r2", "r3"]
    assert raw.rows is not None
    assert raw.rows.to_list() == [2, 3, 4]  # as a spreadsheet numbers them
    path = tmp_path / "reviews.csv"
    path.write_bytes(REVIEW_HEAD + fine)
    same = quick(path, REVIEWS)
    assert same is not None
    assert same.frame.equals(raw.frame)


def test_an_open_quote_in_a_comment_costs_one_review(tmp_path: Path) -> None:
    data = (
        REVIEW_HEAD
        + review("r1", b'"open')
        + review("r2", b"fine")
        + review("r3", b'closed"')
        + review("r4", b"")
    )
    path = tmp_path / "reviews.csv"
    path.write_bytes(data)
    assert quick(path, REVIEWS) is None
    raw = careful(data, REVIEWS)
    assert raw.frame["review_id"].to_list() == ["r2", "r3", "r4"]
    assert broken(raw) == [(2, "unbalanced quote")]


def test_a_stray_byte_in_a_column_that_nobody_reads_harms_nobody() -> None:
    raw = careful(REVIEW_HEAD + review("r1", b"\xff\xfe") + review("r2", b"\0"), REVIEWS)
    assert raw.frame["review_id"].to_list() == ["r1", "r2"]


texts = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], include_characters='",'), min_size=1, max_size=8
)


@given(st.lists(st.tuples(texts, texts), min_size=1, max_size=12), st.booleans())
def test_both_readers_agree_with_the_standard_library(rows: list[tuple[str, str]], quoted: bool) -> None:
    text = io.StringIO(newline="")
    writer = csv.writer(text, quoting=csv.QUOTE_ALL if quoted else csv.QUOTE_MINIMAL, lineterminator="\n")
    writer.writerows(rows)
    data = HEAD + text.getvalue().encode()
    assert list(careful(data).frame.iter_rows()) == rows
    assert careful(data).broken.is_empty()


@pytest.mark.parametrize(
    "head",
    [
        b"\xef\xbb\xbf" + HEAD,
        HEAD.replace(b"\n", b"\r\n"),
        b'"product_category_name","product_category_name_english"\n',
        b"\xef\xbb\xbf" + b'"product_category_name", "product_category_name_english"\n'.replace(b", ", b","),
        b"note,product_category_name_english,product_category_name\n",
    ],
)
def test_headers_that_are_fine(head: bytes, tmp_path: Path) -> None:
    body = b"n,x,a\n" if head.startswith(b"note") else b"a,x\n"
    path = tmp_path / "categories.csv"
    path.write_bytes(head + body)
    raw = quick(path)
    assert raw is not None
    assert pairs(raw) == pairs(careful(head + body)) == [(2, "a", "x")]


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"\n" + HEAD, "empty file"),
        (b"product_category_name;product_category_name_english\n", "wrong separator"),
        (HEAD.decode().encode("utf-16"), "wrong encoding"),
        (HEAD.replace(b"\n", b"\r") + b"a,x\r", "wrong encoding"),
        (b"\x1f\x8b\x08\0\0\0", "wrong encoding"),
        (b"caf\xe9,product_category_name\n", "wrong encoding"),
        (b"product_category_name,other\n", "missing column"),
        (
            b"product_category_name,product_category_name,product_category_name_english\n",
            "column appears twice",
        ),
    ],
)
def test_headers_that_are_not(head: bytes, kind: str) -> None:
    with pytest.raises(BadInput) as refused:
        read_header(head, "file.csv", CATEGORIES)
    assert [fault.kind for fault in refused.value.faults] == [kind]
