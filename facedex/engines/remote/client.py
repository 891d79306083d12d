"""The worker's side: a runtime whose sessions are in the device's process."""

from __future__ import annotations

import contextlib
import hashlib
import json
import time
from multiprocessing.connection import Client
from typing import TYPE_CHECKING, Any

import numpy as np

from facedex.engines.remote.link import Control
from facedex.engines.remote.shared import Slot
from facedex.plugins.runtime import DeviceError

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.connection import Connection
    from pathlib import Path

    from numpy.typing import NDArray

    from facedex.engines.remote.link import DeviceLink
    from facedex.plugins.runtime import ModelSession, Runtime, Survey, Target

_SIGN_OF_LIFE_S = 5.0
_TRY_AGAIN_S = 0.05
_PART_BYTES = 16 << 20  # of a model; it need not fit into the slot


class DeviceLost(Exception):
    """The device's process ended while it was asked for something."""


class DeviceClient:
    """The connection to the device's process, made anew when that was started again."""

    def __init__(self, link: DeviceLink, alive: Callable[[], None]) -> None:
        self._link = link
        self._alive = alive
        self._control = Control(link.control)
        self._pipe: Connection[bytes, bytes] | None = None
        self._n_asked = 0
        self.slot = Slot(link.slot)
        self.n_connections = 0

    def connect(self) -> None:
        """See to it that there is a connection, waiting for the process as long as there is hope.

        Raises
        ------
        DeviceError
            If it was given up.
        """
        signed = time.monotonic()
        while self._pipe is None:
            if self._control.is_given_up:
                raise DeviceError("its process ended several times", is_out_of_memory=False)
            try:
                self._pipe = Client(self._link.address)
            except OSError:  # it is only just starting, or ending
                time.sleep(_TRY_AGAIN_S)
                if time.monotonic() - signed > _SIGN_OF_LIFE_S:
                    self._alive()
                    signed = time.monotonic()
                continue
            self.n_connections += 1
            with contextlib.suppress(DeviceLost):
                self.ask({"do": "greet", "worker": self._link.worker})

    def ask(self, message: dict[str, Any]) -> dict[str, Any]:
        """Return the answer to a message.

        Raises
        ------
        DeviceLost
            If the process ends first, or has ended since :meth:`connect`.
        DeviceError
            If the device fails.
        RuntimeError
            If the network cannot be opened or run for another reason.
        """
        self._n_asked += 1
        own = {"number": self._n_asked, "secret": self._link.secret}
        pipe = self._pipe
        if pipe is None:
            raise DeviceLost
        try:
            pipe.send_bytes(json.dumps(message | own).encode())
        except OSError as exc:
            raise self._lose() from exc
        while not self._has_answer(pipe):
            self._alive()
        try:
            answer: dict[str, Any] = json.loads(pipe.recv_bytes())
        except (OSError, EOFError) as exc:
            raise self._lose() from exc
        if "device_error" in answer:
            raise DeviceError(answer["device_error"], is_out_of_memory=answer["is_out_of_memory"])
        if "error" in answer:
            error = RuntimeError(f"in the device's process: {answer['error']}")
            error.add_note(answer["traceback"])
            raise error
        return answer

    def was_run_alone(self) -> bool:
        """Tell whether the last request was the only one in hand when the process was lost."""
        return self._control.was_alone(self._link.worker, self._n_asked)

    def _has_answer(self, pipe: Connection[bytes, bytes]) -> bool:
        """Tell whether there is one, or else the process has ended, after waiting for a while."""
        try:
            return pipe.poll(_SIGN_OF_LIFE_S)
        except OSError as exc:
            raise self._lose() from exc

    def _lose(self) -> DeviceLost:
        if self._pipe is not None:
            self._pipe.close()
            self._pipe = None
        return DeviceLost()


class RemoteSession:
    """A network in the device's process, opened there again when that was started again."""

    def __init__(self, client: DeviceClient, model: bytes, target: Target, threads: int) -> None:
        self._client = client
        self._model = model
        self._greeting = {
            "session": hashlib.sha256(model).hexdigest(),
            "target": str(target),
            "threads": threads,
        }
        self._opened_in = 0  # the number of the connection
        self._inputs: tuple[str, ...] = ()
        self._side_multiple = 1
        self._open()

    @property
    def inputs(self) -> tuple[str, ...]:
        """Names of the inputs, in order."""
        return self._inputs

    @property
    def side_multiple(self) -> int:
        """That of the session in the device's process."""
        return self._side_multiple

    def run(self, *inputs: NDArray[Any]) -> NDArray[np.float32]:
        """Return the output for one batch.

        If the device's process ends meanwhile, its successor runs the batch again, joined with no
        other.

        Raises
        ------
        DeviceError
            If the device fails, or its process ended once more, and with nothing else in hand.
        """
        is_again = False
        while True:
            self._open()
            try:
                return self._run_once(inputs, is_again)
            except DeviceLost:
                if is_again and self._client.was_run_alone():
                    reason = "its process ended twice with the same picture in hand"
                    raise DeviceError(reason, is_out_of_memory=False) from None
                is_again = True

    def close(self) -> None:
        """Do nothing: other workers use the network too, and it ends with its process."""

    def _run_once(self, inputs: tuple[NDArray[Any], ...], is_again: bool) -> NDArray[np.float32]:
        slot = self._client.slot
        message = {"do": "run", "inputs": slot.put(inputs), "is_alone": is_again}
        answer = self._client.ask(self._greeting | message)
        output: NDArray[np.float32] = slot.views([answer["output"]])[0].copy()
        return output

    def _open(self) -> None:
        """Open the network where it is not, in this process of the device."""
        while True:
            self._client.connect()
            if self._opened_in == self._client.n_connections:
                return
            try:
                self._introduce()
            except DeviceLost:
                continue

    def _introduce(self) -> None:
        message = self._greeting | {"do": "open"}
        answer = self._client.ask(message)
        if answer["is_wanted"]:
            for start in range(0, len(self._model), _PART_BYTES):
                part = np.frombuffer(self._model[start : start + _PART_BYTES], np.uint8)
                self._client.ask({"do": "take", "inputs": self._client.slot.put([part])})
            answer = self._client.ask(message)
        self._inputs = tuple(answer["inputs"])
        self._side_multiple = answer["side_multiple"]
        self._opened_in = self._client.n_connections


class RemoteRuntime:
    """A runtime whose sessions on anything but the processor are in the device's process.

    Parameters
    ----------
    local : opens what runs on the processor, in this process.
    alive : is called now and then while the device is waited for.
    """

    def __init__(self, local: Runtime, link: DeviceLink, alive: Callable[[], None]) -> None:
        self._local = local
        self._client = DeviceClient(link, alive)

    @property
    def name(self) -> str:
        """That of the runtime behind it."""
        return self._local.name

    def survey(self) -> Survey:
        """Return what the runtime behind it offers."""
        return self._local.survey()

    def open(
        self, model: bytes, target: Target, threads: int, cache_dir: Path | None = None
    ) -> ModelSession:
        """Load an ONNX graph on the device; what is compiled for it is kept where all workers' is.

        Raises
        ------
        DeviceError
            If the device fails.
        """
        if not target.device.is_accelerator:
            return self._local.open(model, target, threads, cache_dir)
        return RemoteSession(self._client, model, target, threads)
