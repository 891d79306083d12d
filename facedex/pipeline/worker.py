"""A worker process: takes jobs from its pipe, answers on it, and knows no database.

What a hostile photo can do ends here: the supervisor kills a worker that hangs and replaces one
that dies.
"""

from __future__ import annotations

import sys
import traceback
from typing import TYPE_CHECKING

from facedex.errors import EnvironmentFault
from facedex.pipeline.analyse_photo import PhotoAnalyser
from facedex.pipeline.child import enter_child
from facedex.pipeline.messages import (
    Alive,
    Problem,
    SearchQuestion,
    failed,
    job_from_bytes,
    message_to_bytes,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.connection import Connection
    from pathlib import Path

    from facedex.engines.remote.link import DeviceLink
    from facedex.pipeline.messages import Job, Result
    from facedex.plugins.runtime import Target
    from facedex.types import EngineConfig

MEMORY_LIMIT_BYTES = 8 << 30  # of address space: the largest allowed photo needs 2 GB
FAULT_EXIT = 70  # the machine lacks something: the run ends, not the photo
YES, NO = b"1", b"0"


def serve(
    pipe: Connection,
    stderr_path: str,
    config: EngineConfig,
    model_cache: Path,
    target: Target | None = None,
    link: DeviceLink | None = None,
) -> None:
    """Do jobs until the pipe closes (entry point of the process); see also ``PhotoAnalyser``."""
    enter_child(pipe, stderr_path, MEMORY_LIMIT_BYTES)
    analyser = PhotoAnalyser(config, model_cache, target, link)

    def ask(image_hash: bytes) -> bool:
        pipe.send_bytes(message_to_bytes(SearchQuestion(image_hash)))
        return pipe.recv_bytes() == YES

    def alive() -> None:
        pipe.send_bytes(message_to_bytes(Alive()))

    try:
        while True:
            job = job_from_bytes(pipe.recv_bytes())
            pipe.send_bytes(message_to_bytes(_run_one(analyser, job, ask, alive)))
    except (EOFError, BrokenPipeError, ConnectionResetError):
        return  # the scanner has gone
    except EnvironmentFault as exc:
        print(exc, file=sys.stderr)  # noqa: T201 - read by the supervisor
        sys.exit(FAULT_EXIT)


def _run_one(
    analyser: PhotoAnalyser, job: Job, ask: Callable[[bytes], bool], alive: Callable[[], None]
) -> Result:
    """Do one job; a bug of ours that one photo brings out must not end the night's scan."""
    try:
        return analyser.run(job, ask, alive)
    except (EnvironmentFault, EOFError, BrokenPipeError, ConnectionResetError):
        raise
    except Exception as exc:  # noqa: BLE001 - the edge of one item (STYLE: errors)
        message = f"facedex failed on it ({type(exc).__name__}: {exc}); please report this"
        return failed(job, Problem("analyse", "internal", message, traceback.format_exc()))
