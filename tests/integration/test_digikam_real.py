"""A library that digiKam 7.9 made itself, of drawn pictures: what stands in it lands where it was
drawn.

No detector finds the drawn faces, so every place follows from what digiKam wrote alone.
"""

import lzma
import tarfile

import photos
import pytest

from facedex.digikam.database import read_digikam
from facedex.progress import NullSink
from facedex.services.names_in.import_digikam import import_digikam
from facedex.types import DetectorName, EngineConfig, ScanOptions

pytestmark = [pytest.mark.data]

ADA, BOB = "Ada Lovelace", "Bob O\N{RIGHT SINGLE QUOTATION MARK}Hara"
ADA_PX, BOB_PX = (40, 40, 100, 120), (200, 60, 260, 140)  # upright
PAIR = [(ADA, *ADA_PX), (BOB, *BOB_PX)]
OPTIONS = ScanOptions(EngineConfig(DetectorName.CNN, working_size=640))  # as run_scan does
NAMED = (
    "SELECT person_name, left_px, top_px, right_px, bottom_px FROM v1_faces"
    " WHERE path LIKE '%' || ? AND state = 'confirmed' ORDER BY person_name, left_px"
)


@pytest.fixture
def theirs(data_dir, tmp_path):
    """The pictures and the database as digiKam left them."""
    archive = data_dir / "digikam" / "digikam-7.9-schema15-fixture.tar.xz"
    if not archive.is_file():
        pytest.skip(f"no {archive}")
    with lzma.open(archive) as file, tarfile.open(fileobj=file) as packed:
        packed.extractall(tmp_path, filter="data")
    return tmp_path / "digikam-fixture"


def test_who_is_where_in_its_database(theirs):
    library = read_digikam(theirs / "db" / "digikam4.db")
    said = {
        photo.relpath: sorted((face.said, face.name, face.rect is None) for face in photo.faces)
        for photo in library.photos
    }
    pair = [("named", ADA, False), ("named", BOB, False)]
    assert (library.schema, library.n_bad, library.problems) == (15, 0, ())
    assert said == {
        "drawn.jpg": [("named", "Hand Drawn", False)],
        "iphone6.heic": [("named", "On Phone", False)],
        "tag only.jpg": [("named", "Only Tag", True)],  # a tag that no face was ever given to
        "unnamed.jpg": [("ignored", "", False)],
        "Übung ä/Torte & 🎂.jpg": [("named", "Änne Müller", False)],
        **dict.fromkeys(
            (
                "mirrored5.jpg", "backup/move me.jpg", "plain.jpg", "png6.png", "rotate me.jpg",
                "turned3.jpg", "turned6.jpg", "backup/turned6.jpg", "second.jpg",
            ),
            pair,
        ),
    }  # fmt: skip


def import_from(theirs, library):
    folders = {name: theirs / name for name in ("photos", "second root")}
    return import_digikam(library, theirs / "db", folders, OPTIONS, NullSink(), lambda: False)


@pytest.mark.model
@pytest.mark.slow
def test_files_and_database_agree_on_every_face(theirs, library, run_scan):
    run_scan(theirs, library)
    report = import_from(theirs, library)
    assert [one.n_found for one in report.collections] == [13, 1]
    for name in (
        "plain.jpg", "mirrored5.jpg", "move me.jpg", "png6.png", "turned3.jpg", "second.jpg",
        "/backup/turned6.jpg",  # one photo with turned6.jpg, whose orientation is another
    ):  # fmt: skip
        assert photos.select(library, NAMED, name) == PAIR, name
    assert photos.select(library, NAMED, "drawn.jpg") == [("Hand Drawn", *ADA_PX)]
    assert photos.select(library, NAMED, "iphone6.heic") == [("On Phone", *ADA_PX)]
    assert photos.select(library, NAMED, "Torte & 🎂.jpg") == [("Änne Müller", *ADA_PX)]
    names = "SELECT DISTINCT source FROM v1_regions WHERE person_name = ? AND rect = '' ORDER BY 1"
    assert photos.select(library, names, "Only Tag") == [("digikam",), ("xmp",)]
    states = "SELECT DISTINCT state FROM v1_faces WHERE path LIKE '%unnamed.jpg'"
    assert photos.select(library, states) in ([], [("ignored",)])


@pytest.mark.model
@pytest.mark.slow
def test_what_digikam_left_in_a_photo_that_it_rotated_names_no_wall(theirs, library, run_scan):
    """It turned the pixels and its database, not the regions in the file."""
    run_scan(theirs, library)
    import_from(theirs, library)
    assert photos.select(library, NAMED, "rotate me.jpg") == [
        (ADA, 80, 40, 160, 100), (BOB, 60, 200, 140, 260),
    ]  # fmt: skip
