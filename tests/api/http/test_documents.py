"""docs/api.md against the program: calls, schemas, closed lists and examples are those of OpenAPI."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import BaseModel

from api.http.decision_answers import PreviewOut
from api.http.order_questions import OrderQuestion
from optimizer.words import Reason
from tests.api.http.running import Server

PAGE = (Path(__file__).parents[3] / "docs" / "api.md").read_text("utf-8")
EXAMPLES: dict[str, type[BaseModel]] = {"OrderQuestion": OrderQuestion, "PreviewOut": PreviewOut}
OF_ERRORS = {"ProblemBody", "InvalidValue", "Code"}
EVERY_ANSWER = ["request_id", "snapshot_id", "as_of"]


@pytest.fixture(scope="module")
def described(server: Server) -> dict[str, Any]:
    found: dict[str, Any] = httpx.get(f"{server.url}/openapi.json", timeout=60.0).json()
    return found


def rows(title: str) -> Iterator[list[str]]:
    """Yield the cells of the first table below a heading."""
    below = PAGE.partition(f"## {title}\n")[2]
    table = re.search(r"^\|.*?(?=\n\n|\Z)", below, flags=re.MULTILINE | re.DOTALL)
    assert table, title
    for line in table[0].splitlines()[2:]:
        yield [cell.strip() for cell in line.strip("|").split(" | ")]


def words(text: str) -> list[str]:
    return re.findall(r"`([^`]+)`", text)


def test_every_call_names_its_schemas(described: Mapping[str, Any]) -> None:
    told = {words(call)[0]: (words(takes), answers.split()[0], words(answers)) for call, takes, answers in
            rows("Requests and answers")}  # fmt: skip
    found = {}
    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            if path.startswith("/api"):
                [good] = [status for status in operation["responses"] if status.startswith("2")]
                answers = _named(operation["responses"][good])
                found[f"{method.upper()} {path}"] = (_named(operation.get("requestBody")), good, answers)
    assert told == found


def _named(part: Mapping[str, Any] | None) -> list[str]:
    if part is None:
        return []
    return [str(part["content"]["application/json"]["schema"]["$ref"]).rpartition("/")[2]]


def test_every_schema_has_the_members_that_it_is_said_to_have(described: Mapping[str, Any]) -> None:
    told = {words(name)[0]: members for name, _, members in rows("Schemas")}

    def members(name: str) -> list[str]:
        parents = re.findall(r"all of `(\w+)`", told[name])
        own = [word for word in words(told[name]) if word not in parents]
        every = EVERY_ANSWER if "three of every answer" in told[name] else []
        return sorted({*own, *every, *(member for parent in parents for member in members(parent))})

    schemas = described["components"]["schemas"]
    found = {
        name: sorted(schema["properties"])
        for name, schema in schemas.items()
        if "properties" in schema and name not in OF_ERRORS
    }
    assert {name: members(name) for name in told} == found


def test_every_closed_list_is_told_whole(described: Mapping[str, Any]) -> None:
    told = {words(name)[0]: words(values) for name, _, values in rows("Words")}
    told["Reason"] = [words(code)[0] for code, *_ in rows("Reasons")]
    schemas = described["components"]["schemas"]
    found = {
        name: schema["enum"] for name, schema in schemas.items() if "enum" in schema and name not in OF_ERRORS
    }
    assert told == found
    assert told["Reason"] == list(Reason)


def test_every_example_keeps_to_its_schema() -> None:
    found = re.findall(r"<!-- (\w+) -->\n```json\n(.*?)```", PAGE, flags=re.DOTALL)
    assert {name for name, _ in found} == EXAMPLES.keys()
    for name, text in found:
        model = EXAMPLES[name]
        made = model.model_validate(json.loads(text), strict=False)
        if isinstance(made, PreviewOut):
            assert sum(made.cost.values()) == made.cost_cents
            parts = [part.cost for line in made.lines for part in line.parts]
            costs = [*parts, *(package.cost for package in made.packages)]
            assert sum(sum(cost.values()) for cost in costs) == made.cost_cents
        else:
            assert OrderQuestion.model_validate(json.loads(text)).to_order()
