"""``malha worker`` looks, stores and tells: from a shelf that runs low to a signed webhook."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from inventory.events import EventType, StockEvent, StockKey
from inventory.sql import SqlHome
from inventory.stock import StockSettings
from tests.api.program import Ended, malha
from tests.replay.alerts.receiving import Heard, receiving

SECRET = "a secret of the test, long enough"
KEY = StockKey("p", "s", "s")


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    file = tmp_path / "ledger.db"
    home = SqlHome.open(str(file))
    with home.unit() as unit:
        unit.ledger.append([StockEvent("count", KEY, EventType.ADJUSTED, 3, datetime.now(UTC))])
        unit.ledger.configure({KEY: StockSettings(safety_stock=2, reorder_point=9, lead_time_days=7.0)})
    home.close()
    return file


def work(ledger: Path, snapshot: Path, webhooks: Path) -> Ended:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SHOP_SECRET", SECRET)
        return malha("worker", "--once", "--db", ledger, "--snapshot", snapshot, "--webhooks", webhooks)


def is_signed(heard: Heard) -> bool:
    told = f"{heard.headers['webhook-id']}.{heard.headers['webhook-timestamp']}.{heard.body}"
    digest = hmac.new(SECRET.encode(), told.encode(), hashlib.sha256).digest()
    return heard.headers["webhook-signature"] == f"v1,{base64.b64encode(digest).decode()}"


def test_a_shelf_that_runs_low_is_told_and_ordered(
    small_snapshot: Path, ledger: Path, tmp_path: Path
) -> None:
    file = tmp_path / "webhooks.toml"
    with receiving() as there:
        takes = '["seller", "purchase_orders"]'
        file.write_text(f'[shop]\nurl = "{there.url}"\nsecret_from = "SHOP_SECRET"\ntakes = {takes}\n')
        done = work(ledger, small_snapshot, file)
        assert done.returncode == 0, done.stderr
        assert all(is_signed(heard) for heard in there.heard)
        bodies = [json.loads(heard.body) for heard in there.heard]
        assert work(ledger, small_snapshot, file).returncode == 0
        assert len(there.heard) == len(bodies)  # nothing is told twice
    [order] = [body["purchase_order"] for body in bodies if body.get("type") == "purchase_order"]
    assert (order["status"], order["quantity"], order["product_id"]) == ("open", 36, "p")
    [alert] = [body["alerts"][0] for body in bodies if body["version"] == "4"]
    assert alert["labels"]["alertname"] == "stock_low"
    assert "36 are on order" in alert["annotations"]["summary"]
    events = {json.loads(line)["event"] for line in done.stdout.splitlines()}
    assert {"reordered", "purchase_orders", "alerts", "webhook_sent"} <= events


def test_what_is_wrong_with_the_files_is_told_before_any_work(
    small_snapshot: Path, ledger: Path, tmp_path: Path
) -> None:
    file = tmp_path / "webhooks.toml"
    file.write_text('[shop]\nurl = "ftp://shop.example"\nsecret_from = "NOBODY"\ntakes = ["buyers"]\n')
    done = work(ledger, small_snapshot, file)
    assert done.returncode == 2
    assert all(f"shop.{key}" in done.stderr for key in ("url", "secret_from", "takes"))
