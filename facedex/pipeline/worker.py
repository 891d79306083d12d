"""A worker process: takes jobs from its pipe, answers on it, and knows no database.

What a hostile photo can do ends here: the supervisor kills a worker that hangs and replaces one
that dies.
"""

from __future__ import annotations

import os
import signal
import sys
import traceback
from typing import TYPE_CHECKING

from facedex.errors import EnvironmentFault
from facedex.pipeline.corridor import Corridor
from facedex.pipeline.messages import (
    Alive,
    Problem,
    Question,
    decode_job,
    encode_message,
    failed,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.connection import Connection
    from pathlib import Path

    from facedex.pipeline.messages import Job, Result
    from facedex.types import EngineConfig

MEMORY_LIMIT_BYTES = 8 << 30  # of address space: the largest allowed photo needs 2 GB
FAULT_EXIT = 70  # the machine lacks something: the run ends, not the photo
YES, NO = b"1", b"0"


def serve(pipe: Connection, config: EngineConfig, model_cache: Path, stderr_path: str) -> None:
    """Do jobs until the pipe closes (entry point of the process)."""
    _settle_in(stderr_path)
    corridor = Corridor(config, model_cache)

    def ask(image_hash: bytes) -> bool:
        pipe.send_bytes(encode_message(Question(image_hash)))
        return pipe.recv_bytes() == YES

    def alive() -> None:
        pipe.send_bytes(encode_message(Alive()))

    try:
        while True:
            job = decode_job(pipe.recv_bytes())
            pipe.send_bytes(encode_message(_run_one(corridor, job, ask, alive)))
    except (EOFError, BrokenPipeError, ConnectionResetError):
        return  # the scanner has gone
    except EnvironmentFault as exc:
        print(exc, file=sys.stderr)  # noqa: T201 - read by the supervisor
        sys.exit(FAULT_EXIT)


def _run_one(
    corridor: Corridor, job: Job, ask: Callable[[bytes], bool], alive: Callable[[], None]
) -> Result:
    """Do one job; a bug of ours that one photo brings out must not end the night's scan."""
    try:
        return corridor.run(job, ask, alive)
    except (EnvironmentFault, EOFError, BrokenPipeError, ConnectionResetError):
        raise
    except Exception as exc:  # noqa: BLE001 - the edge of one item (STYLE: errors)
        message = f"facedex failed on it ({type(exc).__name__}: {exc}); please report this"
        return failed(job, Problem("analyse", "internal", message, traceback.format_exc()))


def _settle_in(stderr_path: str) -> None:
    """Limit what the process may do, and keep what native decoders print off the terminal."""
    # Ctrl-C reaches the whole group; the scanner decides what becomes of its workers
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    handle = os.open(stderr_path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    os.dup2(handle, 2)
    os.close(handle)
    if sys.platform != "win32":
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a core dump would hold faces
        if sys.platform == "linux":
            resource.setrlimit(resource.RLIMIT_AS, (MEMORY_LIMIT_BYTES, MEMORY_LIMIT_BYTES))
