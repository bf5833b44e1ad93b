"""From a template and numbers to one HTML file that needs nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined


def write_html(path: Path, template: str, **numbers: Any) -> Path:
    """Render ``templates/<template>`` with ``numbers`` into ``path`` and return it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(html(template, **numbers), "utf-8")
    return path


def html(template: str, **numbers: Any) -> str:
    """Render ``templates/<template>`` with ``numbers``.

    A number that the template names and the caller forgot raises: a report has no silent gaps.
    """
    environment = Environment(
        loader=PackageLoader("api.reports"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    return environment.get_template(template).render(**numbers)
