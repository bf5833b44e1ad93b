"""Neo4j Browser as a person uses it: connect, drag files in, run queries, look."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from deploy.local import Chromium, Neo4j

PATIENCE_MS = 60_000
_EDITOR = "[data-testid='activeEditor'] .monaco-editor[role='code']"
_DROP = """([name, text]) => {
  const data = new DataTransfer();
  data.items.add(new File([text], name, {type: 'text/plain'}));
  const target = document.querySelector("[data-testid='activeEditor']") || document.body;
  for (const kind of ['dragenter', 'dragover', 'drop'])
    target.dispatchEvent(new DragEvent(kind, {bubbles: true, cancelable: true, dataTransfer: data}));
}"""


@contextmanager
def neo4j_browser(chromium: Chromium, server: Neo4j) -> Iterator[NeoBrowser]:
    """Open Browser on a server and connect."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.connect_over_cdp(chromium.cdp)
        context = browser.new_context(viewport={"width": 1280, "height": 860})
        page = context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.goto(server.address)
        opened = NeoBrowser(page)
        opened.connect(server.password)
        yield opened
        context.close()
        browser.close()


class NeoBrowser:
    """A connected Neo4j Browser."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def connect(self, password: str | None) -> None:
        """Sign in; without a password Browser connects by itself."""
        if password is not None:
            self.page.locator("input[type='password']").fill(password)
            self.page.get_by_role("button", name="Connect", exact=True).click()
        self.page.get_by_text("Connected to Neo4j").first.wait_for()

    def run(self, text: str) -> None:
        """Put a text into the editor, as pasted, and run it."""
        self.page.locator(_EDITOR).click()
        self.page.keyboard.insert_text(text)
        self.page.keyboard.press("Control+Enter")

    def run_file(self, file: Path) -> None:
        """Drag a query into the window, let Browser paste it, and run it."""
        self.drop(file)
        self.page.get_by_text("Paste in editor").click()
        self.page.get_by_test_id("editor-Run").click()

    def settle(self) -> None:
        """Wait until the drawing rests."""
        self.page.wait_for_timeout(4_000)

    def drop(self, file: Path) -> None:
        """Drag a file into the window."""
        self.page.evaluate(_DROP, [file.name, file.read_text("utf-8")])
