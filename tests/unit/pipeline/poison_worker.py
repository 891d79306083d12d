"""A worker process whose analyser does to itself what hostile photos do to the real one.

The job's path says what: the process, its pipe and its supervision are the real ones.
"""

import ctypes
import logging
import os
import signal
import sys
import time

from facedex.errors import EnvironmentFault, ReadError
from facedex.pipeline import worker
from facedex.pipeline.messages import PreviewResult


class PoisonAnalyser:
    def __init__(self, *engine):
        pass

    def run(self, job, ask, alive):
        what, _, argument = job.path.decode().partition(":")
        match what:
            case "segfault":
                ctypes.string_at(0)
            case "exit":
                os._exit(int(argument))
            case "killed":
                os.kill(os.getpid(), signal.SIGKILL)
            case "complain":
                print("native library: cannot go on\n", file=sys.stderr, flush=True)
                os.abort()
            case "hang":
                time.sleep(60)
            case "spin":
                while True:
                    pass
            case "slow":
                for _ in range(int(argument)):
                    time.sleep(0.5)
                    alive()
            case "warn":
                logging.getLogger("facedex.engines").warning("the processor takes over")
            case "raise":
                raise ZeroDivisionError("a bug of ours")
            case "unreadable":
                raise ReadError(job.path, "read", "it is no longer there", "gone")
            case "fault":
                raise EnvironmentFault("the model file is missing", "Install it")
            case "ask":
                return PreviewResult(b"yes" if ask(argument.encode()) else b"no")
            case "pid":
                return PreviewResult(str(os.getpid()).encode())
        return PreviewResult(job.path)


def serve(*arguments):
    worker.PhotoAnalyser = PoisonAnalyser
    worker.serve(*arguments)
