"""Answers as tables that a person can read in a terminal."""
