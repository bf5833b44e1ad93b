"""The ledger's home in a database: SQLite in a file, or PostgreSQL."""

from inventory.sql.engine import DatabaseBusy, DatabaseDown, database_url
from inventory.sql.home import SqlHome, SqlUnit

__all__ = ["DatabaseBusy", "DatabaseDown", "SqlHome", "SqlUnit", "database_url"]
