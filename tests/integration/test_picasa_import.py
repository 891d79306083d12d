"""Names out of Picasa's own database, whose paths are another machine's."""

import json
import os
from datetime import UTC, datetime

import photos
import picasa_db3
import pytest

from facedex.geometry import box_to_rect64
from facedex.services.library import Library
from facedex.types import Box

pytestmark = [pytest.mark.model, pytest.mark.slow]

NEIL, GRACE, MAE = "1a2b3c4d5e6f7081", "00000000000abcde", "2222222222222222"
SKY = Box(0.1, 0.7, 0.25, 0.9)
FACES = "SELECT path, person_name, state, source, origin FROM v1_faces ORDER BY path, x0"
SETTLED = ("assignment", "face", "person", "contact", "cluster", "decision")


def rect(box):
    return box_to_rect64(box)


@pytest.fixture
def scanned(tmp_path, library, run_scan):
    """A scanned folder with two photos, and nobody named."""
    folder = tmp_path / "pictures"
    photos.write(folder / "2011" / "Summer" / "both.jpg", photos.turned(photos.both(), 6))
    photos.write(folder / "2012" / "astronaut.jpg", photos.encoded(photos.astronaut()))
    run_scan(folder, library)
    return folder


def stored(box):
    """A box of ``both.jpg``, which is turned, in its stored pixels."""
    return Box(box.y0, 1 - box.x1, box.y1, 1 - box.x0)


@pytest.fixture
def database(tmp_path):
    """Picasa's data: two people named, a face put aside, one deferred, one on a photo that is
    gone."""
    db3 = picasa_db3.Db3()
    neil, grace = db3.person("Eileen Collins", NEIL), db3.person("Grace Hopper", GRACE)
    ignored = db3.album("]ignoreface", 8)
    summer = db3.folder("D:\\Photos\\2011\\summer\\")
    both = db3.photo(summer, "Both.jpg")
    db3.face(both, rect(stored(photos.ASTRONAUT_IN_BOTH)), ignored)
    when = picasa_db3.ole_days(datetime(2011, 7, 3, 18, 30, tzinfo=UTC))
    db3.face(both, rect(stored(photos.HOPPER_IN_BOTH)), grace, tagdate=when)
    later = db3.folder("D:\\Photos\\2012\\")
    waiting = f"rect64({rect(photos.ASTRONAUT_FACE)}),{NEIL};"
    db3.photo(later, "astronaut.jpg", deferredface=waiting)
    gone = db3.photo(later, "gone.jpg")
    db3.face(gone, rect(photos.ASTRONAUT_FACE), neil)
    folder = tmp_path / "Picasa2" / "db3"
    db3.write(folder)
    photos.write(
        folder.parent / "contacts" / "contacts.xml",
        f'<contacts><contact id="{MAE}" name="Mae Jemison"/></contacts>'.encode(),
    )
    return folder


def test_a_database_names_faces(scanned, database, library, facedex):
    before = {path: path.read_bytes() for path in database.parent.rglob("*") if path.is_file()}
    run = ("--library", library, "picasa", "import", "--db3", database)
    dry = facedex(*run, "--dry-run")
    assert dry.returncode == 0, dry.stderr
    assert b"would be: " in dry.stdout
    assert {row[2] for row in photos.select(library, FACES)} == {"unknown"}
    asked = facedex(*run)
    assert asked.returncode == 2
    assert b"--yes" in asked.stderr

    done = facedex(*run, "--yes", "--json")
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert [(m["folder"], m["here"], m["n_photos"], m["n_here"]) for m in said["folders"]] == [
        ("D:\\Photos", str(scanned), 3, 2)
    ]
    assert said["outcomes"] == {
        "found": 4, "encoded": 2, "unencodable": 0, "unplaced": 0, "conflict": 0, "orphaned": 1,
        "unnamed": 0, "ignored": 1, "suggested": 0, "pending": 0,
    }  # fmt: skip
    rows = [(path.rsplit("/")[-1], *rest) for path, *rest in photos.select(library, FACES)]
    assert rows == [
        ("both.jpg", None, "ignored", "picasa", "cnn"),
        ("both.jpg", "Grace Hopper", "confirmed", "picasa", "cnn"),
        ("astronaut.jpg", "Eileen Collins", "confirmed", "picasa", "cnn"),
    ]
    sql = "SELECT tagged_at FROM v1_regions WHERE tagged_at IS NOT NULL"
    assert photos.select(library, sql) == [("2011-07-03T18:30:00.000Z",)]
    assert {p: p.read_bytes() for p in database.parent.rglob("*") if p.is_file()} == before
    report = json.loads(facedex("--library", library, "picasa", "report", "--json").stdout)
    found = {line["kind"]: line["outcomes"]["found"] for line in report["sources"]}
    assert found == {"contacts": 0, "db3": 4}
    assert "Mae Jemison" in {line["name"] for line in report["names"]}
    assert report["missing"][0][1:] == [str(scanned / "2012" / "gone.jpg"), 1]


def test_importing_again_and_scanning_change_nothing(scanned, database, library, facedex, run_scan):
    run = ("--library", library, "picasa", "import", "--db3", database, "--yes")
    assert facedex(*run).returncode == 0
    before = photos.whole_tables(library, *SETTLED)
    assert facedex(*run).returncode == 0
    run_scan(None, library)
    assert photos.whole_tables(library, *SETTLED) == before
    # the photo that was not there is named when it comes
    photos.write(
        scanned / "2012" / "gone.jpg", photos.encoded(photos.variants(photos.astronaut(), 3)[2])
    )
    run_scan(None, library)
    names = dict(photos.select(library, "SELECT path, person_name FROM v1_faces"))
    assert names[str(scanned / "2012" / "gone.jpg")] == "Eileen Collins"


def test_what_was_decided_here_stands(scanned, database, library, facedex):
    opened = Library.open(library)
    for face in opened.look.find_faces(None, None, 10):
        opened.decide.name_faces([face.face_id], "Somebody Else")
    opened.close()
    before = photos.whole_tables(library, "decision", "assignment")
    run = ("--library", library, "picasa", "import", "--db3", database)
    said = json.loads(facedex(*run, "--yes", "--json").stdout)
    assert said["outcomes"]["conflict"] == 3
    after = photos.whole_tables(library, "decision", "assignment")
    assert after == before


def test_folders_may_be_said(scanned, database, library, facedex, tmp_path):
    run = ("--library", library, "picasa", "import", "--db3", database)
    done = facedex(*run, "--map", f"d:/photos={scanned}", "--json")
    assert json.loads(done.stdout)["outcomes"]["encoded"] == 2
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    done = facedex(*run, "--map", f"D:\\={elsewhere}", "--dry-run", "--json")
    assert json.loads(done.stdout)["outcomes"]["orphaned"] == 3
    for wrong in ("D:", f"D:={tmp_path / 'no'}"):
        refused = facedex(*run, "--map", wrong)
        assert refused.returncode == 2
        assert b"Traceback" not in refused.stderr


def test_contacts_alone_name_people(tmp_path, scanned, library, facedex, run_scan):
    ini = f"[both.jpg]\r\nfaces=rect64({rect(stored(photos.HOPPER_IN_BOTH))}),{MAE}\r\n"
    photos.write(scanned / "2011" / "Summer" / ".picasa.ini", ini.encode())
    run_scan(None, library)
    assert photos.select(library, "SELECT name FROM v1_people") == [(f"Unknown (Picasa {MAE})",)]
    home = tmp_path / "home"
    photos.write(
        home / "AppData" / "Local" / "Google" / "Picasa2" / "contacts" / "contacts.xml",
        f'<contacts><contact id="{MAE}" name="Mae Jemison"/></contacts>'.encode(),
    )
    environment = {**os.environ, "HOME": str(home), "USERPROFILE": str(home)}
    done = facedex("--library", library, "picasa", "import", env=environment)
    assert done.returncode == 0, done.stderr
    assert b"1 have theirs" in done.stdout
    assert photos.select(library, "SELECT name, n_confirmed FROM v1_people") == [("Mae Jemison", 1)]
    none = {**environment, "HOME": str(tmp_path), "USERPROFILE": str(tmp_path)}
    assert facedex("--library", library, "picasa", "import", env=none).returncode == 2


def test_a_copy_of_picasas_data_is_enough(scanned, database, library, facedex):
    run = ("--library", library, "picasa", "import", "--db3", database.parent)
    done = facedex(*run, "--yes", "--json")
    assert json.loads(done.stdout)["outcomes"]["encoded"] == 2


def test_a_folder_that_is_no_database_is_refused(tmp_path, scanned, library, facedex):
    done = facedex("--library", library, "picasa", "import", "--db3", tmp_path)
    assert done.returncode == 2
    assert b"not Picasa's database" in done.stderr


def test_without_a_library_there_is_nothing_to_name(tmp_path, database, facedex):
    done = facedex("--library", tmp_path / "none", "picasa", "import", "--db3", database)
    assert done.returncode == 2
    assert b"facedex scan" in done.stderr
    assert not (tmp_path / "none").exists()
