"""A box on nothing is not a face: named, and nobody is recognised by what is in it."""

import numpy as np
import pytest
from small_library import ENGINE, MODEL, PLUGIN, TWENTY_TIMES, clusters

from facedex.db import faces
from facedex.db.cache import open_cache
from facedex.db.connection import rows, transaction
from facedex.naming.encoder import DLIB
from facedex.pipeline.messages import EncodeResult, FoundFace, Problem
from facedex.pipeline.scan_run import ScanRun
from facedex.progress import NullSink
from facedex.services.decisions import decide_faces
from facedex.services.recognising.drawn_boxes import judge_drawn_boxes
from facedex.services.recognising.match_faces import match_faces
from facedex.services.reviewing.question_queue import QuestionQueue
from facedex.types import SURE, Box

BESIDE = Box(0.9, 0.9, 0.99, 0.99)
FLOOR = DLIB.quality_floor


def box(small, who, quality, origin="picasa"):
    """Add a photo with a box that was encoded with this quality; return its face."""
    [face] = small.photo(who)
    with transaction(small.db):
        sql = "UPDATE face SET origin = ?, quality = ? WHERE id = ?"
        small.db.execute(sql, (origin, quality, face))
    return face


@pytest.mark.parametrize("origin", ["picasa", "xmp", "digikam", "manual", "cascade"])
@pytest.mark.parametrize(
    ("quality", "teaches"), [(FLOOR - 0.01, False), (FLOOR + 0.01, True), (None, True)]
)
def test_a_named_face_of_a_quality_below_the_floor_teaches_nothing(small, origin, quality, teaches):
    named, other = box(small, "ada", quality, origin), small.photo("ada")[0]
    decide_faces.name_faces(small.db, [named], "Ada")
    match_faces(small.db, MODEL)
    assert small.confirmed(named) == "Ada"
    assert small.suggested(other) == ("Ada" if teaches else None)


def test_of_a_plugins_encoder_that_names_no_floor_all_teach(small):
    named, other = box(small, "ada", 0.01), small.photo("ada")[0]
    decide_faces.name_faces(small.db, [named], "Ada")
    small.encode_by(PLUGIN, TWENTY_TIMES, 20)
    match_faces(small.db, PLUGIN)
    assert small.suggested(other) == "Ada"


def test_a_box_on_nothing_moves_nobody_who_has_other_faces(small):
    good = small.album("ada", 3)
    decide_faces.name_faces(small.db, good, "Ada")
    other, wall = small.photo("wall")[0], box(small, "wall", 0.05)
    decide_faces.name_faces(small.db, [wall], "Ada")
    match_faces(small.db, MODEL)
    assert small.suggested(other) is None


def test_boxes_on_nothing_are_in_no_group_and_no_question(small):
    walls = [box(small, "wall", 0.05) for _ in range(4)]
    match_faces(small.db, MODEL)
    assert clusters(small, walls) == [None] * 4
    assert QuestionQueue().questions(small.db, 5) == []
    assert [small.suggested(wall) for wall in walls] == [None] * 4


def test_faces_of_which_the_quality_is_not_known_are_grouped(small):
    unknown = [box(small, "wall", None) for _ in range(4)]
    match_faces(small.db, MODEL)
    assert len(set(clusters(small, unknown))) == 1
    assert clusters(small, unknown)[0] is not None


def probability(small, face):
    return rows(
        small.db, "SELECT probability FROM assignment WHERE face_id = ? AND state = 'suggested'",
        (face,),
    )[0][0]  # fmt: skip


@pytest.mark.parametrize(
    ("named_quality", "quality", "is_sure"),
    [(0.9, 0.9, True), (0.9, 0.19, False), (0.19, 0.9, False), (0.21, 0.21, True)],
)
def test_a_suggestion_that_rests_on_poor_encodings_is_never_sure(
    small, named_quality, quality, is_sure
):
    named = [box(small, "ada", named_quality, "cascade") for _ in range(5)]
    decide_faces.name_faces(small.db, named, "Ada")
    decide_faces.name_faces(small.db, small.album("eve", 2), "Eve")
    face = box(small, "ada", quality, "cascade")
    match_faces(small.db, MODEL)
    assert small.suggested(face) == "Ada"
    assert (probability(small, face) >= SURE) is is_sure


# ---- libraries of the version before, which could not tell a face in a drawn box from background


class OnePool:
    """Encodes every box as it is told."""

    def __init__(self, faces, problem=None):
        self.result = EncodeResult(tuple(faces), tuple(b"" for _ in faces), problem)
        self.n_jobs = 0

    def run(self, tasks, *_more):
        for task in tasks:
            self.n_jobs += 1
            yield task, self.result


def judge(small, pool):
    cache = open_cache(small.directory)
    judge_drawn_boxes(
        ScanRun(small.db, cache, ENGINE, MODEL, DLIB, pool, NullSink(), lambda: False)
    )
    cache.close()


def seen(quality):
    encoding = np.full(128, 0.1, np.float32)
    return FoundFace(BESIDE, "picasa", None, np.zeros((5, 2), np.float32), encoding, b"", quality)


def state(small, face):
    sql = "SELECT quality, EXISTS (SELECT 1 FROM encoding e WHERE e.face_id = f.id) FROM face f"
    return rows(small.db, sql + " WHERE id = ?", (face,))[0]


def test_a_box_in_which_a_face_is_seen_gets_the_quality_that_it_deserves(small):
    face = box(small, "ada", 0.02)
    judge(small, OnePool([seen(0.8)]))
    assert state(small, face) == (0.8, 1)
    assert faces.find_encoding(small.db, face, MODEL)[0] == np.float32(0.1)
    pool = OnePool([seen(0.8)])
    judge(small, pool)
    assert pool.n_jobs == 0


@pytest.mark.parametrize("found", [None, seen(0.0), seen(FLOOR - 0.01)])
def test_of_a_box_on_nothing_only_the_name_is_left(small, found):
    face = box(small, "wall", 0.02)
    decide_faces.name_faces(small.db, [face], "Ada")
    judge(small, OnePool([found]))
    assert state(small, face) == (None, 0)
    assert small.confirmed(face) == "Ada"
    pool = OnePool([found])
    judge(small, pool)
    assert pool.n_jobs == 0


def test_what_cannot_be_read_now_is_asked_for_again(small):
    face = box(small, "wall", 0.02)
    judge(small, OnePool([None], Problem("read", "unreadable", "no such file")))
    assert state(small, face) == (0.02, 1)


def test_what_a_detector_found_is_not_looked_at_again(small):
    box(small, "ada", 0.02, "cascade")
    box(small, "ada", FLOOR + 0.01)
    pool = OnePool([None])
    judge(small, pool)
    assert pool.n_jobs == 0
