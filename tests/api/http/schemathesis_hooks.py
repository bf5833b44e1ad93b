"""What schemathesis is told beyond the OpenAPI page: names that the network knows, and when 422 is right."""

from __future__ import annotations

import json
import os
from typing import Any

import schemathesis

KNOWN: dict[str, list[str]] = json.loads(os.environ["MALHA_TEST_KNOWN"])
SENSIBLE = {"request_unusable", "too_many_candidates", "no_assignment", "idempotency_key_reused"} | {
    f"{name}_unknown" for name in ("zip_prefix", "category", "product", "policy")
}


@schemathesis.hook
def map_body(context: schemathesis.HookContext, body: Any) -> Any:
    """Put known names into two of three questions: made-up ones are hardly ever known."""
    if isinstance(body, dict) and isinstance(body.get("orders"), list):
        policy = {"policy": None} if isinstance(body.get("policy"), str) else {}
        return {**body, **policy, "orders": [_known(order) for order in body["orders"]]}
    if isinstance(body, dict) and isinstance(body.get("lines"), list):
        return _known(body)
    if not (isinstance(body, dict) and isinstance(body.get("zip_prefix"), str)):
        return body
    turn = sum(body["zip_prefix"].encode())
    if turn % 3 == 0:
        return body
    known = {name: KNOWN[name][turn % len(KNOWN[name])] for name in KNOWN if isinstance(body.get(name), str)}
    return {**body, **known}


def _known(order: Any) -> Any:
    """Return an order to a known place of known products, by a policy that there is."""
    turn = len(json.dumps(order))
    if turn % 3 == 0 or not (isinstance(order, dict) and isinstance(order.get("destination"), dict)):
        return order
    if not isinstance(order.get("lines"), list):
        return order
    lines = [_known_line(line, turn + row) for row, line in enumerate(order["lines"])]
    place = {**order["destination"], "zip_prefix": KNOWN["zip_prefix"][turn % len(KNOWN["zip_prefix"])]}
    policy = {"policy": None} if isinstance(order.get("policy"), str) else {}
    return {**order, **policy, "lines": lines, "destination": place}


def _known_line(line: Any, turn: int) -> Any:
    """Return a line of a known product, in every second turn, its candidates at known places."""
    if not (isinstance(line, dict) and isinstance(line.get("product_id"), str)):
        return line
    named = {} if turn % 2 else {"product_id": KNOWN["product_id"][turn % len(KNOWN["product_id"])]}
    if not isinstance(line.get("candidates"), list):
        return {**line, "product_id": KNOWN["product_id"][turn % len(KNOWN["product_id"])]}
    place = {"zip_prefix": KNOWN["zip_prefix"][turn % len(KNOWN["zip_prefix"])], "category": None}
    told = [{**one, **place} if isinstance(one, dict) else one for one in line["candidates"]]
    return {**line, **named, "candidates": told}


@schemathesis.hook
def map_path_parameters(context: schemathesis.HookContext, path_parameters: Any) -> Any:
    """Ask every second time about an order or job that is there, in a state that its verb can work on."""
    if isinstance(path_parameters, dict) and isinstance(path_parameters.get("job_id"), str):
        turn = sum(path_parameters["job_id"].encode(errors="replace"))
        return path_parameters if turn % 2 else {**path_parameters, "job_id": KNOWN["job"][0]}
    for name in ("alert_id", "purchase_order_id"):
        if isinstance(path_parameters, dict) and isinstance(path_parameters.get(name), str):
            turn = sum(path_parameters[name].encode(errors="replace"))
            return path_parameters if turn % 2 else {**path_parameters, name: KNOWN[name][0]}
    if not (isinstance(path_parameters, dict) and isinstance(path_parameters.get("order_id"), str)):
        return path_parameters
    verb = context.operation.path.rpartition("/")[2]
    if sum(path_parameters["order_id"].encode(errors="replace")) % 2 or f"order_{verb}" not in KNOWN:
        return path_parameters
    return {**path_parameters, "order_id": KNOWN[f"order_{verb}"][0]}


@schemathesis.check
def a_sound_question_is_refused_for_a_reason(ctx: Any, response: Any, case: Any) -> None:
    """Let a question that keeps to the schema be refused, but not for breaking the schema."""
    made = case.meta.generation.mode if case.meta else None
    if response.status_code == 422 and made == schemathesis.GenerationMode.POSITIVE:
        assert response.json()["code"] in SENSIBLE, response.text
