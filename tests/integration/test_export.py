"""Names from a scanned library out into sidecars, and what other readers find there."""

import json
import shutil
import subprocess
from pathlib import Path

import photos
import pytest

from facedex.imaging.hashes import image_hash
from facedex.services.library import Library
from facedex.types import PhotoShape
from facedex.xmp.frames import place_regions
from facedex.xmp.reading import read_facts

pytestmark = [pytest.mark.model, pytest.mark.slow]

RATED = b"""<x:xmpmeta xmlns:x="adobe:ns:meta/">
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmp:Rating="4"/>
</rdf:RDF></x:xmpmeta>"""
BOXES = (
    "SELECT f.path, f.person_name, f.stored_x0, f.stored_y0, f.stored_x1, f.stored_y1,"
    " p.width, p.height, p.orientation FROM v1_faces f JOIN v1_photos p USING (photo_id)"
    " WHERE f.state = 'confirmed' ORDER BY f.path, f.person_name"
)


@pytest.fixture
def named(tmp_path, library, run_scan):
    """A folder with an upright and two turned photos, everybody on them named, one rated."""
    folder = tmp_path / "photos"
    photos.write(folder / "astronaut.jpg", photos.encoded(photos.astronaut()))
    photos.write(folder / "turned.jpg", photos.turned(photos.both(), 6))
    photos.write(folder / "mirrored.jpg", photos.turned(photos.hopper(), 7))
    photos.write(folder / "astronaut.xmp", RATED)
    run_scan(folder, library)
    with Library.open(library) as opened:
        for face in opened.look.find_faces(None, None, 10):
            is_eileen = "astronaut" in face.path or ("turned" in face.path and face.box.x0 < 0.5)
            opened.decide.name_faces([face.face_id], "Eileen" if is_eileen else "Grace")
    assert len(photos.select(library, BOXES)) == 4
    return folder


def exported(facedex, library):
    done = facedex("--library", library, "export", "xmp", "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def sidecar_of(folder, path):
    name = path.rsplit("/", 1)[1]
    return folder / ("astronaut.xmp" if name == "astronaut.jpg" else f"{name}.xmp")


def test_the_same_people_and_boxes_are_read_back(named, library, facedex):
    before = {path: path.read_bytes() for path in named.glob("*.jpg")}
    assert len(exported(facedex, library)["written"]) == 3
    for path, name, *edges, width, height, orientation in photos.select(library, BOXES):
        facts = read_facts(sidecar_of(named, path).read_bytes())
        assert facts.problems == ()
        placed = place_regions(facts, PhotoShape((width, height), orientation))
        pairs = zip(facts.regions, placed, strict=True)
        [found] = [place for region, place in pairs if region.name == name]
        assert found.frame == "stored"
        box = found.box
        assert (box.x0, box.y0, box.x1, box.y1) == pytest.approx(edges, abs=1e-4)
    n_regions = [len(read_facts(path.read_bytes()).regions) for path in named.glob("*.xmp")]
    assert sorted(n_regions) == [1, 1, 2]
    assert {path: path.read_bytes() for path in named.glob("*.jpg")} == before


def test_a_second_export_writes_nothing_even_after_a_scan(named, library, facedex, run_scan):
    exported(facedex, library)
    files = {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in named.iterdir()}
    run_scan(None, library)
    again = exported(facedex, library)
    assert (again["written"], again["n_unchanged"]) == ([], 3)
    assert {p: (p.read_bytes(), p.stat().st_mtime_ns) for p in named.iterdir()} == files
    known = photos.select(library, "SELECT photo_id FROM v1_files WHERE path LIKE '%.xmp'")
    assert known == [(None,)] * 3  # a sidecar is no photo
    assert photos.select(library, "SELECT * FROM v1_problems") == []


def test_an_existing_sidecar_keeps_its_rating(named, library, facedex):
    exported(facedex, library)
    sidecar = (named / "astronaut.xmp").read_bytes()
    assert b'xmp:Rating="4"' in sidecar
    assert [region.name for region in read_facts(sidecar).regions] == ["Eileen"]


def test_names_in_the_photos_cost_the_next_scan_nothing(named, library, facedex, run_scan):
    tables = ("person", "face", "assignment", "photo", "encoding", "decision")
    said = photos.what_is_said(library, *tables)
    hashes = {path: image_hash(path.read_bytes(), "JPEG") for path in named.glob("*.jpg")}
    done = facedex("--library", library, "export", "xmp", "--write", "file", "--yes", "--json")
    assert done.returncode == 0, done.stderr
    assert len(json.loads(done.stdout)["written"]) == 3
    assert [path.name for path in named.glob("*.xmp")] == ["astronaut.xmp"]
    for path, name, *edges, width, height, orientation in photos.select(library, BOXES):
        facts = read_facts(Path(path).read_bytes())
        placed = place_regions(facts, PhotoShape((width, height), orientation))
        pairs = zip(facts.regions, placed, strict=True)
        [box] = [place.box for region, place in pairs if region.name == name]
        assert (box.x0, box.y0, box.x1, box.y1) == pytest.approx(edges, abs=1e-6)
    assert {path: image_hash(path.read_bytes(), "JPEG") for path in hashes} == hashes
    counts = run_scan(None, library).counts
    assert (counts.unchanged, counts.touched) == (4, 0)
    assert (counts.new, counts.changed, counts.gone, counts.photos_searched) == (0, 0, 0, 0)
    assert photos.what_is_said(library, *tables) == said


@pytest.mark.skipif(
    shutil.which("exiftool") is None, reason="exiftool is not installed (libimage-exiftool-perl)"
)
def test_exiftool_reads_the_names(named, library, facedex):
    exported(facedex, library)
    done = subprocess.run(
        ["exiftool", "-json", "-RegionName", "-RegionPersonDisplayName", "-PersonInImage",
         "-TagsList", "-HierarchicalSubject", "-Rating", named / "turned.jpg.xmp",
         named / "astronaut.xmp"],
        capture_output=True, timeout=60, check=True,
    )  # fmt: skip
    turned, astronaut = json.loads(done.stdout)
    names = ["Eileen", "Grace"]
    assert sorted(turned["RegionName"]) == sorted(turned["RegionPersonDisplayName"]) == names
    assert sorted(turned["PersonInImage"]) == names
    assert sorted(turned["TagsList"]) == [f"People/{name}" for name in names]
    assert sorted(turned["HierarchicalSubject"]) == [f"People|{name}" for name in names]
    assert (astronaut["RegionName"], astronaut["Rating"]) == ("Eileen", 4)
