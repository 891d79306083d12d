"""Taking a folder off the list of those that are scanned; no name on its photos goes.

Their faces are in no list, group, question or count until a scan finds the photos elsewhere.
"""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from facedex.db import files, matching
from facedex.db.connection import transaction, translated
from facedex.db.library import open_library, scan_lock
from facedex.errors import UsageError
from facedex.paths import display_path

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What forgetting a folder takes off the list.

    Attributes
    ----------
    path : the folder, as text to show.
    n_files : its files.
    n_photos : photos that no other folder holds.
    n_named : faces with a name on those photos; they wait until a scan finds the photos elsewhere.
    """

    path: str
    n_files: int
    n_photos: int
    n_named: int


def forget_folder(directory: Path, folder: Path, *, is_dry_run: bool) -> Forgotten:
    """Forget a folder that was scanned once, whether it is there or not.

    Raises
    ------
    UsageError
        If the library does not know it, or knows it as a part of another.
    LibraryLocked
        While a scan runs.
    """
    with scan_lock(directory), contextlib.closing(open_library(directory)) as db:
        with translated(db.filename), transaction(db):
            known = {root.path: root for root in files.list_roots(db)}
            # a folder that is gone has no links to follow
            root = known.get(os.fsencode(folder.resolve())) or known.get(os.fsencode(folder))
            if root is None:
                names = ", ".join(map(display_path, known)) or "none"
                raise UsageError(
                    f"{folder} is not a folder that is looked through; those are: {names}"
                )
            found = Forgotten(display_path(root.path), *files.only_in_root(db, root.root_id))
            if not is_dry_run:
                files.remove_root(db, root.root_id)
                matching.drop_gone_suggestions(db)
        return found
