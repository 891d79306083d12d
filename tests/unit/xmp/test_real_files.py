"""Real files with regions, and real photos in all orientations: every region lands on its face."""

import csv
import io

import numpy as np
import pytest
from PIL import Image
from xmp_packets import embedded, merge_faces

from facedex.engines.engine import create_engine
from facedex.geometry import (
    box_to_stored,
    box_to_upright,
    contains_center,
    iou,
    pixels_to_upright,
    upright_size,
)
from facedex.imaging.decode import open_photo
from facedex.imaging.hashes import image_hash
from facedex.types import Box, DetectorName, EngineConfig, PhotoShape
from facedex.xmp.frames import place_regions
from facedex.xmp.merging import NamedFace
from facedex.xmp.reading import read_facts

pytestmark = pytest.mark.data

# of the untouched original, upright; the others are this photo turned, with their regions in XMP
MARIE, PIERRE = Box(0.315, 0.21, 0.425, 0.41), Box(0.64, 0.12, 0.74, 0.36)
N_WITH_REGIONS = 13


def edges(box):
    return (box.x0, box.y0, box.x1, box.y1)


@pytest.fixture(scope="module")
def regions_dir(data_dir):
    folder = data_dir / "album" / "face-regions"
    if not folder.is_dir():
        pytest.skip(f"no photos with regions in {folder}")
    return folder


def facts_of_photos(folder):
    """Return (name, PhotoFacts, XmpFacts) of every photo, once a source of regions."""
    found = []
    for path in sorted(folder.glob("skatsubo_*.jpg")):
        data = path.read_bytes()
        with open_photo(data, b"x.jpg") as photo:
            photo_facts = photo.facts
        sidecar = path.with_name(f"{path.name}.xmp")
        sources = [data, sidecar.read_bytes()] if sidecar.exists() else [data]
        for source in sources:
            facts = read_facts(source)
            assert facts.problems == ()
            if facts.regions:
                found.append((path.name, photo_facts, facts))
    return found


def test_every_region_lies_where_it_does_in_the_original(regions_dir):
    found = facts_of_photos(regions_dir)
    assert len(found) == N_WITH_REGIONS
    for name, photo, facts in found:
        size = (photo.width_px, photo.height_px)
        placed = place_regions(facts, PhotoShape(size, photo.orientation))
        # these name the upright size; yet their regions are in the stored pixels
        is_turned = ".6." in name or ".8." in name
        assert {p.frame for p in placed} == {"swapped" if is_turned else "stored"}, name
        turn = photo.orientation if photo.orientation > 1 else facts.orientation or 1
        shown = {
            region.name: box_to_upright(p.box, turn)
            for region, p in zip(facts.regions, placed, strict=True)
        }
        assert edges(shown["Marie Curie"]) == pytest.approx(edges(MARIE), abs=1e-9), name
        assert edges(shown["Pierre Curie"]) == pytest.approx(edges(PIERRE), abs=1e-9), name


def test_keywords_of_photos_without_embedded_regions_are_unplaced_names(regions_dir):
    facts = read_facts((regions_dir / "skatsubo_photo.6.sidecar.jpg").read_bytes())
    assert facts.names == ("Marie Curie", "Pierre Curie")


@pytest.mark.model
@pytest.mark.slow
def test_every_region_lands_on_a_detected_face(regions_dir, model_cache):
    engine = create_engine(EngineConfig(DetectorName.CNN, working_size=840), model_cache)
    for name, photo, facts in facts_of_photos(regions_dir):
        turn = photo.orientation if photo.orientation > 1 else facts.orientation or 1
        with Image.open(regions_dir / name) as image:
            stored = np.asarray(image.convert("RGB"))
        found = engine.detect(pixels_to_upright(stored, turn))
        detected = [box_to_stored(detection.box, turn) for detection in found]
        placed = place_regions(facts, PhotoShape((photo.width_px, photo.height_px), turn), detected)
        assert len(placed) == 2
        for region in placed:
            assert any(contains_center(face, region.box) for face in detected), name


def test_regions_written_into_photos_of_every_orientation_come_back(data_dir):
    album = data_dir / "album"
    boxes = {}
    with (album / "orientation-faces-boxes.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            boxes.setdefault(row["file"], []).append(row)
    seen = set()
    for name, rows in boxes.items():
        data = (album / name).read_bytes()
        with open_photo(data, b"x.jpg") as photo:
            facts = photo.facts
        size = (facts.width_px, facts.height_px)
        width, height = upright_size(*size, facts.orientation)
        upright = [
            Box(
                int(x) / width,
                int(y) / height,
                (int(x) + int(w)) / width,
                (int(y) + int(h)) / height,
            )
            for x, y, w, h in ((r["x"], r["y"], r["w"], r["h"]) for r in rows)
        ]
        faces = [
            NamedFace(f"Person {i}", box_to_stored(box, facts.orientation))
            for i, box in enumerate(upright)
        ]
        for source in (embedded(data, faces, size), merge_faces(None, faces, size)):
            back = place_regions(read_facts(source), PhotoShape(size, facts.orientation))
            assert len(back) == len(faces)
            for placed, box in zip(back, upright, strict=True):
                assert edges(box_to_upright(placed.box, facts.orientation)) == pytest.approx(
                    edges(box), abs=1e-8
                )
        seen.add(facts.orientation)
    assert seen == set(range(1, 9))


def test_faces_written_into_real_jpegs_leave_their_picture(data_dir):
    written = 0
    for path in sorted((data_dir / "album" / "camera").glob("*.jpg")):
        data = path.read_bytes()
        with open_photo(data, b"x.jpg") as photo:
            size = (photo.facts.width_px, photo.facts.height_px)
        before = read_facts(data)
        face = NamedFace("Somebody", Box(0.01, 0.01, 0.03, 0.03))
        after = embedded(data, [face], size)
        assert image_hash(after, "JPEG") == image_hash(data, "JPEG")
        assert {r.box for r in before.regions} < {r.box for r in read_facts(after).regions}
        assert read_facts(after).problems == before.problems
        with Image.open(io.BytesIO(after)) as new, Image.open(io.BytesIO(data)) as old:
            assert new.info.get("exif") == old.info.get("exif")
        written += 1
    assert written > 10


def test_hostile_files_are_read(data_dir):
    n_files = 0
    for path in sorted((data_dir / "hostile").rglob("*")):
        if path.is_file():
            n_files += 1
            facts = read_facts(path.read_bytes())
            assert all(iou(r.box, r.box) == 1 for r in facts.regions)
    assert n_files > 300
