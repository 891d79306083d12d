import pytest

from facedex.picasa.db3 import Db3Photo, PicasaDb
from facedex.picasa.foreign_paths import map_path, path_prefixes

TABLE = {
    "D:\\Photos": "/mnt/photos",
    "D:\\Photos\\Old": "/srv/old/",
    "\\\\nas\\share\\": "/nas",
    "/Volumes/Disk": "/disk",
    "E:": "/",
}


@pytest.mark.parametrize(
    ("foreign", "here"),
    [
        ("D:\\Photos\\2011\\a.jpg", "/mnt/photos/2011/a.jpg"),
        ("d:/photos/2011\\A.JPG", "/mnt/photos/2011/A.JPG"),
        ("D:\\\\Photos\\.\\a.jpg", "/mnt/photos/a.jpg"),
        ("D:\\PHOTOS", "/mnt/photos"),
        ("D:\\Photos\\Older\\a.jpg", "/mnt/photos/Older/a.jpg"),
        ("D:\\photos\\OLD\\Ágnes.jpg", "/srv/old/Ágnes.jpg"),
        ("\\\\NAS\\Share\\x\\a.jpg", "/nas/x/a.jpg"),
        ("//nas/share/a.jpg", "/nas/a.jpg"),
        ("\\\\?\\D:\\Photos\\a.jpg", "/mnt/photos/a.jpg"),
        ("\\\\?\\UNC\\nas\\share\\a.jpg", "/nas/a.jpg"),
        ("/Volumes/Disk/a\\b.jpg", "/disk/a\\b.jpg"),
        ("E:\\x\\a.jpg", "/x/a.jpg"),
        ("E:\\", "/"),
    ],
)
def test_longest_prefix_is_replaced(foreign, here):
    assert map_path(foreign, TABLE) == here


@pytest.mark.parametrize(
    "foreign",
    [
        "C:\\Photos\\a.jpg",
        "D:\\Photos2\\a.jpg",
        "D:\\",
        "D:Photos\\a.jpg",
        "Photos\\a.jpg",
        "\\\\other\\share\\a.jpg",
        "\\nas\\share\\a.jpg",
        "/volumes",
        "",
        "\\\\",
        "D:\\Photos\\..\\secret.jpg",
        "D:\\Photos\\Old\\..\\..\\..\\etc\\passwd",
        "/Volumes/Disk/../x",
        "D:\\Photos\\a\0.jpg",
    ],
)
def test_other_paths_are_nowhere(foreign):
    assert map_path(foreign, TABLE) is None


def test_table_may_be_empty_or_senseless():
    assert map_path("D:\\a.jpg", {}) is None
    assert map_path("D:\\a.jpg", {"": "/x", "..": "/y", "D:\\..": "/z"}) is None
    assert map_path("/a/b.jpg", {"/": "/x"}) == "/x/a/b.jpg"


@pytest.mark.parametrize("name", ["...", "..a", "a..", "C:", "a:b", "~"])
def test_names_that_only_look_dangerous_stay_below_the_folder(name):
    assert map_path(f"D:\\Photos\\{name}\\a.jpg", TABLE) == f"/mnt/photos/{name}/a.jpg"


def prefixes(*paths):
    return path_prefixes(PicasaDb(tuple(Db3Photo(path) for path in paths)))


def test_a_drive_is_one_prefix_as_deep_as_its_photos_allow():
    assert prefixes(
        "D:\\Photos\\2010\\a.jpg", "D:\\Photos\\2011\\b.jpg", "d:\\photos\\2011\\sea\\c.jpg"
    ) == [("D:\\Photos", 3)]
    assert prefixes("D:\\Photos\\a.jpg", "D:\\Photos\\2011\\b.jpg") == [("D:\\Photos", 2)]
    assert prefixes("D:\\2010\\a.jpg", "D:\\2011\\b.jpg") == [("D:\\", 2)]
    assert prefixes("D:\\a.jpg") == [("D:\\", 1)]


def test_drives_and_shares_are_apart_and_those_with_most_photos_first():
    assert prefixes(
        "D:\\Photos\\a.jpg",
        "\\\\nas\\photos\\2010\\a.jpg",
        "\\\\nas\\photos\\2011\\b.jpg",
        "\\\\nas\\scans\\c.jpg",
        "E:\\x\\a.jpg",
        "\\\\NAS\\photos\\2011\\d.jpg",
    ) == [("\\\\nas\\photos", 3), ("D:\\Photos", 1), ("E:\\x", 1), ("\\\\nas\\scans", 1)]


def test_the_systems_own_folders_are_looked_into():
    assert prefixes(
        "C:\\Users\\Ann\\Pictures\\a.jpg",
        "C:\\Users\\Ann\\Desktop\\b.jpg",
        "C:\\Users\\Public\\Pictures\\Sample Pictures\\c.jpg",
        "C:\\Temp\\x\\d.jpg",
    ) == [
        ("C:\\Users\\Ann", 2),
        ("C:\\Temp\\x", 1),
        ("C:\\Users\\Public\\Pictures\\Sample Pictures", 1),
    ]
    assert prefixes("/Volumes/A/a.jpg", "/Volumes/B/b.jpg", "/Users/ann/c.jpg") == [
        ("/Users/ann", 1),
        ("/Volumes/A", 1),
        ("/Volumes/B", 1),
    ]
    # a folder of the owner's that only has such a name stays whole
    assert prefixes("D:\\Photos\\Home\\a\\1.jpg", "D:\\Photos\\Home\\b\\2.jpg") == [
        ("D:\\Photos\\Home", 2)
    ]


def test_photos_that_lie_in_a_shared_folder_itself_are_not_forgotten():
    assert prefixes("C:\\Users\\a.jpg", "C:\\Users\\Ann\\b.jpg", "C:\\Users\\Eve\\c.jpg") == [
        ("C:\\Users", 1),
        ("C:\\Users\\Ann", 1),
        ("C:\\Users\\Eve", 1),
    ]


def test_senseless_paths_have_no_prefix():
    assert prefixes("", "a.jpg", "\\", "D:\\..\\a.jpg", "/") == []
    assert prefixes() == []


def test_every_photo_is_below_one_of_the_prefixes():
    paths = [
        f"{drive}:\\{a}\\{b}\\{i}.jpg" for drive in "CD" for a in "xy" for b in "pq" for i in "12"
    ]
    paths += ["C:\\Users\\Ann\\1.jpg", "\\\\nas\\a\\1.jpg", "\\\\nas\\b\\1.jpg", "/home/ann/1.jpg"]
    found = prefixes(*paths)
    assert sum(n for _, n in found) == len(paths)
    table = {prefix: f"/{i}" for i, (prefix, _) in enumerate(found)}
    assert all(map_path(path, table) for path in paths)


def test_many_folders_take_no_time():
    found = prefixes(*(f"C:\\Users\\{i}\\{j}\\a.jpg" for i in range(2000) for j in range(5)))
    assert len(found) == 2000
