"""The outside world's tables, checked and turned into events."""
