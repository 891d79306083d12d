"""A library that takes results of workers which nobody had to run: files, images and faces made
up."""

import os

import numpy as np
from blake3 import blake3

from facedex.db import cache, files, people
from facedex.db import faces as stored
from facedex.db.connection import rows, transaction
from facedex.db.library import open_library
from facedex.naming.encoder import DLIB
from facedex.pipeline.messages import FoundFace, ScanResult
from facedex.pipeline.scan_run import ScanRun
from facedex.pipeline.store import Store
from facedex.progress import NullSink
from facedex.types import Assignment, Box, FaceState, FileStat, PhotoFacts, Source

ENGINE, MODEL = "an-engine", "a-model"
LEFT = Box(0.1, 0.1, 0.3, 0.4)
MIDDLE = Box(0.4, 0.1, 0.6, 0.4)
RIGHT = Box(0.7, 0.1, 0.9, 0.4)


def found(box, *, origin="cnn", vector=(1, 0, 0, 0), score=1.0, quality=0.5):
    """Return a face as a worker finds it; its thumbnail names its place."""
    landmarks = np.full((5, 2), box.x0, np.float32)
    encoding = np.array(vector, np.float32)
    return FoundFace(box, origin, score, landmarks, encoding, b"jpeg of %f" % box.x0, quality)


def shifted(box, dx):
    return Box(box.x0 + dx, box.y0, box.x1 + dx, box.y1)


class HeardSink(NullSink):
    """Remembers the problems."""

    def __init__(self):
        self.problems = []

    def problem(self, *said):
        self.problems.append(said)


class ScannedPhotos:
    """``read`` and ``search`` are what a scan does with a worker's result."""

    def __init__(self, directory):
        self.root_path = directory / "photos"
        self.root_path.mkdir()
        self.db = open_library(directory / "library")
        self.cache = cache.open_cache(directory / "library")
        self.sink = HeardSink()
        self.n_files = 0
        with transaction(self.db):
            self.root = files.ensure_root(self.db, os.fsencode(self.root_path))
        self.begin()

    def begin(self):
        """Begin another scan."""
        self.run = ScanRun(self.db, self.cache, ENGINE, MODEL, DLIB, None, self.sink, lambda: False)
        self.store = Store(self.run)

    def close(self):
        self.db.close()
        self.cache.close()

    def file(self, name, content=b"content", turn=1):
        """Put a file into the folder, as a walk finds it; return its ref."""
        (self.root_path / name).write_bytes(content)
        self.n_files += 1
        stat = FileStat(os.fsencode(name), len(content), 1, 1, self.n_files, 1)
        with transaction(self.db):
            file_id = files.add_file(self.db, self.root, stat)
            files.set_turn(self.db, file_id, turn)
        return files.FileRef(file_id, os.fsencode(self.root_path / name), 0, turn)

    def result(self, content=b"content", image=b"image", faces=(), **options):
        """Return what a worker says of a file; ``faces`` None: it was not searched."""
        facts = options.pop("facts", PhotoFacts("JPEG", 400, 300, options.pop("orientation", 1)))
        return ScanResult(
            10**18, (1, 1, 1, 1), None if content is None else blake3(content).digest(),
            None if image is None else blake3(image).digest(), facts,
            None if faces is None else tuple(faces), **options,
        )  # fmt: skip

    def read(self, file, **options):
        """Store what a worker says of a file; return its photo."""
        self.store.add(file, self.result(**options))
        self.store.flush()
        return self.row(file)["photo_id"]

    def search(self, file, photo_id, **options):
        """Store what a worker says of a photo that is searched again."""
        self.store.add(file, self.result(**options), photo_id)
        self.store.flush()

    def row(self, file):
        columns = "state, photo_id, content_hash, orientation"
        [row] = rows(self.db, f"SELECT {columns} FROM file WHERE id = ?", (file.file_id,))  # noqa: S608
        return dict(zip(columns.split(", "), row, strict=True))

    def faces(self, photo_id):
        return stored.faces_of_photo(self.db, photo_id)

    def boxes(self, photo_id):
        return [face.box for face in self.faces(photo_id)]

    def problems(self):
        return rows(self.db, "SELECT file_id, stage, kind, message FROM issue ORDER BY 1, 2")

    def person(self, name):
        return people.find_by_name(self.db, name) or people.add_person(self.db, name)

    def assign(self, face_id, name="Ada", state="confirmed", source="user"):
        """Let somebody say who a face is."""
        with transaction(self.db):
            person = None if state == "ignored" else self.person(name)
            word = Assignment(person, FaceState(state), Source(source))
            stored.set_assignments(self.db, face_id, [word])

    def said(self, face_id):
        return [(a.state.value, a.source.value) for a in stored.assignments(self.db, face_id)]
