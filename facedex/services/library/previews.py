"""Photos decoded for front ends, in a process of their own."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from facedex.errors import ItemError
from facedex.paths import model_cache
from facedex.pipeline.messages import PreviewJob, PreviewResult
from facedex.pipeline.supervisor import SupervisedPool, Task
from facedex.types import EngineConfig

if TYPE_CHECKING:
    from facedex.db.files import FileRef

_DEADLINE_S = 60.0


class PreviewWorker:
    """One worker process that decodes photos; one request at a time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pool: SupervisedPool | None = None

    def make(self, file: FileRef, long_side_px: int) -> bytes:
        """Return a photo as a JPEG, upright, no side longer than ``long_side_px``.

        Raises
        ------
        ItemError
            If it cannot be read or decoded.
        """
        with self._lock:
            if self._pool is None:
                self._pool = SupervisedPool(EngineConfig(), model_cache(), 1, _DEADLINE_S)
            tasks = [Task(None, PreviewJob(file.path, long_side_px, file.turn))]
            for _task, result in self._pool.run(
                tasks, lambda _image: False, lambda _item: None, lambda: False
            ):
                assert isinstance(result, PreviewResult)
                if result.problem is not None:
                    problem = result.problem
                    raise ItemError(file.path, problem.stage, problem.message, problem.kind)
                return result.jpeg
        raise AssertionError("a pool yields every task")

    def close(self) -> None:
        """End the process."""
        with self._lock:
            if self._pool is not None:
                self._pool.close()
                self._pool = None
