"""Decisions without input or output: assign orders, place warehouses and stock."""
