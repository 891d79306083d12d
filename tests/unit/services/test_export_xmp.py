"""Exporting names: who gets a sidecar, what stands in it, and what is left alone."""

import os
from dataclasses import astuple
from pathlib import Path

import pytest
from xmp_packets import merge_faces

from facedex.db import exports, faces, people
from facedex.db.connection import transaction
from facedex.errors import StorageFault
from facedex.geometry import box_to_stored, box_to_upright, upright_size
from facedex.progress import NullSink
from facedex.services.decisions import decide_faces
from facedex.services.names_out import export_xmp, write_names
from facedex.services.recognising.match_faces import match_faces
from facedex.types import Assignment, Box, FaceState, Source
from facedex.xmp.merging import NamedFace
from facedex.xmp.reading import read_facts

MODEL = "dlib-resnet-v1-small"
CONTENT = b"a photo: " + bytes(991)  # as long as the small library's files


class Sink(NullSink):
    def __init__(self):
        self.total = self.done = 0
        self.problems = []
        self.is_finished = False

    def started(self, _phase, total):
        self.total = total

    def advanced(self, n=1, _item="", _faces=0):
        self.done += n

    def problem(self, path, stage, kind, message):
        self.problems.append((path, stage, kind, message))

    def finished(self):
        self.is_finished = True


@pytest.fixture
def folder(small):
    folder = small.directory / "photos"
    folder.mkdir()
    return folder


def lay(small, *names):
    """Put the files of the library, or these, on the disk, as they were scanned."""
    for (relpath,) in list(small.db.execute("SELECT relpath FROM file")):
        if names and relpath not in names:
            continue
        path = small.directory / "photos" / os.fsdecode(relpath)
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(CONTENT)
        os.utime(path, ns=(1, 1))


def named(path):
    return sorted(region.name for region in read_facts(path.read_bytes()).regions)


def listed(folder):
    return sorted(path.name for path in folder.iterdir())


def run(small, *names, sink=None, **options):
    ids = [people.find_by_name(small.db, name) for name in names] or None
    return export_xmp.export_xmp(small.db, ids, sink=sink, **options)


def test_a_confirmed_face_is_written_where_it_is(small, folder):
    [ada, _other] = small.photo("ada", "other", name=b"a.jpg")
    decide_faces.name_faces(small.db, [ada], "Ada")
    lay(small)
    sink = Sink()
    report = run(small, sink=sink)
    assert report.written == [str(folder / "a.jpg.xmp")]
    assert (report.n_photos, report.n_files, report.problems, report.exit_code) == (1, 1, [], 0)
    facts = read_facts((folder / "a.jpg.xmp").read_bytes())
    assert facts.applied_to == (4000, 3000)
    assert [region.name for region in facts.regions] == ["Ada"]
    box = facts.regions[0].box
    assert (box.x0, box.y0, box.x1, box.y1) == pytest.approx((0.05, 0.2, 0.45, 0.6))
    assert (folder / "a.jpg").read_bytes() == CONTENT
    assert (sink.total, sink.done, sink.is_finished) == (1, 1, True)


@pytest.mark.parametrize("turn", range(1, 9))
def test_a_face_is_written_as_it_lies_before_a_decoder_turns_the_picture(small, folder, turn):
    """So do other programs count that read a HEIC; the export can be repeated and taken back."""
    [ada] = small.photo("ada", name=b"a.jpg")
    small.db.execute("UPDATE photo SET decoder_turn = ?", (turn,))
    stored = faces.faces_of_photo(small.db, 1)[0].box
    decide_faces.name_faces(small.db, [ada], "Ada")
    lay(small)
    run(small)
    facts = read_facts((folder / "a.jpg.xmp").read_bytes())
    assert facts.applied_to == upright_size(4000, 3000, turn)
    [region] = facts.regions
    assert (region.box.x0, region.box.y0, region.box.x1, region.box.y1) == pytest.approx(
        astuple(box_to_stored(stored, turn)), abs=1e-6
    )
    assert run(small).written == []
    decide_faces.reject(small.db, [ada])
    run(small)
    assert not (folder / "a.jpg.xmp").exists()


def test_of_a_heic_that_is_to_be_read_again_nothing_is_written(small, folder):
    [ada] = small.photo("ada", name=b"a.jpg")
    small.db.execute("UPDATE photo SET decoder_turn = NULL")
    decide_faces.name_faces(small.db, [ada], "Ada")
    lay(small)
    report = run(small)
    assert (report.written, report.n_changed) == ([], 1)
    assert [path.name for path in folder.iterdir()] == ["a.jpg"]


@pytest.mark.parametrize("own", range(1, 9))
def test_files_of_equal_pixels_refuse_what_was_drawn_turned_each_by_its_own_orientation(
    small, folder, own
):
    """What others drew on the picture as this file shows it, whatever the photo's first file
    says."""
    [ada] = small.photo("ada", name=b"a.jpg", size=(400, 400))
    small.db.execute("UPDATE file SET orientation = ?", (own,))
    small.db.execute("UPDATE photo SET orientation = 1 + ? % 8", (own,))
    stored = Box(0.1, 0.15, 0.2, 0.3)
    small.db.execute("UPDATE face SET x0 = ?, y0 = ?, x1 = ?, y1 = ?", astuple(stored))
    decide_faces.name_faces(small.db, [ada], "Ada")
    lay(small)
    turned = merge_faces(None, [NamedFace("Ada", box_to_upright(stored, own))], (400, 400))
    (folder / "a.jpg.xmp").write_bytes(turned)
    report = run(small)
    is_told = any("turned upright" in problem.message for problem in report.problems)
    assert is_told == (own != 1)
    assert len(read_facts((folder / "a.jpg.xmp").read_bytes()).regions) == 1


def test_only_names_that_a_person_gave_are_written(small, folder):
    decide_faces.name_faces(small.db, small.album("ada", 3), "Ada")
    small.photo("ada", name=b"suggested.jpg")
    [ignored] = small.photo("ignored", name=b"ignored.jpg")
    decide_faces.ignore(small.db, [ignored])
    [unnamed] = small.photo("unnamed", name=b"unnamed.jpg")
    [picasa] = small.photo("picasa", name=b"picasa.jpg")
    with transaction(small.db):
        for face, name, is_placeholder in ((unnamed, "1a2b", True), (picasa, "Pia", False)):
            person = people.add_person(small.db, name, is_placeholder=is_placeholder)
            said = Assignment(person, FaceState.CONFIRMED, Source.PICASA)
            faces.set_assignments(small.db, face, [said])
    assert match_faces(small.db, MODEL).n_suggested == 1
    lay(small)
    assert len(run(small).written) == 4
    sidecars = [name for name in listed(folder) if name.endswith(".xmp")]
    assert sidecars == [*(f"IMG_000{n}.jpg.xmp" for n in (1, 2, 3)), "picasa.jpg.xmp"]
    assert {row.person for row in exports.named_faces(small.db)} == {"Ada", "Pia"}


def test_only_the_people_who_were_asked_for(small, folder):
    photo = small.photo("ada", "bob", "cy", name=b"a.jpg")
    for face, name in zip(photo, ("Ada", "Bob", "Cy"), strict=True):
        decide_faces.name_faces(small.db, [face], name)
    lay(small)
    run(small, "Ada", "cy")
    assert named(folder / "a.jpg.xmp") == ["Ada", "Cy"]
    run(small)
    assert named(folder / "a.jpg.xmp") == ["Ada", "Bob", "Cy"]


def test_again_touches_nothing(small, folder):
    decide_faces.name_faces(small.db, small.photo("ada", name=b"a.jpg"), "Ada")
    lay(small)
    run(small)
    os.utime(folder / "a.jpg.xmp", ns=(5, 5))
    report = run(small)
    assert (report.written, report.n_unchanged) == ([], 1)
    assert (folder / "a.jpg.xmp").stat().st_mtime_ns == 5


def test_a_dry_run_tells_and_writes_nothing(small, folder):
    decide_faces.name_faces(small.db, [*small.photo("a", name=b"a.jpg"), *small.photo("b")], "Ada")
    lay(small)
    (folder / "a.xmp").write_bytes(b"damaged")
    before = listed(folder)
    report = run(small, is_dry_run=True)
    assert report.written == [str(folder / "IMG_0002.jpg.xmp")]
    assert [problem.kind for problem in report.problems] == ["unmergeable"]
    assert listed(folder) == before
    assert run(small).written == report.written


def test_every_copy_gets_one(small, folder):
    decide_faces.name_faces(small.db, small.photo("ada", name=b"a.jpg"), "Ada")
    with transaction(small.db):
        small.db.execute(
            "INSERT INTO file SELECT NULL, root_id, CAST('b/copy.jpg' AS BLOB), 'b/copy.jpg', 0,"
            " size_bytes, mtime_ns, ctime_ns, 99, 1, hashed_ns, content_hash, photo_id,"
            " orientation, 1,"
            " state, 0, first_seen_us FROM file"
        )
    lay(small)
    assert len(run(small).written) == 2
    assert named(folder / "a.jpg.xmp") == named(folder / "b" / "copy.jpg.xmp") == ["Ada"]


def test_a_raw_and_its_jpeg_each_get_their_own_boxes(small, folder):
    [raw] = small.photo("ada", name=b"a.CR2", size=(6000, 4000))
    jpeg = small.photo("ada", "bob", name=b"a.jpg")
    decide_faces.name_faces(small.db, [raw, jpeg[0]], "Ada")
    lay(small)
    (folder / "a.xmp").write_bytes(merge_faces(None, [], (1, 1)))  # of both, so of neither
    run(small)
    of_raw, of_jpeg = (read_facts((folder / f"a.{x}.xmp").read_bytes()) for x in ("CR2", "jpg"))
    assert (of_raw.applied_to, of_jpeg.applied_to) == ((6000, 4000), (4000, 3000))
    assert of_raw.regions[0].box.width == pytest.approx(0.8)
    assert of_jpeg.regions[0].box.width == pytest.approx(0.4)
    assert named(folder / "a.xmp") == []


def test_an_existing_sidecar_is_added_to(small, folder):
    decide_faces.name_faces(small.db, small.photo("ada", name=b"a.jpg"), "Ada")
    lay(small)
    eve = NamedFace("Eve", Box(0.9, 0.8, 0.95, 0.9))
    (folder / "a.xmp").write_bytes(merge_faces(None, [eve], (4000, 3000)))
    assert run(small).written == [str(folder / "a.xmp")]
    assert named(folder / "a.xmp") == ["Ada", "Eve"]


def test_gone_changed_and_unread_files_are_counted_and_left_out(small, folder):
    names = [b"gone.jpg", b"known-gone.jpg", b"larger.jpg", b"newer.jpg", b"bad.jpg"]
    for name in names:
        decide_faces.name_faces(small.db, small.photo("ada", name=name), "Ada")
    lay(small, *names[1:])
    small.take_away(b"known-gone.jpg")
    small.db.execute("UPDATE file SET state = 'unreadable' WHERE relpath = ?", (b"bad.jpg",))
    (folder / "larger.jpg").write_bytes(CONTENT + b"more")
    os.utime(folder / "larger.jpg", ns=(1, 1))
    os.utime(folder / "newer.jpg", ns=(2, 2))
    sink = Sink()
    report = run(small, sink=sink)
    assert (report.n_missing, report.n_changed, report.n_offline) == (2, 3, 0)
    assert (report.written, report.n_unchanged, report.exit_code) == ([], 0, 0)
    assert not list(folder.glob("*.xmp"))
    assert sink.done == sink.total == 5


@pytest.mark.parametrize("is_known", [True, False])
def test_a_disk_that_is_not_there_is_no_problem(small, is_known):
    decide_faces.name_faces(small.db, small.album("ada", 2), "Ada")
    if is_known:
        (small.directory / "photos").mkdir()
        lay(small)
        small.db.execute("UPDATE root SET state = 'offline'")
    report = run(small)
    assert (report.n_offline, report.n_missing, report.exit_code) == (2, 0, 0)


def test_what_cannot_be_merged_is_listed_and_the_rest_written(small, folder):
    decide_faces.name_faces(small.db, [*small.photo("a", name=b"a.jpg"), *small.photo("b")], "Ada")
    lay(small)
    (folder / "a.jpg.xmp").write_bytes(b"not XMP")
    sink = Sink()
    report = run(small, sink=sink)
    assert report.written == [str(folder / "IMG_0002.jpg.xmp")]
    [problem] = report.problems
    assert (problem.path, problem.kind) == (str(folder / "a.jpg.xmp"), "unmergeable")
    assert "its XMP" in problem.message
    assert report.exit_code == 3
    assert sink.problems[0][:3] == (os.fsencode(folder / "a.jpg.xmp"), "export", "unmergeable")
    assert (folder / "a.jpg.xmp").read_bytes() == b"not XMP"


def test_a_face_without_an_area_keeps_no_other_from_being_written(small, folder):
    photo = small.photo("ada", "bob", name=b"a.jpg")
    decide_faces.name_faces(small.db, photo[:1], "Ada")
    decide_faces.name_faces(small.db, photo[1:], "Bob")
    small.db.execute("UPDATE face SET x1 = x0 + 1e-12 WHERE id = ?", (photo[0],))
    lay(small)
    report = run(small)
    assert named(folder / "a.jpg.xmp") == ["Bob"]
    assert ["no area" in problem.message for problem in report.problems] == [True]


def test_a_name_that_is_no_text_gets_its_sidecar(small, folder):
    decide_faces.name_faces(small.db, small.photo("ada", name=b"caf\xe9.jpg"), "Ada")
    lay(small)
    report = run(small)
    assert report.written == [f"{folder}/caf\N{REPLACEMENT CHARACTER}.jpg.xmp"]
    assert named(Path(os.fsdecode(os.fsencode(folder) + b"/caf\xe9.jpg.xmp"))) == ["Ada"]


@pytest.mark.parametrize("name", ["Ann\x1b[31m", "Ann/Lee|Ray", '<Ann> & "Zoë"', "\U0001f600"])
def test_odd_names_are_written_once(small, folder, name):
    decide_faces.name_faces(small.db, small.photo("x", "y", name=b"a.jpg"), "x")
    with transaction(small.db):
        small.db.execute("UPDATE person SET name = ?", (name,))
    lay(small)
    assert len(run(small).written) == 1
    again = run(small)
    assert (again.written, again.n_unchanged, again.problems) == ([], 1, [])
    shown = name.replace("\x1b", "")  # no control character may stand in XML
    assert named(folder / "a.jpg.xmp") == [shown, shown]


def test_it_stops_between_two_files(small, folder):
    decide_faces.name_faces(small.db, small.album("ada", 3), "Ada")
    lay(small)
    answers = iter([False, True])
    sink = Sink()
    report = run(small, sink=sink, should_stop=lambda: next(answers))
    assert report.is_stopped
    assert len(report.written) == len(list(folder.glob("*.xmp"))) == 1
    assert sink.is_finished
    assert len(run(small).written) == 2


def test_a_full_disk_ends_it(small, folder, monkeypatch):
    def fail(*_arguments, **_options):
        raise StorageFault("no space")

    monkeypatch.setattr(write_names, "replace_file", fail)
    decide_faces.name_faces(small.db, small.album("ada", 2), "Ada")
    lay(small)
    sink = Sink()
    with pytest.raises(StorageFault):
        run(small, sink=sink)
    assert sink.is_finished


def test_a_folder_that_cannot_be_listed_is_a_problem(small, folder, monkeypatch):
    def refuse(_path):
        raise PermissionError(13, "Permission denied")

    decide_faces.name_faces(small.db, small.album("ada", 2), "Ada")
    lay(small)
    sink = Sink()
    with monkeypatch.context() as patch:
        patch.setattr(Path, "iterdir", refuse)
        report = run(small, sink=sink)
    [problem] = report.problems
    assert (problem.path, problem.kind, problem.message) == (
        str(folder), "unreadable", "Permission denied",
    )  # fmt: skip
    assert (report.written, sink.done) == ([], 2)


def test_a_library_without_names_writes_nothing(small, folder):
    small.photo("ada", name=b"a.jpg")
    lay(small)
    report = run(small)
    assert (report.n_photos, report.n_files, report.written) == (0, 0, [])
