"""What the scanner's child processes have in common: a pipe, and where their output goes."""

from __future__ import annotations

import contextlib
import logging
import multiprocessing
import os
import signal
import sys
from typing import TYPE_CHECKING, Any

from facedex.pipeline.messages import Note, message_to_bytes

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.connection import Connection
    from pathlib import Path


class Child:
    """A process, the pipe to it, and what it prints.

    Parameters
    ----------
    main : is called in the process with its end of the pipe, ``stderr_path`` and ``arguments``.
    stderr_path : a new file; the process is named after it.
    """

    def __init__(self, main: Callable[..., None], stderr_path: Path, *arguments: Any) -> None:
        context = multiprocessing.get_context("spawn")
        self.pipe, theirs = context.Pipe()
        self._stderr_path = stderr_path
        self.process = context.Process(
            target=main,
            name=stderr_path.name,
            args=(theirs, str(stderr_path), *arguments),
            daemon=True,
        )
        self.process.start()
        theirs.close()

    def kill(self) -> None:
        """End the process."""
        self.process.kill()
        self.process.join()
        self.pipe.close()

    def last_words(self) -> str:
        """Return the end of what the process, or a native library in it, printed."""
        with contextlib.suppress(OSError):
            lines = self._stderr_path.read_text(encoding="utf-8", errors="replace").split("\n")
            return next((line.strip() for line in reversed(lines) if line.strip()), "")[:300]
        return ""

    def describe_exit(self) -> str:
        """Return how the process, which has ended, did so."""
        code = self.process.exitcode or 0
        words = self.last_words()
        what = f"ended with code {code}"
        if code < 0:
            with contextlib.suppress(ValueError):
                what = f"ended by {signal.Signals(-code).name}"
        return f"{what}: {words}" if words else what


def enter_child(pipe: Connection, stderr_path: str, memory_limit: int | None = None) -> None:
    """Limit what this process may do, and keep what native libraries print off the terminal.

    Warnings go to the scanner, as notes.

    Parameters
    ----------
    memory_limit : bytes of address space.
    """
    # Ctrl-C reaches the whole group; the scanner decides what becomes of its children
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    handle = os.open(stderr_path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    os.dup2(handle, 2)
    os.close(handle)
    logging.getLogger("facedex").addHandler(_Notes(pipe))
    if sys.platform != "win32":
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a core dump would hold faces
        if sys.platform == "linux" and memory_limit is not None:
            resource.setrlimit(resource.RLIMIT_AS, (memory_limit, memory_limit))


class _Notes(logging.Handler):
    """Sends warnings to the scanner, which has somebody to show them to.

    What is wrong with plugins it knows: it loads them all before it has children.
    """

    def __init__(self, pipe: Connection) -> None:
        super().__init__(logging.WARNING)
        self.addFilter(lambda record: not record.name.startswith("facedex.plugins."))
        self._pipe = pipe

    def emit(self, record: logging.LogRecord) -> None:
        with contextlib.suppress(OSError):  # the scanner has gone
            self._pipe.send_bytes(message_to_bytes(Note(record.getMessage())))
