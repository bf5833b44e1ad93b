"""The HTTP API: ``create_app`` makes it, ``serve`` runs it."""

from api.http.app import create_app
from api.http.server import serve
from api.http.settings import Settings

__all__ = ["Settings", "create_app", "serve"]
