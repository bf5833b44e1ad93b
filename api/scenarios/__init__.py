"""Scenarios as files that planners edit: folders of CSV, spreadsheets, edits on a baseline, comparisons."""

from api.scenarios.folders import read_folder, write_folder
from api.scenarios.raw import Raw, checked

__all__ = ["Raw", "checked", "read_folder", "write_folder"]
