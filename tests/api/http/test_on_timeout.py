"""An order too hard to be proven: the best answer found with its gap, or an error, as the caller likes."""

from __future__ import annotations

from pathlib import Path

from api.http.decision_answers import PreviewOut
from api.http.problems import Code
from graph import Network
from tests.api.http.selling import EVENTS, ORDERS, PREVIEW, fresh, selling
from tests.api.http.test_problems import assert_problem

POLICY = """
name = "parts"
version = "1"
kind = "cost"

[costs]
package_cents = 150

[limits]
max_parts = 5
"""


def test_what_is_not_proven_is_said_or_refused(
    small_snapshot: Path, network: Network, tmp_path: Path
) -> None:
    folder = tmp_path / "policies"
    folder.mkdir()
    (folder / "parts.toml").write_text(POLICY, "utf-8")
    sellers = [f"new-{number}" for number in range(10)]
    with selling(tmp_path / "shop", small_snapshot, network, "--policies", str(folder)) as shop:
        candidates = [
            {"seller_id": name, "price_cents": 1_000, "zip_prefix": network.arrays.zip_prefixes[row]}
            for row, name in enumerate(sellers)
        ]
        stock = [shop.event("new", name, 13) for name in sellers]
        assert shop.post(EVENTS, {"events": stock}).json()["booked"] == 10
        line = {"line_id": "1", "product_id": "new", "quantity": 60, "candidates": candidates}
        order = shop.order(policy="parts", lines=1)
        hard = {**order, "lines": [line]}
        body = PreviewOut.model_validate(shop.post(PREVIEW, hard).json())
        assert (body.solver.engine, body.solver.status) == ("general", "feasible")
        assert body.solver.gap is not None
        assert body.solver.gap > 0
        strict = {**hard, "on_timeout": "error"}
        for answer in (shop.post(PREVIEW, strict), shop.post(ORDERS, strict, fresh("key"))):
            problem = assert_problem(answer, 422, Code.SOLVER_STOPPED)
            assert problem.model_extra is not None
            assert problem.model_extra["gap"] == body.solver.gap
        assert_problem(shop.oms.get(f"{ORDERS}/{hard['order_id']}"), 404, Code.ORDER_UNKNOWN)
        easy = {**strict, "lines": [{**line, "quantity": 2}]}
        assert shop.post(ORDERS, easy, fresh("key")).json()["solver"]["status"] == "optimal"
        assert shop.post(ORDERS, {**hard, "order_id": fresh("order")}, fresh("key")).status_code == 200
