"""What an import of digiKam's or Picasa's database would do, said without doing it; no engine is
needed."""

import os

import picasa_db3
import pytest
from digikam_maker import DigikamMaker
from small_library import MODEL
from views import v1_views

from facedex.db.library import get_meta
from facedex.errors import UsageError
from facedex.geometry import box_to_rect64
from facedex.progress import NullSink
from facedex.services.decisions import decide_faces
from facedex.services.names_in.import_digikam import import_digikam
from facedex.services.names_in.import_picasa import plan_import, run_import
from facedex.types import EngineConfig, ScanOptions

OPTIONS = ScanOptions(EngineConfig())
SIZE = (4000, 3000)
ON_FACE = (200, 600, 3200, 1200)  # where small_library puts the only face of a photo
AWAY = (10, 2700, 100, 100)
NEIL = "1a2b3c4d5e6f7081"


@pytest.fixture
def maker(tmp_path):
    made = DigikamMaker(tmp_path / "theirs" / "digikam4.db")
    yield made
    made.close()


def import_from_digikam(small, maker, table=None, directory=None):
    return import_digikam(
        directory or small.directory, maker.path, table or {}, OPTIONS, NullSink(),
        lambda: False, is_dry_run=True,
    )  # fmt: skip


@pytest.fixture
def album(small, maker):
    """Three photos here, which digiKam knows: one named, one ignored, one only tagged; and one
    elsewhere."""
    faces = [small.photo(who, name=b"2001/%d.jpg" % n)[0] for n, who in enumerate("abc")]
    root = maker.root(small.directory / "photos", label="Pictures")
    ann, bob = maker.person("Ann"), maker.person("Bob")
    shots = [maker.photo(root, f"2001/{n}.jpg", SIZE) for n in range(3)]
    maker.named(shots[0], ann, *ON_FACE)
    maker.set_aside(shots[1], *ON_FACE)
    maker.has_tag(shots[2], bob)
    maker.named(maker.photo(root, "gone.jpg", SIZE), ann, *ON_FACE)
    return faces


def test_digikam_is_told_of_and_nothing_is_stored(small, maker, album):
    before = v1_views(small.db)
    report = import_from_digikam(small, maker)
    assert v1_views(small.db) == before
    outcomes = report.outcomes
    assert (outcomes.found, outcomes.encoded, outcomes.ignored) == (4, 1, 1)
    assert (outcomes.unplaced, outcomes.orphaned) == (1, 1)
    [collection] = report.collections
    assert (collection.n_photos, collection.n_told, collection.n_found) == (4, 4, 3)
    assert collection.folder == str(small.directory / "photos")
    assert (report.n_people, report.n_faces, report.namesakes) == (0, 0, ())
    assert report.problems == ()


def test_what_the_user_said_contradicts_digikam_and_stands(small, maker, album):
    decide_faces.name_faces(small.db, [album[0]], "Eve")
    outcomes = import_from_digikam(small, maker).outcomes
    assert (outcomes.encoded, outcomes.conflict, outcomes.ignored) == (0, 1, 1)
    assert small.confirmed(album[0]) == "Eve"


def test_tags_of_several_people_of_one_name_are_told(small, maker, album):
    other = maker.person("ann", maker.tag("Friends", maker.people))
    maker.has_tag(1, other)
    [paths] = import_from_digikam(small, maker).namesakes
    assert len(paths) == 2


@pytest.mark.parametrize("key", ["Pictures", "/elsewhere"])
def test_a_collection_of_another_machine_is_where_the_user_says(small, maker, key):
    small.photo("ann", name=b"here/a.jpg")
    root = maker.root("volumeid:?uuid=1-2-3", "/elsewhere", label="Pictures")
    maker.named(maker.photo(root, "a.jpg", SIZE), maker.person("Ann"), *ON_FACE)
    here = small.directory / "photos" / "here"
    report = import_from_digikam(small, maker, {key: here})
    assert report.outcomes.encoded == 1
    assert report.collections[0].folder == str(here)
    with pytest.raises(UsageError, match="no collection"):
        import_from_digikam(small, maker, {"Holidays": here})


def test_a_folder_that_is_not_in_the_library_is_refused(small, maker, album, tmp_path):
    with pytest.raises(UsageError, match="is not in the library; scan it first"):
        import_from_digikam(small, maker, {"Pictures": tmp_path / "nowhere"})


def test_a_database_of_which_nothing_is_here_is_refused(small, maker):
    root = maker.root("volumeid:?uuid=1-2-3", "/elsewhere", label="Pictures")
    maker.named(maker.photo(root, "a.jpg", SIZE), maker.person("Ann"), *ON_FACE)
    with pytest.raises(UsageError, match="Pictures"):
        import_from_digikam(small, maker)


def test_without_a_library_nothing_is_made(maker, tmp_path):
    with pytest.raises(UsageError, match="there is no library yet"):
        import_from_digikam(None, maker, directory=tmp_path / "none")
    assert not (tmp_path / "none").exists()


# ---- Picasa


@pytest.fixture
def database(tmp_path, small):
    """Picasa's database of two photos that are here under other folders and one that is gone."""
    for name in (b"2011/Summer/Both.jpg", b"2012/a.jpg"):
        small.photo("neil", name=name)
    db3 = picasa_db3.Db3()
    neil = db3.person("Neil", NEIL)
    rect = box_to_rect64(_box(ON_FACE))
    summer = db3.folder("D:\\Photos\\2011\\summer\\")
    later = db3.folder("D:\\Photos\\2012\\")
    db3.face(db3.photo(summer, "both.jpg"), rect, neil)
    db3.face(db3.photo(later, "a.jpg"), box_to_rect64(_box(AWAY)), neil)
    db3.face(db3.photo(later, "gone.jpg"), rect, neil)
    folder = tmp_path / "Picasa2" / "db3"
    db3.write(folder)
    return folder


def _box(rect):
    from facedex.geometry import box_from_xywh_px

    return box_from_xywh_px(*rect, *SIZE)


def test_picasas_folders_are_found_by_what_lies_in_them(small, database):
    plan = plan_import(small.directory, database, {})
    assert plan.is_proposed
    assert dict(plan.table) == {"D:\\Photos": str(small.directory / "photos")}
    [match] = plan.matches
    assert (match.n_photos, match.n_here) == (3, 2)


def test_picasas_database_is_told_of_and_nothing_is_stored(small, database):
    before = v1_views(small.db)
    plan = plan_import(small.directory, database, {})
    found = run_import(small.directory, plan, OPTIONS, NullSink(), lambda: False, is_dry_run=True)
    assert v1_views(small.db) == before
    outcomes = found.outcomes
    assert (outcomes.found, outcomes.encoded, outcomes.pending, outcomes.orphaned) == (3, 1, 1, 1)
    assert get_meta(small.db, "model") == MODEL


def test_what_the_user_says_of_folders_needs_no_other_look(small, database):
    here = os.fspath(small.directory / "photos")
    plan = plan_import(small.directory, database, {"D:\\Photos": here})
    assert not plan.is_proposed
    assert dict(plan.table) == {"D:\\Photos": here}


def test_a_folder_that_is_no_database_is_refused(small, tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(UsageError, match="it is not Picasa's database"):
        plan_import(small.directory, tmp_path / "empty", {})
