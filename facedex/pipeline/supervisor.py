"""Worker processes under supervision: a deadline for each job, a new worker for a dead one.

The standard pools lose results or hang when a worker dies of a segmentation fault (measured), so
this one is ours: one pipe a worker, spawned and never forked; a file that kills its worker twice is
given up with the reason.
"""

from __future__ import annotations

import contextlib
import logging
import tempfile
import time
from collections import deque
from dataclasses import dataclass
from multiprocessing.connection import wait
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from facedex.errors import EnvironmentFault
from facedex.pipeline.analyse_photo import PhotoAnalyser
from facedex.pipeline.child import Child
from facedex.pipeline.messages import (
    Alive,
    Note,
    Problem,
    SearchQuestion,
    failed,
    job_to_bytes,
    message_from_bytes,
)
from facedex.pipeline.worker import FAULT_EXIT, NO, YES, serve

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from facedex.engines.remote.link import DeviceLink
    from facedex.pipeline.device import DeviceKeeper
    from facedex.pipeline.messages import Job, Result
    from facedex.plugins.runtime import Target
    from facedex.types import EngineConfig

log = logging.getLogger(__name__)

MAX_ATTEMPTS = 2
DEADLINE_S = 180.0  # dlib's own CNN takes 20 s a photo; nothing takes minutes
_TICK_S = 0.2  # how soon a request to stop is noticed
_AHEAD = 8  # tasks drawn beyond the oldest unfinished one, for each worker

T = TypeVar("T")


@dataclass(slots=True)
class Task(Generic[T]):
    """A job with what belongs to it; ``attempts`` counts the workers that died of it."""

    item: T
    job: Job
    attempts: int = 0


class Pool(Protocol):
    """Does jobs and yields their results in the order of the jobs."""

    def run(
        self,
        tasks: Iterable[Task[T]],
        ask: Callable[[bytes], bool],
        on_death: Callable[[T], None],
        should_stop: Callable[[], bool],
    ) -> Iterator[tuple[Task[T], Result]]:
        """Yield each task with its result, until all are done or ``should_stop`` says so.

        Parameters
        ----------
        tasks : drawn from only as far as workers need.
        ask : whether an image, named by its hash, is to be searched for faces.
        on_death : called when a worker died of a task or let it hang.
        """

    def close(self) -> None:
        """End the workers."""


class InlinePool:
    """Does the jobs in this process, one after the other (``--jobs 0``)."""

    def __init__(
        self, config: EngineConfig, model_cache: Path, target: Target | None = None
    ) -> None:
        self._analyser = PhotoAnalyser(config, model_cache, target)

    def run(
        self,
        tasks: Iterable[Task[T]],
        ask: Callable[[bytes], bool],
        on_death: Callable[[T], None],
        should_stop: Callable[[], bool],
    ) -> Iterator[tuple[Task[T], Result]]:
        """See :class:`Pool`; here nothing dies that does not take the program with it."""
        del on_death
        for task in tasks:
            if should_stop():
                return
            yield task, self._analyser.run(task.job, ask, lambda: None)

    def close(self) -> None:
        """Do nothing: there is no worker."""


class _Worker(Child):
    """One process with its number and the task it has in hand."""

    def __init__(self, number: int, stderr_path: Path, *arguments: Any) -> None:
        super().__init__(serve, stderr_path, *arguments)
        self.number = number
        self.index = -1
        self.task: Task[Any] | None = None
        self.deadline = 0.0

    def hand_out(self, index: int, task: Task[Any], deadline_s: float) -> None:
        self.index, self.task = index, task
        self.deadline = time.monotonic() + deadline_s
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # seen as a death next
            self.pipe.send_bytes(job_to_bytes(task.job))


class SupervisedPool:
    """``n_workers`` processes, started when there is something to do.

    Parameters
    ----------
    target : where the workers' networks are executed; None: each finds out. On anything but the
        processor one more process does that for all of them.
    """

    def __init__(
        self,
        config: EngineConfig,
        model_cache: Path,
        n_workers: int,
        deadline_s: float = DEADLINE_S,
        target: Target | None = None,
    ) -> None:
        self._config = config
        self._model_cache = model_cache
        self._n_workers = n_workers
        self._deadline_s = deadline_s
        self._target = target
        self._workers: list[_Worker] = []
        self._device: DeviceKeeper | None = None
        self._folder = tempfile.TemporaryDirectory(prefix="facedex-")
        self._n_started = 0
        self._told: set[str] = set()

    def run(
        self,
        tasks: Iterable[Task[T]],
        ask: Callable[[bytes], bool],
        on_death: Callable[[T], None],
        should_stop: Callable[[], bool],
    ) -> Iterator[tuple[Task[T], Result]]:
        """See :class:`Pool`."""
        source = enumerate(tasks)
        again: deque[tuple[int, Task[T]]] = deque()
        done: dict[int, tuple[Task[T], Result]] = {}
        oldest = n_drawn = 0
        is_exhausted = False
        while not should_stop():
            while (again or not is_exhausted) and self._has_room():
                if not again and n_drawn - oldest >= _AHEAD * self._n_workers:
                    break
                drawn = again.popleft() if again else next(source, None)
                if drawn is None:
                    is_exhausted = True
                    break
                n_drawn = max(n_drawn, drawn[0] + 1)
                if drawn[1].attempts >= MAX_ATTEMPTS:  # in an earlier run
                    done[drawn[0]] = drawn[1], _given_up(drawn[1], "crash", "it did before")
                else:
                    self._idle_worker().hand_out(*drawn, self._deadline_s)
            # only now, when no worker is idle: what takes the results may be busy with them for
            # long
            while oldest in done:
                yield done.pop(oldest)
                oldest += 1
            for index, task, result in self._listen(ask):
                if isinstance(result, _Death):
                    task.attempts += 1
                    on_death(task.item)
                    if task.attempts < MAX_ATTEMPTS:
                        again.append((index, task))
                        continue
                    result = _given_up(task, result.kind, result.words)
                done[index] = task, result
            if is_exhausted and oldest == n_drawn:
                return

    def close(self) -> None:
        """Kill the workers: what they have in hand will be done again."""
        for worker in self._workers:
            worker.kill()
        self._workers.clear()
        if self._device is not None:
            self._device.close()
            self._device = None
        self._folder.cleanup()

    def _has_room(self) -> bool:
        is_full = len(self._workers) >= self._n_workers
        return not is_full or any(worker.task is None for worker in self._workers)

    def _idle_worker(self) -> _Worker:
        for worker in self._workers:
            if worker.task is None:
                return worker
        return self._start_worker()

    def _start_worker(self) -> _Worker:
        self._n_started += 1
        number = min(set(range(self._n_workers)) - {worker.number for worker in self._workers})
        worker = _Worker(
            number,
            Path(self._folder.name) / f"worker-{self._n_started}",
            self._config,
            self._model_cache,
            self._target,
            self._link(number),
        )
        self._workers.append(worker)
        return worker

    def _link(self, number: int) -> DeviceLink | None:
        """Return the worker's way to the device's process, if there is to be one."""
        if self._target is None or not self._target.device.is_accelerator:
            return None
        if self._device is None:
            from facedex.pipeline.device import DeviceKeeper

            self._device = DeviceKeeper(
                self._config.plugins_dir,
                self._model_cache,
                self._n_workers,
                Path(self._folder.name),
                self._warn_once,
            )
        return self._device.link(number)

    def _warn_once(self, text: str) -> None:
        """Log once what several workers may have to tell."""
        if text not in self._told:
            self._told.add(text)
            log.warning("%s", text)

    def _listen(
        self, ask: Callable[[bytes], bool]
    ) -> Iterator[tuple[int, Task[Any], Result | _Death]]:
        """Wait a moment; yield what workers have finished, or died of."""
        if self._device is not None:
            self._device.watch()
        busy = {w.pipe: w for w in self._workers if w.task is not None}
        if not busy:
            return
        for pipe in wait(list(busy), timeout=_TICK_S):
            worker = busy.pop(pipe)  # type: ignore[call-overload]  # wait() returns what it got
            outcome = self._receive(worker, ask)
            if outcome is not None:
                yield self._finish(worker, outcome)
        now = time.monotonic()
        for worker in busy.values():
            if now > worker.deadline:
                worker.process.kill()
                yield self._finish(
                    worker, _Death("timeout", f"no answer in {self._deadline_s:g} s")
                )

    def _receive(self, worker: _Worker, ask: Callable[[bytes], bool]) -> Result | _Death | None:
        """Return what the worker sends if that ends its task."""
        try:
            message = message_from_bytes(worker.pipe.recv_bytes())
            if isinstance(message, SearchQuestion):
                worker.pipe.send_bytes(YES if ask(message.image_hash) else NO)
        except (EOFError, BrokenPipeError, ConnectionResetError):
            worker.process.join()
            if worker.process.exitcode == FAULT_EXIT:
                raise EnvironmentFault(worker.last_words()) from None
            return _Death("crash", worker.describe_exit())
        worker.deadline = time.monotonic() + self._deadline_s
        if isinstance(message, Note):
            self._warn_once(message.text)
        return None if isinstance(message, SearchQuestion | Alive | Note) else message

    def _finish(
        self, worker: _Worker, outcome: Result | _Death
    ) -> tuple[int, Task[Any], Result | _Death]:
        index, task = worker.index, worker.task
        assert task is not None
        worker.task = None
        if isinstance(outcome, _Death):
            worker.kill()
            self._workers.remove(worker)
        return index, task, outcome


@dataclass(frozen=True, slots=True)
class _Death:
    kind: str
    words: str


def _given_up(task: Task[Any], kind: str, words: str) -> Result:
    message = f"its decoder or the face engine failed {MAX_ATTEMPTS} times ({words})"
    return failed(task.job, Problem("analyse", kind, message))
