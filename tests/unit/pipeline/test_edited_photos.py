"""The people named on a photo that was edited in place are named on the picture that is there
now."""

import itertools

import pytest
from scanned_photos import ENGINE, LEFT, MIDDLE, MODEL, RIGHT, ScannedPhotos, found, shifted

from facedex.db import faces as stored
from facedex.db import pairs, people, photos
from facedex.db.connection import rows, transaction
from facedex.geometry import iou
from facedex.naming.encoder import DLIB
from facedex.pipeline.edited_photos import carry_over
from facedex.types import Box, PhotoFacts, Source

PLACES = (LEFT, MIDDLE, RIGHT)
ELSEWHERE = (Box(0.1, 0.5, 0.3, 0.8), Box(0.4, 0.5, 0.6, 0.8), Box(0.7, 0.5, 0.9, 0.8))
# three people, far from each other
PEOPLE = ((1.0, 0, 0, 0), (0, 1.0, 0, 0), (0, 0, 1.0, 0))
EVERY_WORD = [
    (state, source.value)
    for state in ("confirmed", "ignored", "rejected")
    for source in Source
    if source is not Source.AUTO
]
SUBSETS = [chosen for size in range(4) for chosen in itertools.combinations(range(3), size)]


def near(who, distance):
    """Return an encoding of somebody so far from their first."""
    first = PEOPLE[who]
    return (*first[:3], distance)


@pytest.fixture
def scanned(tmp_path):
    made = ScannedPhotos(tmp_path)
    yield made
    made.close()


def edit(scanned, before, after, name="a.jpg", **options):
    """Store a photo, then another image in its file; return both photos and the faces of the
    first."""
    file = scanned.file(name)
    was = scanned.read(file, faces=before)
    faces = scanned.faces(was)
    now = scanned.read(file, content=b"edited", image=b"edited", faces=after, **options)
    return was, now, faces


def uuids(scanned, photo_id):
    return {face.uuid: face.box for face in scanned.faces(photo_id)}


@pytest.mark.parametrize("named", SUBSETS)
@pytest.mark.parametrize("there", SUBSETS)
def test_each_named_face_that_is_there_still_goes_to_the_edited_photo(scanned, named, there):
    was, now, faces = edit(
        scanned,
        [found(PLACES[who], vector=PEOPLE[who]) for who in range(3)],
        [found(ELSEWHERE[who], vector=near(who, 0.1)) for who in reversed(there)],
    )
    for who in named:
        scanned.assign(faces[who].face_id, name=f"person {who}")
    carry_over(scanned.db, MODEL, DLIB)
    gone_over = set(named) & set(there)
    shown = dict(
        rows(
            scanned.db,
            "SELECT f.uuid, p.name FROM face f JOIN assignment a ON a.face_id = f.id"
            " JOIN person p ON p.id = a.person_id WHERE f.photo_id = ?",
            (now,),
        )
    )
    assert shown == {faces[who].uuid: f"person {who}" for who in gone_over}
    on_photo = uuids(scanned, now)
    for who in gone_over:
        assert on_photo[faces[who].uuid] == ELSEWHERE[who]
    left = {faces[who].uuid for who in range(3) if who not in gone_over}
    assert set(uuids(scanned, was)) == left, "what finds no face stays"
    assert len(on_photo) == len(there)


@pytest.mark.parametrize(("state", "source"), EVERY_WORD)
def test_whatever_somebody_said_goes_over_with_group_and_uuid(scanned, state, source):
    _was, now, [face] = edit(scanned, [found(LEFT)], [found(ELSEWHERE[0])])
    scanned.assign(face.face_id, state=state, source=source)
    with transaction(scanned.db):
        cluster = people.add_cluster(scanned.db)
        stored.set_cluster(scanned.db, face.face_id, cluster)
    carry_over(scanned.db, MODEL, DLIB)
    [after] = scanned.faces(now)
    assert (after.uuid, after.cluster_id, after.box) == (face.uuid, cluster, ELSEWHERE[0])
    assert scanned.said(after.face_id) == [(state, source)]


@pytest.mark.parametrize("side", [0, 1])
def test_that_two_are_not_one_goes_over(scanned, side):
    _was, now, [face] = edit(scanned, [found(LEFT)], [found(ELSEWHERE[0])])
    other = scanned.read(scanned.file("b.jpg"), content=b"b", image=b"b", faces=[found(LEFT)])
    [theirs] = scanned.faces(other)
    pair = (face.face_id, theirs.face_id) if side == 0 else (theirs.face_id, face.face_id)
    with transaction(scanned.db):
        pairs.set_rejected(scanned.db, "faces", *pair, is_rejected=True)
    carry_over(scanned.db, MODEL, DLIB)
    [after] = scanned.faces(now)
    assert after.uuid == face.uuid
    assert pairs.is_rejected(scanned.db, "faces", after.face_id, theirs.face_id)


def test_a_programs_guess_does_not_go_over(scanned):
    _was, now, [face] = edit(scanned, [found(LEFT)], [found(LEFT)])
    scanned.assign(face.face_id, state="suggested", source="auto")
    carry_over(scanned.db, MODEL, DLIB)
    [after] = scanned.faces(now)
    assert after.uuid != face.uuid
    assert scanned.said(after.face_id) == []


@pytest.mark.parametrize(("state", "source"), EVERY_WORD)
def test_a_face_of_which_somebody_spoke_by_now_is_left_alone(scanned, state, source):
    was, now, [face] = edit(scanned, [found(LEFT)], [found(LEFT)])
    scanned.assign(face.face_id, name="Ada")
    [there] = scanned.faces(now)
    scanned.assign(there.face_id, name="Eve", state=state, source=source)
    carry_over(scanned.db, MODEL, DLIB)
    assert scanned.said(there.face_id) == [(state, source)]
    assert set(uuids(scanned, was)) == {face.uuid}


# ---- which face is the same


@pytest.mark.parametrize(("distance", "is_same"), [(0, True), (0.349, True), (0.351, False)])
def test_elsewhere_on_the_photo_the_same_face_is_nearer_than_siblings_are(
    scanned, distance, is_same
):
    _was, now, [face] = edit(
        scanned, [found(LEFT)], [found(ELSEWHERE[2], vector=near(0, distance))]
    )
    scanned.assign(face.face_id)
    carry_over(scanned.db, MODEL, DLIB)
    assert (face.uuid in uuids(scanned, now)) is is_same


@pytest.mark.parametrize(("distance", "is_same"), [(0.4, True), (0.599, True), (0.601, False)])
def test_in_its_place_a_face_is_the_same_unless_it_must_be_another(scanned, distance, is_same):
    _was, now, [face] = edit(scanned, [found(LEFT)], [found(LEFT, vector=near(0, distance))])
    scanned.assign(face.face_id)
    carry_over(scanned.db, MODEL, DLIB)
    assert (face.uuid in uuids(scanned, now)) is is_same


@pytest.mark.parametrize(("dx", "is_same"), [(0.066, True), (0.067, False)])
def test_in_its_place_means_that_half_of_both_boxes_is_shared(scanned, dx, is_same):
    moved = shifted(LEFT, dx)
    assert (iou(LEFT, moved) >= 0.5) is is_same
    _was, now, [face] = edit(scanned, [found(LEFT)], [found(moved, vector=near(0, 0.5))])
    scanned.assign(face.face_id)
    carry_over(scanned.db, MODEL, DLIB)
    assert (face.uuid in uuids(scanned, now)) is is_same


@pytest.mark.parametrize("missing", ["before", "after"])
@pytest.mark.parametrize("place", [LEFT, RIGHT])
def test_without_an_encoding_the_place_decides(scanned, missing, place):
    was, now, [face] = edit(scanned, [found(LEFT)], [found(place)])
    scanned.assign(face.face_id)
    photo_id = was if missing == "before" else now
    with transaction(scanned.db):
        sql = "DELETE FROM encoding WHERE face_id IN (SELECT id FROM face WHERE photo_id = ?)"
        scanned.db.execute(sql, (photo_id,))
    carry_over(scanned.db, MODEL, DLIB)
    assert (face.uuid in uuids(scanned, now)) is (place == LEFT)


def test_the_nearest_encoding_beats_the_place(scanned):
    _was, now, [one, other] = edit(
        scanned,
        [found(LEFT, vector=PEOPLE[0]), found(RIGHT, vector=PEOPLE[1])],
        [found(LEFT, vector=near(1, 0.2)), found(RIGHT, vector=near(0, 0.3))],
    )
    for face in (one, other):
        scanned.assign(face.face_id)
    carry_over(scanned.db, MODEL, DLIB)
    assert uuids(scanned, now) == {other.uuid: LEFT, one.uuid: RIGHT}


@pytest.mark.parametrize("turned_round", [False, True])
def test_of_several_alike_each_goes_to_the_nearest_and_none_twice(scanned, turned_round):
    after = [
        found(ELSEWHERE[0], vector=(1, 0, 0, 0.05)),
        found(ELSEWHERE[1], vector=(1, 0, 0, 0.25)),
    ]
    _was, now, [one, other] = edit(
        scanned,
        [found(LEFT, vector=(1, 0, 0, 0)), found(RIGHT, vector=(1, 0, 0, 0.2))],
        after[::-1] if turned_round else after,
    )
    for face in (one, other):
        scanned.assign(face.face_id)
    carry_over(scanned.db, MODEL, DLIB)
    assert uuids(scanned, now) == {one.uuid: ELSEWHERE[0], other.uuid: ELSEWHERE[1]}


@pytest.mark.parametrize("turned_round", [False, True])
def test_by_place_each_goes_to_the_box_that_it_shares_most(scanned, turned_round):
    aside = shifted(LEFT, 0.04)
    after = [found(shifted(LEFT, 0.01), vector=near(0, 0.5)), found(aside, vector=near(0, 0.5))]
    _was, now, [one, other] = edit(
        scanned, [found(LEFT), found(aside)], after[::-1] if turned_round else after
    )
    for face in (one, other):
        scanned.assign(face.face_id)
    carry_over(scanned.db, MODEL, DLIB)
    assert uuids(scanned, now) == {one.uuid: shifted(LEFT, 0.01), other.uuid: aside}


@pytest.mark.parametrize(
    ("facts", "is_same"),
    [
        (PhotoFacts("JPEG", 400, 300), True),
        (PhotoFacts("JPEG", 800, 600), True),
        (PhotoFacts("JPEG", 403, 300), True),
        (PhotoFacts("JPEG", 405, 300), False),
        (PhotoFacts("JPEG", 395, 300), False),
        (PhotoFacts("JPEG", 300, 400), False),
        *((PhotoFacts("JPEG", 400, 300, turned), False) for turned in range(2, 9)),
    ],
)
def test_places_are_compared_only_on_a_picture_of_the_same_shape(scanned, facts, is_same):
    _was, now, [face] = edit(
        scanned, [found(LEFT)], [found(LEFT, vector=near(0, 0.5))], facts=facts
    )
    scanned.assign(face.face_id)
    carry_over(scanned.db, MODEL, DLIB)
    assert (face.uuid in uuids(scanned, now)) is is_same


# ---- which photo is in whose place


def test_places_are_compared_once_and_encodings_always(scanned):
    """What somebody names later on the old picture, put back for a while, has its own place."""
    file = scanned.file("a.jpg")
    was = scanned.read(file, faces=[found(LEFT), found(RIGHT, vector=PEOPLE[1])])
    here, there = scanned.faces(was)
    scanned.read(
        file, content=b"edited", image=b"edited",
        faces=[found(LEFT, vector=near(0, 0.5)), found(ELSEWHERE[1], vector=near(1, 0.1))],
    )  # fmt: skip
    now = scanned.row(file)["photo_id"]
    carry_over(scanned.db, MODEL, DLIB)
    for face in (here, there):
        scanned.assign(face.face_id)
    carry_over(scanned.db, MODEL, DLIB)
    assert here.uuid not in uuids(scanned, now)
    assert there.uuid in uuids(scanned, now)


def test_a_photo_that_another_file_still_holds_keeps_its_names(scanned):
    copy = scanned.file("b.jpg")
    scanned.read(copy, faces=None)
    was, now, [face] = edit(scanned, [found(LEFT)], [found(LEFT)])
    scanned.assign(face.face_id)
    carry_over(scanned.db, MODEL, DLIB)
    assert set(uuids(scanned, was)) == {face.uuid}
    assert face.uuid not in uuids(scanned, now)


def test_a_photo_not_searched_by_this_model_waits(scanned):
    was, now, [face] = edit(scanned, [found(LEFT)], [found(LEFT)])
    scanned.assign(face.face_id)
    carry_over(scanned.db, "another-model", DLIB)
    assert set(uuids(scanned, was)) == {face.uuid}
    carry_over(scanned.db, MODEL, DLIB)
    assert set(uuids(scanned, now)) == {face.uuid}


def test_a_photo_that_gave_its_faces_away_is_searched_again_when_it_is_back(scanned):
    was, now, [one, _other] = edit(
        scanned, [found(LEFT), found(RIGHT, vector=PEOPLE[1])], [found(LEFT)]
    )
    scanned.assign(one.face_id)
    carry_over(scanned.db, MODEL, DLIB)
    searched = [photo_id for (photo_id,) in rows(scanned.db, "SELECT photo_id FROM analysis")]
    assert was not in searched
    assert now in searched


def test_a_photo_that_gave_nothing_away_stays_searched(scanned):
    was, now, [face] = edit(scanned, [found(LEFT)], [found(RIGHT, vector=PEOPLE[1])])
    scanned.assign(face.face_id)
    carry_over(scanned.db, MODEL, DLIB)
    assert {each for (each,) in rows(scanned.db, "SELECT photo_id FROM analysis")} == {was, now}
    assert rows(scanned.db, "SELECT is_compared FROM former") == [(1,)]


def test_names_go_over_for_more_photos_than_fit_into_one_transaction(scanned):
    made = []
    for number in range(70):
        name = b"%d" % number
        file = scanned.file(f"{number}.jpg")
        was = scanned.read(file, content=name, image=name, faces=[found(LEFT)])
        scanned.assign(scanned.faces(was)[0].face_id)
        made.append(scanned.faces(was)[0].uuid)
        scanned.read(file, content=name + b"e", image=name + b"e", faces=[found(LEFT)])
    carry_over(scanned.db, MODEL, DLIB)
    shown = rows(
        scanned.db, "SELECT f.uuid FROM face f JOIN file h ON h.photo_id = f.photo_id ORDER BY h.id"
    )
    assert shown == [(face_uuid,) for face_uuid in made]
    assert photos.count_undone(scanned.db, ENGINE, MODEL) == 0
