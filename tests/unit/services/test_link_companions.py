"""A RAW and the picture beside it: one moment, one set of faces, and every name on both."""

import numpy as np
import pytest
from small_library import ENGINE, MODEL, PLUGIN, TWENTY_TIMES, grouped

from facedex.db import catalog, companions, decisions, faces, files, people, photos
from facedex.db.connection import rows, transaction
from facedex.services.decisions import decide_faces
from facedex.services.decisions.decide_groups import reject_as
from facedex.services.names_in.link_companions import link_companions
from facedex.services.names_in.named_faces import name_face
from facedex.services.recognising.match_faces import match_faces
from facedex.types import Box, Source

ADA, EVE = "Ada Lovelace", "Eve"


def link(small):
    link_companions(small.db, MODEL, lambda: False)


def pair(small, *whos, jpeg=b"IMG_1.JPG", raw=b"IMG_1.CR2", **options):
    """Return the faces on a JPEG and those on its RAW."""
    on_jpeg = small.photo(*whos, name=jpeg, taken_s=100)
    on_raw = small.photo(*whos, name=raw, taken_s=100, **options)
    return on_jpeg, on_raw


def twins(small):
    return dict(rows(small.db, "SELECT face_id, lead_id FROM twin"))


def photo_of(small, face_id):
    return rows(small.db, "SELECT photo_id FROM face WHERE id = ?", (face_id,))[0][0]


def leads(small):
    return dict(rows(small.db, "SELECT photo_id, companion_of FROM v1_photos WHERE companion_of"))


def from_picasa(small, face_id, name):
    with transaction(small.db):
        person = people.find_by_name(small.db, name) or people.add_person(small.db, name)
        people.set_contact(small.db, f"{person:016x}", person, name)
        name_face(small.db, face_id, person, Source.PICASA)


# ---- which photos are companions


@pytest.mark.parametrize(
    ("jpeg", "raw"),
    [
        (b"IMG_1.JPG", b"IMG_1.CR2"),
        (b"img_1.jpg", b"IMG_1.NEF"),
        (b"a/b/IMG_1.jpeg", b"a/b/IMG_1.dng"),
        (b"IMG_1.CR2.jpg", b"IMG_1.CR2"),
        (b"IMG_1.JPG", b"IMG_1.JPG.CR2"),
        (b"IMG_1.HEIC", b"IMG_1.DNG"),
        (b"caf\xe9.jpg", b"caf\xe9.arw"),
    ],
)
def test_a_raw_follows_the_picture_of_its_name(small, jpeg, raw):
    [a], [b] = pair(small, "ada", jpeg=jpeg, raw=raw)
    link(small)
    assert leads(small) == {photo_of(small, b): photo_of(small, a)}


@pytest.mark.parametrize(
    ("jpeg", "raw"),
    [
        (b"IMG_1.JPG", b"IMG_2.CR2"),
        (b"a/IMG_1.JPG", b"b/IMG_1.CR2"),
        (b"IMG_1.JPG", b"IMG_1_edit.CR2"),
        (b"IMG_1.small.JPG", b"IMG_1.CR2"),
    ],
)
def test_photos_of_other_names_or_folders_are_strangers(small, jpeg, raw):
    pair(small, "ada", jpeg=jpeg, raw=raw)
    link(small)
    assert leads(small) == {}


def test_two_pictures_of_one_name_without_a_raw_are_strangers(small):
    pair(small, "ada", jpeg=b"IMG_1.JPG", raw=b"IMG_1.png")
    link(small)
    assert leads(small) == {}


@pytest.mark.parametrize(("apart_s", "is_companion"), [
    (0, True), (2, True), (3, False), (60, False), (3600, True), (5.5 * 3600, True),
    (3601, True), (86400 * 30, False),
])  # fmt: skip
def test_a_number_used_again_at_another_time_is_another_photo(small, apart_s, is_companion):
    small.photo("ada", name=b"IMG_1.JPG", taken_s=10**6)
    small.photo("ada", name=b"IMG_1.CR2", taken_s=int(10**6 + apart_s))
    link(small)
    assert bool(leads(small)) is is_companion


def test_without_a_time_the_name_decides(small):
    [a], [b] = pair(small, "ada")
    with transaction(small.db):
        small.db.execute("UPDATE photo SET taken_us = NULL WHERE id = ?", (photo_of(small, b),))
    link(small)
    assert leads(small) == {photo_of(small, b): photo_of(small, a)}


def test_two_raws_follow_one_picture_and_one_raw_follows_the_other_without(small):
    [jpeg], [raw] = pair(small, "ada")
    [dng] = small.photo("ada", name=b"IMG_1.dng", taken_s=100)
    link(small)
    assert twins(small) == {raw: jpeg, dng: jpeg}
    small.take_away(b"IMG_1.JPG")
    link(small)
    assert twins(small) == {dng: raw, jpeg: raw}


def test_the_cameras_picture_leads_before_an_exported_one(small):
    [export] = small.photo("ada", name=b"IMG_1.tif", taken_s=100)
    with transaction(small.db):
        sql = "UPDATE photo SET format = 'TIFF' WHERE id = ?"
        small.db.execute(sql, (photo_of(small, export),))
    [jpeg], [raw] = pair(small, "ada")
    link(small)
    assert twins(small) == {raw: jpeg}


def test_copies_in_other_folders_make_no_circle(small):
    [jpeg], [raw] = pair(small, "ada", jpeg=b"a/1.jpg", raw=b"a/1.dng")
    [other] = small.photo("ada", name=b"b/1.cr2", taken_s=100)
    with transaction(small.db):
        for relpath, face_id in ((b"b/1.dng", raw), (b"c/1.jpg", jpeg), (b"c/1.cr2", other)):
            small.db.execute(
                "INSERT INTO file (root_id, relpath, relpath_text, path_is_lossy, size_bytes,"
                " mtime_ns, ctime_ns, inode, n_links, photo_id, state, first_seen_us) SELECT"
                " root_id, ?, ?, 0, 1, 1, 1, 9, 1, ?, 'present', 0 FROM file LIMIT 1",
                (relpath, relpath.decode(), photo_of(small, face_id)),
            )
    link(small)
    assert twins(small) == {raw: jpeg, other: jpeg}


# ---- which faces are the same


def test_faces_in_the_same_place_are_the_same(small):
    on_jpeg, on_raw = pair(small, "ada", "eve", "mia")
    link(small)
    assert twins(small) == dict(zip(on_raw, on_jpeg, strict=True))


def test_faces_on_a_cropped_picture_are_told_by_their_looks(small):
    [ada, eve] = small.photo("ada", "eve", name=b"IMG_1.JPG", taken_s=100, size=(2000, 1500))
    raw = small.photo("mia", "ada", "eve", name=b"IMG_1.CR2", taken_s=100)
    link(small)
    assert twins(small) == {raw[1]: ada, raw[2]: eve}


def test_another_face_in_the_same_place_is_another(small):
    small.photo("ada", name=b"IMG_1.JPG", taken_s=100)
    small.photo("mia", name=b"IMG_1.CR2", taken_s=100)
    link(small)
    assert twins(small) == {}


def link_twenty_times(small):
    """Link by an encoder whose distances are twenty times dlib's."""
    small.encode_by(PLUGIN, TWENTY_TIMES, 20)
    link_companions(small.db, PLUGIN, lambda: False)


@pytest.mark.parametrize("link_by", [link, link_twenty_times])
@pytest.mark.parametrize(
    ("size", "distance", "is_twin"),
    [
        ((4000, 3000), 0.58, True),  # in the same place, unless it cannot be the same face
        ((4000, 3000), 0.62, False),
        ((2000, 1500), 0.34, True),  # cropped: by the looks alone
        ((2000, 1500), 0.36, False),
    ],
)
def test_faces_are_one_up_to_a_distance_in_the_encoders_own_measure(
    small, link_by, size, distance, is_twin
):
    [a], [b] = pair(small, "ada", size=size)
    ada = small.encoding("ada")
    step = small.encoding("eve") / np.linalg.norm(small.encoding("eve"))
    with transaction(small.db):
        for face_id, encoding in ((a, ada), (b, ada + distance * step)):
            vector = encoding.astype("<f4").tobytes()
            sql = "UPDATE encoding SET vector = ? WHERE face_id = ?"
            small.db.execute(sql, (vector, face_id))
    link_by(small)
    assert twins(small) == ({b: a} if is_twin else {})


def test_where_nobody_knows_what_a_distance_means_the_place_decides(small):
    [a], [b] = pair(small, "ada")
    small.encode_by(PLUGIN, None, 20)
    link_companions(small.db, PLUGIN, lambda: False)
    assert twins(small) == {b: a}


@pytest.mark.parametrize(("size", "is_twin"), [((4032, 3024), True), ((2000, 1500), False)])
def test_a_box_without_encoding_is_told_by_its_place_on_a_picture_of_the_same_size(
    small, size, is_twin
):
    [a], [b] = pair(small, "ada", size=size)
    with transaction(small.db):
        small.db.execute("DELETE FROM encoding WHERE face_id = ?", (a,))
    link(small)
    assert twins(small) == ({b: a} if is_twin else {})


def test_a_turned_raw_is_compared_upright(small):
    [a] = small.photo("ada", name=b"IMG_1.JPG", taken_s=100, size=(3000, 4000))
    [b] = small.photo("ada", name=b"IMG_1.CR2", taken_s=100)
    with transaction(small.db):
        small.db.execute("DELETE FROM encoding")
        small.db.execute("UPDATE photo SET orientation = 6 WHERE format = 'RAW'")
        # upright (x, y) = (1 - y, x): the face that lies at (0.05..0.85, 0.2..0.6) upright
        small.db.execute(
            "UPDATE face SET x0 = 0.2, y0 = 0.15, x1 = 0.6, y1 = 0.95 WHERE id = ?", (b,)
        )
    link(small)
    assert twins(small) == {b: a}


def test_linking_again_changes_nothing_and_compares_nothing(small, monkeypatch):
    pair(small, "ada", "eve")
    link(small)
    before = rows(small.db, "SELECT * FROM twin"), rows(small.db, "SELECT * FROM companion")
    monkeypatch.setattr(faces, "find_encoding", None)
    link(small)
    after = rows(small.db, "SELECT * FROM twin"), rows(small.db, "SELECT * FROM companion")
    assert after == before


def test_a_face_found_later_is_paired_later(small):
    [a], [b] = pair(small, "ada")
    link(small)
    with transaction(small.db):
        for face_id in (a, b):
            new = faces.NewFace(Box(0.9, 0.9, 0.95, 0.95), "cnn", 1.0, None, small.encoding("eve"))
            faces.add_face(small.db, photo_of(small, face_id), new, ENGINE, MODEL)
    link(small)
    assert len(twins(small)) == 2


def test_linking_can_be_stopped_and_goes_on(small):
    [a], [b] = pair(small, "ada")
    link_companions(small.db, MODEL, lambda: True)
    assert twins(small) == {}
    link(small)
    assert twins(small) == {b: a}


# ---- what is decided holds for both


@pytest.mark.parametrize("chosen", [0, 1])
def test_a_name_given_on_either_is_on_both(small, chosen):
    [a], [b] = pair(small, "ada")
    link(small)
    assert list(decide_faces.name_faces(small.db, [(a, b)[chosen]], ADA).faces) == [a]
    assert small.confirmed(a) == small.confirmed(b) == ADA
    assert small.cluster(a) == small.cluster(b) is not None
    assert decisions.get_decision(small.db, 1).summary == "Named 1 face Ada Lovelace"


def test_both_chosen_is_one_face(small):
    [a], [b] = pair(small, "ada")
    link(small)
    assert list(decide_faces.name_faces(small.db, [b, a], ADA).faces) == [a]


@pytest.mark.parametrize("chosen", [0, 1])
def test_confirming_and_rejecting_a_suggestion_hold_for_both(small, chosen):
    decide_faces.name_faces(small.db, small.album("ada", 2), ADA)
    [a], [b] = pair(small, "ada")
    link(small)
    match_faces(small.db, MODEL)
    assert (small.suggested(a), small.suggested(b)) == (ADA, None)
    state = "SELECT state, person_name FROM v1_faces WHERE face_id = ?"
    assert rows(small.db, state, (b,)) == [("suggested", ADA)]
    decide_faces.reject(small.db, [(a, b)[chosen]])
    assert small.settled(a) == small.settled(b) == [(ADA, "rejected", "user")]
    decide_faces.undo(small.db)
    match_faces(small.db, MODEL)
    decide_faces.confirm(small.db, [(a, b)[chosen]])
    assert small.settled(a) == small.settled(b) == [(ADA, "confirmed", "user")]


def test_undo_and_redo_hold_for_both(small):
    [a], [b] = pair(small, "ada")
    link(small)
    decide_faces.name_faces(small.db, [a], ADA)
    decide_faces.ignore(small.db, [a])
    assert small.settled(a) == small.settled(b) == [(None, "ignored", "user")]
    decide_faces.undo(small.db)
    assert small.confirmed(a) == small.confirmed(b) == ADA
    decide_faces.undo(small.db)
    assert small.settled(a) == small.settled(b) == []
    assert small.names() == []
    decide_faces.redo(small.db)
    assert small.confirmed(a) == small.confirmed(b) == ADA


def test_naming_a_group_names_the_raws_too(small):
    on_jpeg, on_raw = [], []
    for index in range(3):
        jpeg, raw = pair(small, "ada", jpeg=b"%d.jpg" % index, raw=b"%d.nef" % index)
        on_jpeg += jpeg
        on_raw += raw
    link(small)
    match_faces(small.db, MODEL)
    [group] = catalog.list_groups(small.db)
    assert group.n_faces == 3
    assert list(decide_faces.name_group(small.db, group.cluster_id, ADA).faces) == on_jpeg
    assert {small.confirmed(each) for each in on_raw} == {ADA}


# ---- no name is lost


def test_a_raw_that_arrives_later_has_the_name_and_undo_takes_it_from_both(small):
    [a] = small.photo("ada", name=b"IMG_1.JPG", taken_s=100)
    link(small)
    decide_faces.name_faces(small.db, [a], ADA)
    [b] = small.photo("ada", name=b"IMG_1.CR2", taken_s=100)
    link(small)
    assert small.confirmed(b) == ADA
    decide_faces.undo(small.db)
    assert small.settled(a) == small.settled(b) == []
    decide_faces.redo(small.db)
    assert small.confirmed(a) == small.confirmed(b) == ADA


def test_a_picture_that_arrives_later_has_the_name_and_leads(small):
    [b] = small.photo("ada", name=b"IMG_1.CR2", taken_s=100)
    decide_faces.name_faces(small.db, [b], ADA)
    [a] = small.photo("ada", name=b"IMG_1.JPG", taken_s=100)
    link(small)
    assert twins(small) == {b: a}
    assert small.confirmed(a) == ADA
    assert small.cluster(a) == small.cluster(b)
    decide_faces.undo(small.db)
    assert small.settled(a) == small.settled(b) == []


@pytest.mark.parametrize("gone", [b"IMG_1.JPG", b"IMG_1.CR2"])
def test_the_name_stays_when_either_file_goes_and_is_shown_once(small, gone):
    [a], [b] = pair(small, "ada")
    link(small)
    decide_faces.name_faces(small.db, [a], ADA)
    small.take_away(gone)
    link(small)
    person = people.find_by_name(small.db, ADA)
    shown = catalog.person_faces(small.db, person)
    assert shown == [b if gone == b"IMG_1.JPG" else a]
    assert small.confirmed(a) == small.confirmed(b) == ADA
    assert catalog.list_people(small.db)[0].n_faces == 1


def test_a_face_cropped_away_keeps_its_name_on_the_raw(small):
    on_jpeg, on_raw = pair(small, "ada", "eve")
    link(small)
    decide_faces.name_faces(small.db, [on_jpeg[0]], ADA)
    decide_faces.name_faces(small.db, [on_jpeg[1]], EVE)
    # the JPEG is cropped: its file holds another photo now, which shows Eve only
    small.take_away(b"IMG_1.JPG")
    with transaction(small.db):
        small.db.execute("UPDATE file SET relpath = x'00' WHERE relpath = ?", (b"IMG_1.JPG",))
    [cropped] = small.photo("eve", name=b"IMG_1.JPG", taken_s=100, size=(1000, 900))
    link(small)
    assert twins(small) == {on_raw[1]: cropped}
    assert small.confirmed(cropped) == EVE
    assert small.confirmed(on_raw[0]) == ADA


def test_a_renamed_file_leaves_the_names_on_both(small):
    [a], [b] = pair(small, "ada")
    link(small)
    decide_faces.name_faces(small.db, [a], ADA)
    with transaction(small.db):
        sql = "UPDATE file SET relpath = ? WHERE relpath = ?"
        small.db.execute(sql, (b"Ada at home.jpg", b"IMG_1.JPG"))
    link(small)
    assert twins(small) == {}
    assert small.confirmed(a) == small.confirmed(b) == ADA


def test_what_picasa_says_later_of_either_is_said_of_both(small):
    on_jpeg, on_raw = pair(small, "ada", "eve")
    link(small)
    from_picasa(small, on_jpeg[0], ADA)
    from_picasa(small, on_raw[1], EVE)
    link(small)
    for face_id in (on_jpeg[0], on_raw[0]):
        assert small.settled(face_id) == [(ADA, "confirmed", "picasa")]
    for face_id in (on_jpeg[1], on_raw[1]):
        assert small.settled(face_id) == [(EVE, "confirmed", "picasa")]


@pytest.mark.parametrize("named", [0, 1])
@pytest.mark.parametrize("is_denied", [False, True])
def test_the_cluster_of_the_named_companion_wins_over_a_group(small, named, is_denied):
    both = [*small.photo("ada", name=b"IMG_1.JPG", taken_s=100)]
    both += small.photo("ada", name=b"IMG_1.CR2", taken_s=100)
    face, other = both[named], both[1 - named]
    album = small.album("eve", 2)
    decide_faces.name_faces(small.db, album, EVE)
    decide_faces.name_faces(small.db, [face], ADA)
    grouped(small, [other])
    if is_denied:
        reject_as(small.db, [other], people.find_by_name(small.db, EVE))
    adas = small.cluster(face)
    link(small)
    assert [small.confirmed(each) for each in both] == [ADA, ADA]
    assert [small.cluster(each) for each in both] == [adas, adas]
    assert ((EVE, "rejected", "user") in small.said(face)) == is_denied


@pytest.mark.parametrize("named", [0, 1])
def test_the_users_word_of_one_beats_picasas_same_word_of_the_other(small, named):
    both = [face for faces in pair(small, "ada") for face in faces]
    from_picasa(small, both[1 - named], ADA)
    decide_faces.name_faces(small.db, [both[named]], ADA)
    link(small)
    for each in both:
        assert small.settled(each) == [(ADA, "confirmed", "user")]


def test_faces_of_which_different_things_are_said_stay_two(small):
    [a], [b] = pair(small, "ada")
    decide_faces.name_faces(small.db, [a], ADA)
    decide_faces.name_faces(small.db, [b], EVE)
    link(small)
    assert twins(small) == {}
    assert (small.confirmed(a), small.confirmed(b)) == (ADA, EVE)


def test_a_rejection_on_one_and_the_name_on_the_other_stay_two(small):
    [a], [b] = pair(small, "ada")
    decide_faces.name_faces(small.db, [a, b], ADA)
    decide_faces.reject(small.db, [b])
    link(small)
    assert twins(small) == {}
    assert small.settled(b) == [(ADA, "rejected", "user")]


def test_twins_that_picasa_comes_to_name_differently_part(small):
    [a], [b] = pair(small, "ada")
    link(small)
    from_picasa(small, a, ADA)
    from_picasa(small, b, EVE)
    link(small)
    assert twins(small) == {}
    assert (small.confirmed(a), small.confirmed(b)) == (ADA, EVE)


# ---- shown once


def test_unknown_faces_are_shown_grouped_and_counted_once(small):
    for index in range(3):
        pair(small, "ada", jpeg=b"%d.jpg" % index, raw=b"%d.nef" % index)
    on_jpeg, on_raw = pair(small, "mia")
    link(small)
    match_faces(small.db, MODEL)
    [group] = catalog.list_groups(small.db)
    assert group.n_faces == 3
    assert catalog.ungrouped_faces(small.db) == on_jpeg
    assert catalog.count_ungrouped(small.db) == 1
    decide_faces.ignore(small.db, on_raw)
    assert catalog.ignored_faces(small.db) == on_jpeg
    assert catalog.count_ignored(small.db) == 1
    counts = catalog.count_library(small.db, ENGINE)
    assert (counts.n_faces, counts.n_ignored, counts.n_companions) == (4, 1, 4)


def test_a_raw_placed_in_a_group_hands_its_place_to_the_picture(small):
    album = small.album("ada", 3)
    [raw] = small.photo("ada", name=b"IMG_1.CR2", taken_s=100)
    match_faces(small.db, MODEL)
    group = small.cluster(raw)
    assert group == small.cluster(album[0]) is not None
    [jpeg] = small.photo("ada", name=b"IMG_1.JPG", taken_s=100)
    link(small)
    match_faces(small.db, MODEL)
    assert small.cluster(jpeg) == group
    assert catalog.group_faces(small.db, group) == [*album, jpeg]


def test_rows_name_the_companions_file(small):
    [a], [b] = pair(small, "ada")
    link(small)
    [row] = catalog.faces_by_id(small.db, [a])
    assert row.companion.endswith("/IMG_1.CR2")
    assert catalog.find_faces(small.db, None, None, 10) == [row]
    for face_id, other in ((a, "IMG_1.CR2"), (b, "IMG_1.JPG")):
        [path] = catalog.get_photo_row(small.db, photo_of(small, face_id)).companions
        assert path.endswith(f"/{other}")


def test_a_companion_of_a_photo_that_is_dropped_is_free(small):
    [a], [b] = pair(small, "ada")
    link(small)
    with transaction(small.db):
        small.db.execute("DELETE FROM file WHERE relpath = ?", (b"IMG_1.JPG",))
        photos.drop_unheld(small.db)
    link(small)
    assert leads(small) == twins(small) == {}
    assert not faces.exists(small.db, a)
    assert companions.leads_of(small.db, [b]) == [b]
    assert files.file_of_photo(small.db, photo_of(small, b)) is not None
