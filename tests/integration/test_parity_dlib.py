"""Our runtime against dlib itself: the same boxes, scores and encodings."""

import os
from dataclasses import dataclass
from pathlib import Path

import matplotlib.cbook
import numpy as np
import pytest
from PIL import Image
from skimage import data

from facedex.engines.encoding.chips import FaceAligner
from facedex.engines.runtimes import DlibNetworks, Networks, Target, open_networks
from facedex.types import DeviceName, Precision, RuntimeName

pytestmark = [pytest.mark.model, pytest.mark.slow]

ENCODING_TOLERANCE = 1e-5
SCORE_TOLERANCE = 1e-3
LEAST_SHARE_EQUAL = 0.99


@dataclass(frozen=True)
class Pair:
    ours: Networks
    reference: DlibNetworks
    aligner: FaceAligner


@pytest.fixture(scope="module", params=["onnxruntime", "openvino", "torch"])
def pair(request, tmp_path_factory):
    target = Target(RuntimeName(request.param), DeviceName.CPU, Precision.F32)
    if target.runtime != RuntimeName.ONNXRUNTIME:
        pytest.importorskip(request.param)
    networks = open_networks(target, tmp_path_factory.mktemp("models"), 1)
    pair = Pair(networks, DlibNetworks(), FaceAligner())
    yield pair
    pair.ours.close()
    pair.reference.close()


def data_dir():
    named = os.environ.get("FACEDEX_TEST_DATA")
    return Path(named) if named else Path(__file__).parents[3] / "shared" / "data" / "dev"


def photo_of(path, long_side):
    with Image.open(path) as image:
        picture = image.convert("RGB")
    picture.thumbnail((long_side, long_side))
    return np.array(picture)


def assert_encodings_equal(pair, image, rects):
    chips = pair.aligner.align(image, rects).chips
    ours, reference = pair.ours.encode_chips(chips), pair.reference.encode_chips(chips)
    np.testing.assert_allclose(ours, reference, rtol=0, atol=ENCODING_TOLERANCE)


def compare_boxes(pair, image):
    """Return whether the integer boxes are equal, the largest score difference, and the boxes."""
    ours, reference = pair.ours.find_faces(image), pair.reference.find_faces(image)
    rects = [each.rect for each in reference]
    if [each.rect for each in ours] != rects:
        return False, 0.0, rects
    differences = [abs(a.score - b.score) for a, b in zip(ours, reference, strict=True)]
    return True, max(differences, default=0.0), rects


@pytest.mark.parametrize("name", ["astronaut", "grace_hopper"])
@pytest.mark.parametrize("long_side", [301, 512])
def test_free_photos_give_dlibs_boxes_and_encodings(pair, name, long_side):
    if name == "astronaut":
        picture = Image.fromarray(data.astronaut())
    else:
        with matplotlib.cbook.get_sample_data("grace_hopper.jpg") as stream:
            picture = Image.open(stream).convert("RGB")
    picture.thumbnail((long_side, long_side))
    image = np.array(picture)
    is_equal, difference, rects = compare_boxes(pair, image)
    assert is_equal
    assert difference < SCORE_TOLERANCE
    assert rects or long_side == 301
    assert_encodings_equal(pair, image, rects)


def test_chips_of_noise_give_dlibs_encodings(pair):
    chips = np.random.default_rng(0).integers(0, 256, (5, 150, 150, 3), np.uint8)
    ours, reference = pair.ours.encode_chips(chips), pair.reference.encode_chips(chips)
    np.testing.assert_allclose(ours, reference, rtol=0, atol=ENCODING_TOLERANCE)


@pytest.mark.parametrize("size", [(97, 333), (30, 45), (200, 16), (16, 16)])
def test_odd_sizes_give_dlibs_boxes(pair, size):
    image = np.random.default_rng(1).integers(0, 256, (*size, 3), np.uint8)
    is_equal, difference, _ = compare_boxes(pair, image)
    assert is_equal
    assert difference < SCORE_TOLERANCE


@pytest.mark.data
def test_real_photos_give_dlibs_boxes_and_encodings(pair):
    """Groups and couples of the detection set: 24 photos reduced to 400 to 640 pixels."""
    folder = data_dir() / "detection" / "images"
    files = sorted(folder.glob("*.jpg"))[::12]
    if not files:
        pytest.skip(f"no photos in {folder}: set FACEDEX_TEST_DATA")
    n_equal = n_faces = 0
    for number, path in enumerate(files):
        image = photo_of(path, (400, 480, 560, 640)[number % 4])
        is_equal, difference, rects = compare_boxes(pair, image)
        assert difference < SCORE_TOLERANCE, path.name
        assert_encodings_equal(pair, image, rects)
        n_equal += is_equal
        n_faces += len(rects)
    assert n_equal >= LEAST_SHARE_EQUAL * len(files)
    assert n_faces >= 10
    lfw = sorted((data_dir() / "identities" / "lfw").rglob("*.jpg"))[::150]
    for path in lfw:
        image = photo_of(path, 250)
        is_equal, difference, rects = compare_boxes(pair, image)
        n_equal += is_equal
        assert difference < SCORE_TOLERANCE, path.name
        assert_encodings_equal(pair, image, rects)
    assert n_equal >= LEAST_SHARE_EQUAL * (len(files) + len(lfw))
