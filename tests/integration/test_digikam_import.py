"""Names in digiKam's database, from generated databases to the views and the report."""

import json
import os
import shutil
import unicodedata
from pathlib import Path

import photos
import pytest
from digikam_maker import DigikamMaker
from PIL import Image

from facedex.errors import UsageError
from facedex.progress import NullSink
from facedex.services.library import Library
from facedex.services.names_in.import_digikam import import_digikam
from facedex.types import DetectorName, EngineConfig, ScanOptions

pytestmark = [pytest.mark.model, pytest.mark.slow]

FACES = (
    "SELECT person_name, state, source, origin FROM v1_faces"
    " WHERE path LIKE '%' || ? ORDER BY x0, y0"
)
REGIONS = "SELECT status, count(*) FROM v1_regions GROUP BY 1 ORDER BY 1"
SAID = ("person", "face", "cluster", "region", "source", "encoding", "decision")
EVERYTHING = (*SAID, "assignment", "photo", "file", "meta")
SETTLED = "SELECT * FROM assignment WHERE source != 'auto' ORDER BY id"

OPTIONS = ScanOptions(EngineConfig(DetectorName.CNN, working_size=640))  # as run_scan does


def pixels(box, size):
    """Return a box of an upright picture in its pixels."""
    width, height = size
    left, top = round(box.x0 * width), round(box.y0 * height)
    return left, top, round(box.x1 * width) - left, round(box.y1 * height) - top


IN_BOTH = [
    pixels(box, photos.both().size) for box in (photos.ASTRONAUT_IN_BOTH, photos.HOPPER_IN_BOTH)
]
ASTRONAUT = pixels(photos.ASTRONAUT_FACE, photos.astronaut().size)
HOPPER = pixels(photos.HOPPER_FACE, photos.hopper().size)


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "photos"


@pytest.fixture
def maker(tmp_path):
    maker = DigikamMaker(tmp_path / "theirs" / "digikam4.db", journal="wal")
    yield maker
    maker.close()


@pytest.fixture
def take_over(library, maker):
    def run(table=None, **options):
        return import_digikam(
            library, maker.path, table or {}, OPTIONS, NullSink(), lambda: False,
            **options,
        )  # fmt: skip

    return run


@pytest.fixture
def family(folder, maker):
    """Photos and a digiKam that knows them, in every state that a face may be in."""
    astronaut, hopper = photos.astronaut(), photos.hopper()
    photos.write(folder / "space" / "astronaut.jpg", photos.encoded(astronaut))
    photos.write(folder / "space" / "guessed.jpg", photos.encoded(photos.variants(astronaut, 1)[0]))
    photos.write(folder / "sky.jpg", photos.encoded(Image.new("RGB", (640, 480), "#9cf")))
    photos.write(folder / "navy" / "hopper.png", photos.encoded(hopper, "PNG"))
    photos.write(folder / "navy" / "ignored.jpg", photos.encoded(photos.variants(hopper, 1)[0]))
    photos.write(folder / "navy" / "unnamed.jpg", photos.encoded(photos.variants(hopper, 5)[4]))
    root = maker.root(folder, label="Photos")
    eileen, grace = maker.person("Eileen Collins"), maker.person("Grace Hopper")
    named = maker.photo(root, "space/astronaut.jpg", astronaut.size)
    maker.named(named, eileen, *ASTRONAUT)
    maker.has_tag(named, maker.person("Mae Jemison"))
    maker.guessed(maker.photo(root, "space/guessed.jpg", astronaut.size), grace, 168, 72, 97, 97)
    maker.named(maker.photo(root, "sky.jpg", (640, 480)), eileen, 200, 100, 9, 10)
    maker.named(maker.photo(root, "navy/hopper.png", hopper.size), grace, *HOPPER)
    mirrored = (hopper.width - HOPPER[0] - HOPPER[2], *HOPPER[1:])
    maker.set_aside(maker.photo(root, "navy/ignored.jpg", hopper.size), *mirrored)
    maker.found(maker.photo(root, "navy/unnamed.jpg", (410, 480)), 150, 110, 140, 145)
    maker.named(maker.photo(root, "gone.jpg"), grace, 10, 10, 50, 50)
    removed = maker.photo(root, "removed.jpg")
    maker.named(removed, grace, 10, 10, 50, 50)
    maker.remove(removed)
    return folder


def faces(library, path):
    return photos.select(library, FACES, path)


def test_everything_that_digikam_knows_comes_over(family, library, run_scan, take_over):
    run_scan(family, library)
    report = take_over()
    assert faces(library, "astronaut.jpg") == [("Eileen Collins", "confirmed", "digikam", "cnn")]
    assert faces(library, "hopper.png") == [("Grace Hopper", "confirmed", "digikam", "cnn")]
    # what was drawn in the sky is kept, though nobody can be recognised by it
    assert faces(library, "sky.jpg") == [("Eileen Collins", "confirmed", "digikam", "digikam")]
    assert faces(library, "ignored.jpg") == [(None, "ignored", "digikam", "cnn")]
    # what digiKam guessed, or did not name, is facedex's own business
    assert {row[2] for name in ("guessed", "unnamed") for row in faces(library, f"{name}.jpg")} <= {
        "auto", None,
    }  # fmt: skip
    assert dict(photos.select(library, "SELECT name, n_confirmed FROM v1_people")) == {
        "Eileen Collins": 2, "Grace Hopper": 1, "Mae Jemison": 0,
    }  # fmt: skip
    assert dict(photos.select(library, REGIONS)) == {
        "encoded": 2, "unencodable": 1, "unplaced": 1, "orphaned": 1, "ignored": 1, "suggested": 1,
        "unnamed": 1,
    }  # fmt: skip
    (collection,) = report.collections
    assert (collection.folder, collection.n_photos) == (str(family), 7)
    assert (collection.n_told, collection.n_found) == (7, 6)
    assert report.outcomes.found == 8
    assert (report.n_removed, report.n_repeated, report.n_bad) == (1, 1, 0)
    assert (report.n_people, report.n_faces) == (3, 4)
    assert photos.is_sound(library)


def test_doing_it_again_changes_nothing(family, library, run_scan, take_over):
    run_scan(family, library)
    take_over()
    before = photos.whole_tables(library, *EVERYTHING)
    again = take_over()
    assert (again.n_people, again.n_faces) == (0, 0)
    assert photos.whole_tables(library, *EVERYTHING) == before
    settled = photos.select(library, SETTLED)
    run_scan(None, library)  # which suggests anew
    assert photos.whole_tables(library, *SAID) == {name: before[name] for name in SAID}
    assert photos.select(library, SETTLED) == settled


def test_a_dry_run_says_the_same_and_changes_nothing(family, library, run_scan, take_over):
    run_scan(family, library)
    before = photos.whole_tables(library, *EVERYTHING)
    dry = take_over(is_dry_run=True)
    assert photos.whole_tables(library, *EVERYTHING) == before
    done = take_over()
    assert dry.collections == done.collections
    assert dry.outcomes.encoded == done.outcomes.encoded == 2
    assert dry.outcomes.pending == done.outcomes.unencodable == 1  # the sky


def test_digikams_files_stay_as_they_are(family, maker, library, run_scan, take_over):
    run_scan(family, library)

    def state():
        return {
            path.name: (path.read_bytes(), path.stat().st_mtime_ns)
            for path in maker.path.parent.iterdir()
        }

    before = state()
    take_over()
    assert state() == before


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("frame", ["shown", "stored"])
def test_rectangles_lie_on_their_faces_in_every_orientation(
    folder, maker, library, run_scan, take_over, orientation, frame
):
    image = photos.both()
    photos.write(folder / "a.jpg", photos.turned(image, orientation))
    stored = photos.stored(image, orientation).size
    rects = IN_BOTH if frame == "shown" else [in_stored(rect, orientation) for rect in IN_BOTH]
    photo = maker.photo(maker.root(folder), "a.jpg", stored, orientation)
    for name, rect in zip(("Eileen Collins", "Grace Hopper"), rects, strict=True):
        maker.named(photo, maker.person(name), *rect)
    run_scan(folder, library)
    take_over()
    # left and right as they are shown, on the faces that were found: no box was added
    assert faces(library, "a.jpg") == [
        ("Eileen Collins", "confirmed", "digikam", "cnn"),
        ("Grace Hopper", "confirmed", "digikam", "cnn"),
    ]
    frames = {row[0] for row in photos.select(library, "SELECT frame FROM v1_regions")}
    assert frames == {frame if orientation > 1 else "shown"}


@pytest.mark.parametrize("is_noted", [True, False])
def test_files_of_equal_pixels_are_placed_each_by_its_own_orientation(
    folder, maker, library, run_scan, take_over, is_noted
):
    """One photo, shown by one file upright and by the other as it is stored.

    What digiKam does not note of the orientation, it takes from the file.
    """
    root = maker.root(folder)
    people = [maker.person(name) for name in ("Eileen Collins", "Grace Hopper")]
    for orientation in range(2, 9):
        jpeg = photos.turned(photos.both(), orientation)
        stored = photos.stored(photos.both(), orientation).size
        as_stored = [in_stored(rect, orientation) for rect in IN_BOTH]
        for name, own, rects in (
            (f"{orientation}/a.jpg", orientation, IN_BOTH), (f"{orientation}/b.jpg", 1, as_stored),
        ):  # fmt: skip
            photos.write(folder / name, photos.with_orientation(jpeg, own))
            photo = maker.photo(root, name, stored, own if is_noted else 0)
            for person, rect in zip(people, rects, strict=True):
                maker.named(photo, person, *rect)
    run_scan(folder, library)
    assert photos.select(library, "SELECT count(*) FROM v1_photos") == [(7,)]
    take_over()
    for orientation in range(2, 9):
        assert faces(library, f"{orientation}/a.jpg") == [
            ("Eileen Collins", "confirmed", "digikam", "cnn"),
            ("Grace Hopper", "confirmed", "digikam", "cnn"),
        ]
    assert dict(photos.select(library, REGIONS)) == {"encoded": 28}


def in_stored(rect, orientation):
    """Return a rectangle of the shown picture in stored pixels, found by its paint."""
    left, top, width, height = rect
    mask = Image.new("L", photos.both().size)
    mask.paste(255, (left, top, left + width, top + height))
    x0, y0, x1, y1 = photos.stored(mask, orientation).getbbox()
    return x0, y0, x1 - x0, y1 - y0


def test_what_the_user_decided_stands(family, library, run_scan, take_over):
    run_scan(family, library)
    own = Library.open(library)
    by_path = dict(photos.select(library, "SELECT path, face_id FROM v1_faces"))
    own.decide.name_faces([by_path[str(family / "space" / "astronaut.jpg")]], "Somebody Else")
    own.decide.ignore([by_path[str(family / "navy" / "hopper.png")]])
    own.decide.name_faces([by_path[str(family / "navy" / "ignored.jpg")]], "Grace Hopper")
    own.close()
    before = photos.whole_tables(library, "decision")
    report = take_over()
    assert faces(library, "astronaut.jpg") == [("Somebody Else", "confirmed", "user", "cnn")]
    assert faces(library, "hopper.png") == [(None, "ignored", "user", "cnn")]
    assert faces(library, "ignored.jpg") == [("Grace Hopper", "confirmed", "user", "cnn")]
    assert report.outcomes.conflict == 3
    assert photos.whole_tables(library, "decision") == before


def test_what_the_user_rejected_is_not_named_so_again(family, library, run_scan, take_over):
    run_scan(family, library)
    take_over()
    ((face_id,),) = photos.select(
        library, "SELECT face_id FROM v1_faces WHERE path LIKE '%astronaut.jpg'"
    )
    own = Library.open(library)
    own.decide.reject([face_id])
    own.close()
    take_over()
    run_scan(None, library)
    ((name, state, *_rest),) = faces(library, "astronaut.jpg")
    assert (name, state) != ("Eileen Collins", "confirmed")


def test_picasas_word_goes_before(family, library, run_scan, take_over):
    from facedex.geometry import box_to_rect64

    rect = box_to_rect64(photos.ASTRONAUT_FACE)
    ini = (
        f"[astronaut.jpg]\r\nfaces=rect64({rect}),1a2b3c4d5e6f7081\r\n"
        "[Contacts2]\r\n1a2b3c4d5e6f7081=Sally Ride;;\r\n"
    )
    photos.write(family / "space" / ".picasa.ini", ini.encode())
    run_scan(family, library)
    report = take_over()
    assert faces(library, "astronaut.jpg") == [("Sally Ride", "confirmed", "picasa", "cnn")]
    assert report.outcomes.conflict == 1


def test_a_name_given_in_both_is_one_person(family, library, run_scan, take_over, maker):
    run_scan(family, library)
    own = Library.open(library)
    ((face_id,),) = photos.select(
        library, "SELECT face_id FROM v1_faces WHERE path LIKE '%unnamed.jpg'"
    )
    own.decide.name_faces([face_id], "grace  HOPPER")
    own.close()
    take_over()
    names = [name for (name,) in photos.select(library, "SELECT name FROM v1_people ORDER BY 1")]
    assert names == ["Eileen Collins", "Mae Jemison", "grace HOPPER"]


def test_namesakes_are_one_person_and_said(family, library, run_scan, take_over, maker):
    run_scan(family, library)
    other = maker.person("GRACE Hopper", maker.tag("Navy", maker.people))
    maker.named(maker.photo(1, "navy/unnamed.jpg#"), other, 1, 1, 2, 2)
    assert take_over().namesakes == (("Personen/Grace Hopper", "Personen/Navy/GRACE Hopper"),)
    assert (
        len(photos.select(library, "SELECT 1 FROM v1_people WHERE name LIKE 'grace hopper'")) == 1
    )


def test_changes_in_digikam_follow(family, maker, library, run_scan, take_over):
    run_scan(family, library)
    take_over()
    maker.db.execute("UPDATE Tags SET name = 'Eileen M. Collins' WHERE name = 'Eileen Collins'")
    maker.db.execute("DELETE FROM ImageTagProperties WHERE property = 'ignoredFace'")
    report = take_over()
    assert faces(library, "astronaut.jpg") == [("Eileen M. Collins", "confirmed", "digikam", "cnn")]
    assert report.n_faces == 2  # the sky too
    # what was put aside once stays so: nothing takes a decision back but the user
    assert faces(library, "ignored.jpg") == [(None, "ignored", "digikam", "cnn")]


def test_names_on_photos_that_come_later_are_placed_by_the_next_scan(
    family, library, run_scan, take_over
):
    shutil.move(family / "space", family.parent / "space")
    run_scan(family, library)
    assert take_over().collections[0].n_found == 4
    shutil.move(family.parent / "space", family / "space")
    run_scan(None, library)
    assert faces(library, "astronaut.jpg") == [("Eileen Collins", "confirmed", "digikam", "cnn")]


def test_folders_in_another_normal_form_are_found(folder, maker, library, run_scan, take_over):
    name = "Ferien in Österreich/Zoë.jpg"
    photos.write(folder / unicodedata.normalize("NFD", name), photos.encoded(photos.astronaut()))
    photo = maker.photo(
        maker.root(folder), unicodedata.normalize("NFC", name), photos.astronaut().size
    )
    maker.named(photo, maker.person("Eileen Collins"), *ASTRONAUT)
    run_scan(folder, library)
    assert take_over().collections[0].n_found == 1
    assert dict(photos.select(library, REGIONS)) == {"encoded": 1}


@pytest.fixture
def elsewhere(family, maker):
    """The same photos, which digiKam knows in another place."""
    maker.db.execute(
        "UPDATE AlbumRoots SET identifier = 'volumeid:?uuid=800b-21c2', specificPath ="
        " '/old/photos'"
    )
    return family


def test_where_nothing_tells_the_collections_are_listed_in_one_line(
    elsewhere, library, run_scan, take_over
):
    run_scan(elsewhere, library)
    with pytest.raises(UsageError) as caught:
        take_over()
    message = str(caught.value)
    assert "Photos (/old/photos), 7 photos" in message
    assert "--map 'Photos'=FOLDER" in message
    assert "\n" not in message


@pytest.mark.parametrize("key", ["Photos", "/old/photos", "/old"])
def test_a_collection_is_mapped_once_and_for_all(elsewhere, library, run_scan, take_over, key):
    run_scan(elsewhere, library)
    assert take_over({key: elsewhere.parent if key == "/old" else elsewhere}).n_faces == 4
    before = photos.whole_tables(library, *EVERYTHING)
    again = take_over()
    assert (again.collections[0].folder, again.n_faces) == (str(elsewhere), 0)
    assert photos.whole_tables(library, *EVERYTHING) == before


def test_a_folder_that_was_not_scanned_is_refused(
    elsewhere, library, run_scan, take_over, tmp_path
):
    run_scan(elsewhere, library)
    with pytest.raises(UsageError, match="is not in the library; scan it first"):
        take_over({"Photos": tmp_path / "theirs"})


def test_of_two_volumes_the_one_with_the_photos_is_meant(
    family, maker, library, run_scan, take_over
):
    """Two collections, one of which nobody has here; its names are accounted for all the same."""
    other = maker.root("volumeid:?uuid=1-2", "/not/here", label="Stick")
    maker.named(maker.photo(other, "x.jpg"), maker.person("Sally Ride"), 1, 1, 50, 50)
    run_scan(family, library)
    report = take_over()
    assert [one.folder for one in report.collections] == [str(family), None]
    assert report.outcomes.orphaned == 2
    assert ("digiKam:/not/here/x.jpg", "orphaned") in photos.select(
        library, "SELECT photo_name, status FROM v1_regions"
    )


def test_a_library_of_a_part_of_the_collection_and_one_around_it(family, tmp_path, run_scan, maker):
    for scanned, n_found in ((family / "space", 2), (tmp_path, 6)):
        own = tmp_path / f"library-{n_found}"
        run_scan(scanned, own)
        report = import_digikam(own, maker.path, {}, OPTIONS, NullSink(), lambda: False)
        assert report.collections[0].n_found == n_found
        assert faces(own, "astronaut.jpg") == [("Eileen Collins", "confirmed", "digikam", "cnn")]


def test_by_command(family, maker, library, run_scan, facedex, monkeypatch):
    run_scan(family, library)

    def run(*arguments):
        return facedex("--library", library, "digikam", "import", maker.path.parent, *arguments)

    dry = run("--dry-run")
    assert dry.returncode == 0, dry.stderr
    assert b"Nothing was changed: it was a dry run." in dry.stdout
    done = run("--json")
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert said["outcomes"]["encoded"] == 2
    assert said["n_faces"] == 4
    again = run()
    assert b"Nothing has changed: all this was known." in again.stdout
    assert b"Left out: 1 on photos that were removed in digiKam" in again.stdout
    report = facedex("--library", library, "picasa", "report")
    assert report.returncode == 0, report.stderr
    assert b"digiKam" in report.stdout
    for arguments, message in (
        (("--map", "Photos"), b"is not COLLECTION=FOLDER"),
        (("--map", "Photos=/nowhere"), b"is not a folder"),
        (("--map", f"Fotos={family}"), b"there are: Photos"),
    ):
        failed = run(*arguments)
        assert (failed.returncode, failed.stdout) == (2, b"")
        assert message in failed.stderr
        assert failed.stderr.count(b"\n") <= 3


def test_a_mysql_dump_or_another_of_digikams_files_is_said_to_be_the_wrong_one(
    family, library, run_scan, tmp_path
):
    run_scan(family, library)
    other = tmp_path / "thumbnails-digikam.db"
    shutil.copy(library / "library.db", other)
    with pytest.raises(UsageError, match=r"is not digiKam's main database.*digikam4\.db"):
        import_digikam(library, other, {}, OPTIONS, NullSink(), lambda: False)


def test_a_database_whose_path_is_no_text_is_refused(family, library, run_scan, maker, tmp_path):
    run_scan(family, library)
    odd = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff.db"))
    try:
        shutil.copy(maker.path, odd)
    except OSError:
        pytest.skip("the file system takes no such name")
    with pytest.raises(UsageError, match="is no text"):
        import_digikam(library, odd, {}, OPTIONS, NullSink(), lambda: False)


def test_without_a_library_the_way_is_shown(tmp_path, maker):
    with pytest.raises(UsageError, match="scan the photos first"):
        import_digikam(tmp_path / "none", maker.path, {}, OPTIONS, NullSink(), lambda: False)
