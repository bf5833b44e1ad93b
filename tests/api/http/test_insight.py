"""Rankings, bottlenecks and key figures over HTTP: those of the command line, and of the ledger's stock."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import pytest
from pydantic import BaseModel

from api.http.insight_models import BottlenecksOut, KpisOut, RouteRankingOut, SellerRankingOut
from api.http.insight_work import Standing, Standings
from api.http.problems import Problem
from api.http.service import Loaded
from api.keys import Scope
from api.rankings import load_rankings
from graph import Network
from graph.stores import snapshot_folder
from inventory.events import StockKey
from inventory.sql import SqlHome
from inventory.stock import StockSettings
from replay.insight.insight import Insight
from replay.insight.live import alerts_open, stock_at_risk, units_by_seller
from replay.insight.routes import RouteLevel
from tests.api.http.running import Server
from tests.api.http.selling import EVENTS, Shop, selling

SELLERS: Final = "/api/v1/sellers/ranking"
ROUTES: Final = "/api/v1/routes/ranking"
BOTTLENECKS: Final = "/api/v1/logistics/bottleneck"
KPIS: Final = "/api/v1/kpis"


@pytest.fixture(scope="module")
def insight(small_snapshot: Path) -> Insight:
    return Insight.of_snapshot(small_snapshot, load_rankings())


@pytest.fixture(scope="module")
def shop(small_snapshot: Path, network: Network, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    with selling(tmp_path_factory.mktemp("insight"), small_snapshot, network) as opened:
        yield opened


def ask(server: Server, path: str, model: type[BaseModel], **words: Any) -> dict[str, Any]:
    with server.client(Scope.ANALYST) as client:
        answer = client.get(path, params=words)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    model.model_validate(told)
    return {name: value for name, value in told.items() if name not in ("request_id", "snapshot_id", "as_of")}


def test_the_answers_are_those_of_the_command_line(server: Server, insight: Insight) -> None:
    assert ask(server, SELLERS, SellerRankingOut, limit=3) == insight.sellers.to_dict(3)
    worst = ask(server, SELLERS, SellerRankingOut, order="worst", limit=1)
    assert worst["sellers"][0]["rank"] == worst["ranked"] > 3
    regions = ask(server, ROUTES, RouteRankingOut, level="region", order="worst", limit=4)
    assert regions == insight.routes(RouteLevel.REGION).to_dict(4, worst=True)
    assert ask(server, BOTTLENECKS, BottlenecksOut, limit=5) == insight.bottlenecks.to_dict(5)
    assert ask(server, KPIS, KpisOut) == insight.kpis.to_dict()


@pytest.mark.parametrize(
    ("path", "words"),
    [
        (SELLERS, {"limit": 0}),
        (SELLERS, {"order": "middle"}),
        (ROUTES, {"level": "city"}),
        (ROUTES, {"limit": 1_001}),
    ],
)
def test_a_question_that_breaks_the_rules_is_refused(
    server: Server, path: str, words: dict[str, Any]
) -> None:
    with server.client(Scope.PLANNER) as client:
        answer = client.get(path, params=words)
    assert (answer.status_code, answer.json()["code"]) == (422, "request_invalid")


def test_stock_and_risk_are_those_of_the_ledger(shop: Shop, insight: Insight) -> None:
    seller = insight.bottlenecks.sellers.filter(outliers=0)["seller_id"][0]
    with shop.server.client(Scope.ANALYST) as client:
        before = client.get(KPIS).json()
        assert shop.post(EVENTS, {"events": [shop.event("p-risk", seller, 4)]}).json()["booked"] == 1
        with closing(SqlHome.open(str(shop.database))) as home, home.unit() as unit:
            unit.ledger.configure({StockKey("p-risk", seller, seller): StockSettings(1, 4, 7.0)})
        after = client.get(KPIS).json()
        shown = client.get(BOTTLENECKS, params={"limit": 1_000}).json()["bottlenecks"]
    assert (before["alerts_open"], before["stock_at_risk"]) == (0, 0)
    assert after["stock_at_risk"] == 1
    KpisOut.model_validate(after)
    units = {each["seller_id"]: each["units"] for state in shown for each in state["sellers_with_stock"]}
    assert all(value is None or value > 0 for value in units.values())
    with closing(SqlHome.open(str(shop.database))) as home, home.reading() as unit:
        assert units_by_seller(unit.connection)[seller] >= 4
        assert (alerts_open(unit.connection), stock_at_risk(unit.connection)) == (0, 1)


def test_a_snapshot_is_worked_out_once(small_snapshot: Path, network: Network) -> None:
    standings, loaded = Standings(), _loaded(small_snapshot, network)
    first = standings.of(loaded)
    assert standings.of(loaded.at(2)) is first


def test_a_snapshot_without_its_events_is_told_as_such(network: Network, tmp_path: Path) -> None:
    with pytest.raises(Problem, match="event log"):
        Standing.of(Loaded(network, str(tmp_path), 1, "none", datetime.now(UTC).isoformat()))


def _loaded(root: Path, network: Network) -> Loaded:
    meta = network.meta
    return Loaded(network, str(snapshot_folder(root)), 1, meta.snapshot_id, meta.as_of.isoformat())
