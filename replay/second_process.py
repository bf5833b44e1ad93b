"""A second process beside this one: what is learned here is told to it, so that it is learned once."""

from __future__ import annotations

import pickle
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import replace
from multiprocessing import get_context
from typing import TYPE_CHECKING, Any, ClassVar, Final, Generic, TypeVar

from graph.errors import BadInput, MalhaError
from replay.moving import Known, Learner
from replay.parent import end_with_parent

if TYPE_CHECKING:
    from ctypes import c_double
    from multiprocessing.queues import Queue

    Messages = Queue[bytes]

Answer = TypeVar("Answer")

PAUSE_S: Final = 0.2
"""How often who waits looks how far the other is."""

_OVER: Final = b""


class LeftAlone(MalhaError):
    """The process that learns has stopped."""


class OtherGone(MalhaError):
    """The second process has ended before its work was done."""


class Telling:
    """A learner that tells another process what it learns: only what has changed since the day before."""

    def __init__(self, learner: Learner, messages: Messages) -> None:
        self._learner, self._messages = learner, messages
        self._last: Known | None = None

    def known(self, day: int, told: Callable[[float], None]) -> Known:
        """Learn, and tell it."""
        known, last = self._learner.known(day, told), self._last
        times, freight = known
        same = last is not None and last.lead_times.pair is times.pair  # the stages, days old
        new = None if last is not None and last.freight is freight else freight
        message = day, (times.as_of_s, times.total) if same else times, new
        # Here, not in the queue's own thread, where the model could change meanwhile.
        self._messages.put(pickle.dumps(message, pickle.HIGHEST_PROTOCOL))
        self._last = known
        return known


class Listening:
    """A learner that is told. Raises LeftAlone when the other has stopped."""

    def __init__(self, messages: Messages) -> None:
        self._messages = messages
        self._last: Known | None = None

    def known(self, day: int, _told: Callable[[float], None]) -> Known:
        """Return what the other learned for the same day."""
        if (message := self._messages.get()) == _OVER:
            raise LeftAlone("The replay was given up.")
        for_day, times, freight = pickle.loads(message)
        assert for_day == day, "both play the same days"
        if isinstance(times, tuple):
            assert self._last is not None
            times = replace(self._last.lead_times, as_of_s=times[0], total=times[1])
        if freight is None:
            assert self._last is not None
            freight = self._last.freight
        self._last = Known(times, freight)
        return self._last


class Beside(Generic[Answer]):
    """One task in a second process, and how far it is."""

    def __init__(self, future: Future[Answer], messages: Messages, share: c_double) -> None:
        self._future, self._messages, self._share = future, messages, share

    def telling(self, learner: Learner) -> Telling:
        """Return a learner that tells the other what it learns."""
        return Telling(learner, self._messages)

    @property
    def share(self) -> float:
        """The share done, 0..1; raises what the other raised."""
        if self._future.done():
            self._answer()
        return float(self._share.value)

    def result(self, progress: Callable[[float], None]) -> Answer:
        """Wait for the answer; raises what the other raised."""
        while not wait([self._future], PAUSE_S).done:
            progress(self.share)
        return self._answer()

    def _answer(self) -> Answer:
        try:
            return self._future.result()
        except BrokenProcessPool:
            raise OtherGone("The second process was ended from outside, or ran out of memory.") from None


@contextmanager
def beside(work: Callable[..., Answer], *given: Any) -> Iterator[Beside[Answer]]:
    """Let a second process run ``work(*given)``, which may ask ``Second`` for its learner."""
    context = get_context("spawn")  # a fork would copy threads that hold locks
    messages: Messages = context.Queue()
    share: c_double = context.RawValue("d", 0.0)  # no lock, which who is killed would keep
    pool = ProcessPoolExecutor(1, context, Second.start, (messages, share))
    try:
        yield Beside(pool.submit(_done, work, *given), messages, share)
    finally:
        messages.put(_OVER)
        pool.shutdown(cancel_futures=True)
        messages.cancel_join_thread()
        messages.close()


def _done(work: Callable[..., Answer], *given: Any) -> Answer:
    """Do the work; what it raises is made such that it can be told."""
    try:
        return work(*given)
    except Exception as error:
        raise _tellable(error) from None


def _tellable(error: Exception) -> Exception:
    """Return an error that survives the way to the other process.

    An error is rebuilt there from its text alone. One whose class wants more (``CapacityFull`` the day, say)
    would break the pool there, which then tells nothing but that it is broken.
    """
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:
        if isinstance(error, BadInput):
            return BadInput(error.message, error.faults)
        if isinstance(error, MalhaError):
            return MalhaError(str(error))
        return RuntimeError(f"{type(error).__name__}: {error}")
    return error


class Second:
    """What the second process was started with."""

    _messages: ClassVar[Messages]
    _share: ClassVar[c_double]

    @classmethod
    def start(cls, messages: Messages, share: c_double) -> None:
        """Take it; who started this process ends it."""
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        end_with_parent()
        cls._messages, cls._share = messages, share

    @classmethod
    def learner(cls) -> Listening:
        """Return the learner that is told."""
        return Listening(cls._messages)

    @classmethod
    def tell(cls, share: float) -> None:
        """Tell how far this process is, 0..1."""
        cls._share.value = share
