"""digiKam's rectangles lie on their faces in every orientation, and doubts are settled by faces.

What digiKam shows is made here with Pillow, from a picture in which the face is painted.
"""

import numpy as np
import pytest
from PIL import Image, ImageOps

from facedex.digikam.database_faces import DigikamRect
from facedex.digikam.frames import place_faces
from facedex.geometry import box_from_xywh_px
from facedex.types import Box, NoPlace, PhotoShape

ORIENTATIONS = range(1, 9)
QUARTERS = (5, 6, 7, 8)
SIZE = (60, 40)
# faces in stored pixels: left, top, width, height; none lies where a turned one of them would
ANN, BOB = (4, 26, 9, 11), (40, 4, 8, 10)


def stored(rect, size=SIZE):
    return box_from_xywh_px(*rect, *size)


def shown(rect, orientation, size=SIZE):
    """Return where a face is in the picture as it is shown, found by its paint."""
    left, top, width, height = rect
    pixels = np.zeros((size[1], size[0]), np.uint8)
    pixels[top : top + height, left : left + width] = 255
    image = Image.fromarray(pixels)
    image.getexif()[0x0112] = orientation
    box = ImageOps.exif_transpose(image).getbbox()
    return DigikamRect(box[0], box[1], box[2] - box[0], box[3] - box[1])


def edges(boxes):
    return [v for box in boxes for v in (box.x0, box.y0, box.x1, box.y1)]


def placed(rects, noted, photo=None, detected=()):
    found = place_faces(rects, noted, photo or noted, detected)
    return [getattr(one, "box", None) for one in found], [one.frame for one in found]


@pytest.mark.parametrize("orientation", ORIENTATIONS)
@pytest.mark.parametrize("detected", [(), (ANN,), (BOB, ANN)])
def test_faces_drawn_in_digikam_lie_where_they_were_seen(orientation, detected):
    rects = [shown(face, orientation) for face in (ANN, BOB)]
    shape = PhotoShape(SIZE, orientation)
    boxes, frames = placed(rects, shape, detected=[stored(face) for face in detected])
    assert edges(boxes) == pytest.approx(edges(map(stored, (ANN, BOB))))
    assert frames == ["shown", "shown"]


@pytest.mark.parametrize("orientation", ORIENTATIONS)
@pytest.mark.parametrize("in_file", ORIENTATIONS)
def test_a_turn_that_digikam_alone_knows_of_counts(orientation, in_file):
    """The user turned the photo in digiKam, which left the file alone."""
    rects = [shown(ANN, orientation)]
    boxes, _frames = placed(rects, PhotoShape(SIZE, orientation), PhotoShape(SIZE, in_file))
    assert edges(boxes) == pytest.approx(edges([stored(ANN)]))


@pytest.mark.parametrize("orientation", range(2, 9))
@pytest.mark.parametrize("faces", [(ANN,), (ANN, BOB)])
def test_regions_that_old_versions_took_from_xmp_unturned_are_found_by_their_faces(
    orientation, faces
):
    rects = [DigikamRect(*face) for face in faces]
    shape = PhotoShape(SIZE, orientation)
    boxes, frames = placed(rects, shape, detected=[stored(face) for face in (ANN, BOB)])
    assert edges(boxes) == pytest.approx(edges(map(stored, faces)))
    assert set(frames) == {"stored"}


@pytest.mark.parametrize("orientation", QUARTERS)
def test_a_rectangle_that_is_not_in_the_shown_picture_is_in_the_stored_one(orientation):
    # shown the picture is 40 pixels wide
    boxes, frames = placed([DigikamRect(44, 20, 8, 10)], PhotoShape(SIZE, orientation))
    assert edges(boxes) == pytest.approx(edges([stored((44, 20, 8, 10))]))
    assert frames == ["stored"]


@pytest.mark.parametrize("orientation", QUARTERS)
def test_both_kinds_on_one_photo_are_told_apart_by_its_faces(orientation):
    rects = [DigikamRect(*ANN), shown(BOB, orientation)]
    faces = [stored(ANN), stored(BOB)]
    boxes, frames = placed(rects, PhotoShape(SIZE, orientation), detected=faces)
    assert frames == ["stored", "shown"]
    assert edges(boxes) == pytest.approx(edges(faces))


def test_a_face_that_is_somebodys_draws_no_other_rectangle_to_itself():
    """The second face was not found by the detector; read as stored it would lie on Bob's."""
    rects = [shown(BOB, 3), DigikamRect(*BOB)]
    boxes, frames = placed(rects, PhotoShape(SIZE, 3), detected=[stored(BOB)])
    assert frames == ["shown", "shown"]
    assert edges(boxes) == pytest.approx(edges([stored(BOB), stored((12, 26, 8, 10))]))


@pytest.mark.parametrize("orientation", QUARTERS)
def test_pixels_that_were_turned_since_keep_their_faces(orientation):
    """Another program turned the pixels upright: the picture is the same, its grid is not."""
    rects = [shown(face, orientation) for face in (ANN, BOB)]
    upright = PhotoShape(SIZE[::-1], 1)
    boxes, frames = placed(rects, PhotoShape(SIZE, orientation), upright)
    assert edges(boxes) == pytest.approx(
        edges(box_from_xywh_px(r.left, r.top, r.width, r.height, *upright.size) for r in rects)
    )
    assert frames == ["shown", "shown"]


def test_pixels_turned_upside_down_since_are_noticed_by_their_faces():
    rects = [shown(ANN, 3)]
    upright = box_from_xywh_px(rects[0].left, rects[0].top, 9, 11, *SIZE)
    noted, photo = PhotoShape(SIZE, 3), PhotoShape(SIZE, 1)
    assert placed(rects, noted, photo, [upright])[0] == [upright]
    # without a face nothing tells it from a turn that only digiKam knows of
    assert edges(placed(rects, noted, photo)[0]) == pytest.approx(edges([stored(ANN)]))


@pytest.mark.parametrize("orientation", ORIENTATIONS)
def test_a_photo_that_is_stored_upright_here_and_turned_there_is_one_picture(orientation):
    """A RAW or HEIC photo may be decoded turned by one program, and not by the other."""
    size = SIZE[::-1] if orientation in QUARTERS else SIZE
    rects = [shown(ANN, orientation)]
    boxes, _frames = placed(rects, PhotoShape(size, 1), PhotoShape(SIZE, orientation))
    if orientation in QUARTERS:
        assert edges(boxes) == pytest.approx(edges([stored(ANN)]))
    else:  # the grids are alike; digiKam's own orientation holds until a face says otherwise
        rect = rects[0]
        assert boxes == [box_from_xywh_px(rect.left, rect.top, rect.width, rect.height, *SIZE)]
        found = placed(rects, PhotoShape(size, 1), PhotoShape(SIZE, orientation), [stored(ANN)])[0]
        assert edges(found) == pytest.approx(edges([stored(ANN)]))


@pytest.mark.parametrize("scale", [0.25, 3])
def test_a_photo_that_was_resized_keeps_its_faces(scale):
    size = (int(SIZE[0] * scale), int(SIZE[1] * scale))
    boxes, frames = placed([shown(ANN, 6)], PhotoShape(SIZE, 6), PhotoShape(size, 6))
    assert edges(boxes) == pytest.approx(edges([stored(ANN)]))
    assert frames == ["shown"]


def test_raw_margins_that_are_counted_differently_are_no_other_shape():
    boxes, frames = placed([shown(ANN, 6)], PhotoShape(SIZE, 6), PhotoShape((6048, 4024), 6))
    assert frames == ["shown"]
    assert edges(boxes) == pytest.approx(edges([stored(ANN)]))


def test_rectangles_of_a_photo_of_another_shape_lie_nowhere():
    found = place_faces([shown(ANN, 6)], PhotoShape(SIZE, 6), PhotoShape((50, 50), 6))
    assert found == [NoPlace("other")]


@pytest.mark.parametrize("orientation", ORIENTATIONS)
def test_rectangles_of_before_a_crop_follow_it_to_their_faces(orientation):
    """The photo was cropped by another program, which turned its pixels upright."""
    rects = [shown(face, orientation) for face in ((20, 12, 6, 8), (36, 16, 7, 8))]
    part = (
        min(rect.left for rect in rects) - 4,
        min(rect.top for rect in rects) - 3,
        max(rect.left + rect.width for rect in rects) + 5,
        max(rect.top + rect.height for rect in rects) + 4,
    )
    width, height = part[2] - part[0], part[3] - part[1]
    now = [
        box_from_xywh_px(r.left - part[0], r.top - part[1], r.width, r.height, width, height)
        for r in rects
    ]
    cropped = PhotoShape((width, height), 1)
    boxes, frames = placed(rects, PhotoShape(SIZE, orientation), cropped, now)
    assert edges(boxes) == pytest.approx(edges(now), abs=0.03)
    assert set(frames) == {"cropped"}


def test_what_is_drawn_past_the_edge_is_cut_off():
    boxes, frames = placed(
        [DigikamRect(-1, -1, 10, 10), DigikamRect(55, 35, 6, 6)], PhotoShape(SIZE, 1)
    )
    assert boxes == [Box(0, 0, 9 / 60, 9 / 40), Box(55 / 60, 35 / 40, 1, 1)]
    assert frames == ["shown", "shown"]


def test_what_lies_outside_lies_nowhere():
    assert placed([DigikamRect(500, 500, 10, 10)], PhotoShape(SIZE, 1)) == ([None], ["shown"])


def test_a_photo_without_rectangles_has_nothing_to_place():
    assert place_faces([], PhotoShape(SIZE, 1), PhotoShape(SIZE, 1), [stored(ANN)]) == []
