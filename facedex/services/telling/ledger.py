"""The ledger: what became of every face and name that other programs knew, and the recall audit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from facedex.db import ledger, sources
from facedex.db.doubtful_names import names_without_source, people_twice_on_a_photo
from facedex.geometry import points_to_upright, upright_size
from facedex.matching.pose import POSES, UNCLEAR, pose_of
from facedex.paths import display_path, join
from facedex.picasa.names import group_web_contacts, is_ini_copy
from facedex.services.names_in.sources import registry

if TYPE_CHECKING:
    from collections.abc import Mapping

    from facedex.db.connection import Connection
    from facedex.db.doubtful_names import NameWithoutSource, TwiceOnPhoto
    from facedex.db.ledger import Conflict, FrameLine, NamedRegion, NameLine, SourceLine

_SIZES = ((0.0, "under 2 %"), (0.02, "2 to 4 %"), (0.04, "4 to 8 %"), (0.08, "8 to 16 %"),
          (0.16, "over 16 %"))  # fmt: skip


@dataclass(frozen=True, slots=True)
class RecallLine:
    """Of the faces named elsewhere, alike in ``what``, how many the detector finds by itself."""

    what: str
    n_named: int
    n_found: int


@dataclass(frozen=True, slots=True)
class Ledger:
    """Everything that other programs said, by what became of it.

    Attributes
    ----------
    sources, names : the same regions, summed up twice.
    missing : (source, photo as named there, regions) of photos that are not in the library.
    recall_by_size, recall_by_pose : the recall audit; size is the side of a square as large as the
        box that was drawn, in percent of the photo's long side.
    problems : (source, lines) that could not be understood.
    ini_lines : what the lines of all inis are (``LineCounts``), each counted once.
    ini_copies : files that a sync program made of an ini, which are not read.
    same_web_contact : contact ids that are probably one person, as old inis hint.
    renamed_contacts : (contact id, who it is here, its names) of those with several names.
    twice_on_photo : who is confirmed on two faces of one photo.
    without_source : names that stand and whose source no longer says so.
    titles : what people call each kind of source.
    """

    sources: tuple[SourceLine, ...]
    names: tuple[NameLine, ...]
    frames: tuple[FrameLine, ...]
    conflicts: tuple[Conflict, ...]
    missing: tuple[tuple[str, str, int], ...]
    recall_by_size: tuple[RecallLine, ...]
    recall_by_pose: tuple[RecallLine, ...]
    problems: tuple[tuple[str, tuple[str, ...]], ...]
    ini_lines: Mapping[str, int]
    ini_copies: tuple[str, ...]
    same_web_contact: tuple[tuple[str, ...], ...]
    renamed_contacts: tuple[tuple[str, str, tuple[str, ...]], ...]
    twice_on_photo: tuple[TwiceOnPhoto, ...]
    without_source: tuple[NameWithoutSource, ...]
    titles: Mapping[str, str]


def make_ledger(db: Connection) -> Ledger:
    """Return the ledger of a library as it is now."""
    named = ledger.named_regions(db)
    by_source = ledger.by_source(db)
    titles = {source.kind: source.title for source in registry.SOURCES}
    titles["contacts"] = "Picasa's contacts"  # a list of names, without faces
    order = {kind: place for place, kind in enumerate(titles)}
    return Ledger(
        tuple(sorted(by_source, key=lambda line: order.get(line.kind, len(order)))),
        tuple(ledger.by_name(db)),
        tuple(ledger.by_frame(db)),
        tuple(ledger.conflicts(db)),
        tuple(ledger.missing_photos(db)),
        _recall([(_size(one), one.is_found) for one in named], [name for _, name in _SIZES]),
        _recall([(_pose(one), one.is_found) for one in named], list(POSES)),
        tuple(ledger.problems(db)),
        ledger.ini_lines(db),
        tuple(
            display_path(join(one.root, one.relpath))
            for one in sources.documents(db, ".ini")
            if is_ini_copy(one.relpath.rpartition(b"/")[2])
        ),
        tuple(group_web_contacts(ledger.web_ids(db))),
        tuple(ledger.contacts_with_several_names(db)),
        tuple(people_twice_on_a_photo(db)),
        tuple(names_without_source(db)),
        {line.kind: titles.get(line.kind, line.kind) for line in by_source},
    )


def _recall(faces: list[tuple[str, bool]], order: list[str]) -> tuple[RecallLine, ...]:
    lines = []
    for what in order:
        found = [is_found for of, is_found in faces if of == what]
        if found:
            lines.append(RecallLine(what, len(found), sum(found)))
    return tuple(lines)


def _size(one: NamedRegion) -> str:
    side_px = (one.box.area * one.width_px * one.height_px) ** 0.5
    share = side_px / max(one.width_px, one.height_px)
    return [name for least, name in _SIZES if share >= least][-1]


def _pose(one: NamedRegion) -> str:
    if one.landmarks is None:
        return UNCLEAR
    upright = points_to_upright(np.array(one.landmarks, np.float32), one.orientation)
    return pose_of(upright, upright_size(one.width_px, one.height_px, one.orientation))
