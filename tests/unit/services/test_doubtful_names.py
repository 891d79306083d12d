"""The report's lists of names that deserve a second look."""

import pytest
from other_programs import say, statuses, stored_boxes, take_over
from small_library import MODEL

from facedex.db import regions, sources
from facedex.db.connection import transaction
from facedex.db.regions import NewRegion
from facedex.db.sources import SourceFacts
from facedex.services.decisions.decide_faces import name_faces
from facedex.services.names_in.link_companions import link_companions
from facedex.services.telling.ledger import make_ledger


def tell(small, kind, photo, names, face_ids):
    boxes = stored_boxes(small, face_ids)
    say(small, kind, {photo: list(zip(names, boxes, strict=True))})
    take_over(small)


def twice(small):
    found = make_ledger(small.db).twice_on_photo
    return [(one.photo.rpartition("/")[2], one.name, one.n_faces, one.sources) for one in found]


def without_source(small):
    found = make_ledger(small.db).without_source
    return [
        (one.photo.rpartition("/")[2], one.name, one.is_of_face, one.kind, one.source)
        for one in found
    ]


def test_who_is_on_two_faces_of_one_photo_is_listed_with_whose_words_these_are(small):
    one, two, _other = small.photo("ann", "mirror", "bob", name=b"a.jpg")
    tell(small, "ini", b"a.jpg", ["Ann"], [one])
    name_faces(small.db, [two], "Ann")
    assert twice(small) == [("a.jpg", "Ann", 2, ("picasa", "user"))]


def test_a_raw_and_its_picture_do_not_count_twice(small):
    whos = [small.encoding("ann"), small.encoding("mirror")]
    faces = small.photo_of(whos, name=b"a.jpg", taken_s=5)
    small.photo_of(whos, name=b"a.nef", taken_s=5)
    name_faces(small.db, faces, "Ann")
    link_companions(small.db, MODEL, lambda: False)
    assert twice(small) == [("a.jpg", "Ann", 2, ("user",))]


def test_one_face_of_each_photo_is_nothing_to_list(small):
    ann = small.album("ann", 2)
    name_faces(small.db, ann, "Ann")
    assert (twice(small), without_source(small)) == ([], [])


def test_a_photo_that_is_gone_is_not_listed(small):
    faces = small.photo("ann", "mirror", name=b"a.jpg")
    tell(small, "db3", b"a.jpg", ["Ann", "Ann"], faces)
    tell(small, "db3", b"a.jpg", [], [])
    assert twice(small)
    assert len(without_source(small)) == 2
    small.take_away(b"a.jpg")
    assert (twice(small), without_source(small)) == ([], [])


@pytest.mark.parametrize(("kind", "source"), [("db3", "/db3"), ("digikam", "/digikam4.db")])
def test_a_name_stands_that_its_source_took_back_and_is_listed(small, kind, source):
    (face,) = small.photo("ann", name=b"a.jpg")
    tell(small, kind, b"a.jpg", ["Ann"], [face])
    assert without_source(small) == []
    tell(small, kind, b"a.jpg", [], [])
    assert small.confirmed(face) == "Ann"
    assert without_source(small) == [("a.jpg", "Ann", True, kind, source)]


def test_nothing_is_left_of_a_source_whose_document_is_gone(small):
    (face,) = small.photo("ann", name=b"a.jpg")
    tell(small, "db3", b"a.jpg", ["Ann"], [face])
    with transaction(small.db):
        small.db.execute("DELETE FROM source")
    assert without_source(small) == [("a.jpg", "Ann", True, "picasa", "")]


@pytest.mark.parametrize("still", ["user", "xmp"])
def test_what_the_user_or_another_source_says_is_not_listed(small, still):
    (face,) = small.photo("ann", name=b"a.jpg")
    tell(small, "db3", b"a.jpg", ["Ann"], [face])
    if still == "xmp":
        tell(small, "xmp", b"a.jpg", ["Ann"], [face])
    else:
        name_faces(small.db, [face], "Ann")
    tell(small, "db3", b"a.jpg", [], [])
    assert without_source(small) == []


def test_what_still_stands_on_the_companion_is_said(small):
    whos = [small.encoding("ann")]
    (face,) = small.photo_of(whos, name=b"a.jpg", taken_s=5)
    (raw,) = small.photo_of(whos, name=b"a.nef", taken_s=5)
    tell(small, "db3", b"a.nef", ["Ann"], [raw])
    link_companions(small.db, MODEL, lambda: False)
    assert small.confirmed(face) == "Ann"
    assert without_source(small) == []
    tell(small, "db3", b"a.nef", [], [])
    assert without_source(small) == [("a.jpg", "Ann", True, "db3", "/db3")]


def test_a_name_of_a_whole_photo_that_was_taken_back_is_listed_once(small):
    small.photo("bob", name=b"a.jpg")
    path = str(small.directory / "photos" / "a.jpg")
    for names in (("Ann",), ()):
        with transaction(small.db):
            source = sources.save_source(small.db, "digikam", SourceFacts(), path="/digikam4.db")
            new = [NewRegion(path, "", None, name=name) for name in names]
            regions.save_regions(small.db, source, new)
        take_over(small)
    assert [status for *_who, status in statuses(small)] == ["withdrawn"]
    assert without_source(small) == [("a.jpg", "Ann", False, "digikam", "/digikam4.db")]
