"""Where things lie: the library folder, the model cache, and files shipped with facedex."""

from __future__ import annotations

import os
import re
import secrets
from pathlib import Path

import platformdirs

_PACKAGE = Path(__file__).resolve().parent
_TEMPORARY = re.compile(rb"\.facedex-[0-9a-f]{16}\.tmp")


def model_cache() -> Path:
    """Return the folder for converted models; it may be deleted at any time."""
    named = os.environ.get("FACEDEX_MODEL_CACHE")
    return Path(named) if named else platformdirs.user_cache_path("facedex", appauthor=False)


def shipped(folder: str) -> Path:
    """Return ``migrations`` or ``assets``, installed or in the checkout."""
    installed = _PACKAGE / f"_{folder}"
    return installed if installed.is_dir() else _PACKAGE.parent / folder


def display_path(path: bytes) -> str:
    """Return a path's bytes as text that can always be printed; undecodable bytes become U+FFFD."""
    return path.decode("utf-8", errors="replace")


def join(root: bytes, relpath: bytes) -> bytes:
    """Return the path of a file under a root. Bytes, because pathlib takes no such names."""
    return root.rstrip(b"/") + b"/" + relpath


def folder_of(relpath: bytes) -> bytes:
    """Return the folder of a path with its closing slash; nothing for the root."""
    return relpath[: relpath.rfind(b"/") + 1]


def temporary_name() -> str:
    """Return a new name for a file that is to take another's place once it is whole."""
    return f".facedex-{secrets.token_hex(8)}.tmp"


def is_temporary(name: bytes) -> bool:
    """Tell whether a name is one of :func:`temporary_name`: what a killed run left behind."""
    return _TEMPORARY.fullmatch(name) is not None
