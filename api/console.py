"""What a person sees: tables on standard output, progress and warnings on standard error."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)


class Results(Console):
    """The console of results: when its reader (head, less) has gone, the program has done its work."""

    def on_broken_pipe(self) -> None:
        """End quietly, with success."""
        try:
            super().on_broken_pipe()
        except SystemExit:
            sys.exit(0)


def console() -> Console:
    """Return the console of results; wide enough for tables when it is no terminal."""
    screen = Results()
    return screen if screen.is_terminal else Results(width=max(screen.width, 160))


def warnings() -> Console:
    """Return the console of progress, warnings and errors."""
    return Console(stderr=True)


@contextmanager
def steps() -> Iterator[Callable[[str], None]]:
    """Show the step at work and the time spent, on a terminal only."""
    screen = warnings()
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=screen, transient=True, disable=not screen.is_terminal) as progress:
        task = progress.add_task("Starting", total=None)
        yield lambda step: progress.update(task, description=step)


@contextmanager
def percents(title: str) -> Iterator[Callable[[float], None]]:
    """Show the share done, 0..1, by whole percents, on a terminal only; a share below the last is no news."""
    shown = 0
    with bar(title, 100) as advance:

        def tell(share: float) -> None:
            nonlocal shown
            if (done := int(100 * share)) > shown:
                advance(done - shown)
                shown = done

        yield tell


@contextmanager
def bar(title: str, total: int) -> Iterator[Callable[[int], None]]:
    """Show how much of ``total`` is done, on a terminal only; call it with what was done since."""
    screen = warnings()
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=screen, transient=True, disable=not screen.is_terminal) as progress:
        task = progress.add_task(title, total=total)
        yield lambda done: progress.advance(task, done)
