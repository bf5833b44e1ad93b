"""Neo4j, PostgreSQL and Chromium as plain processes on this machine: for tests, `make neo4j` and the docs.

Servers listen on 127.0.0.1 and free ports, keep what they write in one folder, and end with who started them.
"""

from deploy.local.chromium import Chromium, serve_chromium
from deploy.local.neo4j import Neo4j, serve_neo4j
from deploy.local.postgres import Postgres, serve_postgres
from deploy.local.process import Missing

__all__ = ["Chromium", "Missing", "Neo4j", "Postgres", "serve_chromium", "serve_neo4j", "serve_postgres"]
