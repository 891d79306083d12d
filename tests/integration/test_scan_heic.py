"""HEICs that their boxes have turned: sidecars, digiKam's rectangles and exports lie on the faces.

digiKam and ExifTool count regions in the picture as it is coded, and repeat EXIF's orientation in
sidecars.
"""

import json
import shutil
import subprocess

import photos
import pytest
import xmp_packets as xmp
from digikam_maker import DigikamMaker

from facedex.db.library import open_library
from facedex.geometry import box_to_mwg, box_to_stored, contains_center, upright_size
from facedex.progress import NullSink
from facedex.services.names_in.import_digikam import import_digikam
from facedex.types import Box, DetectorName, EngineConfig, ScanOptions
from facedex.xmp.reading import read_facts

pytestmark = [pytest.mark.model, pytest.mark.slow]

OPTIONS = ScanOptions(EngineConfig(DetectorName.CNN, working_size=640))  # as run_scan does
EILEEN, GRACE = "Eileen Collins", "Grace Hopper"
PLACES = {EILEEN: photos.ASTRONAUT_IN_BOTH, GRACE: photos.HOPPER_IN_BOTH}
NAMED = (
    "SELECT path, person_name, x0, y0, x1, y1 FROM v1_faces WHERE state = 'confirmed'"
    " AND origin = 'cnn' ORDER BY path, x0"
)
ORIENTATIONS = range(1, 9)


def sidecar(orientation):
    """What digiKam leaves beside a photo after a rating: regions, and EXIF's orientation."""
    items = [
        xmp.mwg_item(*box_to_mwg(box_to_stored(box, orientation)), name)
        for name, box in PLACES.items()
    ]
    size = photos.stored(photos.both(), orientation).size
    return xmp.packet(xmp.mwg(*items, size=size), f' tiff:Orientation="{orientation}"')


def assert_everybody_is_named(library, names_of_files):
    found = photos.select(library, NAMED)
    assert [(path.rsplit("/", 1)[1], name) for path, name, *_ in found] == [
        (file, name) for file in names_of_files for name in (EILEEN, GRACE)
    ]
    for _path, name, *edges in found:
        assert contains_center(PLACES[name], Box(*edges))
    assert photos.select(library, "SELECT count(*) FROM v1_faces") == [(len(found),)]


def test_sidecars_name_the_faces_and_turn_only_what_no_box_has_turned(tmp_path, library, run_scan):
    folder = tmp_path / "p"
    for orientation in ORIENTATIONS:
        name = f"boxes{orientation}.heic"
        photos.write(folder / name, photos.heic(photos.both(), orientation))
        photos.write(folder / f"{name}.xmp", sidecar(orientation))
    for orientation in (3, 6):
        name = f"exif{orientation}.heic"
        photos.write(folder / name, photos.heic_turned_by_exif(photos.both(), orientation))
        photos.write(folder / f"{name}.xmp", sidecar(orientation))
    run_scan(folder, library)
    assert_everybody_is_named(library, sorted(path.name for path in folder.glob("*.heic")))
    turned = photos.select(library, "SELECT path, orientation FROM v1_photos JOIN v1_files"
                           " USING (photo_id) ORDER BY path")  # fmt: skip
    assert {path.rsplit("/", 1)[1]: orientation for path, orientation in turned} == {
        **{f"boxes{orientation}.heic": 1 for orientation in ORIENTATIONS},
        "exif3.heic": 3, "exif6.heic": 6,
    }  # fmt: skip
    assert run_scan(None, library).counts.photos_searched == 0


def test_digikams_rectangles_name_the_faces(tmp_path, library, run_scan):
    folder = tmp_path / "p"
    maker = DigikamMaker(tmp_path / "theirs" / "digikam4.db")
    root, people = maker.root(folder), {name: maker.person(name) for name in PLACES}
    width, height = photos.both().size
    for orientation in ORIENTATIONS:
        name = f"{orientation}.heic"
        photos.write(folder / name, photos.heic(photos.both(), orientation))
        photo = maker.photo(root, name, upright_size(width, height, orientation), orientation)
        for who, box in PLACES.items():
            rect = (box.x0 * width, box.y0 * height, box.width * width, box.height * height)
            maker.named(photo, people[who], *map(round, rect))
    maker.close()
    run_scan(folder, library)
    import_digikam(library, maker.path, {}, OPTIONS, NullSink(), lambda: False)
    assert_everybody_is_named(library, [f"{orientation}.heic" for orientation in ORIENTATIONS])


def name_everybody(library):
    """Let the user name the two faces of every photo, from left to right."""
    from facedex.services.decisions.decide_faces import name_faces

    found = photos.select(library, "SELECT face_id, x0 FROM v1_faces")
    db = open_library(library)
    for name in PLACES:
        name_faces(db, [face for face, x0 in found if (x0 < 0.5) == (name == EILEEN)], name)
    db.close()


def test_an_export_counts_in_the_coded_picture_and_comes_back_from_there(
    tmp_path, library, run_scan, facedex
):
    folder = tmp_path / "p"
    for orientation in ORIENTATIONS:
        photos.write(folder / f"{orientation}.heic", photos.heic(photos.both(), orientation))
    run_scan(folder, library)
    name_everybody(library)
    done = facedex("--library", library, "export", "xmp", "--json")
    assert done.returncode == 0, done.stderr
    assert len(json.loads(done.stdout)["written"]) == len(ORIENTATIONS)
    for orientation in ORIENTATIONS:
        facts = read_facts((folder / f"{orientation}.heic.xmp").read_bytes())
        assert facts.applied_to == photos.stored(photos.both(), orientation).size
        for region in facts.regions:
            assert contains_center(box_to_stored(PLACES[region.name], orientation), region.box)
    again = facedex("--library", library, "export", "xmp", "--json")
    assert json.loads(again.stdout)["written"] == []
    other = tmp_path / "other"
    run_scan(folder, other)  # a library that did not write the sidecars
    assert_everybody_is_named(other, [f"{orientation}.heic" for orientation in ORIENTATIONS])


@pytest.mark.skipif(shutil.which("exiftool") is None, reason="needs exiftool")
def test_the_coded_picture_is_what_exiftool_counts_in(tmp_path):
    for orientation in ORIENTATIONS:
        path = photos.write(tmp_path / "a.heic", photos.heic(photos.both(), orientation))
        done = subprocess.run(
            ["exiftool", "-json", "-n", "-ImageWidth", "-ImageHeight", path],
            check=True,
            capture_output=True,
        )
        [told] = json.loads(done.stdout)
        size = photos.stored(photos.both(), orientation).size
        assert (told["ImageWidth"], told["ImageHeight"]) == size


def test_a_library_made_before_learns_how_its_heics_are_turned(tmp_path, library, run_scan):
    """It had turned them by their sidecars once more, and placed regions in the picture upright."""
    folder = tmp_path / "p"
    photos.write(folder / "a.heic", photos.heic(photos.both(), 6))
    run_scan(folder, library)
    before = photos.select(library, "SELECT face_id FROM v1_faces ORDER BY face_id")
    photos.write(folder / "a.heic.xmp", sidecar(6), age_s=7)
    db = open_library(library)
    db.execute("UPDATE photo SET decoder_turn = NULL, orientation = 6")
    db.execute("UPDATE file SET turn = 6 WHERE photo_id IS NOT NULL")
    db.close()
    run_scan(None, library)
    assert_everybody_is_named(library, ["a.heic"])
    assert photos.select(library, "SELECT orientation FROM v1_photos") == [(1,)]
    assert photos.select(library, "SELECT face_id FROM v1_faces ORDER BY face_id") == before
    assert run_scan(None, library).counts.touched == 0
