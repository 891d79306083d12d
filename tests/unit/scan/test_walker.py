"""Walking real trees, whose names are bytes."""

# ruff: noqa: PTH102, PTH103, PTH116, PTH123, PTH211 - pathlib takes no bytes

import os
import shutil
import socket

import pytest

from facedex.scan import walker
from facedex.scan.walker import SKIPPED_FOLDERS, Walk, walk

TAG = b"Signature: 8a477f597d28d172789f06886806bc55\n# a cache\n"


@pytest.fixture
def tree(tmp_path):
    """A maker of files below a folder, named by bytes."""
    root = os.fsencode(tmp_path / "root")
    os.mkdir(root)

    def make(relpath, content=b"x"):
        path = root + b"/" + relpath
        os.makedirs(path.rsplit(b"/", 1)[0], exist_ok=True)
        with open(path, "wb") as file:
            file.write(content)
        return path

    make.root = root
    return make


def names(tree, own_files=()):
    state = Walk()
    found = [each.relpath for each in walk(tree.root, state, own_files)]
    assert state.unreadable == []
    return found


def test_an_empty_folder(tree):
    assert names(tree) == []


def test_files_come_in_byte_order_folder_by_folder(tree):
    for relpath in (
        b"b.jpg",
        b"B.jpg",
        b"a/z.jpg",
        b"a/b/c.jpg",
        b"c/1.jpg",
        b"a.jpg",
        b"\xff.jpg",
    ):
        tree(relpath)
    assert names(tree) == [
        b"B.jpg", b"a.jpg", b"b.jpg", b"\xff.jpg", b"a/z.jpg", b"a/b/c.jpg", b"c/1.jpg",
    ]  # fmt: skip


def test_facts_are_those_of_the_system(tree):
    path = tree(b"a/b.jpg", b"12345")
    os.link(path, tree.root + b"/c.jpg")
    [_first, found] = walk(tree.root, Walk())
    status = os.stat(path)
    assert (found.size_bytes, found.mtime_ns, found.ctime_ns) == (
        5, status.st_mtime_ns, status.st_ctime_ns,
    )  # fmt: skip
    assert (found.inode, found.n_links) == (status.st_ino, 2)


@pytest.mark.parametrize(
    "name",
    [b"caf\xe9.jpg", b"cafe\xcc\x81.jpg", b"caf\xc3\xa9.jpg", b"new\nline", b"tab\t", b"-rf",
     b" ", b"\x1b[31m", b"x" * 255, b"..jpg", b"\xed\xb3\xa9"],
)  # fmt: skip
def test_names_are_bytes(tree, name):
    tree(b"folder/" + name)
    assert names(tree) == [b"folder/" + name]


def test_folders_named_in_other_encodings(tree):
    tree(b"\xe9t\xe9/x.jpg")
    assert names(tree) == [b"\xe9t\xe9/x.jpg"]


def test_composed_and_decomposed_names_are_two_files(tree):
    tree(b"caf\xc3\xa9.jpg")
    tree(b"cafe\xcc\x81.jpg")
    assert len(names(tree)) == 2


def test_links_are_not_followed(tree, tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret.jpg").touch()
    tree(b"a/real.jpg")
    os.symlink(outside, tree.root + b"/a/out")
    os.symlink(tree.root, tree.root + b"/a/loop")
    os.symlink(b"real.jpg", tree.root + b"/a/link.jpg")
    os.symlink(b"nowhere", tree.root + b"/a/dangling.jpg")
    assert names(tree) == [b"a/real.jpg"]


def test_fifos_and_sockets_are_left_out(tree, monkeypatch):
    tree(b"a.jpg")
    monkeypatch.chdir(os.fsdecode(tree.root))
    os.mkfifo("pipe.jpg")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("socket.jpg")
        assert names(tree) == [b"a.jpg"]


def test_a_folder_named_like_a_photo_is_a_folder(tree):
    tree(b"x.jpg/inside.jpg")
    assert names(tree) == [b"x.jpg/inside.jpg"]


@pytest.mark.parametrize("name", sorted(SKIPPED_FOLDERS))
def test_folders_of_other_programs_are_skipped_in_any_case(tree, name):
    tree(name + b"/hidden.jpg")
    tree(b"a/" + name.upper() + b"/b/hidden.jpg")
    tree(b"a/shown.jpg")
    assert names(tree) == [b"a/shown.jpg"]


def test_a_file_named_like_a_skipped_folder_is_a_file(tree):
    tree(b"@eaDir")
    assert names(tree) == [b"@eaDir"]


def test_hidden_folders_and_files_are_looked_through(tree):
    tree(b".hidden/.picasa.ini")
    assert names(tree) == [b".hidden/.picasa.ini"]


def test_a_folder_marked_as_a_cache_is_skipped_with_all_below(tree):
    tree(b"cache/CACHEDIR.TAG", TAG)
    tree(b"cache/x.jpg")
    tree(b"cache/below/y.jpg")
    tree(b"other/z.jpg")
    assert names(tree) == [b"other/z.jpg"]


def test_a_tag_without_the_signature_marks_nothing(tree):
    tree(b"a/CACHEDIR.TAG", b"Signature: something else")
    tree(b"a/x.jpg")
    assert names(tree) == [b"a/CACHEDIR.TAG", b"a/x.jpg"]


def test_a_tag_that_is_a_link_or_a_folder_marks_nothing(tree):
    tree(b"a/x.jpg")
    tree(b"b/CACHEDIR.TAG/x.jpg")
    tree(b"tag", TAG)
    os.symlink(b"../tag", tree.root + b"/a/CACHEDIR.TAG")
    assert names(tree) == [b"tag", b"a/x.jpg", b"b/CACHEDIR.TAG/x.jpg"]


def test_a_tag_that_is_a_fifo_does_not_block(tree):
    tree(b"a/x.jpg")
    os.mkfifo(tree.root + b"/a/CACHEDIR.TAG")
    assert names(tree) == [b"a/x.jpg"]


def test_facedexs_own_files_are_left_out_under_any_name(tree):
    own = tree(b"library/library.db")
    tree(b"library/photo.jpg")
    os.link(own, tree.root + b"/copy.jpg")
    status = os.stat(own)
    assert names(tree, {(status.st_dev, status.st_ino)}) == [b"library/photo.jpg"]


def test_nothing_is_opened_but_tags(tree, monkeypatch):
    tree(b"a/x.jpg")
    tree(b"a/CACHEDIR.TAG", b"no")
    opened = []
    real = os.open
    monkeypatch.setattr(walker.os, "open", lambda path, *a: opened.append(path) or real(path, *a))
    names(tree)
    assert opened == [tree.root + b"/a/CACHEDIR.TAG"]


def test_a_root_with_a_slash_at_its_end(tree):
    tree(b"a/x.jpg")
    assert [each.relpath for each in walk(tree.root + b"/", Walk())] == [b"a/x.jpg"]


def test_a_root_that_is_not_there_is_told(tmp_path):
    state = Walk()
    assert list(walk(os.fsencode(tmp_path / "gone"), state)) == []
    assert state.unreadable == [(b"", "No such file or directory")]


def test_a_folder_that_vanishes_meanwhile_is_told_and_the_rest_goes_on(tree):
    tree(b"a.jpg")
    tree(b"gone/below/x.jpg")
    tree(b"stays/y.jpg")
    state = Walk()
    found = []
    for each in walk(tree.root, state):
        found.append(each.relpath)
        if each.relpath == b"a.jpg":
            shutil.rmtree(tree.root + b"/gone")
    assert found == [b"a.jpg", b"stays/y.jpg"]
    assert state.unreadable == [(b"gone", "No such file or directory")]


def test_a_folder_that_may_not_be_listed_is_told(tree, monkeypatch):
    tree(b"closed/x.jpg")
    tree(b"open/y.jpg")
    real = os.scandir

    def scandir(path):
        if path.endswith(b"closed/"):
            raise PermissionError(13, "Permission denied")
        return real(path)

    monkeypatch.setattr(walker.os, "scandir", scandir)
    state = Walk()
    assert [each.relpath for each in walk(tree.root, state)] == [b"open/y.jpg"]
    assert state.unreadable == [(b"closed", "Permission denied")]


def test_inodes_fit_the_database(tree):
    status = list(os.stat(tree(b"x")))
    status[1] = 2**64 - 1
    assert walker.file_stat(b"x", os.stat_result(status)).inode == 2**63 - 1


def test_a_deep_tree_is_walked(tree, monkeypatch):
    folder = tree.root
    for _ in range(120):
        folder += b"/d"
    os.makedirs(folder)
    with open(folder + b"/x.jpg", "wb"):
        pass
    assert names(tree) == [b"d/" * 120 + b"x.jpg"]
