"""The exception tree: what the user can fix, what one file did, what the machine lacks.

Anything that is not a :class:`FacedexError` is a bug of ours and shows its traceback.
"""

from __future__ import annotations

import os


class FacedexError(Exception):
    """Base of every expected failure; ``exit_code`` is what the command line ends with."""

    exit_code = 1


class UsageError(FacedexError):
    """The call can be put right by its user."""

    exit_code = 2


class ConfigError(UsageError):
    """A setting is unknown, of the wrong type or out of range."""


class ItemError(FacedexError):
    """One file could not be processed; the run records it and goes on.

    Parameters
    ----------
    path : the file, as the system names it.
    operation : what was tried, as a verb: ``"read"``, ``"decode"``, ``"detect"``.
    cause : what went wrong, in words a user understands.
    kind : a short stable word for programs (``v1_problems.kind``).
    """

    exit_code = 3

    def __init__(self, path: bytes | str, operation: str, cause: str, kind: str) -> None:
        self.path = os.fsdecode(path)
        self.operation = operation
        self.cause = cause
        self.kind = kind
        super().__init__(f"cannot {operation} {self.path}: {cause}")


class ReadError(ItemError):
    """The bytes could not be read."""


class DecodeError(ItemError):
    """The bytes are not an image that may be decoded."""


class MetadataError(ItemError):
    """What a photo's metadata or sidecar says could not be read or written."""


class EngineError(ItemError):
    """Detecting or encoding failed on this image."""


class EnvironmentFault(FacedexError):
    """The machine lacks something; ``hint`` says what to do about it."""

    def __init__(self, what: str, hint: str = "") -> None:
        self.what = what
        self.hint = hint
        super().__init__(f"{what}. {hint}" if hint else what)


class ModelMissing(EnvironmentFault):
    """A model file is absent or is not the one expected."""


class StorageFault(EnvironmentFault):
    """No space is left, or the disk reports an error."""

    exit_code = 4


class RootOffline(EnvironmentFault):
    """A library folder is not there (an unmounted disk, for instance)."""

    exit_code = 5


class LibraryLocked(EnvironmentFault):
    """Another process scans this library."""

    exit_code = 6


class SchemaTooNew(EnvironmentFault):
    """The library was written by a newer facedex."""

    exit_code = 7


class LibraryDamaged(EnvironmentFault):
    """The library file is not a facedex library or cannot be read."""


class MigrationError(EnvironmentFault):
    """A migration file is missing, duplicated, or failed to apply."""
