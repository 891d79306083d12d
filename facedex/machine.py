"""What this computer has: cores, and memory that a program may use."""

from __future__ import annotations

import os
import sys
from pathlib import Path

# of a container: it may have less than the machine (cgroup v2, then v1)
_CONTAINER_LIMITS = (
    Path("/sys/fs/cgroup/memory.max"),
    Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"),
)


def n_cores() -> int:
    """Return the number of cores that this process may use."""
    available = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else None
    return available or os.cpu_count() or 1


def memory_bytes(limits: tuple[Path, ...] = _CONTAINER_LIMITS) -> int | None:
    """Return how much memory the machine, or the container, has; None if it does not say."""
    known = [size for size in (_physical_bytes(), *map(_read_limit, limits)) if size]
    return min(known, default=None)


def _read_limit(path: Path) -> int | None:
    try:
        text = path.read_text("ascii").strip()
    except OSError:
        return None
    return int(text) if text.isdigit() else None  # "max": no limit


if sys.platform == "win32":

    def _physical_bytes() -> int | None:
        import ctypes

        kilobytes = ctypes.c_ulonglong()
        if not ctypes.windll.kernel32.GetPhysicallyInstalledSystemMemory(ctypes.byref(kilobytes)):
            return None
        return kilobytes.value * 1024

else:

    def _physical_bytes() -> int | None:
        try:
            return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
        except (ValueError, OSError):
            return None
