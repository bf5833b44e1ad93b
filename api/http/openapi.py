"""The OpenAPI page: FastAPI's, with keys, problems, and worked examples from the snapshot in force."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from api.http.examples import worked_examples
from api.http.guard import PREFIX, SCHEME
from api.http.problems import ProblemBody
from api.http.service import Service

Document = dict[str, Any]


def describe(app: FastAPI, service: Service) -> None:
    """Let ``/openapi.json`` speak of keys and problems, with examples that the server can answer."""
    bare: Document = {}
    of_snapshot: dict[str, Document] = {}

    def document() -> Document:
        if not bare:
            bare.update(_without_examples(app))
        loaded = service.loaded
        if loaded.snapshot_id not in of_snapshot:
            of_snapshot.clear()
            of_snapshot[loaded.snapshot_id] = _with_examples(bare, worked_examples(loaded, service.counter))
        return of_snapshot[loaded.snapshot_id]

    app.openapi = document  # type: ignore[method-assign]


def _without_examples(app: FastAPI) -> Document:
    page = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
    components = page["components"]
    problem = ProblemBody.model_json_schema(ref_template="#/components/schemas/{model}")
    components["schemas"] |= {**problem.pop("$defs"), "ProblemBody": problem}
    for unused in ("HTTPValidationError", "ValidationError"):
        components["schemas"].pop(unused, None)
    components["securitySchemes"] = {
        SCHEME: {"type": "http", "scheme": "bearer", "description": "A key of `malha keys create`."}
    }
    for path, operations in page["paths"].items():
        for operation in operations.values():
            if path.startswith(PREFIX):
                operation["security"] = [{SCHEME: []}]
    return page


def _with_examples(bare: Document, examples: Mapping[tuple[str, str], Document]) -> Document:
    """Return a copy of the page with the examples of one snapshot."""
    paths = {}
    for path, operations in bare["paths"].items():
        paths[path] = {
            method: _exemplified(operation, examples.get((method, path), {}))
            for method, operation in operations.items()
        }
    return {**bare, "paths": paths}


def _exemplified(operation: Document, example: Document) -> Document:
    """Return an operation with an example of each thing that it takes and gives."""
    fresh = dict(operation)
    if "questions" in example:
        body = operation["requestBody"]
        content = {**body["content"]["application/json"], "examples": example["questions"]}
        fresh["requestBody"] = {**body, "content": {"application/json": content}}
    if "path" in example:
        fresh["parameters"] = [_shown(parameter, example["path"]) for parameter in operation["parameters"]]
    if "answer" in example:
        status = "202" if "202" in operation["responses"] else "200"
        good = operation["responses"][status]
        content = {**good["content"]["application/json"], "example": example["answer"]}
        fresh["responses"] = {
            **operation["responses"],
            status: {**good, "content": {"application/json": content}},
        }
    return fresh


def _shown(parameter: Document, values: Mapping[str, Any]) -> Document:
    """Return a parameter with its example, if there is one."""
    return {**parameter, "example": values[parameter["name"]]} if parameter["name"] in values else parameter
