"""Taking over many names from Picasa's inis: time, without the analysis of photos.

    python benchmarks/picasa_import.py [--faces 20000] [--folders 200]

Makes folders of one-pixel-high photos, each with a .picasa.ini, and a library that has found a face
in every rectangle. Then a scan takes the names over, and a second one has nothing to do. Peers:
none does this; the bare reading of the same inis by Python's configparser is timed in the same run.
"""

from __future__ import annotations

import argparse
import configparser
import hashlib
import tempfile
import time
from pathlib import Path

import numpy as np

from facedex.db import faces, files, photos
from facedex.db.connection import Connection, transaction
from facedex.db.faces import NewFace
from facedex.db.library import open_library
from facedex.db.regions import photos_to_settle
from facedex.geometry import box_to_rect64
from facedex.progress import NullSink
from facedex.scan.walker import Walk, walk
from facedex.services.names_in.take_over_names import read_elsewhere, settle_regions
from facedex.types import Box, PhotoFacts

N_PEOPLE = 200
FACES_PER_PHOTO = 2
SIZE = (4000, 3000)


def make_folder(root: Path, n_folders: int, n_faces: int, rng: np.random.Generator) -> None:
    n_photos = n_faces // FACES_PER_PHOTO
    for number in range(n_folders):
        folder = root / f"{number:04}"
        folder.mkdir(parents=True)
        lines, people = [], set()
        for photo in range(number, n_photos, n_folders):
            ids = rng.choice(N_PEOPLE, FACES_PER_PHOTO, replace=False)
            people.update(ids.tolist())
            items = ";".join(
                f"rect64({box_to_rect64(box(place))}),{who + 1:x}"
                for place, who in enumerate(ids.tolist())
            )
            lines += [f"[{photo:06}.jpg]", f"faces={items}", "backuphash=12345"]
            (folder / f"{photo:06}.jpg").write_bytes(b"%d" % photo)
        lines += ["[Contacts2]", *(f"{who + 1:x}=Person {who};;" for who in sorted(people))]
        (folder / ".picasa.ini").write_text("\r\n".join(lines) + "\r\n", encoding="utf-8")


def box(place: int) -> Box:
    left = 0.1 + 0.4 * place
    return Box(left, 0.2, left + 0.2, 0.5)


def fill(db: Connection, root: Path) -> None:
    """Make the library that a scan with every face found would have made."""
    root_id = files.ensure_root(db, bytes(root))
    for stat in walk(bytes(root), Walk()):
        file_id = files.add_file(db, root_id, stat)
        data = (root / stat.relpath.decode()).read_bytes()
        content = hashlib.sha256(data).digest()
        if not stat.relpath.endswith(b".jpg"):
            files.set_read(db, file_id, stat.mtime_ns, content, None, None)
            continue
        photo_id = photos.add_photo(db, content, PhotoFacts("JPEG", *SIZE))
        files.set_read(db, file_id, stat.mtime_ns, content, photo_id, 1)
        photos.set_analysed(db, photo_id, "bench", "bench", 1, FACES_PER_PHOTO)
        for place in range(FACES_PER_PHOTO):
            encoding = np.zeros(128, np.float32)
            faces.add_face(
                db, photo_id, NewFace(box(place), "cnn", encoding=encoding), "bench", "bench"
            )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--faces", type=int, default=20_000)
    parser.add_argument("--folders", type=int, default=200)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as made:
        root = Path(made) / "photos"
        make_folder(root, options.folders, options.faces, np.random.default_rng(1))
        db = open_library(Path(made) / "library")
        with transaction(db):
            fill(db, root)
        for name in ("first", "again"):
            before = db.total_changes()
            began = time.perf_counter()
            read_elsewhere(db, None, NullSink())
            with transaction(db):
                waiting = len(photos_to_settle(db))
                left = settle_regions(db)
            took = time.perf_counter() - began
            changes = db.total_changes() - before
            print(
                f"{name}: {took:.2f} s, {changes:,} rows written, {waiting:,} photos to place,"
                f" {len(left)} without a face"
            )
        count = "SELECT count(*) FROM assignment WHERE source = 'picasa' AND state = 'confirmed'"
        print(f"named: {db.execute(count).fetchall()[0][0]:,} of {options.faces:,}")
        began = time.perf_counter()
        for ini in root.rglob(".picasa.ini"):
            config = configparser.ConfigParser(interpolation=None, strict=False)
            config.read_string(ini.read_text(encoding="utf-8"))
        print(f"configparser alone reads the same inis in {time.perf_counter() - began:.2f} s")
        db.close()


if __name__ == "__main__":
    main()
