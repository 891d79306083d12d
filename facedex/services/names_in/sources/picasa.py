"""Picasa as a source of names: its inis, and its database, whose regions are written alike."""

from __future__ import annotations

import os
from dataclasses import asdict
from typing import TYPE_CHECKING

from facedex.db.regions import NewRegion
from facedex.db.sources import NewNote, SourceFacts
from facedex.geometry import clip_box
from facedex.imaging.formats import RAW_SUFFIXES, suffix
from facedex.naming.trust import Trust
from facedex.paths import folder_of
from facedex.picasa.frames import PicasaRegion, place_faces
from facedex.picasa.ini import MAX_INI_BYTES, is_unnamed_contact, parse_ini
from facedex.picasa.names import is_library_ini, is_originals_ini
from facedex.plugins.name_sources import DocumentText
from facedex.types import Box, PicasaFace, Recipe, Source

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import Any

    from facedex.db.regions import Region
    from facedex.db.sources import SourceRow
    from facedex.types import NoPlace, PhotoShape, PicasaIni, Place, RootId


class PicasaIniSource:
    """``.picasa.ini`` and ``Picasa.ini`` in the folders of photos."""

    kind = "ini"
    title = "Picasa's .picasa.ini"
    source = Source.PICASA
    trust = Trust.PICASA_INI
    is_written_here = False
    ending = "picasa.ini"
    phase = "Reading Picasa's files"
    stage = "picasa"
    limit_bytes = MAX_INI_BYTES

    def is_document(self, relpath: bytes) -> bool:
        """Tell whether an ini is the owner's, or tells how Picasa saved the photos beside it."""
        return is_library_ini(relpath) or is_originals_ini(relpath)

    def read(self, relpath: bytes, data: bytes) -> DocumentText:
        """Return the faces and notes of an ini; of one of originals, only how photos were saved."""
        parsed = parse_ini(data)
        if is_originals_ini(relpath):
            recipes = {
                section.filename: asdict(section.recipe)
                for section in parsed.sections
                if section.recipe
            }
            return DocumentText(SourceFacts({}, parsed.problems, {"recipes": recipes}))
        details = {
            "is_export": parsed.is_export,
            "web_ids": dict(parsed.web_ids),
            "lines": asdict(parsed.lines),
        }
        facts = SourceFacts(parsed.contacts, parsed.problems, details)
        return DocumentText(facts, list(_regions(parsed)), list(_notes(parsed)))

    def open(self, documents: Sequence[SourceRow]) -> _PicasaPlacer:
        """Return what places Picasa's rectangles."""
        exports = {one.source_id for one in documents if one.details.get("is_export")}
        return _PicasaPlacer(_recipes(documents), exports)


class PicasaDatabaseSource:
    """Picasa's folder ``db3``; an import reads it."""

    kind = "db3"
    title = "Picasa's database"
    source = Source.PICASA
    trust = Trust.PICASA_DATABASE
    is_written_here = False

    def open(self, documents: Sequence[SourceRow]) -> _PicasaPlacer:
        """Return what places Picasa's rectangles."""
        del documents  # the database says nothing of how photos were saved
        return _PicasaPlacer({}, set())


def _regions(parsed: PicasaIni) -> Iterator[NewRegion]:
    for section in parsed.sections:
        for face in section.faces:
            yield NewRegion(
                section.filename,
                face.rect_hex,
                face.box,
                face.contact_id,
                said="unnamed" if is_unnamed_contact(face.contact_id) else "named",
                rotate=section.rotate,
            )


def _notes(parsed: PicasaIni) -> Iterator[NewNote]:
    for section in parsed.sections:
        yield NewNote(
            section.filename,
            is_starred=section.is_starred,
            is_hidden=section.is_hidden,
            caption=section.caption,
            keywords=section.keywords,
            albums=[parsed.albums.get(token, token) for token in section.albums],
        )


_Recipes = dict[tuple["RootId", bytes, str], Recipe]


def _recipes(documents: Sequence[SourceRow]) -> _Recipes:
    """Return how Picasa made the photos that it saved, by their folder and name."""
    return {
        (ini.root_id, folder_of(folder_of(ini.relpath)[:-1]), name.casefold()): _recipe(said)
        for ini in documents
        if ini.root_id is not None and is_originals_ini(ini.relpath)
        for name, said in ini.details.get("recipes", {}).items()
    }


def _recipe(said: Mapping[str, Any]) -> Recipe:
    crop = None if said["crop"] is None else Box(**said["crop"])
    return Recipe(said["width_px"], said["height_px"], crop, said["rotate"])


class _PicasaPlacer:
    def __init__(self, recipes: _Recipes, exports: set[int]) -> None:
        self._recipes = recipes
        self._exports = exports

    def place(
        self, regions: Sequence[Region], photo: PhotoShape, detected: Sequence[Box]
    ) -> list[Place | NoPlace]:
        """Return where Picasa's rectangles lie."""
        is_export = regions[0].source_id in self._exports
        return place_faces(
            [self._region(one) for one in regions], photo, detected, is_export=is_export
        )

    def _region(self, region: Region) -> PicasaRegion:
        assert region.box is not None
        return PicasaRegion(
            PicasaFace(clip_box(region.box), region.rect, region.contact_id),
            is_raw=suffix(os.fsencode(region.photo_name)) in RAW_SUFFIXES,
            rotate=region.rotate,
            recipe=self._recipe_of(region),
        )

    def _recipe_of(self, region: Region) -> Recipe | None:
        if region.root_id is None:
            return None
        return self._recipes.get((region.root_id, region.folder, region.photo_name.casefold()))
