"""Tags and orientation flags that other programs write cost no face, no name and no search."""

import shutil

import photos
import pytest

from facedex.geometry import box_to_upright, iou
from facedex.services.library import Library
from facedex.types import Box

pytestmark = [pytest.mark.model, pytest.mark.slow]

BOXES = "SELECT face_id, stored_x0, stored_y0, stored_x1, stored_y1 FROM v1_faces ORDER BY face_id"


def name_all(library, name):
    with Library.open(library) as opened:
        opened.decide.name_faces(
            [row.face_id for row in opened.look.find_faces(None, None, 100)], name
        )


@pytest.mark.parametrize("write_tag", [photos.with_comment, photos.with_xmp])
def test_tag_in_a_jpeg_costs_no_face_and_no_name(tmp_path, library, run_scan, write_tag):
    folder = tmp_path / "p"
    path = photos.write(folder / "a.jpg", photos.encoded(photos.astronaut()))
    run_scan(folder, library)
    name_all(library, "Ada")
    before = photos.what_is_said(library)
    photos.write(path, write_tag(path.read_bytes(), "holiday"), age_s=5)
    counts = run_scan(None, library).counts
    assert (counts.changed, counts.photos_searched) == (1, 0)
    assert photos.what_is_said(library) == before


def test_text_in_a_png_costs_no_face_and_no_name(tmp_path, library, run_scan):
    folder = tmp_path / "p"
    path = photos.write(folder / "a.png", photos.encoded(photos.astronaut(), "PNG"))
    run_scan(folder, library)
    name_all(library, "Ada")
    before = photos.what_is_said(library)
    photos.write(path, photos.with_png_text(path.read_bytes(), "Comment", "holiday"), age_s=5)
    counts = run_scan(None, library).counts
    assert (counts.changed, counts.photos_searched) == (1, 0)
    assert photos.what_is_said(library) == before


def test_tagged_copy_shows_the_same_names(tmp_path, library, run_scan):
    folder = tmp_path / "p"
    path = photos.write(folder / "a.jpg", photos.encoded(photos.astronaut()))
    run_scan(folder, library)
    name_all(library, "Ada")
    photos.write(folder / "b.jpg", photos.with_comment(path.read_bytes(), "a copy"))
    shutil.copy2(path, folder / "c.jpg")
    counts = run_scan(None, library).counts
    assert (counts.new, counts.duplicate, counts.photos_searched) == (2, 1, 0)
    assert photos.names_by_path(library) == {"a.jpg": ["Ada"], "b.jpg": ["Ada"], "c.jpg": ["Ada"]}
    kinds = photos.select(
        library, "SELECT kind, count(*) FROM v1_duplicates GROUP BY group_id, kind ORDER BY kind"
    )
    assert kinds == [("exact", 2), ("same_image", 3)]


@pytest.mark.parametrize("orientation", range(1, 9))
def test_boxes_are_upright_for_every_orientation(tmp_path, library, run_scan, orientation):
    folder = tmp_path / "p"
    photos.write(folder / "a.jpg", photos.turned(photos.both(), orientation))
    report = run_scan(folder, library)
    assert report.counts.faces_found == 2
    rows = photos.select(
        library,
        "SELECT x0, y0, x1, y1, stored_x0, stored_y0, stored_x1, stored_y1,"
        " left_px, top_px, right_px, bottom_px, landmarks ->> '$[0][0]', landmarks ->> '$[4][1]'"
        " FROM v1_faces ORDER BY x0",
    )
    for row, wanted in zip(rows, (photos.ASTRONAUT_IN_BOTH, photos.HOPPER_IN_BOTH), strict=True):
        upright, in_file, pixels = Box(*row[:4]), Box(*row[4:8]), row[8:12]
        assert iou(upright, wanted) > 0.7
        turned = box_to_upright(in_file, orientation)
        assert (turned.x0, turned.y0) == pytest.approx((upright.x0, upright.y0))
        assert pixels == pytest.approx(
            (upright.x0 * 650, upright.y0 * 400, upright.x1 * 650, upright.y1 * 400), abs=0.51
        )
        eye_x, nose_y = row[12:]
        assert upright.center[0] < eye_x < upright.x1  # the left eye is right of the middle
        assert upright.y0 < nose_y < upright.y1


def test_new_orientation_flag_moves_no_face_and_searches_again(tmp_path, library, run_scan):
    folder = tmp_path / "p"
    path = photos.write(folder / "a.jpg", photos.encoded(photos.both()))
    run_scan(folder, library)
    name_all(library, "Ada")
    before = photos.select(library, BOXES)
    photos.write(path, photos.with_orientation(path.read_bytes(), 2), age_s=5)
    counts = run_scan(None, library).counts
    # a mirrored face is found again, at the same place of the stored pixels, as the same face
    assert (counts.changed, counts.photos_searched, counts.faces_found) == (1, 1, 2)
    after = photos.select(library, BOXES)
    assert [row[0] for row in after] == [row[0] for row in before]
    for was, now in zip(before, after, strict=True):
        assert iou(Box(*was[1:]), Box(*now[1:])) > 0.7
    assert photos.names_by_path(library)["a.jpg"].count("Ada") == 2
    assert run_scan(None, library).counts.photos_searched == 0


def test_wrong_orientation_flag_loses_no_name(tmp_path, library, run_scan):
    folder = tmp_path / "p"
    path = photos.write(folder / "a.jpg", photos.encoded(photos.both()))
    run_scan(folder, library)
    name_all(library, "Ada")
    before = photos.select(library, BOXES)
    photos.write(path, photos.with_orientation(path.read_bytes(), 3), age_s=5)
    run_scan(None, library)  # upside down nothing is found
    assert photos.select(library, BOXES) == before
    assert photos.names_by_path(library)["a.jpg"] == ["Ada", "Ada"]


def test_copies_with_different_flags_do_not_flip_flop(tmp_path, library, run_scan):
    folder = tmp_path / "p"
    plain = photos.encoded(photos.both())
    photos.write(folder / "a.jpg", photos.with_orientation(plain, 1))
    photos.write(folder / "b.jpg", photos.with_orientation(plain, 2))
    photos.write(folder / "c.jpg", photos.with_orientation(plain, 6))
    run_scan(folder, library)
    assert photos.select(library, "SELECT orientation, n_files FROM v1_photos") == [(1, 3)]
    before = photos.what_is_said(library)
    for _ in range(2):
        assert run_scan(None, library).counts.photos_searched == 0
    # touching the others in any order changes nothing either
    for name in ("c.jpg", "b.jpg"):
        photos.write(folder / name, (folder / name).read_bytes(), age_s=7)
        assert run_scan(None, library).counts.photos_searched == 0
    assert photos.what_is_said(library) == before


def test_first_of_several_copies_gone_leaves_the_faces_in_place(tmp_path, library, run_scan):
    folder = tmp_path / "p"
    plain = photos.encoded(photos.both())
    photos.write(folder / "a.jpg", photos.with_orientation(plain, 1))
    photos.write(folder / "b.jpg", photos.with_orientation(plain, 2))
    run_scan(folder, library)
    name_all(library, "Ada")
    before = photos.select(library, BOXES)
    (folder / "a.jpg").unlink()
    for _ in range(3):
        run_scan(None, library)
    assert [row[0] for row in photos.select(library, BOXES)] == [row[0] for row in before]
    assert photos.names_by_path(library) == {"b.jpg": ["Ada", "Ada"]}
    # what is left says it is mirrored: so it is shown, and so are the boxes
    assert photos.select(library, "SELECT orientation FROM v1_photos") == [(2,)]
    assert run_scan(None, library).counts.photos_searched == 0


@pytest.mark.data
def test_real_photos_in_all_orientations_show_the_same_faces(data_dir, tmp_path, library, run_scan):
    folder = tmp_path / "p"
    for number in range(10):  # 0 and 9 are no orientations
        name = f"ofaces1_o{number}.jpg"
        photos.write(folder / name, (data_dir / "album" / "orientation-faces" / name).read_bytes())
    run_scan(folder, library)
    found = {}
    for path, *box in photos.select(library, "SELECT path, x0, y0, x1, y1 FROM v1_faces"):
        found.setdefault(path, []).append(Box(*box))
    # o0, o1 and o9 hold the same picture: so there are eight
    assert len(found) == 8
    centres = [
        sorted((round(b.center[0], 1), round(b.center[1], 1)) for b in f) for f in found.values()
    ]
    assert all(each == centres[0] for each in centres)
