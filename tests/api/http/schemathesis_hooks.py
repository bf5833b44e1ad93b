"""What schemathesis is told beyond the OpenAPI page: names that the network knows, and when 422 is right."""

from __future__ import annotations

import json
import os
from typing import Any

import schemathesis

KNOWN: dict[str, list[str]] = json.loads(os.environ["MALHA_TEST_KNOWN"])
SENSIBLE = {"request_unusable", "too_many_candidates"} | {
    f"{name}_unknown" for name in ("zip_prefix", "category", "product")
}


@schemathesis.hook
def map_body(context: schemathesis.HookContext, body: Any) -> Any:
    """Put known names into two of three questions: made-up ones are hardly ever known."""
    if not (isinstance(body, dict) and isinstance(body.get("zip_prefix"), str)):
        return body
    turn = sum(body["zip_prefix"].encode())
    if turn % 3 == 0:
        return body
    known = {name: KNOWN[name][turn % len(KNOWN[name])] for name in KNOWN if isinstance(body.get(name), str)}
    return {**body, **known}


@schemathesis.check
def a_sound_question_is_refused_for_a_reason(ctx: Any, response: Any, case: Any) -> None:
    """Let a question that keeps to the schema be refused, but not for breaking the schema."""
    made = case.meta.generation.mode if case.meta else None
    if response.status_code == 422 and made == schemathesis.GenerationMode.POSITIVE:
        assert response.json()["code"] in SENSIBLE, response.text
