"""Sidecars: which belong to a photo, and that writing one loses nothing, whatever happens."""

import errno
import os
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from xmp_packets import ANN, EXIFTOOL, SIZE, mp, mwg, mwg_item, packet

from facedex.errors import MetadataError, StorageFault
from facedex.xmp import sidecars
from facedex.xmp.files import Replacement, replace_file
from facedex.xmp.merging import NamedFace
from facedex.xmp.reading import read_facts
from facedex.xmp.sidecars import by_stem, find_sidecars, names_near, plan_sidecar, sidecar_to_write
from facedex.xmp.traces import NO_TRACES

FACES = [NamedFace("Ann Lee", ANN)]


def write_sidecar(path, faces, size, traces=NO_TRACES):
    """Write the faces into a sidecar; return whether it changed."""
    change, _traces = plan_sidecar(path, faces, size, traces)
    if change.is_needed:
        replace_file(change)
    return change.is_needed


def names(path):
    return [region.name for region in read_facts(path.read_bytes()).regions]


@pytest.mark.parametrize(
    ("photo", "found"),
    [
        (b"a.jpg", [b"a.jpg.xmp", b"A.XMP", b"a.xmp"]),
        (b"a.CR2", [b"A.XMP", b"a.xmp"]),
        (b"b.jpg", [b"b.JPG.XMP"]),
        (b"c", [b"c.xmp"]),
        (b"a", [b"A.XMP", b"a.xmp"]),
        (b"d.jpg", []),
    ],
)
def test_both_names_are_found(photo, found):
    folder = [b"a.xmp", b"a.jpg.xmp", b"A.XMP", b"b.JPG.XMP", b"c.xmp", b"a.jpg", b"d.jpg.xmp2"]
    assert find_sidecars(photo, folder) == found


@pytest.mark.parametrize(
    ("folder", "name"),
    [
        ([b"a.jpg"], b"a.jpg.xmp"),
        ([b"a.jpg", b"a.xmp"], b"a.xmp"),
        ([b"a.jpg", b"A.XMP", b"a.xmp.txt"], b"A.XMP"),
        ([b"a.jpg", b"a.xmp", b"a.jpg.xmp"], b"a.jpg.xmp"),
        ([b"a.jpg", b"a.CR2", b"a.xmp"], b"a.jpg.xmp"),
        ([b"a.jpg", b"a.txt", b"a.xmp"], b"a.xmp"),
    ],
)
def test_a_sidecar_shared_with_another_photo_is_left_alone(folder, name):
    assert sidecar_to_write(b"a.jpg", folder) == name


FILE_NAMES = st.builds(
    "".join,
    st.tuples(
        st.sampled_from(["a", "A", "b", ".a", "a.b"]),
        st.sampled_from(["", ".jpg", ".JPG", ".cr2", ".txt"]),
        st.sampled_from(["", ".xmp", ".XMP"]),
    ),
).map(os.fsencode)


@given(FILE_NAMES, st.lists(FILE_NAMES, unique=True))
def test_the_names_near_a_photo_decide_as_all_of_them_do(photo, folder):
    near = names_near(photo, by_stem(folder))
    assert find_sidecars(photo, near) == find_sidecars(photo, folder)
    assert sidecar_to_write(photo, near) == sidecar_to_write(photo, folder)


def test_a_new_sidecar_has_the_usual_rights(tmp_path):
    path = tmp_path / "a.jpg.xmp"
    (tmp_path / "plain").touch()
    assert write_sidecar(os.fsencode(path), FACES, SIZE) is True
    assert names(path) == ["Ann Lee"]
    assert path.stat().st_mode == (tmp_path / "plain").stat().st_mode
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.jpg.xmp", "plain"]


def test_an_existing_one_keeps_what_it_holds_and_its_rights(tmp_path):
    path = tmp_path / "a.xmp"
    path.write_bytes(packet("<my:a>1</my:a>" + mp((None, "Eve")) + mwg(mwg_item(9, 9, 1, 1))))
    path.chmod(0o640)
    write_sidecar(os.fsencode(path), FACES, SIZE)
    assert b"<my:a>1</my:a>" in path.read_bytes()
    assert read_facts(path.read_bytes()).names == ("Eve",)
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_what_does_not_read_back_is_not_written(tmp_path, monkeypatch):
    path = tmp_path / "a.xmp"
    path.write_bytes(EXIFTOOL)
    nobody = sidecars.update_packet(None, [], SIZE)
    monkeypatch.setattr(sidecars, "update_packet", lambda *_: nobody)
    with pytest.raises(MetadataError, match="does not read back"):
        write_sidecar(os.fsencode(path), FACES, SIZE)
    assert path.read_bytes() == EXIFTOOL


def test_nothing_new_writes_nothing(tmp_path):
    path = tmp_path / "a.xmp"
    write_sidecar(os.fsencode(path), FACES, SIZE)
    os.utime(path, ns=(1, 1))
    assert write_sidecar(os.fsencode(path), FACES, SIZE) is False
    assert path.stat().st_mtime_ns == 1


def test_a_name_that_is_no_text_can_be_written(tmp_path):
    path = os.fsencode(tmp_path) + b"/\xff\xfe.xmp"
    write_sidecar(path, FACES, SIZE)
    assert Path(os.fsdecode(path)).exists()


def test_a_link_is_followed_and_stays(tmp_path):
    target = tmp_path / "elsewhere.xmp"
    target.write_bytes(EXIFTOOL)
    link = tmp_path / "a.xmp"
    link.symlink_to(target)
    write_sidecar(os.fsencode(link), [NamedFace("Anna", ANN)], SIZE)
    assert link.is_symlink()
    assert names(target) == ["Anna", "Bob Ray"]


@pytest.mark.parametrize("content", [b"", b"\0" * 50, EXIFTOOL[:900], b"not XML"])
def test_a_damaged_one_is_left_as_it_is(tmp_path, content):
    path = tmp_path / "a.xmp"
    path.write_bytes(content)
    with pytest.raises(MetadataError, match="its XMP") as caught:
        write_sidecar(os.fsencode(path), FACES, SIZE)
    assert caught.value.kind == "unmergeable"
    assert path.read_bytes() == content
    assert list(tmp_path.iterdir()) == [path]


def test_a_missing_folder_is_told(tmp_path):
    with pytest.raises(MetadataError, match="No such file") as caught:
        write_sidecar(os.fsencode(tmp_path / "gone" / "a.xmp"), FACES, SIZE)
    assert caught.value.kind == "unwritable"


def test_a_folder_in_its_place_is_told(tmp_path):
    (tmp_path / "a.xmp").mkdir()
    with pytest.raises(MetadataError) as caught:
        write_sidecar(os.fsencode(tmp_path / "a.xmp"), FACES, SIZE)
    assert caught.value.kind == "unreadable"


def test_what_another_program_wrote_meanwhile_is_not_overwritten(tmp_path):
    path = tmp_path / "a.xmp"
    path.write_bytes(b"newer")
    with pytest.raises(MetadataError, match="meanwhile"):
        replace_file(Replacement(os.fsencode(path), b"older", b"ours"))
    with pytest.raises(MetadataError, match="meanwhile"):
        replace_file(Replacement(os.fsencode(path), None, b"ours"))
    assert path.read_bytes() == b"newer"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    ("number", "error"),
    [(errno.ENOSPC, StorageFault), (errno.EIO, StorageFault), (errno.EROFS, MetadataError)],
)
def test_a_full_disk_leaves_the_old_file(tmp_path, monkeypatch, number, error):
    path = tmp_path / "a.xmp"
    path.write_bytes(EXIFTOOL)

    def fail(_handle):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(error):
        write_sidecar(os.fsencode(path), [NamedFace("Anna", ANN)], SIZE)
    assert path.read_bytes() == EXIFTOOL
    assert list(tmp_path.iterdir()) == [path]


def test_a_disk_that_gives_back_other_bytes_is_noticed(tmp_path, monkeypatch):
    path = tmp_path / "a.xmp"
    path.write_bytes(EXIFTOOL)
    read = Path.read_bytes
    monkeypatch.setattr(
        Path, "read_bytes", lambda self: read(self)[:-1] if self.suffix == ".tmp" else read(self)
    )
    with pytest.raises(MetadataError, match="other bytes"):
        write_sidecar(os.fsencode(path), [NamedFace("Anna", ANN)], SIZE)
    assert read(path) == EXIFTOOL
    assert list(tmp_path.iterdir()) == [path]
