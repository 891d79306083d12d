"""The one process that runs the networks where the processor does not, and its keeper.

It is started again when it ends or hangs; after a few times in a row it is given up, and every
worker runs the networks on the processor.
"""

from __future__ import annotations

import logging
import multiprocessing
import os
import threading
from multiprocessing.connection import Listener, wait
from pathlib import Path
from typing import TYPE_CHECKING

from facedex.engines.remote.link import Control, DeviceLink, make_address
from facedex.engines.remote.shared import SLOT_BYTES, SharedBlock
from facedex.pipeline.child import Child, enter_child
from facedex.pipeline.messages import Note, message_from_bytes

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from multiprocessing.connection import Connection

    from facedex.plugins.runtime import ModelSession, Target

log = logging.getLogger(__name__)

MOST_DEATHS = 5  # a picture that it dies of costs two
_ENOUGH_RUNS = 1000  # after so many, a death is not one of a row
_START_S = 120.0


class DeviceKeeper:
    """Starts the device's process, watches over it and starts it again; for the supervisor.

    Parameters
    ----------
    folder : private; for what the process prints.
    say : is told what the owner should know.
    """

    def __init__(
        self,
        plugins_dir: Path | None,
        model_cache: Path,
        n_workers: int,
        folder: Path,
        say: Callable[[str], None],
    ) -> None:
        self._plugins_dir = plugins_dir
        self._model_cache = model_cache
        self._folder = folder
        self._say = say
        self._address = make_address(folder)
        self._secret = os.urandom(16).hex()
        self._slots = [SharedBlock(SLOT_BYTES) for _ in range(n_workers)]
        self._block = Control.make_block(n_workers)
        self._control = Control(self._block)
        self._n_started = self._n_deaths = self._n_runs_before = 0
        self._child: Child | None = self._start()

    def link(self, worker: int) -> DeviceLink:
        """Return what a worker needs, by its number."""
        return DeviceLink(self._address, self._secret, worker, self._slots[worker], self._block)

    def watch(self) -> None:
        """Hear what the process says; start it again if it has ended, or should have."""
        child = self._child
        if child is None:
            return
        self._hear(child)
        if self._control.is_overdue:
            child.process.kill()
            child.process.join()
            log.info("the device's process hangs and is ended")
        elif child.process.is_alive():
            return
        else:
            log.info("the device's process %s", child.describe_exit())
        child.kill()
        self._child = self._start_again()

    def close(self) -> None:
        """End the process."""
        if self._child is not None:
            self._child.kill()
            self._child = None
        control = self._control
        log.info(
            "the device ran networks %d times, for %d batches of %d pictures",
            control.n_runs, control.n_batches, control.n_items,
        )  # fmt: skip

    def _start(self) -> Child:
        if not self._address.startswith(("\0", "\\")):
            Path(self._address).unlink(missing_ok=True)  # its predecessor's
        self._n_started += 1
        self._control.expect_within(_START_S)
        return Child(
            serve_device,
            self._folder / f"device-{self._n_started}",
            self._address,
            self._secret,
            self._slots,
            self._block,
            self._plugins_dir,
            self._model_cache,
        )

    def _start_again(self) -> Child | None:
        n_runs = self._control.n_runs
        if n_runs - self._n_runs_before >= _ENOUGH_RUNS:
            self._n_deaths = 0
        self._n_deaths += 1
        self._n_runs_before = n_runs
        if self._n_deaths < MOST_DEATHS:
            return self._start()
        self._control.give_up()  # each worker says so when it comes to it
        return None

    def _hear(self, child: Child) -> None:
        try:
            while child.pipe.poll():
                message = message_from_bytes(child.pipe.recv_bytes())
                assert isinstance(message, Note)
                self._say(message.text)
        except (EOFError, OSError):
            return  # it has ended


def serve_device(
    pipe: Connection,
    stderr_path: str,
    address: str,
    secret: str,
    slots: Sequence[SharedBlock],
    block: SharedBlock,
    plugins_dir: Path | None,
    model_cache: Path,
) -> None:
    """Run networks for the workers (entry point of the process).

    Its address space is not limited: drivers reserve many times what they use.
    """
    enter_child(pipe, stderr_path)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    from facedex.engines.registry import find_runtime
    from facedex.engines.remote.server import DeviceServer

    def open_session(model: bytes, target: Target, threads: int) -> ModelSession:
        runtime = find_runtime(target.runtime, plugins_dir)
        return runtime.open(model, target, threads, model_cache)

    with Listener(address, backlog=len(slots)) as listener:
        DeviceServer(open_session, slots, Control(block), secret).serve(listener)


def _end_with_parent() -> None:
    """End this process when the scanner has ended, even in the middle of a run."""
    parent = multiprocessing.parent_process()
    assert parent is not None
    wait([parent.sentinel])
    os._exit(0)
