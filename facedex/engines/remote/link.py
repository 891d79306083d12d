"""What a worker is given to reach the device's process, and numbers that all sides share."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from facedex.engines.remote.shared import SharedBlock

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

_GIVEN_UP, _DUE_NS, _N_RUNS, _N_BATCHES, _N_ITEMS, _FIRST_RUNNING = range(6)


class Control:
    """Numbers that the supervisor, the device's process and the workers share; each has one writer.

    Times are those of ``time.monotonic``, which all processes of a machine share.
    """

    def __init__(self, block: SharedBlock) -> None:
        self._numbers: NDArray[np.int64] = block.bytes().view(np.int64)

    @staticmethod
    def make_block(n_workers: int) -> SharedBlock:
        """Return a block for that many workers."""
        return SharedBlock(8 * (_FIRST_RUNNING + n_workers))

    @property
    def is_given_up(self) -> bool:
        """Whether the device's process is not started again (the supervisor writes)."""
        return bool(self._numbers[_GIVEN_UP])

    def give_up(self) -> None:
        """Say that the device's process is not started again."""
        self._numbers[_GIVEN_UP] = 1

    @property
    def is_overdue(self) -> bool:
        """Whether the device's process should have done by now what it does."""
        due_ns = int(self._numbers[_DUE_NS])
        return 0 < due_ns < time.monotonic_ns()

    def expect_within(self, seconds: float) -> None:
        """Say that something begins which should not take longer."""
        self._numbers[_DUE_NS] = time.monotonic_ns() + round(seconds * 1e9)

    def rest(self) -> None:
        """Say that there is nothing to do."""
        self._numbers[_DUE_NS] = 0

    @property
    def n_runs(self) -> int:
        """How often a network was run, since the beginning."""
        return int(self._numbers[_N_RUNS])

    @property
    def n_batches(self) -> int:
        """For how many batches of workers that was; several may be run as one."""
        return int(self._numbers[_N_BATCHES])

    @property
    def n_items(self) -> int:
        """For how many pictures that was."""
        return int(self._numbers[_N_ITEMS])

    def count_run(self, n_batches: int, n_items: int) -> None:
        """Count a run (the device's process)."""
        self._numbers[[_N_RUNS, _N_BATCHES, _N_ITEMS]] += [1, n_batches, n_items]

    def note_alone(self, worker: int, number: int) -> None:
        """Note that this request of a worker is run with no other (by the device's process)."""
        self._numbers[_FIRST_RUNNING + worker] = number

    def was_alone(self, worker: int, number: int) -> bool:
        """Tell whether it was this request that was last run alone for that worker."""
        return int(self._numbers[_FIRST_RUNNING + worker]) == number


@dataclass(frozen=True, slots=True)
class DeviceLink:
    """What a worker needs to reach the device's process; an argument of its start.

    Attributes
    ----------
    address : where that process listens, again after it was started again.
    secret : who does not know it is not listened to; on some systems anybody can reach the address.
    worker : the worker's number, from 0; a worker that replaces a dead one has the same.
    slot : the memory for this worker's arrays.
    """

    address: str
    secret: str = field(repr=False)
    worker: int
    slot: SharedBlock
    control: SharedBlock


def make_address(folder: Path) -> str:
    """Return an address of its own; ``folder`` is private and lasts as long as the pool."""
    address = str(folder / "device")
    if sys.platform == "win32":
        address = rf"\\.\pipe\{folder.name}"
    elif sys.platform == "linux":
        address = f"\0{folder.name}"  # no file, and no limit to the length of the folder's name
    return address
