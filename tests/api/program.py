"""``malha`` called in this process: what its user sees, without the start of a program.

To start Python and import the libraries takes seconds of CPU, which most tests need not spend. That a program
of its own says the same is shown in ``test_cli``; where signals, pipes or hash seeds matter, one is started.
"""

from __future__ import annotations

import io
import logging
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest

from api.cli import main


@dataclass(frozen=True)
class Ended:
    """How a command ended and what it said."""

    returncode: int
    stdout: str
    stderr: str


def malha(*arguments: object, given: str | None = None) -> Ended:
    """Run a command as a shell would, with ``given`` on its standard input."""
    out, err = io.StringIO(), io.StringIO()
    streams = {"stdin": io.StringIO(given or ""), "stdout": out, "stderr": err}
    with pytest.MonkeyPatch.context() as patch, handlers_as_before():
        for name, stream in streams.items():
            patch.setattr(sys, name, stream)
        patch.setattr(sys, "argv", ["malha", *map(str, arguments)])
        patch.setattr(sys, "excepthook", sys.excepthook)
        with pytest.raises(SystemExit) as ended:
            main()
    code = ended.value.code
    assert isinstance(code, int)
    return Ended(code, out.getvalue(), err.getvalue())


@contextmanager
def handlers_as_before() -> Iterator[None]:
    """Undo what a command sets up for its own process: handlers of signals and of log lines."""
    logger = logging.getLogger("malha.worker")
    signals = {name: signal.getsignal(name) for name in (signal.SIGINT, signal.SIGTERM)}
    with pytest.MonkeyPatch.context() as patch:
        # To configure logging closes the handlers there are; one of a library closes pytest's streams then.
        patch.setattr(logging, "_handlerList", [])
        for name in ("handlers", "level", "propagate"):
            patch.setattr(logger, name, getattr(logger, name))
        try:
            yield
        finally:
            for name, handler in signals.items():
                signal.signal(name, handler)
