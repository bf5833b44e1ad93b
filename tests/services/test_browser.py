"""The way of docs/neo4j.md in the real Neo4j Browser: the style takes, a query file runs as it stands.

With MALHA_PICTURES naming a folder, the pictures of that page are written there.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.local import Chromium, Neo4j
from graph import Network
from graph.stores.cypher_files import FOLDER
from graph.stores.neo4j import Neo4jStore

pytest.importorskip("playwright.sync_api", reason="Playwright is not installed: pip install playwright")

from tests.services.browser import NeoBrowser, neo4j_browser

PAGE = (FOLDER.parent / "docs" / "neo4j.md").read_text("utf-8")


def shown(pattern: str) -> str:
    """Return what the page tells to run."""
    found = re.search(pattern, PAGE, re.DOTALL)
    assert found is not None
    return found[1]


@pytest.fixture(scope="module")
def browser(neo4j_server: Neo4j, chromium_browser: Chromium, small_snapshot: Path) -> Iterator[NeoBrowser]:
    if neo4j_server.browser is None:
        pytest.skip("MALHA_NEO4J_URI names a server, and not where its Browser is")
    network = Network.open(small_snapshot)
    with Neo4jStore(neo4j_server.uri, password=neo4j_server.password) as store:
        store.load(network.tables, network.meta)
    with neo4j_browser(chromium_browser, neo4j_server) as opened:
        yield opened


def picture(browser: NeoBrowser, name: str) -> None:
    if folder := os.environ.get("MALHA_PICTURES"):
        browser.settle()
        browser.page.screenshot(path=Path(folder) / f"{name}.png")


def test_a_graph_is_drawn_with_places_and_names(browser: NeoBrowser) -> None:
    browser.drop(FOLDER / "malha.grass")
    browser.run(shown(r"Run\s+`(:config [^`]+)`"))
    browser.page.get_by_text('"autoComplete": false').wait_for()
    browser.run(re.sub(r"\n +", "\n", shown(r"```\s+(MATCH path.+?)\n *```")))
    browser.page.locator("svg .node").first.wait_for()
    # A long caption is broken into lines, each a text of its own.
    lines = {line.strip() for line in browser.page.locator("svg .node text").all_text_contents()}
    assert "wh_sp_1" in lines
    assert any(line.split()[0] in {"SP", "RJ", "MG", "BA"} for line in lines if line)
    # A lane each, and the two steps from the warehouse to its region: not all that connects these places.
    assert browser.page.locator("svg .relationship").count() == 12 + 2
    picture(browser, "browser-warehouse")


def test_a_saved_query_runs_as_it_stands_after_its_line_of_parameters(browser: NeoBrowser) -> None:
    file = FOLDER / "explore" / "hubs.cypher"
    [line] = [line for line in file.read_text("utf-8").splitlines() if line.startswith("// :param")]
    browser.run(line.removeprefix("// "))
    browser.page.get_by_text("Successfully set your parameters").first.wait_for()
    browser.run_file(file)
    table = browser.page.locator("article").first.get_by_role("table")
    table.wait_for()
    assert "snapshot_state" in table.inner_text()
    picture(browser, "browser-query")
