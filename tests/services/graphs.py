"""What tests ask of a Neo4j beside our own code: an empty graph, and a graph as plain values."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from neo4j import Driver, GraphDatabase

from deploy.local import Neo4j
from deploy.local.neo4j import USER

NODES = "MATCH (n) RETURN labels(n) AS labels, properties(n) AS properties"
EDGES = (
    "MATCH (a)-[r]->(b) RETURN labels(a) AS a_labels, a.id AS a, type(r) AS type, "
    "properties(r) AS properties, labels(b) AS b_labels, b.id AS b"
)


@contextmanager
def driver(server: Neo4j) -> Iterator[Driver]:
    auth = None if server.password is None else (USER, server.password)
    with GraphDatabase.driver(server.uri, auth=auth) as opened:
        yield opened


def run(server: Neo4j, text: str, **parameters: Any) -> list[dict[str, Any]]:
    """Run one statement and return its rows."""
    with driver(server) as opened, opened.session() as session:
        return session.run(text, parameters).data()


MARK = "malha_test_database"
"""Name of the constraint that marks a database as one that tests may empty; it outlives what they delete."""


def claim(server: Neo4j) -> Neo4j:
    """Mark an empty database as the tests'; ValueError when it holds something and has no mark."""
    marked = run(server, "SHOW CONSTRAINTS YIELD name WHERE name = $mark RETURN name", mark=MARK)
    if not marked and run(server, "MATCH (n) RETURN 1 AS one LIMIT 1"):
        raise ValueError(
            f"MALHA_NEO4J_URI names {server.uri}, which holds a graph. Tests empty their database, so they "
            "take only one that is empty, or that they have marked before. Name another one, or empty it."
        )
    run(server, f"CREATE CONSTRAINT {MARK} IF NOT EXISTS FOR (n:MalhaTests) REQUIRE n.id IS UNIQUE")
    return server


def empty(server: Neo4j) -> Neo4j:
    """Take all nodes and relationships away."""
    run(server, "MATCH (n) CALL (n) { DETACH DELETE n } IN TRANSACTIONS OF 5000 ROWS")
    return server


def graph(server: Neo4j) -> tuple[list[str], list[str]]:
    """Return all nodes and all relationships as sorted text: equal texts mean equal graphs."""
    nodes, edges = run(server, NODES), run(server, EDGES)
    return sorted(map(_text, nodes)), sorted(map(_text, edges))


def _text(row: dict[str, Any]) -> str:
    flat = [(name, sorted(v.items()) if isinstance(v, dict) else v) for name, v in row.items()]
    return repr(sorted(flat))
