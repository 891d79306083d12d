"""A RAW and its JPEG: whoever said something of either face, both say it, and the stronger word is
kept."""

import itertools

import numpy as np
import pytest
from other_programs import KINDS, SOURCE_OF, say, stored_boxes, take_over
from small_library import ENGINE, MODEL, grouped

from facedex.db import faces, files, people
from facedex.db.connection import rows, transaction
from facedex.services.decisions import decide_faces
from facedex.services.names_in.link_companions import link_companions
from facedex.types import Box

ADA, EVE, MIA = "Ada Lovelace", "Eve", "Mia"
JPEG, RAW = b"IMG_1.JPG", b"IMG_1.CR2"
SAYERS = ("user", *KINDS)  # the one that counts most first
either_side = pytest.mark.parametrize("side", [0, 1], ids=["lead", "companion"])


def source(by):
    return "user" if by == "user" else str(SOURCE_OF[by])


def link(small):
    link_companions(small.db, MODEL, lambda: False)


def twins(small):
    return dict(rows(small.db, "SELECT face_id, lead_id FROM twin"))


@pytest.fixture
def both(small):
    """The face on the JPEG, which leads, and the same on the RAW."""
    return small.photo("ada", name=JPEG, taken_s=9)[0], small.photo("ada", name=RAW, taken_s=9)[0]


def name_as(small, by, face_id, name):
    if by == "user":
        decide_faces.name_faces(small.db, [face_id], name)
        return
    relpath = rows(
        small.db,
        "SELECT h.relpath FROM file h JOIN face f ON f.photo_id = h.photo_id WHERE f.id = ?",
        (face_id,),
    )[0][0]
    say(small, by, {relpath: [(name, *stored_boxes(small, [face_id]))]})
    take_over(small)


@either_side
@pytest.mark.parametrize("by", SAYERS)
def test_a_name_on_either_is_on_both_with_its_source_and_its_persons_cluster(small, both, by, side):
    name_as(small, by, both[side], ADA)
    link(small)
    assert twins(small) == {both[1]: both[0]}
    for face_id in both:
        assert small.said(face_id) == [(ADA, "confirmed", source(by))]
    home = people.main_cluster(small.db, people.find_by_name(small.db, ADA))
    assert [small.cluster(face_id) for face_id in both] == [home, home]


@either_side
@pytest.mark.parametrize("by", SAYERS)
def test_the_cluster_of_the_named_one_wins_over_a_group_of_unknown_faces(small, both, by, side):
    others = small.album("eve", 2)
    grouped(small, [both[1 - side], *others])
    name_as(small, by, both[side], ADA)
    home = small.cluster(both[side])
    link(small)
    assert [small.cluster(face_id) for face_id in both] == [home, home]


@pytest.mark.parametrize("in_groups", [(True, True), (True, False), (False, True), (False, False)])
def test_of_unknown_faces_the_leads_group_holds_where_it_has_one(small, both, in_groups):
    with transaction(small.db):
        groups = [people.add_cluster(small.db) for _ in both]
        for face_id, group, is_in in zip(both, groups, in_groups, strict=True):
            faces.set_cluster(small.db, face_id, group if is_in else None)
    link(small)
    wanted = groups[0] if in_groups[0] else groups[1] if in_groups[1] else None
    assert [small.cluster(face_id) for face_id in both] == [wanted, wanted]


@either_side
@pytest.mark.parametrize(("strong", "weak"), list(itertools.combinations(SAYERS, 2)))
def test_of_two_who_say_the_same_the_stronger_is_its_source(small, both, strong, weak, side):
    name_as(small, strong, both[side], ADA)
    name_as(small, weak, both[1 - side], ADA)
    link(small)
    for face_id in both:
        assert small.said(face_id) == [(ADA, "confirmed", source(strong))]


@pytest.mark.parametrize(("one", "other"), list(itertools.product(SAYERS, repeat=2)))
def test_two_that_contradict_each_other_are_not_twins_and_keep_their_names(small, both, one, other):
    if one == other and one != "user":
        boxes = stored_boxes(small, both)
        said = {JPEG: [(ADA, boxes[0])], RAW: [(EVE, boxes[1])]}
        say(small, one, said)
        take_over(small)
    else:
        name_as(small, one, both[0], ADA)
        name_as(small, other, both[1], EVE)
    link(small)
    assert twins(small) == {}
    assert small.said(both[0]) == [(ADA, "confirmed", source(one))]
    assert small.said(both[1]) == [(EVE, "confirmed", source(other))]


@either_side
@pytest.mark.parametrize("by", SAYERS)
def test_denied_on_one_and_named_on_the_other_they_are_not_twins(small, both, by, side):
    decide_faces.name_faces(small.db, [both[side]], ADA)
    decide_faces.reject(small.db, [both[side]])
    name_as(small, by, both[1 - side], ADA)
    link(small)
    assert twins(small) == {}
    assert small.said(both[side]) == [(ADA, "rejected", "user")]
    assert small.said(both[1 - side]) == [(ADA, "confirmed", source(by))]


@either_side
@pytest.mark.parametrize("by", [None, *SAYERS])
def test_all_denials_of_either_are_on_both(small, both, by, side):
    for face_id, name in zip(both, (EVE, MIA), strict=True):
        decide_faces.name_faces(small.db, [face_id], name)
        decide_faces.reject(small.db, [face_id])
    if by is not None:
        name_as(small, by, both[side], ADA)
    link(small)
    named = [] if by is None else [(ADA, "confirmed", source(by))]
    wanted = {*named, (EVE, "rejected", "user"), (MIA, "rejected", "user")}
    assert [set(small.said(face_id)) for face_id in both] == [wanted, wanted]


@either_side
@pytest.mark.parametrize("by", [None, *SAYERS])
def test_put_aside_on_one_is_aside_on_both_unless_the_other_is_named(small, both, by, side):
    decide_faces.ignore(small.db, [both[side]])
    if by is not None:
        name_as(small, by, both[1 - side], ADA)
    link(small)
    assert small.said(both[side]) == [(None, "ignored", "user")]
    other = (None, "ignored", "user") if by is None else (ADA, "confirmed", source(by))
    assert small.said(both[1 - side]) == [other]
    assert bool(twins(small)) is (by is None)


@either_side
def test_a_programs_guess_of_one_is_not_a_word_of_both(small, both, side):
    with transaction(small.db):
        ada = people.add_person(small.db, ADA)
        faces.add_suggestion(small.db, both[side], ada, 0.2, 0.9)
    link(small)
    assert twins(small) == {both[1]: both[0]}
    assert small.said(both[1 - side]) == []


@either_side
def test_twins_that_come_to_contradict_each_other_part(small, both, side):
    link(small)
    with transaction(small.db):  # as if two programs had been written to beside facedex
        for face_id, name in zip(both, (ADA, EVE), strict=True):
            person = people.add_person(small.db, name)
            word = faces.Assignment(person, "confirmed", "user")
            faces.set_assignments(small.db, face_id, [word])
    link(small)
    assert twins(small) == {}
    assert [small.confirmed(face_id) for face_id in both] == [ADA, EVE]


# ---- which faces are the same


def vector(small, face_id, distance):
    """Give a face an encoding so far from (1, 0, ...)."""
    encoding = np.zeros(128, np.float32)
    encoding[0], encoding[1] = 1, distance
    place = stored_boxes(small, [face_id])[0]
    with transaction(small.db):
        faces.update_face(
            small.db, face_id, faces.NewFace(place, "cnn", 1.0, None, encoding), ENGINE, MODEL
        )


@pytest.mark.parametrize(
    ("is_in_place", "distance", "is_twin"),
    [
        (True, 0.0, True), (True, 0.5, True), (True, 0.599, True), (True, 0.601, False),
        (False, 0.0, True), (False, 0.349, True), (False, 0.351, False),
    ],
)  # fmt: skip
@pytest.mark.parametrize("why_not", ["moved", "cropped"])
def test_in_another_place_they_are_the_same_only_if_they_look_alike(
    small, is_in_place, distance, is_twin, why_not
):
    size = (2000, 1500) if why_not == "cropped" and not is_in_place else (4000, 3000)
    [a] = small.photo("ada", name=JPEG, taken_s=9, size=size)
    [b] = small.photo("ada", name=RAW, taken_s=9)
    if why_not == "moved" and not is_in_place:
        with transaction(small.db):
            small.db.execute("UPDATE face SET y0 = 0.7, y1 = 0.9 WHERE id = ?", (a,))
    vector(small, a, 0)
    vector(small, b, distance)
    link(small)
    assert twins(small) == ({b: a} if is_twin else {})


@either_side
@pytest.mark.parametrize("has_encoding", [False, True])
def test_a_loose_box_on_either_is_the_face_inside_it(small, both, side, has_encoding):
    with transaction(small.db):
        sql = "UPDATE face SET x0 = ?, y0 = ?, x1 = ?, y1 = ? WHERE id = ?"
        small.db.execute(sql, (0.2, 0.2, 0.6, 0.7, both[side]))
        small.db.execute(sql, (0.3, 0.3, 0.5, 0.6, both[1 - side]))
        if not has_encoding:
            small.db.execute("DELETE FROM encoding")
    if has_encoding:
        vector(small, both[0], 0)
        vector(small, both[1], 0.5)
    link(small)
    assert twins(small) == {both[1]: both[0]}


@pytest.mark.parametrize("has_encodings", [False, True])
def test_of_several_in_place_each_is_paired_with_the_one_it_covers_most(small, has_encodings):
    on_jpeg = small.photo("ada", "eve", name=JPEG, taken_s=9)
    on_raw = small.photo("eve", "ada", name=RAW, taken_s=9)
    boxes = [Box(0.2, 0.2, 0.4, 0.5), Box(0.26, 0.2, 0.46, 0.5)]
    with transaction(small.db):
        sql = "UPDATE face SET x0 = ?, y0 = ?, x1 = ?, y1 = ? WHERE id = ?"
        for face_ids, order in ((on_jpeg, boxes), (on_raw, boxes[::-1])):
            for face_id, box in zip(face_ids, order, strict=True):
                small.db.execute(sql, (box.x0, box.y0, box.x1, box.y1, face_id))
        if not has_encodings:
            small.db.execute("DELETE FROM encoding")
    if has_encodings:
        for face_id in (*on_jpeg, *on_raw):
            vector(small, face_id, 0)
    link(small)
    assert twins(small) == {on_raw[0]: on_jpeg[1], on_raw[1]: on_jpeg[0]}


@pytest.mark.parametrize("turned", range(1, 9))
@pytest.mark.parametrize("of_jpeg", range(1, 9))
def test_places_are_compared_upright_however_either_is_turned(small, turned, of_jpeg):
    from facedex.geometry import box_to_stored

    shown = Box(0.1, 0.2, 0.3, 0.5)
    [a] = small.photo("ada", name=JPEG, taken_s=9, orientation=of_jpeg, size=(3000, 3000))
    [b] = small.photo("ada", name=RAW, taken_s=9, orientation=turned, size=(3000, 3000))
    with transaction(small.db):
        small.db.execute("DELETE FROM encoding")
        for face_id, orientation in ((a, of_jpeg), (b, turned)):
            box = box_to_stored(shown, orientation)
            small.db.execute(
                "UPDATE face SET x0 = ?, y0 = ?, x1 = ?, y1 = ? WHERE id = ?",
                (box.x0, box.y0, box.x1, box.y1, face_id),
            )
    link(small)
    assert twins(small) == {b: a}


@pytest.mark.parametrize(
    ("size", "is_same"),
    [((4000, 3000), True), ((4119, 3000), True), ((4121, 3000), False), ((4000, 3089), True),
     ((4000, 3091), False), ((3884, 3000), True), ((3880, 3000), False), ((3000, 4000), False)],
)  # fmt: skip
def test_places_are_compared_on_pictures_of_one_size_only(small, size, is_same):
    small.photo("ada", name=JPEG, taken_s=9)
    small.photo("ada", name=RAW, taken_s=9, size=size)
    with transaction(small.db):
        small.db.execute("DELETE FROM encoding")
    link(small)
    assert bool(twins(small)) is is_same


# ---- which photos


@pytest.mark.parametrize(
    ("apart_s", "is_companion"),
    [
        (26 * 3600, True), (26 * 3600 + 2, True), (26 * 3600 + 3, False),
        (26 * 3600 + 900, False), (900, True), (902, True), (903, False), (898, True), (897, False),
    ],
)  # fmt: skip
@pytest.mark.parametrize("earlier", [JPEG, RAW])
def test_clocks_differ_by_seconds_and_whole_time_zones(small, apart_s, is_companion, earlier):
    later = RAW if earlier == JPEG else JPEG
    small.photo("ada", name=earlier, taken_s=10**6)
    small.photo("ada", name=later, taken_s=10**6 + apart_s)
    link(small)
    assert bool(twins(small)) is is_companion


def test_folders_within_folders_are_other_folders(small):
    small.photo("ada", name=b"2001/May/IMG_1.JPG", taken_s=9)
    small.photo("ada", name=b"2001/June/IMG_1.CR2", taken_s=9)
    link(small)
    assert twins(small) == {}


def test_more_companions_than_fit_into_one_transaction_are_paired(small):
    made = []
    for number in range(70):
        [a] = small.photo("ada", name=b"%d.jpg" % number, taken_s=number)
        [b] = small.photo("ada", name=b"%d.cr2" % number, taken_s=number)
        made.append((b, a))
    link(small)
    assert twins(small) == dict(made)


def test_a_copy_of_a_raw_follows_the_first_of_its_pictures(small):
    """One RAW lies in two folders, with a camera's picture in one and an export in the other."""
    [export] = small.photo("ada", name=b"a/1.jpg", taken_s=9)
    [raw] = small.photo("ada", name=b"a/1.cr2", taken_s=9)
    [jpeg] = small.photo("ada", name=b"b/1.jpg", taken_s=9)
    with transaction(small.db):
        small.db.execute(
            "UPDATE photo SET format = 'PNG' WHERE id = (SELECT photo_id FROM face WHERE id = ?)",
            (export,),
        )
        copy = files.add_file(small.db, small.root, files.FileStat(b"b/1.cr2", 1000, 1, 1, 999, 1))
        photo_id = rows(small.db, "SELECT photo_id FROM face WHERE id = ?", (raw,))[0][0]
        files.set_read(small.db, copy, 10**18, b"c" * 32, photo_id, 1)
    link(small)
    assert twins(small)[raw] == jpeg
