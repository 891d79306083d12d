"""The device's process: one copy of each network for all workers, and batches across them.

It takes what waits whenever the device is free: while it computes, more gathers, so that batches
grow with the load and nobody waits for others.
"""

from __future__ import annotations

import contextlib
import hmac
import json
import threading
import time
import traceback
from collections import deque
from dataclasses import dataclass, field
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

from facedex.engines.models.onnx_reader import takes_any_batch
from facedex.engines.remote.batching import Failure, JoiningSession
from facedex.engines.remote.shared import Slot
from facedex.plugins.runtime import DeviceError, Target

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from multiprocessing.connection import Connection, Listener

    import numpy as np
    from numpy.typing import NDArray

    from facedex.engines.remote.batching import Inputs
    from facedex.engines.remote.link import Control
    from facedex.engines.remote.shared import SharedBlock
    from facedex.plugins.runtime import ModelSession

COMPILING_S = 600.0  # a first run, or any of what compiles for each shape: TensorRT takes minutes
RUN_S = 60.0
_TRY_AGAIN_S = 0.1
_MOST_GREETING_BYTES = 1000


@dataclass(slots=True, eq=False)
class _Worker:
    """A connection to a worker; ``number`` is known once it has greeted, ``model`` it brings."""

    pipe: Connection
    number: int = -1
    model: bytearray = field(default_factory=bytearray)

    def answer(self, message: dict[str, Any]) -> None:
        with contextlib.suppress(OSError):  # it has ended; its reader says so, too
            self.pipe.send_bytes(json.dumps(message).encode())


@dataclass(frozen=True, slots=True)
class _Request:
    """A message of a worker; None for ``message`` once it sends no more."""

    worker: _Worker
    message: dict[str, Any] | None


class DeviceServer:
    """Opens networks and runs them for all workers; one thread does all that concerns the device.

    Parameters
    ----------
    open_session : loads a network on a target with a number of threads.
    slots : the memory shared with each worker.
    secret : what workers know.
    """

    def __init__(
        self,
        open_session: Callable[[bytes, Target, int], ModelSession],
        slots: Sequence[SharedBlock],
        control: Control,
        secret: str,
    ) -> None:
        self._open_session = open_session
        self._slots = [Slot(block) for block in slots]
        self._control = control
        self._secret = secret
        self._workers: dict[int, _Worker] = {}
        self._sessions: dict[tuple[str, str], JoiningSession] = {}
        self._arrived: SimpleQueue[_Request] = SimpleQueue()
        self._waiting: deque[_Request] = deque()

    def serve(self, listener: Listener) -> None:
        """Answer workers until the process is ended."""
        threading.Thread(target=self._accept, args=(listener,), daemon=True).start()
        while True:
            self.step()

    def step(self) -> None:
        """Do what has waited longest, with what can be run together with it."""
        if not self._waiting:
            self._control.rest()
            self._waiting.append(self._arrived.get())
        while not self._arrived.empty():
            self._waiting.append(self._arrived.get())
        request = self._waiting.popleft()
        worker, message = request.worker, request.message
        if message is None:
            worker.pipe.close()
        elif message["do"] == "greet":
            self._greet(worker, message["worker"])
        elif not self._has_slot(worker):
            return
        elif message["do"] == "take":
            self._take(worker, message)
        elif message["do"] == "open":
            self._open(worker, message)
        else:
            self._run(request, message)

    # --- the workers' side ---------------------------------------------------------------------

    def _accept(self, listener: Listener) -> None:
        while True:
            try:
                pipe = listener.accept()
            except OSError:  # of this connection, or too many files
                time.sleep(_TRY_AGAIN_S)
                continue
            threading.Thread(target=self.listen, args=(pipe,), daemon=True).start()

    def listen(self, pipe: Connection) -> None:
        """Receive what one worker sends, until it sends no more; a stranger is not heard."""
        worker = _Worker(pipe)
        with contextlib.suppress(OSError, EOFError, ValueError):
            message = json.loads(pipe.recv_bytes(_MOST_GREETING_BYTES))
            while self._is_from_worker(message):
                self._arrived.put(_Request(worker, message))
                message = json.loads(pipe.recv_bytes())
        self._arrived.put(_Request(worker, None))

    def _is_from_worker(self, message: Any) -> bool:
        secret = message.get("secret") if isinstance(message, dict) else None
        return hmac.compare_digest(str(secret).encode(), self._secret.encode())

    def _greet(self, worker: _Worker, number: int) -> None:
        """Take a worker on, and give it the slot: what a dead one asked for is not run any more."""
        worker.number = number
        self._workers[number] = worker
        self._control.note_alone(number, 0)  # the dead one counted by itself
        worker.answer({})

    def _has_slot(self, worker: _Worker) -> bool:
        return self._workers.get(worker.number) is worker

    # --- the device's side ---------------------------------------------------------------------

    def _take(self, worker: _Worker, message: dict[str, Any]) -> None:
        """Take a part of a network that the worker is going to have opened."""
        for part in self._inputs(worker, message):
            worker.model += part.tobytes()
        worker.answer({})

    def _open(self, worker: _Worker, message: dict[str, Any]) -> None:
        """Open a network, unless another worker had it opened."""
        key = message["session"], message["target"]
        model = bytes(worker.model)
        worker.model.clear()
        if key not in self._sessions:
            if not model:
                worker.answer({"is_wanted": True})
                return
            self._control.expect_within(COMPILING_S)
            target = Target.parse(message["target"])
            try:
                session = self._open_session(model, target, message["threads"])
            except Exception as error:  # noqa: BLE001 - the edge of one request
                worker.answer(_failed(Failure(error, traceback.format_exc())))
                return
            self._sessions[key] = JoiningSession(
                session,
                str(target),
                takes_any_batch=takes_any_batch(model),
                before_run=self._before_run,
            )
        session = self._sessions[key].session
        worker.answer(
            {
                "is_wanted": False,
                "inputs": list(session.inputs),
                "side_multiple": session.side_multiple,
            }
        )

    def _run(self, request: _Request, message: dict[str, Any]) -> None:
        """Run a batch, and with it those of the same network and shapes that wait."""
        session = self._sessions[message["session"], message["target"]]
        requests, batches = [request], [self._inputs(request.worker, message)]
        if message["is_alone"]:
            self._control.note_alone(request.worker.number, message["number"])
        else:
            for other in [each for each in self._waiting if _can_join(each, message)]:
                batch = self._inputs(other.worker, other.message or {})
                if self._has_slot(other.worker) and session.fits(batch, batches):
                    requests.append(other)
                    batches.append(batch)
                    self._waiting.remove(other)
        for each, outcome in zip(requests, session.run(batches), strict=True):
            self._answer(each.worker, outcome)

    def _inputs(self, worker: _Worker, message: dict[str, Any]) -> Inputs:
        return self._slots[worker.number].views(message["inputs"])

    def _answer(self, worker: _Worker, outcome: NDArray[np.float32] | Failure) -> None:
        if isinstance(outcome, Failure):
            worker.answer(_failed(outcome))
            return
        try:
            [place] = self._slots[worker.number].put([outcome])
        except DeviceError as error:
            worker.answer(_failed(Failure(error, "")))
        else:
            worker.answer({"output": place})

    def _before_run(self, *, is_slow: bool, n_batches: int, n_items: int) -> None:
        self._control.expect_within(COMPILING_S if is_slow else RUN_S)
        self._control.count_run(n_batches, n_items)


def _can_join(request: _Request, message: dict[str, Any]) -> bool:
    """Tell whether a request is to run the same network on arrays of the same shapes."""
    theirs = request.message
    return (
        theirs is not None
        and theirs["do"] == "run"
        and not theirs["is_alone"]
        and (theirs["session"], theirs["target"]) == (message["session"], message["target"])
        and _kinds(theirs) == _kinds(message)
    )


def _kinds(message: dict[str, Any]) -> list[tuple[str, list[int]]]:
    """Return dtype and shape of each input, save for the number of items."""
    return [(dtype, shape[1:]) for dtype, shape, _at in message["inputs"]]


def _failed(failure: Failure) -> dict[str, Any]:
    error = failure.error
    if isinstance(error, DeviceError):
        return {"device_error": str(error), "is_out_of_memory": error.is_out_of_memory}
    return {"error": f"{type(error).__name__}: {error}", "traceback": failure.traceback}
