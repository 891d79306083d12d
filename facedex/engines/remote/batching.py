"""Run what several workers ask of one network as one batch, where the network takes any."""

from __future__ import annotations

import logging
import traceback
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from facedex.plugins.runtime import DeviceError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from facedex.plugins.runtime import ModelSession

log = logging.getLogger(__name__)

MOST_JOINED_BYTES = 64 << 20  # of inputs together; a larger batch is no faster by then

Inputs = list["NDArray[Any]"]


class BeforeRun(Protocol):
    """Is told of each run just before it; ``is_slow`` if the device may have to compile for it."""

    def __call__(self, *, is_slow: bool, n_batches: int, n_items: int) -> None:
        """Take note."""


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a batch has no output: an exception, with the traceback as text."""

    error: Exception
    traceback: str


class JoiningSession:
    """A network that runs batches of several workers together.

    What fails together is run in halves, down to single batches: a batch fails only if it would
    have failed alone, and it is for its worker to do something about it.

    Parameters
    ----------
    takes_any_batch : whether the graph says so: its inputs and its output have an axis of any size
        in common, the first.
    before_run : is told of every run.
    """

    def __init__(
        self,
        session: ModelSession,
        name: str,
        *,
        takes_any_batch: bool,
        before_run: BeforeRun,
    ) -> None:
        self.session = session
        # what compiles for each shape would compile for each number of workers that wait, too
        self.can_join = takes_any_batch and session.side_multiple == 1
        self._name = name
        self._before_run = before_run
        self._has_run = False
        self._most_items: int | None = None

    def fits(self, batch: Inputs, others: Sequence[Inputs]) -> bool:
        """Tell whether ``batch`` may be run together with the others, of the same shapes."""
        together = [*others, batch]
        n_items = sum(len(each[0]) for each in together)
        n_bytes = sum(array.nbytes for each in together for array in each)
        is_few = self._most_items is None or n_items <= self._most_items
        return self.can_join and is_few and n_bytes <= MOST_JOINED_BYTES

    def run(self, batches: Sequence[Inputs]) -> list[NDArray[np.float32] | Failure]:
        """Return the output of each batch, or why there is none."""
        try:
            return list(self._run_together(batches))
        except DeviceError as error:
            if len(batches) == 1:
                return [Failure(error, traceback.format_exc())]
            if error.is_out_of_memory:
                self._lower_limit(sum(len(each[0]) for each in batches))
        except Exception as error:  # the edge of one batch
            if len(batches) == 1:
                return [Failure(error, traceback.format_exc())]
            log.debug("%s takes one batch at a time", self._name, exc_info=True)
            self.can_join = False
        half = (len(batches) + 1) // 2
        return [*self.run(batches[:half]), *self.run(batches[half:])]

    def _run_together(self, batches: Sequence[Inputs]) -> list[NDArray[np.float32]]:
        ends = np.cumsum([len(each[0]) for each in batches])
        is_slow = not self._has_run or self.session.side_multiple > 1
        self._before_run(is_slow=is_slow, n_batches=len(batches), n_items=int(ends[-1]))
        self._has_run = True
        if len(batches) == 1:
            return [self.session.run(*batches[0])]
        output = self.session.run(
            *(np.concatenate(arrays) for arrays in zip(*batches, strict=True))
        )
        if len(output) != ends[-1]:
            raise ValueError(f"an output of {len(output)} for a batch of {ends[-1]}")
        return np.split(output, ends[:-1])

    def _lower_limit(self, n_items: int) -> None:
        if self._most_items is None:
            log.warning("%s is out of memory; fewer pictures are run together", self._name)
        self._most_items = max(1, n_items // 2)
        log.debug("%s: at most %d pictures together", self._name, self._most_items)
