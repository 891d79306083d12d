"""A plugin's runtime that calls itself a graphics processor: ONNX Runtime, and what devices do to
one.

``faults`` are files in the folder that ``FACEDEX_TEST_DEVICE`` names; each is obeyed in the
device's process only, and noted there:

    most        a number: larger batches are out of memory
    die         removed, and the process is killed
    poison      a number: the process is killed by a batch whose first input begins with it
    hang        removed, and the run does not end
    refuse      a text: every run fails with it
    warn        removed, and its text is said as a warning
    bug         removed, and the run raises what no device raises
    die-open    every attempt to open a network kills the process
    deadline    seconds after which a run counts as hanging
"""

from plugin_makers import write_plugin

NAME = "made-up"
TARGET = f"{NAME} gpu f32"

CODE = """
import logging
import multiprocessing
import os
import signal
import time
from pathlib import Path

import facedex.engines.remote.server as server
import numpy as np
from facedex.engines.runtimes import CPU_TARGET, OnnxRuntime
from facedex.engines.runtimes.base import device_error


def folder():
    named = os.environ.get("FACEDEX_TEST_DEVICE")
    is_here = multiprocessing.current_process().name.startswith("device")
    return Path(named) if named and is_here else None


def said(name):
    place = folder()
    path = place and place / name
    return path.read_text() if path and path.exists() else None


def take(name):
    text = said(name)
    if text is not None:
        (folder() / name).unlink()
    return text


def die():
    os.kill(os.getpid(), signal.SIGKILL)


if said("deadline"):
    server.RUN_S = server.COMPILING_S = float(said("deadline"))


class Session:
    side_multiple = 1

    def __init__(self, session):
        self.session = session
        self.inputs = session.inputs

    def run(self, *inputs):
        n = len(inputs[0])
        if folder():
            with (folder() / "runs").open("a") as stream:
                stream.write(f"{os.getpid()} {n}\\n")
        if take("die") is not None:
            die()
        warning = take("warn")
        if warning:
            logging.getLogger("facedex.made_up").warning(warning)
        poison = said("poison")
        if poison and (inputs[0].reshape(n, -1)[:, 0] == float(poison)).any():
            die()
        if take("hang") is not None:
            time.sleep(600)
        if take("bug") is not None:
            raise ZeroDivisionError("a bug")
        if said("refuse"):
            raise device_error(RuntimeError(said("refuse")))
        most = said("most")
        if most and n > int(most):
            raise device_error(RuntimeError("CUDA out of memory"))
        return self.session.run(*inputs)

    def close(self):
        self.session.close()


class MadeUp:
    name = "made-up"

    def survey(self):
        return Survey("1.0", (Target.parse("made-up gpu f32"),))

    def open(self, model, target, threads, cache_dir=None):
        if said("die-open") is not None:
            die()
        return Session(OnnxRuntime().open(model, CPU_TARGET, threads))


@hookimpl
def register_runtimes():
    return [MadeUp()]
"""


def install(folder):
    """Write the plugin; return the plugins folder."""
    return write_plugin(folder, "made_up_device", CODE)
