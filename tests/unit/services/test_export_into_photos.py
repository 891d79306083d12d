"""Names into the photos' own files: the picture, the rest of the file and the library stay
whole."""

import io
import os
import stat
import subprocess
import sys
import time

import numpy as np
import photos
import pytest
from PIL import Image
from test_export_xmp import Sink
from xmp_packets import ANN, BOB, EXIFTOOL, embedded, in_jpeg, in_jpeg_extended

from facedex.db import exports, files
from facedex.db.connection import transaction
from facedex.errors import MetadataError, StorageFault
from facedex.imaging.hashes import content_hash, image_hash
from facedex.pipeline.scan_run import ScanCounts
from facedex.progress import NullSink
from facedex.services.decisions import decide_faces
from facedex.services.names_out import export_xmp, write_names
from facedex.services.scanning.walk_roots import walk_root
from facedex.xmp.merging import NamedFace
from facedex.xmp.reading import read_facts

PIXELS = np.random.default_rng(7).integers(0, 256, (300, 400, 3), np.uint8)
XATTR = "user.facedex-test"


def picture(kind="JPEG", **options):
    return photos.encoded(Image.fromarray(PIXELS), kind, **options)


def put(small, name, data, who="ada", kind="JPEG", age_s=3600):
    """A photo on disk as the last scan read it, with one face; return its path and face."""
    path = small.directory / "photos" / os.fsdecode(name)
    photos.write(path, data, age_s=age_s)
    [face] = small.photo(who, name=name, size=(400, 300))
    found = path.stat()
    with transaction(small.db):
        small.db.execute(
            "UPDATE photo SET image_hash = ?, format = ? WHERE id = (SELECT photo_id FROM file"
            " WHERE relpath = ?)",
            (image_hash(data, kind), kind, name),
        )
        file_id = small.db.execute("SELECT id FROM file WHERE relpath = ?", (name,)).get
        known = files.FileStat(
            name, found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino, found.st_nlink
        )
        files.set_rewritten(small.db, file_id, known, time.time_ns(), content_hash(data))
    return path, face


def export(small, **options):
    return export_xmp.export_xmp(small.db, into_photos=True, **options)


def named(path):
    return sorted(region.name for region in read_facts(path.read_bytes()).regions)


def state(path):
    """All that the system says of a file, but for when it was last read."""
    found = path.lstat()
    return (*found[:7], found.st_mtime_ns, found.st_ctime_ns)


def listed(folder):
    return sorted(path.name for path in folder.iterdir())


def scan(small):
    """Walk as the next scan would; return its counts."""
    counts = ScanCounts()
    [root] = files.list_roots(small.db)
    assert walk_root(small.db, root, (), counts, NullSink(), lambda: False)
    return counts


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_photo_takes_the_names_and_keeps_its_picture(small, kind):
    data = picture(kind)
    path, face = put(small, b"a." + kind.lower().encode(), data, kind=kind)
    decide_faces.name_faces(small.db, [face], "Ada")
    report = export(small)
    assert (report.written, report.problems, report.instead) == ([str(path)], [], [])
    assert named(path) == ["Ada"]
    assert listed(path.parent) == [path.name]
    assert image_hash(path.read_bytes(), kind) == image_hash(data, kind)
    with Image.open(io.BytesIO(data)) as before, Image.open(path) as after:
        assert np.array_equal(np.asarray(before), np.asarray(after))


def test_the_next_scan_finds_nothing_changed(small):
    path, face = put(small, b"a.jpg", picture())
    decide_faces.name_faces(small.db, [face], "Ada")
    export(small)
    [row] = files.find_files(small.db, small.root, [b"a.jpg"]).values()
    assert row.content_hash == content_hash(path.read_bytes())
    assert (row.state, row.stat.size_bytes) == ("present", path.stat().st_size)
    counts = scan(small)
    assert (counts.unchanged, counts.gone) == (1, 0)
    assert files.count_pending(small.db) == 0
    assert small.confirmed(face) == "Ada"


def test_again_touches_nothing_not_even_the_time(small):
    path, face = put(small, b"a.jpg", picture())
    decide_faces.name_faces(small.db, [face], "Ada")
    export(small)
    before, notes = state(path), exports.exported(small.db)
    report = export(small)
    assert (report.written, report.n_unchanged) == ([], 1)
    assert state(path) == before
    assert exports.exported(small.db) == notes


def test_a_photo_with_nothing_to_do_is_not_even_read(small, monkeypatch):
    path, face = put(small, b"a.jpg", picture())
    decide_faces.name_faces(small.db, [face], "Ada")
    export(small)
    monkeypatch.setattr("facedex.xmp.photo_files.read_bytes", fail_with(AssertionError("read")))
    assert export(small).n_unchanged == 1
    monkeypatch.undo()
    # another program's tag: it is read again, once
    tagged = photos.with_comment(path.read_bytes(), "by the sea")
    photos.write(path, tagged, age_s=1800)
    with transaction(small.db):
        small.db.execute(
            "UPDATE file SET content_hash = ?, size_bytes = ?, mtime_ns = ?",
            (content_hash(tagged), len(tagged), path.stat().st_mtime_ns),
        )
    assert export(small).n_unchanged == 1
    monkeypatch.setattr("facedex.xmp.photo_files.read_bytes", fail_with(AssertionError("read")))
    assert export(small).n_unchanged == 1
    decide_faces.name_faces(small.db, [face], "Countess")
    with pytest.raises(AssertionError, match="read"):
        export(small)


def test_a_name_taken_back_leaves_the_photo(small):
    others = [NamedFace("Ann Lee", ANN), NamedFace("Bob Ray", BOB)]
    path, face = put(small, b"a.jpg", embedded(picture(), others, (400, 300)))
    with transaction(small.db):
        small.db.execute("UPDATE face SET x0 = 0.8, x1 = 0.9")
    decide_faces.name_faces(small.db, [face], "Ada")
    export(small)
    assert named(path) == ["Ada", "Ann Lee", "Bob Ray"]
    decide_faces.undo(small.db)
    assert export(small).written == [str(path)]
    assert named(path) == ["Ann Lee", "Bob Ray"]
    assert b"Ada" not in path.read_bytes()
    assert exports.exported(small.db) == {}
    assert scan(small).unchanged == 1


def test_an_export_into_sidecars_touches_no_photo_and_says_what_is_outdated(small):
    path, face = put(small, b"a.jpg", picture())
    decide_faces.name_faces(small.db, [face], "Ada")
    export(small)
    written = path.read_bytes()
    assert export_xmp.export_xmp(small.db).n_outdated == 0
    decide_faces.name_faces(small.db, [face], "Countess")
    report = export_xmp.export_xmp(small.db)
    assert report.n_outdated == 1
    assert path.read_bytes() == written
    assert named(path.with_name("a.jpg.xmp")) == ["Countess"]
    report = export(small)
    assert sorted(report.written) == [str(path)]
    assert (named(path), named(path.with_name("a.jpg.xmp"))) == (["Countess"], ["Countess"])
    decide_faces.undo(small.db)
    decide_faces.undo(small.db)
    assert len(export(small).written) == 2
    assert listed(path.parent) == ["a.jpg"]
    assert named(path) == []


def test_rights_owner_and_attributes_stay_and_the_time_is_new(small):
    path, face = put(small, b"a.jpg", picture())
    path.chmod(0o640)
    has_attributes = True
    try:
        os.setxattr(path, XATTR, b"5 stars")
    except (OSError, AttributeError):
        has_attributes = False
    if os.geteuid() == 0:
        os.chown(path, 12345, 23456)
    before = path.stat()
    decide_faces.name_faces(small.db, [face], "Ada")
    assert export(small).written == [str(path)]
    after = path.stat()
    assert stat.S_IMODE(after.st_mode) == 0o640
    assert (after.st_uid, after.st_gid) == (before.st_uid, before.st_gid)
    assert not has_attributes or os.getxattr(path, XATTR) == b"5 stars"
    assert before.st_mtime_ns < after.st_mtime_ns < time.time_ns()


def test_every_copy_is_written_and_copies_stay_copies(small):
    data = picture()
    path, face = put(small, b"a.jpg", data)
    copy = photos.write(path.with_name("b.jpg"), data)
    found = copy.stat()
    with transaction(small.db):
        stat_of_copy = files.FileStat(b"b.jpg", len(data), found.st_mtime_ns, 1, found.st_ino, 1)
        file_id = files.add_file(small.db, small.root, stat_of_copy)
        photo_id = files.photo_of(small.db, small.db.execute("SELECT min(id) FROM file").get)
        files.set_read(small.db, file_id, time.time_ns(), content_hash(data), photo_id, 1)
    decide_faces.name_faces(small.db, [face], "Ada")
    assert len(export(small).written) == 2
    assert path.read_bytes() == copy.read_bytes()


@pytest.mark.parametrize(
    ("kind", "name", "reason"),
    [
        ("TIFF", b"a.tif", "TIFF files are not written into"),
        ("GIF", b"a.gif", "GIF files"),
        ("RAW", b"a.CR2", "RAW files"),
    ],
)
def test_other_formats_get_a_sidecar_and_it_is_said(small, kind, name, reason):
    data = b"raw" * 99 if kind == "RAW" else picture(kind)
    path, face = put(small, name, data, kind=kind)
    decide_faces.name_faces(small.db, [face], "Ada")
    sink = Sink()
    report = export(small, sink=sink)
    assert [each.reason for each in report.instead] == [
        f"{kind} files are not written into" if reason.startswith(kind) else reason
    ]
    assert reason in report.instead[0].reason
    assert (report.problems, report.exit_code, sink.problems) == ([], 0, [])
    assert named(path.with_name(path.name + ".xmp")) == ["Ada"]
    assert path.read_bytes() == data


def hard_link(path):
    os.link(path, path.with_name("other name.bin"))


def symbolic_link(path):
    path.rename(path.with_name("target.bin"))
    path.symlink_to("target.bin")


def read_only(path):
    path.chmod(0o444)


@pytest.mark.parametrize(
    ("protect", "reason"),
    [(hard_link, "hard links"), (symbolic_link, "a link"), (read_only, "read-only")],
)
def test_a_protected_photo_is_left_alone_and_gets_a_sidecar(small, protect, reason):
    data = picture()
    path, face = put(small, b"a.jpg", data)
    protect(path)
    decide_faces.name_faces(small.db, [face], "Ada")
    before = state(path)
    sink = Sink()
    report = export(small, sink=sink)
    [instead] = report.instead
    assert instead.path == str(path)
    assert reason in instead.reason
    [(said, _stage, kind, message)] = sink.problems
    assert (said, kind) == (os.fsencode(path), "sidecar")
    assert message.endswith("its names go into a sidecar")
    assert (path.read_bytes(), state(path)) == (data, before)
    assert named(path.with_name("a.jpg.xmp")) == ["Ada"]
    again = export(small)
    assert (again.written, again.n_unchanged) == ([], 1)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (in_jpeg_extended(picture(), "", EXIFTOOL), "extended packet"),
        (in_jpeg(picture(), EXIFTOOL[:900]), "cannot be read whole|damaged"),
        (photos.with_segment(picture(), 0xE2, b"MPF\0rest"), "several pictures"),
    ],
)
def test_what_cannot_be_changed_without_loss_gets_a_sidecar(small, data, reason):
    path, face = put(small, b"a.jpg", data)
    decide_faces.name_faces(small.db, [face], "Ada")
    report = export(small)
    [instead] = report.instead
    assert any(each in instead.reason for each in reason.split("|"))
    assert path.read_bytes() == data
    assert named(path.with_name("a.jpg.xmp")) == ["Ada"]


def test_another_picture_under_the_name_is_not_written_into(small):
    path, face = put(small, b"a.jpg", picture())
    before = path.stat()
    other = bytearray(path.read_bytes())
    other[-10] ^= 1
    path.write_bytes(other)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    decide_faces.name_faces(small.db, [face], "Ada")
    report = export(small)
    assert [(p.path, p.kind) for p in report.problems] == [(str(path), "changed")]
    assert path.read_bytes() == other
    assert listed(path.parent) == ["a.jpg"]


def test_a_photo_that_the_library_knows_otherwise_is_not_written_into(small):
    data = picture()
    path, face = put(small, b"a.jpg", data)
    small.db.execute("UPDATE photo SET image_hash = ?", (bytes(32),))
    decide_faces.name_faces(small.db, [face], "Ada")
    [instead] = export(small).instead
    assert "cannot be told from the rest" in instead.reason
    assert path.read_bytes() == data


def test_the_photo_and_its_folder_are_on_disk_when_it_is_noted(small, monkeypatch):
    path, face = put(small, b"a.jpg", picture())
    decide_faces.name_faces(small.db, [face], "Ada")
    synced = []
    fsync = os.fsync

    def watch(handle):
        synced.append(os.fstat(handle).st_ino)
        fsync(handle)

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", watch)
        export(small)
    assert synced == [path.stat().st_ino, path.parent.stat().st_ino]


def test_a_dry_run_writes_nothing(small):
    path, face = put(small, b"a.jpg", picture())
    decide_faces.name_faces(small.db, [face], "Ada")
    before = state(path)
    assert export(small, is_dry_run=True).written == [str(path)]
    assert state(path) == before
    assert exports.exported(small.db) == {}


def test_the_photos_that_may_be_changed_are_counted_by_folder(small):
    faces = [
        put(small, b"a.jpg", picture())[1],
        put(small, b"b/c.png", picture("PNG"), kind="PNG")[1],
        put(small, b"b/d.gif", picture("GIF"), kind="GIF")[1],
    ]
    decide_faces.name_faces(small.db, faces, "Ada")
    put(small, b"unnamed.jpg", picture(quality=50))
    folder = small.directory / "photos"
    assert export_xmp.count_writable(small.db) == {str(folder): 1, str(folder / "b"): 1}


def fail_with(error):
    def fail(*_arguments, **_options):
        raise error

    return fail


def test_a_disk_that_is_full_leaves_the_photo(small, monkeypatch):
    data = picture()
    path, face = put(small, b"a.jpg", data)
    decide_faces.name_faces(small.db, [face], "Ada")
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", fail_with(OSError(28, "No space left on device")))
        with pytest.raises(StorageFault, match="No space"):
            export(small)
    assert path.read_bytes() == data
    assert listed(path.parent) == ["a.jpg"]
    assert export(small).written == [str(path)]


def test_an_owner_that_cannot_be_kept_refuses(small, monkeypatch):
    data = picture()
    path, face = put(small, b"a.jpg", data)
    if os.geteuid() != 0:
        pytest.skip("only root can give a file away")
    os.chown(path, 12345, 23456)
    decide_faces.name_faces(small.db, [face], "Ada")
    with monkeypatch.context() as patch:
        patch.setattr(os, "chown", fail_with(PermissionError(1, "Operation not permitted")))
        report = export(small)
    assert [(p.kind, p.message) for p in report.problems] == [
        ("unwritable", "Operation not permitted")
    ]
    assert path.read_bytes() == data
    assert listed(path.parent) == ["a.jpg"]


def test_what_could_not_be_written_is_not_remembered_as_written(small, monkeypatch):
    _path, face = put(small, b"a.jpg", picture())
    decide_faces.name_faces(small.db, [face], "Ada")
    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", fail_with(PermissionError(13, "Permission denied")))
        assert export(small).problems
    decide_faces.undo(small.db)
    report = export_xmp.export_xmp(small.db)
    assert (report.n_outdated, report.written) == (0, [])


def test_a_change_between_writing_and_noting_is_seen_by_the_next_scan(small, monkeypatch):
    path, face = put(small, b"a.jpg", picture())
    decide_faces.name_faces(small.db, [face], "Ada")
    replace = os.replace

    def replace_and_edit(source, target):
        replace(source, target)
        path.write_bytes(path.read_bytes() + b"an editor was here")
        os.utime(path, ns=(10**18, 10**18))  # so old that its time is believed

    with monkeypatch.context() as patch:
        patch.setattr("pathlib.Path.replace", lambda self, target: replace_and_edit(self, target))
        export(small)
    counts = scan(small)
    assert counts.unchanged == 0
    assert files.count_pending(small.db) == 1


STEPS = {
    "opening": (
        "real_open = os.open\ndef die(p, *a):\n    r = real_open(p, *a)\n"
        "    if str(p).endswith('.tmp'): os._exit(9)\n    return r\nos.open = die"
    ),
    "writing": "os.fsync = lambda handle: os._exit(9)",
    "rights": "import shutil\nshutil.copystat = lambda *a: os._exit(9)",
    "reading back": (
        "import pathlib\nread = pathlib.Path.read_bytes\npathlib.Path.read_bytes = lambda self:"
        " os._exit(9) if self.suffix == '.tmp' else read(self)"
    ),
    "replacing": "import pathlib\npathlib.Path.replace = lambda *a: os._exit(9)",
    "replaced": (
        "import pathlib\nreplace = pathlib.Path.replace\n"
        "pathlib.Path.replace = lambda *a: (replace(*a), os._exit(9))"
    ),
    "noting": "from facedex.db import files\nfiles.set_rewritten = lambda *a: os._exit(9)",
}
KILLED = """
import os, sys
from pathlib import Path
from facedex.db.library import open_library
from facedex.services.names_out.export_xmp import export_xmp
db = open_library(Path(sys.argv[1]))
{step}
export_xmp(db, into_photos=True)
"""


@pytest.mark.parametrize("step", STEPS)
def test_killed_at_any_step_leaves_a_whole_photo_and_the_next_run_tidies(small, step):
    data = picture()
    path, face = put(small, b"a.jpg", data)
    decide_faces.name_faces(small.db, [face], "Ada")
    script = KILLED.format(step=STEPS[step])
    done = subprocess.run(
        [sys.executable, "-c", script, small.directory],
        timeout=60,
        check=False,
        capture_output=True,
    )
    assert done.returncode == 9, done.stderr
    is_new = step in {"replaced", "noting"}
    assert named(path) == (["Ada"] if is_new else [])
    assert is_new or path.read_bytes() == data
    assert image_hash(path.read_bytes(), "JPEG") == image_hash(data, "JPEG")
    left = [name for name in listed(path.parent) if name != "a.jpg"]
    assert len(left) == (0 if is_new else 1)
    # the leftover is no photo to a scan
    counts = scan(small)
    assert [path for (path,) in small.db.execute("SELECT relpath FROM file")] == [b"a.jpg"]
    assert files.count_pending(small.db) == (1 if is_new else 0)
    assert counts.gone == 0
    if is_new:  # the scan reads the file and finds the photo that it knows
        small.db.execute("UPDATE file SET state = 'present'")
        read_again(small, path)
    export(small)
    assert listed(path.parent) == ["a.jpg"]
    assert named(path) == ["Ada"]
    decide_faces.undo(small.db)
    export(small)
    assert named(path) == []


def read_again(small, path):
    """Note what a scan would after reading the file."""
    [(file_id, row)] = [
        (r.file_id, r) for r in files.find_files(small.db, small.root, [b"a.jpg"]).values()
    ]
    files.set_read(
        small.db, file_id, time.time_ns(), content_hash(path.read_bytes()), row.photo_id, 1
    )


def test_the_note_is_written_before_the_photo(small, monkeypatch):
    _path, face = put(small, b"a.jpg", picture())
    decide_faces.name_faces(small.db, [face], "Ada")
    seen = []
    replace = write_names.replace_file

    def look(change):
        seen.append(exports.exported(small.db))
        return replace(change)

    with monkeypatch.context() as patch:
        patch.setattr(write_names, "replace_file", look)
        export(small)
    [(file_id, places)] = exports.exported(small.db).items()
    assert seen == [{file_id: {"file": exports.Exported(places["file"].traces)}}]
    assert "Ada" in next(iter(seen[0].values()))["file"].traces


def test_a_photo_that_goes_meanwhile_is_a_problem(small, monkeypatch):
    path, face = put(small, b"a.jpg", picture())
    decide_faces.name_faces(small.db, [face], "Ada")
    refuse = write_names.find_refusal

    def go(where, image_format):
        path.unlink()
        return refuse(where, image_format)

    with monkeypatch.context() as patch:
        patch.setattr(write_names, "find_refusal", go)
        report = export(small)
    assert [problem.kind for problem in report.problems] == ["changed"]
    assert listed(path.parent) == []


def test_a_file_that_cannot_be_read_is_a_problem(small, monkeypatch):
    path, face = put(small, b"a.jpg", picture())
    decide_faces.name_faces(small.db, [face], "Ada")
    error = MetadataError(os.fsencode(path), "read", "Input/output error", "unreadable")
    with monkeypatch.context() as patch:
        patch.setattr("facedex.xmp.photo_files.read_bytes", fail_with(error))
        report = export(small)
    assert [problem.kind for problem in report.problems] == ["unreadable"]
    assert report.exit_code == 3
