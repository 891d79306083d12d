"""What other programs say of a small library's photos, each in its own way, and how it is taken
over."""

import os
import zlib

from small_library import ENGINE, MODEL

from facedex.db import files, regions, sources
from facedex.db.cache import open_cache
from facedex.db.connection import rows, transaction
from facedex.db.regions import NewRegion
from facedex.db.sources import SourceFacts
from facedex.digikam.database import DigikamPhoto
from facedex.digikam.database_faces import DigikamFace, DigikamRect
from facedex.geometry import box_from_rect64, box_to_rect64, box_to_upright, upright_size
from facedex.naming.encoder import DLIB
from facedex.pipeline.messages import EncodeResult
from facedex.pipeline.scan_run import ScanRun
from facedex.pipeline.store_xmp import save_xmp
from facedex.progress import NullSink
from facedex.services.names_in.sources.digikam import digikam_regions
from facedex.services.names_in.take_over_names import encode_faceless, settle_regions
from facedex.types import Box, FileStat, Source
from facedex.xmp.reading import XmpFacts
from facedex.xmp.regions import XmpRegion

# the kinds of documents, the one that counts most first, and whose word each is
SOURCE_OF = {
    "ini": Source.PICASA,
    "db3": Source.PICASA,
    "digikam": Source.DIGIKAM,
    "xmp": Source.XMP,
}
KINDS = tuple(SOURCE_OF)


def contact_id(name):
    """Return the id that Picasa has for somebody; it stays when they are called otherwise."""
    return f"{zlib.crc32(name.encode()):016x}"


def stored_boxes(small, face_ids):
    """Return where faces lie, in the stored pixels."""
    found = rows(small.db, "SELECT id, x0, y0, x1, y1 FROM face")
    at = {face_id: Box(*corners) for face_id, *corners in found}
    return [at[face_id] for face_id in face_ids]


def say(small, kind, said, *, called=None):
    """Let one program's document say who is where: ``said`` is photo name -> [(name, box)].

    Boxes are in the stored pixels. What the document said before is replaced. ``called`` are other
    names by which Picasa knows contacts now.
    """
    with transaction(small.db):
        if kind == "xmp":
            for photo, named in said.items():
                written = tuple(XmpRegion(box, name, "mwg") for name, box in named)
                facts = XmpFacts(written, applied_to=_size(small, photo)[:2])
                save_xmp(small.db, _file_id(small, photo), b"x" * 32, facts)
        elif kind == "digikam":
            source_id = sources.save_source(small.db, kind, SourceFacts(), path="/digikam4.db")
            new = [one for photo, named in said.items() for one in _digikam(small, photo, named)]
            regions.save_regions(small.db, source_id, new)
        else:
            _say_as_picasa(small, kind, said, called or {})


def _say_as_picasa(small, kind, said, called):
    names = {name for named in said.values() for name, _box in named}
    facts = SourceFacts({contact_id(name): called.get(name, name) for name in names})
    where = {"path": "/db3"} if kind == "db3" else {"file_id": _ini_id(small)}
    source_id = sources.save_source(small.db, kind, facts, **where)
    new = []
    for photo, named in said.items():
        photo_name = os.fsdecode(photo) if kind == "ini" else _path(small, photo)
        for name, box in named:
            rect = box_to_rect64(box)
            new.append(NewRegion(photo_name, rect, box_from_rect64(rect), contact_id(name)))
    regions.save_regions(small.db, source_id, new)


def _size(small, photo):
    """Return width, height and orientation of a photo's stored pixels."""
    sql = (
        "SELECT p.width_px, p.height_px, p.orientation FROM photo p JOIN file f"
        " ON f.photo_id = p.id WHERE f.relpath = ?"
    )
    return rows(small.db, sql, (photo,))[0]


def _digikam(small, photo, named):
    width, height, turned = _size(small, photo)
    shown = upright_size(width, height, turned)
    noted = []
    for name, box in named:
        up = box_to_upright(box, turned)
        rect = DigikamRect(
            round(up.x0 * shown[0]), round(up.y0 * shown[1]),
            round(up.width * shown[0]), round(up.height * shown[1]),
        )  # fmt: skip
        noted.append(DigikamFace(rect, name, f"People/{name}", "named"))
    of_photo = DigikamPhoto(1, os.fsdecode(photo), (width, height), turned, tuple(noted))
    return digikam_regions(of_photo, _path(small, photo))


def _path(small, photo):
    return f"{small.directory / 'photos'}/{os.fsdecode(photo)}"


def _file_id(small, name):
    return rows(small.db, "SELECT id FROM file WHERE relpath = ?", (name,))[0][0]


def _ini_id(small):
    name = b".picasa.ini"
    if not rows(small.db, "SELECT 1 FROM file WHERE relpath = ?", (name,)):
        stat = FileStat(name, 1000, 1, 1, 10**6, 1)
        file_id = files.add_file(small.db, small.root, stat)
        files.set_read(small.db, file_id, 10**18, b"i" * 32, None, None)
    return _file_id(small, name)


def take_over(small):
    """Give every region its face; return what is left, by photo: regions in which none was
    found."""
    with transaction(small.db):
        return settle_regions(small.db)


class BlindPool:
    """Workers that can encode nothing."""

    def run(self, tasks, ask, on_death, should_stop):
        for task in tasks:
            yield task, EncodeResult((None,) * len(task.job.boxes))

    def close(self):
        """Have nothing to end."""


def take_over_all(small, pool=None):
    """Give every region its face, or a box that nobody could encode; else as ``pool`` encodes
    it."""
    cache = open_cache(small.directory)
    try:
        workers = pool or BlindPool()
        run = ScanRun(small.db, cache, ENGINE, MODEL, DLIB, workers, NullSink(), lambda: False)
        encode_faceless(run, take_over(small))
    finally:
        cache.close()


def statuses(small):
    """Return what became of each region, by kind of document and name: sorted triples."""
    sql = (
        "SELECT s.kind, coalesce(p.name, ''), g.status FROM region g JOIN source s"
        " ON s.id = g.source_id LEFT JOIN person p ON p.id = g.person_id ORDER BY 1, 2, 3"
    )
    return rows(small.db, sql)
