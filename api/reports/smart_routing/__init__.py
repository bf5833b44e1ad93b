"""The page of the smart-routing report: a story first, then its evidence, each number with its source."""

from api.reports.smart_routing.page import write_page

__all__ = ["write_page"]
