"""Where a network's tables are kept."""

from graph.stores.files import set_current, snapshot_folder
from graph.stores.parquet import ParquetStore
from graph.stores.port import GraphStore, StoredNetwork

__all__ = ["GraphStore", "ParquetStore", "StoredNetwork", "set_current", "snapshot_folder"]
