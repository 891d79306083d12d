"""A real library made through the repositories, with faces that no engine had to find."""

import os
import uuid

import numpy as np

from facedex.db import faces, files, people, photos
from facedex.db.connection import transaction
from facedex.db.encoders import save_thresholds
from facedex.db.library import open_library, set_meta
from facedex.imaging.formats import RAW_SUFFIXES, suffix
from facedex.types import Box, EncoderThresholds, FaceState, FileStat, PhotoFacts

MODEL = "dlib-resnet-v1-small"  # matched as dlib's encodings are
ENGINE = "small-engine"
# a plugin's encoder: dlib's cuts of 1 to 16 labels and of groups, twenty times as large
PLUGIN = "twenty-v1"
TWENTY_TIMES = EncoderThresholds((1, 4, 16), (10.5, 9.2, 8.9), 10.6)


class SmallLibrary:
    """Encodings of the same ``who`` lie near each other, those of two far apart."""

    def __init__(self, directory):
        self.directory = directory
        self.db = open_library(directory)
        self.rng = np.random.default_rng(0)
        self.middles = {}
        self.n_photos = 0
        with transaction(self.db):
            set_meta(self.db, "model", MODEL)
            self.root = files.ensure_root(self.db, os.fsencode(directory / "photos"))

    def close(self):
        self.db.close()

    def middle(self, who):
        if who not in self.middles:
            middle = self.rng.normal(size=128)
            self.middles[who] = middle / np.linalg.norm(middle)
        return self.middles[who]

    def encoding(self, who):
        return (self.middle(who) + self.rng.normal(size=128) * 0.012).astype(np.float32)

    def photo(self, *whos, **details):
        """Add a photo that shows these; return their faces."""
        return self.photo_of([self.encoding(who) for who in whos], **details)

    def photo_of(
        self,
        encodings,
        name=None,
        size=(4000, 3000),
        taken_s=None,
        orientation=1,
        qualities=None,
    ):
        """Add a photo with faces of these encodings; return them. Its name makes it a RAW.

        ``orientation`` is what its file says; the faces lie side by side in the stored pixels.
        """
        n = len(encodings)
        self.n_photos += 1
        relpath = name or b"IMG_%04d.jpg" % self.n_photos
        image_format = "RAW" if suffix(relpath) in RAW_SUFFIXES else "JPEG"
        taken_s = self.n_photos if taken_s is None else taken_s
        with transaction(self.db):
            facts = PhotoFacts(image_format, *size, orientation, taken_s * 1_000_000)
            photo_id = photos.add_photo(self.db, uuid.uuid4().bytes * 2, facts)
            stat = FileStat(relpath, 1000, 1, 1, self.n_photos, 1)
            file_id = files.add_file(self.db, self.root, stat)
            content = uuid.uuid4().bytes * 2
            files.set_read(self.db, file_id, 10**18, content, photo_id, orientation)
            photos.set_analysed(self.db, photo_id, ENGINE, MODEL, orientation, n)
            found = []
            for index, (vector, quality) in enumerate(
                zip(encodings, [None] * n if qualities is None else qualities, strict=True)
            ):
                x = 0.05 + 0.9 * index / n
                box = Box(x, 0.2, x + 0.8 / n, 0.6)
                encoding = np.asarray(vector, dtype=np.float32)
                new = faces.NewFace(box, "cnn", 1.0, None, encoding, quality)
                found.append(faces.add_face(self.db, photo_id, new, ENGINE, MODEL))
        return found

    def encode_by(self, model, thresholds, scale):
        """Let all faces be encoded by a plugin's model, whose distances are ``scale`` times as
        large."""
        with transaction(self.db):
            set_meta(self.db, "model", model)
            save_thresholds(self.db, model, thresholds)
            self.db.execute("UPDATE analysis SET model = ?", (model,))
            for face_id, vector in self.db.execute(
                "SELECT face_id, vector FROM encoding"
            ).fetchall():
                larger = (np.frombuffer(vector, "<f4") * scale).astype("<f4").tobytes()
                sql = "UPDATE encoding SET model = ?, vector = ? WHERE face_id = ?"
                self.db.execute(sql, (model, larger, face_id))

    def take_away(self, name):
        """Let a photo's file be gone, as a walk finds it."""
        with transaction(self.db):
            self.db.execute("UPDATE file SET state = 'missing' WHERE relpath = ?", (name,))

    def album(self, who, n):
        """Add photos that show only one; return the faces."""
        return [self.photo(who)[0] for _ in range(n)]

    def said(self, face_id):
        """What is said of a face: (name, state, source)."""
        return [
            (
                None if a.person_id is None else people.get_person(self.db, a.person_id).name,
                a.state.value,
                a.source.value,
            )
            for a in faces.assignments(self.db, face_id)
        ]

    def settled(self, face_id):
        """What is said of a face by others than the program."""
        return [each for each in self.said(face_id) if each[2] != "auto"]

    def suggested(self, face_id):
        """The name suggested for a face, or None."""
        names = [name for name, state, _source in self.said(face_id) if state == "suggested"]
        return names[0] if names else None

    def confirmed(self, face_id):
        """The confirmed name of a face, or None."""
        names = [name for name, state, _s in self.said(face_id) if state == FaceState.CONFIRMED]
        return names[0] if names else None

    def cluster(self, face_id):
        photo = self.db.execute("SELECT photo_id FROM face WHERE id = ?", (face_id,)).get
        [row] = [f for f in faces.faces_of_photo(self.db, photo) if f.face_id == face_id]
        return row.cluster_id

    def names(self):
        return sorted(person.name for person in people.list_people(self.db))


def grouped(small, *found):
    """Put each list of faces into an unknown group of its own; return the groups."""
    with transaction(small.db):
        made = [people.add_cluster(small.db) for _ in found]
        for cluster_id, face_ids in zip(made, found, strict=True):
            for face_id in face_ids:
                faces.set_cluster(small.db, face_id, cluster_id)
    return made


def clusters(small, face_ids):
    """Return the group of each face."""
    return [small.cluster(face) for face in face_ids]
