"""Photos that lie on their side, as scanned prints do, and nothing in the file says so."""

import io

import numpy as np
import photos
import pytest
from PIL import Image

from facedex.db.cache import open_cache
from facedex.geometry import box_to_upright, iou
from facedex.services.library import Library
from facedex.types import EngineConfig, FaceState, Precision, RuntimeName

pytestmark = [pytest.mark.model, pytest.mark.slow]

CASCADE = EngineConfig(runtime=RuntimeName.ONNXRUNTIME, precision=Precision.F32)
# how a photo was turned in the scanner -> how it is to be turned to be upright
LAID = {Image.Transpose.ROTATE_90: 6, Image.Transpose.ROTATE_180: 3, Image.Transpose.ROTATE_270: 8}


def pixels_of(jpeg):
    with Image.open(io.BytesIO(jpeg)) as image:
        return np.asarray(image.convert("L"), np.float32)


def test_face_is_known_however_its_photo_lies(tmp_path, library, run_scan):
    folder = tmp_path / "p"
    photos.write(folder / "upright.jpg", photos.encoded(photos.astronaut()))
    photos.write(folder / "other.jpg", photos.encoded(photos.hopper()))
    for turn, orientation in LAID.items():
        laid = photos.astronaut().transpose(turn)
        photos.write(folder / f"laid{orientation}.jpg", photos.encoded(laid))
    assert run_scan(folder, library, engine=CASCADE).counts.faces_found == 5

    with Library.open(library) as opened:
        faces = {row.path.rsplit("/", 1)[1]: row for row in opened.look.find_faces(None, None, 100)}
        opened.decide.name_faces([faces["upright.jpg"].face_id], "Ada")
        opened.rematch()
        found = opened.look.find_faces(None, None, 100)
        suggested = {row.path.rsplit("/", 1)[1]: row for row in found if row.person_name == "Ada"}
        names = ["laid3.jpg", "laid6.jpg", "laid8.jpg", "upright.jpg"]
        assert sorted(suggested) == names
        tiles = {name: pixels_of(opened.look.thumbnail(faces[name].face_id)) for name in names}
    for orientation in LAID.values():
        row = suggested[f"laid{orientation}.jpg"]
        assert row.state == FaceState.SUGGESTED
        assert row.probability > 0.99
        assert iou(box_to_upright(row.box, orientation), photos.ASTRONAUT_FACE) > 0.6
        assert alike(tiles[f"laid{orientation}.jpg"], tiles["upright.jpg"])


def test_lost_thumbnail_is_made_upright_again(tmp_path, library, run_scan):
    photos.write(tmp_path / "p" / "a.jpg", photos.encoded(photos.astronaut().rotate(90)))
    run_scan(tmp_path / "p", library, engine=CASCADE)
    with Library.open(library) as opened:
        (face,) = opened.look.find_faces(None, None, 100)
        before = pixels_of(opened.look.thumbnail(face.face_id))
    cache = open_cache(library)
    cache.execute("DELETE FROM face_thumbnail")
    cache.close()
    with Library.open(library) as opened:
        assert alike(pixels_of(opened.look.thumbnail(face.face_id)), before)


def alike(a, b):
    """Tell whether two tiles show the same; each is cut from its own detection."""
    size = (64, 64)
    small = [np.asarray(Image.fromarray(each).resize(size)).ravel() for each in (a, b)]
    return np.corrcoef(small)[0, 1] > 0.9
