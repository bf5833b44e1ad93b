"""How far several solves are: a bar on a terminal, else a line on standard error for each as it ends."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from api.console import warnings


@contextmanager
def solves() -> Iterator[Callable[[str, int, int], None]]:
    """Show a text, how many solves are done, and of how many; call it before the first and after each."""
    screen = warnings()
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=screen, transient=True, disable=not screen.is_terminal) as progress:
        task = progress.add_task("Reading the scenarios", total=None)

        def tell(text: str, done: int, of: int) -> None:
            progress.update(task, description=text, completed=done, total=of)
            if not screen.is_terminal:
                screen.print(f"{done} of {of}: {text}" if done else text, highlight=False, soft_wrap=True)

        yield tell
