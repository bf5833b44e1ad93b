"""Pure functions from checked tables to facts, written once over lazy frames with narwhals.

Instants are integer epoch seconds here (columns ``…_s``), coordinates integer micro-degrees (``…_e6``),
money integer cents: every engine agrees on integers. Only operations that Polars, DuckDB and PySpark
share are used.
"""
