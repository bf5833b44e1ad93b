"""Scenarios as files that planners edit: folders of CSV, spreadsheets, edits on a baseline, comparisons."""

from api.scenarios.folders import read_folder, write_folder
from api.scenarios.raw import Raw, checked, checked_tables

__all__ = ["Raw", "checked", "checked_tables", "read_folder", "write_folder"]
