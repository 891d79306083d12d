"""The threads that work for the window, and the way their answers come back to it.

Each lane is one or more long-lived threads with a queue. Lanes are Python threads and not a
``QThreadPool``: PySide drops a pool thread's Python state, with ``threading.local``, after every
``QRunnable``, so a service with a connection a thread would open one a task. No QObject is
made or touched on a lane; answers travel by one queued signal.
"""

from __future__ import annotations

import itertools
import queue
import threading
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import shiboken6
from PySide6.QtCore import QCoreApplication, QEvent, QObject, Signal

from facedex.errors import FacedexError

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

LANES = {"decisions": 1, "queries": 1, "thumbnails": 2, "previews": 1, "matching": 1}


@dataclass(frozen=True, slots=True)
class LaneTask:
    """Something to do on a lane; ``channel`` is ``""`` where every answer counts."""

    token: int
    channel: str
    work: Callable[[], object]


@dataclass(frozen=True, slots=True)
class Answer:
    """What a task came to; ``is_stale`` where it was not even begun."""

    token: int
    channel: str
    value: object = None
    error: Exception | None = None
    is_stale: bool = False


class TaskSignals(QObject):
    """Brings answers to the GUI thread; made there, once."""

    answered = Signal(object)


class Workers(QObject):
    """Runs tasks on lanes. All methods are for the GUI thread, where the callbacks run too.

    Of the tasks in one channel only the newest is answered; older ones are dropped, and not begun
    where that is still possible. What would be told to a QObject that is deleted by then, a closed
    dialog, is dropped too.
    """

    failed = Signal(str)  # an expected failure that no callback took

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._signals = TaskSignals(self)
        self._signals.answered.connect(self._on_answered)
        self._tokens = itertools.count(1)
        self._latest: dict[str, int] = {}
        self._callbacks: dict[int, tuple[Callable[[Any], None], Callable[[str], None] | None]] = {}
        self._queues: dict[str, queue.SimpleQueue[LaneTask | None]] = {
            lane: queue.SimpleQueue() for lane in LANES
        }
        self._is_stopping = False
        self._threads: list[threading.Thread] = []
        for lane, n_threads in LANES.items():
            for number in range(n_threads):
                name = f"facedex-{lane}-{number}"
                # daemon: a window that fails while it is built must not keep the process alive
                thread = threading.Thread(target=self._serve, args=(lane,), name=name, daemon=True)
                self._threads.append(thread)
        for thread in self._threads:
            thread.start()

    @property
    def is_idle(self) -> bool:
        """Whether every task was answered."""
        return not self._callbacks

    def submit(
        self,
        lane: str,
        work: Callable[[], T],
        done: Callable[[T], None],
        failed: Callable[[str], None] | None = None,
        channel: str = "",
    ) -> None:
        """Run ``work`` on ``lane``, then ``done`` with its value on the GUI thread.

        A :class:`FacedexError` goes to ``failed`` as text, or to the signal of that name; any other
        exception is a bug and is raised on the GUI thread, after ``failed`` was told of it too.
        """
        token = next(self._tokens)
        if channel:
            self._latest[channel] = token
        self._callbacks[token] = (done, failed)
        self._queues[lane].put(LaneTask(token, channel, work))

    def drop(self, channel: str) -> None:
        """Make every answer still to come in ``channel`` stale."""
        self._latest[channel] = next(self._tokens)

    def stop(self) -> None:
        """Finish the decisions, drop what else waits, join the threads, deliver the answers."""
        self._is_stopping = True
        for lane, n_threads in LANES.items():
            for _ in range(n_threads):
                self._queues[lane].put(None)
        for thread in self._threads:
            thread.join()
        self._threads.clear()
        QCoreApplication.sendPostedEvents(self, QEvent.Type.MetaCall.value)

    def _is_stale(self, channel: str, token: int) -> bool:
        return bool(channel) and self._latest[channel] != token

    def _serve(self, lane: str) -> None:
        while (task := self._queues[lane].get()) is not None:
            if self._is_stopping and lane != "decisions":
                self._signals.answered.emit(Answer(task.token, task.channel, is_stale=True))
            else:
                self._signals.answered.emit(self._run(task))

    def _run(self, task: LaneTask) -> Answer:
        if self._is_stale(task.channel, task.token):
            return Answer(task.token, task.channel, is_stale=True)
        try:
            return Answer(task.token, task.channel, task.work())
        except Exception as error:  # noqa: BLE001 -- the Qt task's edge: raised again on the GUI thread
            return Answer(task.token, task.channel, error=error)

    def _on_answered(self, answer: Answer) -> None:
        done, failed = self._callbacks.pop(answer.token)
        is_dropped = answer.is_stale or self._is_stale(answer.channel, answer.token)
        if is_dropped or not _is_wanted(done):
            if answer.error is not None and not isinstance(answer.error, FacedexError):
                raise answer.error
            return
        if answer.error is None:
            done(answer.value)
        elif isinstance(answer.error, FacedexError):
            (failed or self.failed.emit)(str(answer.error))
        else:
            try:
                if failed is not None:
                    failed(f"unexpected error, {type(answer.error).__name__}")
            finally:
                raise answer.error


def _is_wanted(callback: Callable[..., object]) -> bool:
    """Tell whether the QObject that a method is bound to, if any, is still there."""
    while isinstance(callback, partial):
        callback = callback.func
    owner = getattr(callback, "__self__", None)
    return not isinstance(owner, QObject) or shiboken6.isValid(owner)
