"""A name taken back, changed or brought back after an export: the next export says what is true."""

import os

import pytest
from test_export_xmp import Sink, lay, listed, named, run
from xmp_packets import merge_faces

from facedex.db import exports, files, people
from facedex.db.connection import transaction
from facedex.services.decisions import decide_faces, decide_people
from facedex.services.names_out import write_names
from facedex.types import Box
from facedex.xmp.merging import NamedFace
from facedex.xmp.reading import read_facts


@pytest.fixture
def folder(small):
    folder = small.directory / "photos"
    folder.mkdir()
    return folder


@pytest.fixture
def pair(small, folder):
    """A photo of Ada and Bob, exported; its faces."""
    faces = small.photo("ada", "bob", name=b"a.jpg")
    decide_faces.name_faces(small.db, faces[:1], "Ada")
    decide_faces.name_faces(small.db, faces[1:], "Bob")
    lay(small)
    run(small)
    assert named(folder / "a.jpg.xmp") == ["Ada", "Bob"]
    return faces


def everywhere(path):
    """Every name in a sidecar, in whatever form."""
    facts = read_facts(path.read_bytes())
    return {r.name for r in facts.regions} | set(facts.names) | set(facts.keywords)


def assert_settled(small, folder):
    """Exporting again changes nothing: no file, no row."""
    before = {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in folder.iterdir()}
    notes = exports.exported(small.db)
    assert run(small).written == []
    assert {p: (p.read_bytes(), p.stat().st_mtime_ns) for p in folder.iterdir()} == before
    assert exports.exported(small.db) == notes


def test_a_rejected_name_goes(small, folder, pair):
    decide_faces.reject(small.db, pair[:1])
    report = run(small)
    assert report.written == [str(folder / "a.jpg.xmp")]
    assert everywhere(folder / "a.jpg.xmp") == {"Bob"}
    assert b"Ada" not in (folder / "a.jpg.xmp").read_bytes()
    assert_settled(small, folder)


def test_undo_takes_a_name_out_and_redo_brings_it_back(small, folder, pair):
    decide_faces.undo(small.db)
    run(small)
    assert everywhere(folder / "a.jpg.xmp") == {"Ada"}
    decide_faces.redo(small.db)
    run(small)
    assert everywhere(folder / "a.jpg.xmp") == {"Ada", "Bob"}
    assert_settled(small, folder)


def test_the_last_name_takes_facedexs_own_sidecar_along(small, folder, pair):
    decide_faces.undo(small.db)
    decide_faces.undo(small.db)
    report = run(small)
    assert report.written == [str(folder / "a.jpg.xmp")]
    assert listed(folder) == ["a.jpg"]
    assert exports.exported(small.db) == {}
    report = run(small)
    assert (report.written, report.n_unchanged, report.n_files) == ([], 0, 0)


def test_a_renamed_person_has_only_the_new_name(small, folder, pair):
    decide_people.rename_person(small.db, people.find_by_name(small.db, "Ada"), "Countess")
    run(small)
    assert everywhere(folder / "a.jpg.xmp") == {"Bob", "Countess"}
    decide_faces.undo(small.db)
    run(small)
    assert everywhere(folder / "a.jpg.xmp") == {"Ada", "Bob"}
    assert_settled(small, folder)


def test_merged_people_have_one_name(small, folder, pair):
    ada, bob = (people.find_by_name(small.db, name) for name in ("Ada", "Bob"))
    decide_people.merge_people(small.db, ada, bob)
    run(small)
    [left] = {person.name for person in people.list_people(small.db)}
    assert named(folder / "a.jpg.xmp") == [left, left]
    assert everywhere(folder / "a.jpg.xmp") == {left}
    decide_faces.undo(small.db)
    run(small)
    assert everywhere(folder / "a.jpg.xmp") == {"Ada", "Bob"}
    assert_settled(small, folder)


def test_a_moved_box_moves(small, folder, pair):
    for edges in ((0.06, 0.22, 0.44, 0.61), (0.5, 0.65, 0.6, 0.8)):
        with transaction(small.db):
            small.db.execute(
                "UPDATE face SET x0 = ?, y0 = ?, x1 = ?, y1 = ? WHERE id = ?", (*edges, pair[0])
            )
        run(small)
        assert named(folder / "a.jpg.xmp") == ["Ada", "Bob"]
        facts = read_facts((folder / "a.jpg.xmp").read_bytes())
        [ada] = [region.box for region in facts.regions if region.name == "Ada"]
        assert (ada.x0, ada.y0, ada.x1, ada.y1) == pytest.approx(edges)
    assert_settled(small, folder)


def test_what_others_wrote_stays(small, folder):
    [ada] = small.photo("ada", name=b"a.jpg")
    decide_faces.name_faces(small.db, [ada], "Ada")
    lay(small)
    others = [NamedFace("Ada", Box(0.9, 0.8, 0.95, 0.9)), NamedFace("Eve", Box(0.1, 0.8, 0.2, 0.9))]
    (folder / "a.jpg.xmp").write_bytes(merge_faces(None, others, (4000, 3000)))
    before = read_facts((folder / "a.jpg.xmp").read_bytes())
    run(small)
    assert named(folder / "a.jpg.xmp") == ["Ada", "Ada", "Eve"]
    decide_faces.undo(small.db)
    run(small)
    assert read_facts((folder / "a.jpg.xmp").read_bytes()) == before
    assert exports.exported(small.db) == {}


def test_one_person_alone_keeps_the_others_true(small, folder, pair):
    decide_people.rename_person(small.db, people.find_by_name(small.db, "Bob"), "Rob")
    [cy] = small.photo("cy", name=b"b.jpg")
    decide_faces.name_faces(small.db, [cy], "Cy")
    lay(small)
    run(small, "Ada")
    assert everywhere(folder / "a.jpg.xmp") == {"Ada", "Rob"}
    assert not (folder / "b.jpg.xmp").exists()
    decide_faces.reject(small.db, pair[1:])
    run(small, "Ada")
    assert everywhere(folder / "a.jpg.xmp") == {"Ada"}


def test_a_moved_photo_takes_its_history_along(small, folder, pair):
    (folder / "a.jpg").rename(folder / "z.jpg")
    (folder / "a.jpg.xmp").rename(folder / "z.jpg.xmp")
    with transaction(small.db):
        gone = small.db.execute("SELECT id FROM file").get
        found = (folder / "z.jpg").stat()
        stat = files.FileStat(b"z.jpg", found.st_size, found.st_mtime_ns, 1, 77, 1)
        arrived = files.add_file(small.db, small.root, stat)
        files.move_file(small.db, gone, arrived)
        small.db.execute("UPDATE file SET state = 'present'")
    decide_faces.reject(small.db, pair[:1])
    run(small)
    assert everywhere(folder / "z.jpg.xmp") == {"Bob"}


def test_a_sidecar_that_is_shared_now_is_still_put_right(small, folder):
    [ada] = small.photo("ada", name=b"a.jpg")
    decide_faces.name_faces(small.db, [ada], "Ada")
    lay(small)
    (folder / "a.xmp").write_bytes(merge_faces(None, [], (1, 1)))
    run(small)
    assert named(folder / "a.xmp") == ["Ada"]
    small.photo("other", name=b"a.CR2")
    lay(small)
    decide_people.rename_person(small.db, people.find_by_name(small.db, "Ada"), "Countess")
    run(small)
    assert named(folder / "a.xmp") == named(folder / "a.jpg.xmp") == ["Countess"]
    decide_faces.undo(small.db)
    decide_faces.undo(small.db)
    run(small)
    assert listed(folder) == ["a.CR2", "a.jpg"]


def test_a_sidecar_that_the_owner_deleted_is_forgotten(small, folder, pair):
    (folder / "a.jpg.xmp").unlink()
    decide_faces.undo(small.db)
    decide_faces.undo(small.db)
    report = run(small)
    assert (report.written, report.problems) == ([], [])
    assert listed(folder) == ["a.jpg"]
    assert exports.exported(small.db) == {}


def test_two_sidecars_that_differ_in_case_are_not_taken_for_one(small, folder):
    [ada] = small.photo("ada", name=b"a.jpg")
    decide_faces.name_faces(small.db, [ada], "Ada")
    lay(small)
    for name in ("A.XMP", "a.xmp"):
        (folder / name).write_bytes(merge_faces(None, [], (1, 1)))
    if len(listed(folder)) < 3:
        pytest.skip("the file system does not tell cases apart")
    for _ in range(2):
        run(small)
        assert (named(folder / "A.XMP"), named(folder / "a.xmp")) == (["Ada"], [])
    decide_faces.undo(small.db)
    run(small)
    assert exports.exported(small.db) == {}
    assert listed(folder) == ["a.jpg", "a.xmp"]


def test_a_lost_sidecar_that_is_not_written_any_more_is_forgotten(small, folder):
    [ada] = small.photo("ada", name=b"a.jpg")
    decide_faces.name_faces(small.db, [ada], "Ada")
    lay(small)
    (folder / "a.xmp").write_bytes(merge_faces(None, [], (1, 1)))
    run(small)
    (folder / "a.xmp").unlink()
    run(small, is_dry_run=True)
    assert [list(each) for each in exports.exported(small.db).values()] == [["short_sidecar"]]
    run(small)
    assert [list(each) for each in exports.exported(small.db).values()] == [["sidecar"]]


def test_a_dry_run_notes_nothing(small, folder, pair):
    decide_faces.reject(small.db, pair[:1])
    notes = exports.exported(small.db)
    assert len(run(small, is_dry_run=True).written) == 1
    assert exports.exported(small.db) == notes
    assert named(folder / "a.jpg.xmp") == ["Ada", "Bob"]


@pytest.mark.parametrize("is_written", [False, True])
def test_what_a_killed_export_wrote_can_be_taken_back(small, folder, monkeypatch, is_written):
    [ada] = small.photo("ada", name=b"a.jpg")
    decide_faces.name_faces(small.db, [ada], "Ada")
    lay(small)
    replace = write_names.replace_file

    def die(change):
        if is_written:
            replace(change)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(write_names, "replace_file", die)
        with pytest.raises(KeyboardInterrupt):
            run(small)
    assert (folder / "a.jpg.xmp").exists() == is_written
    decide_faces.undo(small.db)
    run(small)
    assert listed(folder) == ["a.jpg"]
    assert exports.exported(small.db) == {}


def test_what_a_killed_export_left_is_cleared(small, folder, pair):
    left, kept = folder / ".facedex-0123456789abcdef.tmp", folder / ".facedex-notes.tmp"
    left.write_bytes(b"half")
    kept.write_bytes(b"somebody's")
    run(small, is_dry_run=True)
    assert left.exists()
    sink = Sink()
    run(small, sink=sink)
    assert (left.exists(), kept.exists(), sink.problems) == (False, True, [])


def test_a_removed_root_forgets(small, folder, pair):
    assert len(exports.exported(small.db)) == 1
    with transaction(small.db):
        small.db.execute("DELETE FROM root")
    assert exports.exported(small.db) == {}


def test_a_name_that_is_no_utf8_is_put_right(small, folder):
    [ada] = small.photo("ada", name=b"caf\xe9.jpg")
    decide_faces.name_faces(small.db, [ada], "Ada")
    lay(small)
    run(small)
    decide_faces.undo(small.db)
    run(small)
    assert [os.fsencode(path.name) for path in folder.iterdir()] == [b"caf\xe9.jpg"]
