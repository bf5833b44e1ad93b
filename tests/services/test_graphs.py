"""Tests empty a Neo4j that somebody names: never one that holds somebody's graph."""

from __future__ import annotations

import pytest

from deploy.local import Neo4j
from tests.services.graphs import MARK, claim, empty, run


def test_only_a_database_that_was_empty_is_taken(neo4j_server: Neo4j) -> None:
    empty(neo4j_server)
    run(neo4j_server, f"DROP CONSTRAINT {MARK} IF EXISTS")
    run(neo4j_server, "CREATE (:Dear {id: 1})")
    with pytest.raises(ValueError, match="which holds a graph"):
        claim(neo4j_server)
    assert run(neo4j_server, "MATCH (n) RETURN n.id AS id") == [{"id": 1}]
    empty(neo4j_server)
    claim(neo4j_server)
    run(neo4j_server, "CREATE (:Left {id: 2})")
    assert claim(neo4j_server) is neo4j_server
