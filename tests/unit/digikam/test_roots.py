"""digiKam's collections are found where the library has its folders, or where the user says."""

from pathlib import Path

import pytest

from facedex.digikam.database import AlbumRoot
from facedex.digikam.roots import describe, digikam_folders, possible_folders
from facedex.errors import UsageError

MOUNTS = {Path("/"), Path("/home"), Path("/mnt/disk"), Path("/mnt/nas")}


def root(identifier, specific_path="/", root_id=1, label="Photos"):
    return AlbumRoot(root_id, label, identifier, specific_path, 10)


def possible(roots, library, table=None):
    found = possible_folders(
        roots,
        [Path(folder) for folder in library],
        {key: Path(folder) for key, folder in (table or {}).items()},
        MOUNTS.__contains__,
    )
    return [[str(path) for path in found[r.root_id]] for r in roots]


@pytest.mark.parametrize(
    ("identifier", "specific_path", "folders"),
    [
        ("volumeid:?path=/home/ann/Photos", "/", ["/home/ann/Photos"]),
        ("volumeid:?path=%2Fhome%2Fann%2FMy%20Photos", "/", ["/home/ann/My Photos"]),
        ("volumeid:?path=/a+b%26c&fileuuid=1-2", "/", ["/a+b&c"]),
        ("volumeid:?path=D:/Photos", "/", ["D:/Photos"]),
        ("volumeid:?path=/", "/", ["/"]),
        ("volumeid:?mountpath=/media/stick/", "/Photos", ["/media/stick/Photos"]),
        ("volumeid:?uuid=800b-21c2", "/ann/Photos/", ["/ann/Photos"]),
        ("volumeid:?label=STICK", "/", ["/"]),
        ("networkshareid:?mountpath=/mnt/nas/p", "/", ["/mnt/nas/p"]),
        ("networkshareid:?mountpath=/mnt/a&mountpath=/mnt/b", "/x", ["/mnt/a/x", "/mnt/b/x"]),
        ("", "", ["/"]),
    ],
)
def test_identifiers_are_read_as_digikam_writes_them(identifier, specific_path, folders):
    assert list(digikam_folders(root(identifier, specific_path))) == folders


@pytest.mark.parametrize(
    ("library", "folders"),
    [
        (["/home/ann/Photos"], ["/home/ann/Photos"]),
        (["/home/ann"], ["/home/ann/Photos"]),
        (["/home/ann/Photos/2019", "/home/ann/Photos/2020"], ["/home/ann/Photos"]),
        (["/home/ann/Photos2"], []),
        (["/home/bob"], []),
        ([], []),
    ],
)
@pytest.mark.parametrize(
    ("identifier", "specific_path"),
    [
        ("volumeid:?path=/home/ann/Photos", "/"),
        ("volumeid:?uuid=800b-21c2", "/ann/Photos"),
        ("volumeid:?label=HOME", "/ann/Photos"),
    ],
)
def test_a_collection_is_where_the_library_has_something(
    identifier, specific_path, library, folders
):
    assert possible([root(identifier, specific_path)], library) == [folders]


def test_a_volume_that_may_be_two_gives_both():
    library = ["/mnt/disk/ann/Photos", "/home/ann/Photos"]
    assert possible([root("volumeid:?uuid=1-2", "/ann/Photos")], library) == [
        ["/home/ann/Photos", "/mnt/disk/ann/Photos"]
    ]


def test_a_collection_behind_a_link_is_found(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    theirs = root(f"volumeid:?path={tmp_path}/link")
    assert possible([theirs], [tmp_path / "real"]) == [[str(tmp_path / "real")]]


@pytest.mark.parametrize(
    ("table", "folder"),
    [
        ({"Photos": "/mnt/nas/p"}, "/mnt/nas/p"),
        ({"pHOTOS": "/mnt/nas/p"}, "/mnt/nas/p"),
        ({"/home/ann/Photos": "/mnt/nas/p"}, "/mnt/nas/p"),
        ({"/home/ann/Photos/": "/mnt/nas/p"}, "/mnt/nas/p"),
        ({"/home": "/mnt/nas"}, "/mnt/nas/ann/Photos"),
        ({"/": "/mnt/nas", "/home/ann": "/mnt/nas/p"}, "/mnt/nas/p/Photos"),
        ({"/home/ann": "/mnt/nas/x", "photos": "/mnt/nas/p"}, "/mnt/nas/p"),
    ],
)
def test_what_the_user_says_goes_before_all_else(table, folder):
    theirs = root("volumeid:?path=/home/ann/Photos")
    assert possible([theirs], ["/home/ann/Photos", "/mnt/nas"], table) == [[folder]]


def test_a_windows_folder_is_mapped_with_either_slash():
    theirs = [root("volumeid:?path=D:/Photos/Family", label="")]
    for key in ("D:/Photos", "D:\\Photos", "D:\\"):
        rest = "Photos/Family" if key == "D:\\" else "Family"
        assert possible(theirs, ["/mnt/disk"], {key: "/mnt/disk"}) == [[f"/mnt/disk/{rest}"]]


def test_a_folder_that_is_not_in_the_library_is_none():
    theirs = root("volumeid:?path=/home/ann/Photos")
    assert possible([theirs], ["/home/ann/Photos"], {"Photos": "/elsewhere"}) == [[]]


def test_an_entry_that_means_nothing_says_what_there_is():
    theirs = [root("volumeid:?path=/a"), root("volumeid:?uuid=1", "/b", 2, "")]
    with pytest.raises(UsageError, match=r"no collection 'Fotos'; there are: Photos \(/a\), /b"):
        possible(theirs, ["/a"], {"Fotos": "/a"})


def test_a_label_of_two_collections_asks_for_the_folder():
    theirs = [root("volumeid:?path=/a"), root("volumeid:?path=/b", root_id=2)]
    with pytest.raises(UsageError, match="several collections 'photos'; name the folder: /a, /b"):
        possible(theirs, ["/a"], {"photos": "/a"})


def test_collections_are_named_by_label_and_folder():
    assert describe(root("volumeid:?uuid=1", "/p")) == "Photos (/p)"
    assert describe(root("volumeid:?uuid=1", "/p", label="")) == "/p"
