"""A photo that was edited in place is another picture; the people named in it are the same."""

import photos
import pytest
from PIL import Image, ImageEnhance

from facedex.services.library import Library

pytestmark = [pytest.mark.model, pytest.mark.slow]


def brighter(image):
    return ImageEnhance.Brightness(image).enhance(1.2)


def cropped(image):
    return image.crop((40, 20, image.width - 30, image.height - 60))


def turned_without_loss(image):
    return image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)


@pytest.fixture
def named(tmp_path, library, run_scan):
    """Return the path of a photo of two people, both named, one of them put aside."""
    path = photos.write(tmp_path / "p" / "a.jpg", photos.encoded(photos.both(), quality=95))
    run_scan(path.parent, library)
    opened = Library.open(library)
    try:
        left, right = sorted(opened.find_faces(None, None, 10), key=lambda face: face.box.x0)
        opened.name_faces([left.face_id], "Left")
        opened.name_faces([right.face_id], "Right")
    finally:
        opened.close()
    return path


@pytest.mark.parametrize("edit", [brighter, cropped, turned_without_loss])
def test_names_follow_an_edited_photo(named, library, run_scan, edit):
    uuids = photos.select(library, "SELECT uuid FROM face ORDER BY uuid")
    photos.write(named, photos.encoded(edit(photos.both()), quality=95), age_s=5)
    report = run_scan(None, library)
    assert (report.counts.changed, report.counts.photos_searched) == (1, 1)
    shown = photos.select(library, "SELECT person_name, state, x0 FROM v1_faces ORDER BY x0")
    order = ["Right", "Left"] if edit is turned_without_loss else ["Left", "Right"]
    assert [(name, state) for name, state, _x0 in shown] == [(n, "confirmed") for n in order]
    assert photos.select(library, "SELECT uuid FROM face ORDER BY uuid") == uuids
    assert photos.select(library, "SELECT count(*) FROM photo") == [(1,)]


def test_undo_still_works_on_a_face_that_was_carried_over(named, library, run_scan):
    photos.write(named, photos.encoded(brighter(photos.both()), quality=95), age_s=5)
    run_scan(None, library)
    opened = Library.open(library)
    try:
        assert opened.undo() == "Named 1 face Right"
    finally:
        opened.close()
    assert photos.names_by_path(library) == {"a.jpg": ["Left"]}


def test_a_copy_that_was_not_edited_keeps_its_names_and_the_edited_one_is_new(
    named, library, run_scan
):
    photos.write(named.with_name("b.jpg"), named.read_bytes())
    run_scan(None, library)
    photos.write(named, photos.encoded(brighter(photos.both()), quality=95), age_s=5)
    run_scan(None, library)
    assert photos.names_by_path(library)["b.jpg"] == ["Left", "Right"]


def test_another_picture_under_the_same_name_takes_over_no_name(named, library, run_scan):
    photos.write(named, photos.encoded(photos.hopper()), age_s=5)
    run_scan(None, library)
    names = photos.select(
        library, "SELECT person_name FROM v1_people JOIN v1_faces USING (person_id)"
    )
    assert {name for (name,) in names} == {"Left", "Right"}, "no decision is lost"
