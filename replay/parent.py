"""A process that ends with the one that started it: who is killed leaves nobody behind."""

from __future__ import annotations

import multiprocessing
import os
import threading
from multiprocessing.connection import wait


def end_with_parent() -> None:
    """End this process at once, whatever it is doing, when the process that started it has gone."""
    threading.Thread(target=_watch, name="end-with-parent", daemon=True).start()


def _watch() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None, "multiprocessing has started this process"
    wait([parent.sentinel])
    os._exit(1)
