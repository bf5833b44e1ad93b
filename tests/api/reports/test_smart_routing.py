"""The smart-routing page: it shows the numbers of its JSON and nothing else, on a phone and on a desk."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from api.reports.smart_routing import write_page
from deploy.local import Chromium
from tests.api.reports.routing import numbers, replayed
from tests.api.reports.walking import opened, walk

CHANGED = replayed() | {"policies": {"as_is": replayed()["policies"]["as_is"]}}


@pytest.fixture(scope="module")
def whole() -> dict[str, Any]:
    return numbers()


@pytest.fixture(scope="module")
def page(whole: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_page(tmp_path_factory.mktemp("report") / "index.html", whole)


@pytest.mark.parametrize("width", [390, 1280])
def test_what_the_page_shows_is_what_its_json_says(
    page: Path, whole: dict[str, Any], chromium_browser: Chromium, width: int
) -> None:
    pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
    found = walk(chromium_browser, page, width)
    assert found.console == []
    assert found.asked == [page.as_uri()]
    assert list(found.differences(whole)) == []
    assert found.stray == []
    assert len(found.shown) > 100
    assert len(found.marks) > 60
    assert len(found.charts) >= 13
    assert min(found.charts) > 300
    assert len(found.ids) == len(set(found.ids))
    assert found.page_width <= width


def test_every_section_is_there(whole: dict[str, Any], page: Path) -> None:
    text = page.read_text("utf-8")
    for name in (
        "happened",
        "lost",
        "policies",
        "effects",
        "known",
        "sellers",
        "routes",
        "stars",
        "claims",
        "alerts",
    ):
        assert f'<section id="{name}">' in text
    assert "The first rows; the files beside this page have all." in text


def test_a_wrong_number_is_found(page: Path, whole: dict[str, Any], chromium_browser: Chromium) -> None:
    pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
    wrong = json.loads(json.dumps(whole))
    wrong["happened"]["states"][1]["median_days"] += 0.2
    wrong["happened"]["periods"][2]["median_days"] += 3.0
    wrong["replayed"]["assumptions"][0] += " "
    told = list(walk(chromium_browser, page, 1280).differences(wrong))
    assert any("/states/1/median_days" in line for line in told)
    assert any("off the scale" in line for line in told)
    assert any("/assumptions/0" in line for line in told)


def test_tables_unfold_and_print_unfolded(page: Path, chromium_browser: Chromium) -> None:
    pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
    with opened(chromium_browser, page, 390) as (tab, _):
        table = tab.locator("details table").first
        assert not table.is_visible()
        tab.locator("summary").first.click()
        assert table.is_visible()
        last = tab.locator("details table").last
        assert last.bounding_box() is None or not last.is_visible()
        tab.emulate_media(media="print")
        assert last.bounding_box()["height"] > 50


def test_the_json_in_the_page_is_the_report(page: Path, whole: dict[str, Any]) -> None:
    text = page.read_text("utf-8")
    [document] = re.findall(r'<script type="application/json" id="numbers">(.*?)</script>', text, re.DOTALL)
    assert json.loads(document) == whole
    assert len(re.findall(r"<script", text)) == 1
    assert not re.search(r"""(?:src|href)=["'](?!#|data:)""", text)
    assert "Shelves &lt;hold&gt;" in text


def test_a_part_that_nobody_computed_has_no_section(tmp_path: Path) -> None:
    bare = numbers(replayed=CHANGED | {"assumptions": []}, comparison=None, insight={}, alerts=None)
    text = write_page(tmp_path / "bare.html", bare).read_text("utf-8")
    assert 'id="happened"' in text
    for name in ("lost", "effects", "known", "sellers", "routes", "alerts", "assumptions"):
        assert f'id="{name}"' not in text
    assert "no other policy was compared" in text


def test_the_same_numbers_make_the_same_page(whole: dict[str, Any], page: Path, tmp_path: Path) -> None:
    again = write_page(tmp_path / "again.html", json.loads(json.dumps(whole)))
    assert again.read_bytes() == page.read_bytes()
