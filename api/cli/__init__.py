"""The command line: one module a command; ``main`` turns errors into exit codes."""

from api.cli.app import app, main

__all__ = ["app", "main"]
