"""Log set-up. Results go to stdout; progress, problems and logs to stderr."""

from __future__ import annotations

import logging
import sys


def set_up(*, is_verbose: bool = False) -> None:
    """Send facedex's log records to stderr: warnings and errors, with ``is_verbose`` all."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(levelname)s %(name)s: %(message)s"))
    logger = logging.getLogger("facedex")
    logger.handlers[:] = [handler]
    logger.setLevel(logging.DEBUG if is_verbose else logging.WARNING)
    logger.propagate = False
