import numpy as np
import pytest

from facedex.engines.dlib_cnn.rects import PixelRect, ScoredRect
from facedex.engines.encoding.fit_region import BOX_SHARE, FACE_SIDES_PX, fit_box
from facedex.types import Box

IMAGE = np.zeros((1000, 2000, 3), np.uint8)
REGION = Box(0.4, 0.4, 0.5, 0.6)  # 200 x 200 pixels at (900, 500)


def blind(image, threshold=0.0):
    return []


def centred(side, dx=0, score=1.0):
    """Return a detector that sees a face of ``side`` pixels at the crop's middle."""

    def detect(image, threshold=0.0):
        left = (image.shape[1] - side) // 2 + dx
        top = (image.shape[0] - side) // 2
        return [ScoredRect(PixelRect(left, top, left + side - 1, top + side - 1), score)]

    return detect


def sides(box):
    return box.width * 2000, box.height * 1000


def test_region_is_shrunk_where_nothing_is_seen():
    place = fit_box(IMAGE, REGION, blind, blind)
    box = place.box
    assert place.orientation == 1
    assert not place.is_seen
    assert box.center == pytest.approx(REGION.center)
    assert sides(box) == pytest.approx((BOX_SHARE * 200, BOX_SHARE * 200))


def test_detection_in_the_region_is_taken_at_its_own_size():
    place = fit_box(IMAGE, REGION, centred(70), blind)
    box = place.box
    assert place.is_seen
    assert box.center == pytest.approx(REGION.center, abs=0.003)
    assert sides(box)[0] == pytest.approx(70 * BOX_SHARE * 200 / FACE_SIDES_PX[0], rel=0.02)


def test_nearest_of_several_detections_is_taken():
    near, far = centred(95, dx=4), centred(95, dx=-25)
    box = fit_box(IMAGE, REGION, lambda i, threshold=0.0: far(i) + near(i), blind).box
    assert box.center[0] > REGION.center[0]


@pytest.mark.parametrize("detector", [centred(95, dx=60), centred(30), centred(180)])
def test_other_faces_are_not_taken(detector):
    def only_small_crop(image, threshold=0.0):
        return detector(image) if image.shape[0] < 250 else []

    assert fit_box(IMAGE, REGION, only_small_crop, blind) == fit_box(IMAGE, REGION, blind, blind)


def test_hog_is_asked_where_the_cnn_sees_nothing():
    place = fit_box(IMAGE, REGION, blind, centred(150))
    assert place.is_seen
    assert place != fit_box(IMAGE, REGION, blind, blind)


@pytest.mark.parametrize(
    "region",
    [
        Box(0.1, 0.1, 0.105, 0.2),
        Box(0.1, 0.1, 0.2, 0.11),
        Box(0.95, 0.4, 1.2, 0.6),
        Box(1.1, 0.1, 1.3, 0.3),
        Box(0.5, 0.5, 0.4, 0.4),
    ],
)
def test_region_too_small_or_outside_gives_none(region):
    assert fit_box(IMAGE, region, blind, blind) is None


def test_region_at_the_edge_is_cropped():
    assert fit_box(IMAGE, Box(0.0, 0.0, 0.1, 0.2), blind, blind) is not None


def test_region_of_the_whole_image_works():
    assert fit_box(IMAGE[:100, :100], Box(0, 0, 1, 1), blind, blind) is not None


def turned_only(seen, score, upright_score=None):
    """Return a detector that sees an off-centre face in a crop turned ``seen`` times to the
    left."""
    marked = IMAGE.copy()
    marked[200:500] = 255  # the half above the region's middle is bright

    def detect(image, threshold=0.0):
        edges = (image[:9], image[:, -9:], image[-9:], image[:, :9])  # up, right, down, left
        brightest = int(np.argmax([edge.mean() for edge in edges]))
        if brightest == 0:
            return [] if upright_score is None else centred(95, score=upright_score)(image)
        return centred(95, dx=8, score=score)(image) if brightest == seen else []

    return marked, detect


@pytest.mark.parametrize(("seen", "orientation"), [(1, 6), (2, 3), (3, 8)])
def test_face_that_lies_is_found_in_the_crop_turned(seen, orientation):
    image, cnn = turned_only(seen, 0.5)
    place = fit_box(image, REGION, cnn, blind)
    assert place.orientation == orientation
    x, y = (place.box.center[0] - 0.45) * 2000, (place.box.center[1] - 0.5) * 1000
    px = BOX_SHARE * 200 / FACE_SIDES_PX[0]  # of the photo, a pixel of the crop
    # to the right in the turned crop
    right = {6: (0, -1), 3: (-1, 0), 8: (0, 1)}[orientation]
    assert (x, y) == pytest.approx((8 * px * right[0], 8 * px * right[1]), abs=2 * px)


@pytest.mark.parametrize(
    ("upright_score", "turned_score", "orientation"),
    [(1.1, 1.3, 1), (0.6, 0.9, 6), (0.6, 0.4, 1), (-0.4, 0.1, 6)],
)
def test_surer_of_both_counts_unless_the_upright_one_is_sure(
    upright_score, turned_score, orientation
):
    image, cnn = turned_only(1, turned_score, upright_score)
    assert fit_box(image, REGION, cnn, blind).orientation == orientation
