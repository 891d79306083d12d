"""Run a network on a device that may fail: halve the batch once, then go on on the processor."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import numpy as np

from facedex.engines.runtimes.base import DeviceError

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from facedex.engines.runtimes.base import ModelSession, Target

log = logging.getLogger(__name__)


class CarefulSession:
    """A session on a device, with another on the processor in reserve.

    Of a network with several inputs, all have the batch as their first axis.

    Parameters
    ----------
    open_device, open_processor : load the network; the second is called only when it is needed.

    Raises
    ------
    DeviceError
        From a run, if the processor fails too.
    """

    def __init__(
        self,
        open_device: Callable[[], ModelSession],
        open_processor: Callable[[], ModelSession],
        target: Target,
    ) -> None:
        self._open_processor = open_processor
        self._target = target
        self._most: int | None = None
        self._has_given_up = False
        try:
            self._session = open_device()
        except DeviceError as error:
            self._give_up(error)

    @property
    def inputs(self) -> tuple[str, ...]:
        """Names of the inputs, in order."""
        return self._session.inputs

    @property
    def side_multiple(self) -> int:
        """That of the session in use."""
        return self._session.side_multiple

    def run(self, *inputs: NDArray[Any]) -> NDArray[np.float32]:
        """Return the output for one batch, in parts where the device's memory is too small."""
        n_items = len(inputs[0])
        most = self._most
        if most is not None and n_items > most:
            parts = [
                self.run(*(each[start : start + most] for each in inputs))
                for start in range(0, n_items, most)
            ]
            return np.concatenate(parts)
        try:
            return self._session.run(*inputs)
        except DeviceError as error:
            if self._has_given_up:
                raise
            if error.is_out_of_memory and n_items > 1 and self._most is None:
                self._most = (n_items + 1) // 2
                log.warning(
                    "%s is out of memory; batches are halved to %d", self._target, self._most
                )
            else:
                self._give_up(error)
            return self.run(*inputs)

    def close(self) -> None:
        """Free the network; it cannot be run afterwards."""
        self._session.close()

    def _give_up(self, error: DeviceError) -> None:
        reason = "is out of memory" if error.is_out_of_memory else "failed"
        log.warning("%s %s (%s); the processor takes over", self._target, reason, error)
        if hasattr(self, "_session"):
            self._session.close()
        self._most = None
        self._has_given_up = True
        self._session = self._open_processor()
