import errno
import os
import random
import struct
import time
from datetime import UTC, datetime, timedelta

import picasa_db3
import pytest

from facedex.geometry import box_from_rect64
from facedex.picasa.db3 import Db3Face, Db3Photo
from facedex.picasa.db3_files import read_db3

ANN_ID = "ca5c88ca60f42c0b"
EVE_ID = "015f401bca26710c"
R1, R2, R3 = "1000200030004000", "000007c4ff8bf8da", "5000200070004000"
WHEN = datetime(2011, 7, 3, 18, 30, tzinfo=UTC)
UNKNOWN_ALBUM = 3  # of a new database


def face(rect_hex, kind, contact_id="", name="", tagged_at=None):
    return Db3Face(box_from_rect64(rect_hex), rect_hex, kind, contact_id, name, tagged_at)


@pytest.fixture
def db3():
    return picasa_db3.Db3()


def read(db3, tmp_path):
    return read_db3(db3.write(tmp_path / "db3"))


def test_named_face_has_its_photo_person_and_date(db3, tmp_path):
    ann = db3.person("Ann Lee", ANN_ID)
    folder = db3.folder("D:\\Photos\\2011\\")
    photo = db3.photo(folder, "Ágnes.jpg")
    db3.face(photo, R1, ann, tagdate=picasa_db3.ole_days(WHEN))
    found = read(db3, tmp_path)
    named = face(R1, "named", ANN_ID, "Ann Lee", WHEN)
    assert found.photos == (Db3Photo("D:\\Photos\\2011\\Ágnes.jpg", (named,)),)
    assert found.persons == {ANN_ID: "Ann Lee"}
    assert found.problems == ()


def test_faces_of_every_kind(db3, tmp_path):
    ann, eve = db3.person("Ann", ANN_ID), db3.person("Eve", EVE_ID)
    ignored = db3.album("]ignoreface", 8)
    photo = db3.photo(db3.folder("D:\\"), "a.jpg")
    none = {"personalbumrecs": picasa_db3.NOTHING, "personalbumrecs2": picasa_db3.NOTHING}
    db3.face(photo, R1, eve, **none)
    db3.face(photo, R2, ignored, **none)
    db3.face(photo, R3, 0, **none)
    db3.face(photo, R3, UNKNOWN_ALBUM, **none)
    db3.face(photo, R1, 0, personalbumrecs=ann, personalbumrecs2=eve)
    db3.face(photo, R2, UNKNOWN_ALBUM, personalbumrecs=ann, personalbumrecs2=picasa_db3.NOTHING)
    db3.face(photo, R3, 0, personalbumrecs=ignored, personalbumrecs2=0)
    # a person was named and another suggested; an ignored face stays one
    db3.face(photo, R1, ann, personalbumrecs2=eve)
    db3.face(photo, R1, ignored, personalbumrecs2=eve)
    found = read(db3, tmp_path)
    assert list(found.photos[0].faces) == [
        face(R1, "named", EVE_ID, "Eve"),
        face(R2, "ignored"),
        face(R3, "unnamed"),
        face(R3, "unnamed"),
        face(R1, "suggested", EVE_ID, "Eve"),
        face(R2, "suggested", ANN_ID, "Ann"),
        face(R3, "unnamed"),
        face(R1, "named", ANN_ID, "Ann"),
        face(R1, "ignored"),
    ]
    assert found.problems == ()


def test_one_person_may_be_twice_on_a_photo(db3, tmp_path):
    ann = db3.person("Ann", ANN_ID)
    photo = db3.photo(db3.folder("D:\\"), "a.jpg")
    db3.face(photo, R1, ann)
    db3.face(photo, R3, ann)
    assert [f.rect_hex for f in read(db3, tmp_path).photos[0].faces] == [R1, R3]


def test_photos_without_faces_and_videos_are_listed(db3, tmp_path):
    one, two = db3.folder("D:\\one"), db3.folder("\\\\nas\\two\\")
    db3.photo(two, "b.avi")
    db3.photo(one, "a.jpg")
    paths = [photo.path for photo in read(db3, tmp_path).photos]
    assert paths == ["\\\\nas\\two\\b.avi", "D:\\one\\a.jpg"]


def test_macs_paths_keep_their_slashes(db3, tmp_path):
    db3.photo(db3.folder("/Users/ann/Pictures"), "a.jpg")
    db3.photo(db3.folder("/Volumes/Disk/"), "b.jpg")
    paths = [photo.path for photo in read(db3, tmp_path).photos]
    assert paths == ["/Users/ann/Pictures/a.jpg", "/Volumes/Disk/b.jpg"]


def test_untagged_faces_and_deleted_photos_are_no_faces(db3, tmp_path):
    photo = db3.photo(db3.folder("D:\\"), "a.jpg")
    db3.untagged(R1)
    deleted = db3.photo(picasa_db3.NOTHING, "")
    db3.face(deleted, R1, db3.person("Ann", ANN_ID))
    found = read(db3, tmp_path)
    assert [(p.path, p.faces) for p in found.photos] == [("D:\\a.jpg", ())]
    assert found.problems == (f"row {photo + 3} is a face on no photo",)


def test_rectangle_of_the_crop_stands_in(db3, tmp_path):
    photo = db3.photo(db3.folder("D:\\"), "a.jpg")
    db3.face(photo, R1, facerect=1)
    db3.face(photo, "d0365d70006c88f5")
    found = read(db3, tmp_path).photos[0].faces
    assert [f.rect_hex for f in found] == [R1, "d0365d70006c88f5"]
    assert [f.is_suspect for f in found] == [False, True]
    assert found[1].box.x1 == 1.0


def test_face_without_a_rectangle_is_a_problem(db3, tmp_path):
    photo = db3.photo(db3.folder("D:\\"), "a.jpg")
    db3.face(photo, R1)
    row = db3.face(photo, "0")
    found = read(db3, tmp_path)
    assert len(found.photos[0].faces) == 1
    assert found.problems == (f"row {row}: the rectangle has no area",)


@pytest.mark.parametrize("album", [0, 2, 99])
def test_album_that_is_nobodys_is_a_problem_and_zero_is_none(db3, tmp_path, album):
    photo = db3.photo(db3.folder("D:\\"), "a.jpg")
    row = db3.face(photo, R1, album)
    found = read(db3, tmp_path)
    assert found.photos[0].faces == (face(R1, "unnamed"),)
    said = (f"row {row} is a face of album {album}, which is not one of faces",)
    assert found.problems == (said if album else ())


def test_album_of_a_person_that_was_deleted_is_nobodys(db3, tmp_path):
    gone = db3.album("]facealbum:5", 0xFFFF, "Ann", int(ANN_ID, 16))
    db3.face(db3.photo(db3.folder("D:\\"), "a.jpg"), R1, gone)
    found = read(db3, tmp_path)
    assert found.persons == {}
    assert found.photos[0].faces == (face(R1, "unnamed"),)
    assert len(found.problems) == 1


def test_person_may_lack_the_name_or_the_id_but_not_both(db3, tmp_path):
    nameless, idless = db3.person(" ", ANN_ID), db3.person("Eve", "0")
    neither = db3.person("", "f" * 16)
    photo = db3.photo(db3.folder("D:\\"), "a.jpg")
    for album in (nameless, idless, neither):
        db3.face(photo, R1, album)
    found = read(db3, tmp_path)
    assert found.photos[0].faces == (
        face(R1, "named", ANN_ID, ""),
        face(R1, "named", "", "Eve"),
        face(R1, "unnamed"),
    )
    assert found.persons == {}
    assert found.problems[0] == f"album {neither} is a person's without name and id"


def test_contact_with_two_albums_keeps_the_first_name(db3, tmp_path):
    db3.person("Ann", ANN_ID)
    again = db3.person("Ann Lee", ANN_ID)
    db3.person("Ann", ANN_ID)
    found = read(db3, tmp_path)
    assert found.persons == {ANN_ID: "Ann"}
    assert found.problems == (f"album {again}: contact {ANN_ID} has a second name: 'Ann Lee'",)


@pytest.mark.parametrize("days", [0.0, -3.5, float("nan"), float("inf"), 1e300, 3_000_000.0])
def test_dates_that_are_none(db3, tmp_path, days):
    db3.face(db3.photo(db3.folder("D:\\"), "a.jpg"), R1, tagdate=days)
    assert read(db3, tmp_path).photos[0].faces[0].tagged_at is None


def test_dates_are_ole_days(db3, tmp_path):
    db3.face(db3.photo(db3.folder("D:\\"), "a.jpg"), R1, tagdate=40000.75)
    tagged_at = read(db3, tmp_path).photos[0].faces[0].tagged_at
    assert tagged_at == datetime(2009, 7, 6, 18, tzinfo=UTC)
    assert tagged_at.utcoffset() == timedelta(0)


def test_deferred_faces_and_regions(db3, tmp_path):
    db3.person("Ann", ANN_ID)
    db3.photo(
        db3.folder("D:\\"),
        "a.jpg",
        deferredface=f"rect64(7c4ff8bf8da),{ANN_ID};rect64({R1}),7;;rect64({R3}),ffffffffffffffff;",
        deferredregion=f"rect64({R1}),Ann; Bob & Co;rect64({R3}), Eve ;rect64({R2}),;",
    )
    found = read(db3, tmp_path)
    assert found.photos[0].faces == ()
    assert found.photos[0].deferred == (
        face(R2, "named", ANN_ID, "Ann"),
        face(R1, "named", "0" * 15 + "7", ""),
        face(R3, "unnamed"),
        face(R1, "named", "", "Ann; Bob & Co"),
        face(R3, "named", "", "Eve"),
        face(R2, "unnamed"),
    )
    assert found.problems == ()


@pytest.mark.parametrize("column", ["deferredface", "deferredregion"])
@pytest.mark.parametrize("item", ["junk", "rect64(zz),1", "rect64(1),1", f"rect64({R1})1", "("])
def test_malformed_deferred_item_costs_only_itself(db3, tmp_path, column, item):
    row = db3.photo(db3.folder("D:\\"), "a.jpg", **{column: f"{item};rect64({R1}),1;"})
    found = read(db3, tmp_path)
    assert [f.rect_hex for f in found.photos[0].deferred] == [R1]
    assert len(found.problems) == 1
    assert found.problems[0].startswith(f"row {row}: deferred ")


def test_file_in_no_folder_is_a_problem(db3, tmp_path):
    folder = db3.folder("D:\\")
    photo = db3.photo(folder, "a.jpg")
    db3.photo(photo, "in a photo.jpg")
    db3.photo(99, "nowhere.jpg")
    found = read(db3, tmp_path)
    assert [p.path for p in found.photos] == ["D:\\a.jpg"]
    assert len(found.problems) == 2


def full(db3):
    """Fill a database with something of everything."""
    ann = db3.person("Ann", ANN_ID)
    folder = db3.folder("D:\\Photos\\")
    for i in range(3):
        photo = db3.photo(folder, f"{i}.jpg", deferredregion=f"rect64({R1}),Eve;")
        db3.face(photo, R1, ann, tagdate=40000.0)
        db3.face(photo, R3, 0, personalbumrecs=ann, personalbumrecs2=picasa_db3.NOTHING)
    return db3


@pytest.mark.parametrize("name", sorted(full(picasa_db3.Db3()).files()))
def test_any_file_may_be_missing_empty_or_a_folder(db3, tmp_path, name):
    folder = full(db3).write(tmp_path / "db3")
    whole = read_db3(folder)
    (folder / name).unlink()
    without = read_db3(folder)
    (folder / name).mkdir()
    assert read_db3(folder) == without
    (folder / name).rmdir()
    (folder / name).touch()
    emptied = read_db3(folder)
    if name.endswith("_0"):
        assert without == emptied == whole
    else:
        assert emptied.photos == without.photos
        assert any(problem.startswith(f"{name}: not read") for problem in emptied.problems)
    if name == "thumbindex.db":
        assert without.photos == ()
        assert without.persons == {ANN_ID: "Ann"}
        assert without.problems == ("thumbindex.db: not there",)
    else:
        assert len(without.photos) == 3


def test_files_are_found_in_any_case(db3, tmp_path):
    folder = full(db3).write(tmp_path / "db3")
    whole = read_db3(folder)
    for path in list(folder.iterdir()):
        path.rename(folder / path.name.upper())
    assert read_db3(folder) == whole


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no pipes among its files")
def test_links_and_pipes_are_not_followed(db3, tmp_path):
    folder = full(db3).write(tmp_path / "db3")
    outside = tmp_path / "outside.pmp"
    (folder / "imagedata_facerect.pmp").rename(outside)
    (folder / "imagedata_facerect.pmp").symlink_to(outside)
    (folder / "albumdata_name.pmp").unlink()
    os.mkfifo(folder / "albumdata_name.pmp")
    found = read_db3(folder)
    # the crop has the same rectangles, but nothing has the name
    assert [len(photo.faces) for photo in found.photos] == [2, 2, 2]
    assert found.persons == {}


def test_folder_that_cannot_be_read_is_a_problem(tmp_path):
    found = read_db3(tmp_path / "nowhere")
    assert found.photos == ()
    assert found.problems[0].startswith("the folder cannot be read: ")


def test_file_that_cannot_be_read_is_a_problem(db3, tmp_path, monkeypatch):
    folder = full(db3).write(tmp_path / "db3")
    really_open = os.open

    def fail_on_one(path, *arguments):
        if path.endswith("albumdata_name.pmp"):
            raise OSError(errno.EIO, "Input/output error")
        return really_open(path, *arguments)

    monkeypatch.setattr(os, "open", fail_on_one)
    found = read_db3(folder)
    assert len(found.photos) == 3
    assert found.persons == {}
    assert found.problems == ("albumdata_name.pmp: not read: Input/output error",)


def test_nothing_is_written(db3, tmp_path):
    folder = full(db3).write(tmp_path / "db3")
    for path in folder.iterdir():
        path.chmod(0o400)
    folder.chmod(0o500)
    before = {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in folder.iterdir()}
    read_db3(folder)
    after = {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in folder.iterdir()}
    folder.chmod(0o700)
    assert after == before


def damage(data, rng):
    data = bytearray(data)
    for _ in range(rng.randrange(1, 8)):
        at = rng.randrange(len(data) + 1)
        match rng.randrange(5):
            case 0:
                del data[at : at + rng.randrange(1, 60)]
            case 1:
                data[at:at] = rng.randbytes(rng.randrange(1, 60))
            case 2:
                data[at : at + 4] = struct.pack("<I", rng.choice((0, 1, 2**31, 2**32 - 1)))
            case 3:
                data[at:at] = b"\0" * rng.choice((1, 26, 300))
            case _:
                del data[at:]
    return bytes(data)


def is_whole(name, data):
    """Tell whether a file is as its header says, by rules of its own."""
    if name == "thumbindex.db":
        magic, count = struct.unpack_from("<II", data) if len(data) >= 8 else (0, 0)
        rest = data[8:]
        for _ in range(count):
            _name, nul, rest = rest.partition(b"\0")
            if not nul or len(rest) < 30:
                return False
            rest = rest[30:]
        return magic == 0x40466666 and not rest
    type_ = picasa_db3.TYPES[name.split("_")[1].removesuffix(".pmp")]
    if len(data) < 20 or data[:16] != picasa_db3.pmp_header(type_, 0)[:16]:
        return False
    count, values = struct.unpack_from("<I", data, 16)[0], data[20:]
    if type_ == picasa_db3.TEXT:
        return values.count(b"\0") == count and (not values or values.endswith(b"\0"))
    return len(values) == count * {picasa_db3.U32: 4}.get(type_, 8)


@pytest.mark.parametrize("seed", range(100))
def test_damaged_database_is_read_and_every_damaged_file_is_named(db3, tmp_path, seed):
    rng = random.Random(seed)
    folder = full(db3).write(tmp_path / "db3")
    names = sorted(name for name in db3.files() if not name.endswith("_0"))
    for name in rng.sample(names, rng.choice((1, 1, 2, len(names)))):
        data = (folder / name).read_bytes()
        (folder / name).write_bytes(damage(rng.randbytes(500) if seed % 10 == 0 else data, rng))
    begun = time.process_time()
    found = read_db3(folder)
    assert time.process_time() - begun < 1
    named = {line.split(":")[0] for line in found.problems} & set(names)
    assert named == {name for name in names if not is_whole(name, (folder / name).read_bytes())}
    for photo in found.photos:
        assert photo.path
        for one in photo.faces + photo.deferred:
            assert 0 <= one.box.x0 < one.box.x1 <= 1
            assert 0 <= one.box.y0 < one.box.y1 <= 1
            assert len(one.rect_hex) == 16
            assert len(one.contact_id) in (0, 16)
            assert one.kind != "named" or one.contact_id or one.name
            assert one.tagged_at is None or one.tagged_at.tzinfo is UTC


@pytest.mark.slow
def test_large_database_is_read_quickly(tmp_path):
    n_photos = 100_000
    entries = [("D:\\Photos\\", 1, picasa_db3.NOTHING)]
    entries += [(f"IMG_{i:06}.JPG", 2, 0) for i in range(n_photos)]
    entries += [("", 1001, 1 + i) for i in range(n_photos)]
    rects = [1] * (n_photos + 1) + [int(R1, 16)] * n_photos
    (tmp_path / "thumbindex.db").write_bytes(picasa_db3.thumbindex(entries))
    (tmp_path / "imagedata_facerect.pmp").write_bytes(picasa_db3.pmp(4, rects))
    begun = time.process_time()
    found = read_db3(tmp_path)
    assert time.process_time() - begun < 10
    assert len(found.photos) == n_photos
    assert all(len(photo.faces) == 1 for photo in found.photos)
