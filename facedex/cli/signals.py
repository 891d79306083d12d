"""Stopping long work when it is asked to, at a place where it can go on later."""

from __future__ import annotations

import signal
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType


@contextmanager
def stop_signals() -> Iterator[list[int]]:
    """Collect the first request to stop; the second one ends the program at once."""
    stop: list[int] = []

    def on_signal(number: int, _frame: FrameType | None) -> None:
        if stop:
            raise KeyboardInterrupt
        stop.append(number)
        print("\nstopping; what is done is kept", file=sys.stderr, flush=True)

    numbers = [signal.SIGINT, signal.SIGTERM]
    # nohup has it ignored: a scan that is left alone overnight outlives its terminal
    if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:
        numbers.append(signal.SIGHUP)
    before = {number: signal.signal(number, on_signal) for number in numbers}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
