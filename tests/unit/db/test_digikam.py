"""What digiKam's database says is read as digiKam means it, and damage costs only the rows it is
in."""

import random
import shutil

import pytest
from digikam_maker import IMAGE, OBSOLETE, TRASHED, VIDEO, DigikamMaker, region

from facedex.digikam.database import AlbumRoot, find_database, read_digikam
from facedex.digikam.database_faces import DigikamRect, parse_rect
from facedex.errors import UsageError

RECT = (10, 20, 30, 40)


@pytest.fixture
def maker(tmp_path):
    maker = DigikamMaker(tmp_path / "theirs" / "digikam4.db")
    yield maker
    maker.close()


@pytest.fixture
def root(maker, tmp_path):
    return maker.root(tmp_path / "photos", label="Photos")


def faces(maker):
    """Return (said, name, rect) of every face of every photo."""
    return [
        (face.said, face.name, face.rect)
        for photo in read_digikam(maker.path).photos
        for face in photo.faces
    ]


@pytest.mark.parametrize("schema", range(6, 18))
@pytest.mark.parametrize("journal", ["delete", "wal"])
def test_every_known_schema_is_read(tmp_path, schema, journal):
    maker = DigikamMaker(tmp_path / "digikam4.db", schema, journal=journal)
    root = maker.root(tmp_path / "photos", label="Photos")
    photo = maker.photo(root, "2020/May/a.jpg", (4000, 3000), 6)
    maker.named(photo, maker.person("Zoë Ångström"), 1, 2, 30, 40)
    found = read_digikam(tmp_path / "digikam4.db")
    maker.close()
    assert found.schema == schema
    assert found.roots == (AlbumRoot(root, "Photos", f"volumeid:?path={tmp_path}/photos", "/", 1),)
    (read,) = found.photos
    assert (read.root_id, read.relpath) == (root, "2020/May/a.jpg")
    assert (read.size, read.orientation) == ((4000, 3000), 6)
    (face,) = read.faces
    assert (face.said, face.name) == ("named", "Zoë Ångström")
    assert face.tag_path == "Personen/Zoë Ångström"
    assert face.rect == DigikamRect(1, 2, 30, 40)
    assert (found.n_removed, found.n_repeated, found.n_bad, found.problems) == (0, 0, 0, ())


def test_the_folder_of_the_database_is_enough(maker):
    assert find_database(maker.path.parent) == find_database(maker.path) == maker.path


def test_each_property_says_what_the_user_did(maker, root):
    photo = maker.photo(root, "a.jpg")
    ann, bob = maker.person("Ann"), maker.person("Bob")
    maker.named(photo, ann, 0, 0, 10, 10)
    maker.guessed(photo, bob, 20, 0, 10, 10)
    maker.found(photo, 40, 0, 10, 10)
    maker.set_aside(photo, 60, 0, 10, 10)
    # before the tag of its own property, an ignored face was a region of that tag
    maker.row(photo, maker.ignored, "tagRegion", region(80, 0, 10, 10))
    maker.row(photo, maker.ignored, "autodetectedFace", region(100, 0, 10, 10))
    maker.row(photo, maker.unknown, "tagRegion", region(120, 0, 10, 10))
    assert sorted((rect.left, said, name) for said, name, rect in faces(maker)) == [
        (0, "named", "Ann"),
        (20, "suggested", "Bob"),
        (40, "unnamed", ""),
        (60, "ignored", ""),
        (80, "ignored", ""),
        (100, "ignored", ""),
        (120, "unnamed", ""),
    ]
    # the guess stands in two rows
    assert read_digikam(maker.path).n_repeated == 1


def test_a_guess_that_stands_only_under_unconfirmed_is_one(maker, root):
    bob = maker.person("Bob")
    value = f"{bob},autodetectedFace,{region(*RECT)}"
    maker.row(maker.photo(root, "a.jpg"), maker.unconfirmed, "autodetectedPerson", value)
    assert faces(maker) == [("suggested", "Bob", DigikamRect(*RECT))]


def test_a_name_outweighs_what_else_is_left_of_the_same_face(maker, root):
    photo, ann = maker.photo(root, "a.jpg"), maker.person("Ann")
    maker.row(photo, ann, "autodetectedFace", region(*RECT))
    maker.row(photo, ann, "ignoredFace", region(*RECT))
    maker.named(photo, ann, *RECT)
    maker.row(photo, ann, "autodetectedFace", region(*RECT))
    assert faces(maker) == [("named", "Ann", DigikamRect(*RECT))]
    assert read_digikam(maker.path).n_repeated == 3


def test_a_photo_with_a_persons_tag_alone_names_without_a_place(maker, root):
    both, ann, bob = maker.photo(root, "a.jpg"), maker.person("Ann"), maker.person("Bob")
    maker.named(both, ann, *RECT)
    maker.has_tag(both, bob)
    maker.has_tag(both, maker.tag("Holidays"))
    maker.has_tag(both, maker.unknown)
    assert faces(maker) == [("named", "Ann", DigikamRect(*RECT)), ("named", "Bob", None)]
    guessed = maker.photo(root, "b.jpg")
    maker.guessed(guessed, ann, *RECT)
    maker.has_tag(guessed, ann)  # the place may be wrong; the tag tells nothing of it
    assert faces(maker)[2:] == [("suggested", "Ann", DigikamRect(*RECT))]


def test_the_name_is_the_tags_for_that_is_what_renaming_changes(maker, root):
    ann = maker.person("Ann")
    maker.named(maker.photo(root, "a.jpg"), ann, *RECT)
    maker.db.execute("UPDATE Tags SET name = '  Ann   Miller ' WHERE id = ?", (ann,))
    assert [name for _said, name, _rect in faces(maker)] == ["Ann Miller"]


def test_people_lie_anywhere_in_the_tree(maker, root):
    family = maker.tag("Familie", maker.people)
    ann = maker.person("Ann", maker.person("Bob", family))
    top = maker.person("Cid", 0)
    photo = maker.photo(root, "a.jpg")
    maker.named(photo, ann, 0, 0, 1, 1)
    maker.named(photo, top, 5, 5, 1, 1)
    (read,) = read_digikam(maker.path).photos
    assert {face.name: face.tag_path for face in read.faces} == {
        "Ann": "Personen/Familie/Bob/Ann",
        "Cid": "Cid",
    }


@pytest.mark.parametrize("is_known_by_name", [False, True])
def test_a_tag_under_people_is_somebody_before_any_face_is_given_to_it(
    maker, root, is_known_by_name
):
    """digiKam marks a tag as a person when a face gets it, not when it is made."""
    people = maker.tag("People") if is_known_by_name else maker.people
    family = maker.tag("Family", people)
    photo = maker.photo(root, "a.jpg")
    places = maker.tag("Places")
    for tag in (
        maker.tag("Ann", people), maker.tag("Bob", family), family, people,
        places, maker.tag("Rome", places), maker.tag("People", places),
    ):  # fmt: skip
        maker.has_tag(photo, tag)
    assert faces(maker) == [("named", "Ann", None), ("named", "Bob", None)]


def test_a_group_that_was_given_a_face_is_somebody_too(maker, root):
    photo = maker.photo(root, "a.jpg")
    family = maker.person("Family")
    ann = maker.tag("Ann", family)
    maker.named(photo, family, *RECT)
    maker.named(photo, ann, *RECT)
    assert faces(maker) == [
        ("named", "Family", DigikamRect(*RECT)), ("named", "Ann", DigikamRect(*RECT)),
    ]  # fmt: skip


def test_the_root_of_a_tree_that_was_on_a_server_is_no_part_of_a_path(maker, root):
    maker.db.execute("INSERT INTO Tags (id, pid, name) VALUES (0, -1, '_Digikam_root_tag_')")
    maker.named(maker.photo(root, "a.jpg"), maker.person("Ann"), *RECT)
    (read,) = read_digikam(maker.path).photos
    assert read.faces[0].tag_path == "Personen/Ann"


def test_a_ring_of_tags_ends(maker, root):
    ann = maker.person("Ann")
    maker.db.execute("UPDATE Tags SET pid = ? WHERE id = ?", (ann, maker.people))
    maker.named(maker.photo(root, "a.jpg"), ann, *RECT)
    (read,) = read_digikam(maker.path).photos
    assert read.faces[0].tag_path == "Personen/Ann"


def test_removed_photos_are_counted(maker, root):
    ann = maker.person("Ann")
    trashed = maker.photo(root, "a.jpg", status=TRASHED)
    gone = maker.photo(root, "b.jpg", status=OBSOLETE)
    removed = maker.photo(root, "c.jpg")
    for photo in (trashed, gone, removed):
        maker.named(photo, ann, *RECT)
    maker.remove(removed)
    found = read_digikam(maker.path)
    assert (found.photos, found.n_removed, found.n_bad) == ((), 3, 0)


def test_photos_of_a_root_are_counted_without_videos_and_removed_ones(maker, root):
    other = maker.root("volumeid:?uuid=1-2", "/x")
    for name, category, status in (
        ("a", IMAGE, 1),
        ("b", IMAGE, 2),
        ("c", VIDEO, 1),
        ("d", IMAGE, 3),
    ):
        maker.photo(root, name, category=category, status=status)
    assert [(r.root_id, r.n_photos) for r in read_digikam(maker.path).roots] == [
        (root, 2),
        (other, 0),
    ]


@pytest.mark.parametrize(
    ("size", "orientation", "read"),
    [
        (None, 1, (None, None)),
        ((0, 0), 0, (None, None)),
        ((-1, 5), 9, (None, None)),
        (("600", "wide"), "6", ((600, "wide"), 6)),
        ((600, None), None, (None, None)),
        ((600, 400), 8, ((600, 400), 8)),
    ],
)
def test_a_size_or_orientation_that_means_nothing_is_none(maker, root, size, orientation, read):
    photo = maker.photo(root, "a.jpg", size, orientation)
    maker.named(photo, maker.person("Ann"), *RECT)
    (found,) = read_digikam(maker.path).photos
    if size == ("600", "wide"):  # the column's affinity makes numbers of texts where it can
        read = (None, 6)
    assert (found.size, found.orientation) == read


def test_rows_that_make_no_sense_are_counted_and_cost_nothing_else(maker, root):
    ann, cats = maker.person("Ann"), maker.tag("Cats")
    good = maker.photo(root, "good.jpg")
    maker.named(good, ann, *RECT)
    for value in (
        "", "<rect/>", '<rect x="1" y="2" width="0" height="5"/>', '<rect x="1" y="2" width="3"/>',
        '<rect x="a" y="2" width="3" height="4"/>',
        '<circle x="1" y="2" width="3" height="4"/>', None,
        '<rect x="99999999999999999999" y="2" width="3" height="4"/>', 5, b"\xff\x00\xfe",
    ):  # fmt: skip
        maker.row(good, ann, "tagRegion", value)
    maker.row(good, cats, "tagRegion", region(*RECT))  # a tag, but nobody's
    maker.row(good, 4711, "tagRegion", region(*RECT))
    maker.row(good, None, "tagRegion", region(*RECT))
    maker.row(good, maker.unconfirmed, "autodetectedPerson", region(*RECT))
    maker.row(good, maker.unconfirmed, "autodetectedPerson", f"{9**30},tagRegion,{region(*RECT)}")
    maker.row(4712, ann, "tagRegion", region(*RECT))
    maker.row(None, ann, "tagRegion", region(*RECT))
    for name in ("..", "up/../../x.jpg", "nul\0.jpg", ""):
        maker.named(maker.photo(root, "x.jpg"), ann, *RECT)
        maker.db.execute("UPDATE Images SET name = ? WHERE name = 'x.jpg'", (name,))
    stray = maker.photo(99, "stray.jpg")
    maker.named(stray, ann, *RECT)
    found = read_digikam(maker.path)
    assert [photo.relpath for photo in found.photos] == ["good.jpg"]
    assert len(found.photos[0].faces) == 1
    assert found.n_bad == 10 + 3 + 2 + 2 + 4 + 1 == len(found.problems)
    assert f"photo {good}, tag {cats}, tagRegion: a tag that is no person" in found.problems
    assert "photo 4712 has faces but is not there" in found.problems
    assert f"photo {stray} is in no album root" in found.problems


def test_a_name_that_is_not_valid_text_costs_its_own_row_only(maker, root):
    ann = maker.person("Ann")
    for name in ("a.jpg", "b.jpg"):
        maker.named(maker.photo(root, name), ann, *RECT)
    maker.db.execute("UPDATE Images SET name = CAST(x'ff2e6a7067' AS TEXT) WHERE name = 'a.jpg'")
    found = read_digikam(maker.path)
    assert [photo.relpath for photo in found.photos] == ["b.jpg"]
    assert found.problems == ("photo 1 has no usable path",)


@pytest.mark.parametrize(
    ("value", "rect"),
    [
        ('<rect x="1" y="2" width="3" height="4"/>', (1, 2, 3, 4)),
        ("<rect height='4' width='3' y='-2' x='-1'></rect>", (-1, -2, 3, 4)),
        (' <rect x = "1"  y="2"\nwidth="3" height="4" />', (1, 2, 3, 4)),
        ('<rect x="1" y="2" width="3" height="4"/>,12;15', (1, 2, 3, 4)),
        (
            '<rect x="1" y="2" width="3" height="4"/><rect x="9" y="9" width="9" height="9"/>',
            (1, 2, 3, 4),
        ),
        ('<rect x="1.5" y="2" width="3" height="4"/>', None),
        ('<rect x="1" y="2" width="-3" height="4"/>', None),
        ('<rectangle x="1" y="2" width="3" height="4"/>', None),
        ("", None),
    ],
)
def test_rectangles_are_read_as_digikam_writes_them(value, rect):
    assert parse_rect(value) == (rect and DigikamRect(*rect))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            ["DROP TABLE ImageTagProperties"],
            "digikam4.db is not digiKam's main database: it has no table ImageTagProperties",
        ),
        (["DROP TABLE Tags", "DROP TABLE Albums"], "no table Albums, Tags"),
        (
            ["DROP TABLE Tags", "CREATE VIEW Tags AS SELECT 1 AS id, 2 AS pid, 3 AS name"],
            "no table Tags",
        ),
        (
            ["ALTER TABLE Images RENAME COLUMN album TO albumId"],
            "its table Images has no column album",
        ),
        (["DELETE FROM Settings"], "does not say which digiKam wrote it"),
        (["UPDATE Settings SET value = 'new'"], "does not say which digiKam wrote it"),
        (["UPDATE Settings SET value = 5"], "is of a digiKam without faces .schema 5."),
        (["UPDATE Settings SET value = 18"], "is of a newer digiKam than facedex knows .schema 18"),
        (
            [
                "UPDATE Settings SET value = 18",
                "DELETE FROM Settings WHERE keyword LIKE '%Required'",
            ],
            "look for a newer facedex",
        ),
    ],
)  # fmt: skip
def test_what_is_not_understood_is_refused_in_one_line(maker, changes, said):
    for change in changes:
        maker.db.execute(change)
    with pytest.raises(UsageError, match=said) as caught:
        read_digikam(maker.path)
    assert "\n" not in str(caught.value)


def test_a_newer_schema_that_older_programs_may_use_is_read(maker, root):
    maker.named(maker.photo(root, "a.jpg"), maker.person("Ann"), *RECT)
    maker.set("DBVersion", 23)
    maker.set("DBVersionRequired", 17)
    assert read_digikam(maker.path).schema == 23
    assert len(faces(maker)) == 1


def test_tables_are_found_whatever_their_case(maker, root):
    maker.named(maker.photo(root, "a.jpg"), maker.person("Ann"), *RECT)
    maker.db.execute("ALTER TABLE Images RENAME TO images_")
    maker.db.execute("ALTER TABLE images_ RENAME TO images")
    assert len(faces(maker)) == 1


@pytest.mark.parametrize("name", ["", "missing.db"])
def test_a_place_without_a_database_says_where_to_look(tmp_path, name):
    with pytest.raises(
        UsageError, match=r"does not exist; digiKam shows where its digikam4\.db is"
    ):
        find_database(tmp_path / name)


def test_a_hundred_damaged_copies_are_read_or_refused_in_one_line(maker, root, tmp_path):
    """Whatever is wrong with a file, nothing but a message comes of it, and the file stays."""
    for n in range(40):
        photo = maker.photo(root, f"{n}.jpg")
        maker.named(photo, maker.person(f"Person {n}"), n, n, 10, 10)
    maker.close()
    whole = maker.path.read_bytes()
    chance = random.Random(5)
    damaged = tmp_path / "damaged.db"
    refused = []
    for _ in range(100):
        data = bytearray(whole)
        for _ in range(chance.choice([1, 20, 400])):
            data[chance.randrange(len(data))] = chance.randrange(256)
        del data[chance.choice([len(data), len(data), chance.randrange(len(data))]) :]
        damaged.write_bytes(data)
        try:
            read_digikam(damaged)
        except UsageError as exc:
            refused.append(str(exc))
        assert damaged.read_bytes() == data
    assert 20 < len(refused) < 100
    assert not any("\n" in message for message in refused)


def test_while_digikam_writes_the_last_commit_is_read(tmp_path):
    maker = DigikamMaker(tmp_path / "digikam4.db", journal="wal")
    maker.db.execute("PRAGMA wal_autocheckpoint = 0")
    root = maker.root(tmp_path / "photos")
    maker.named(maker.photo(root, "a.jpg"), maker.person("Ann"), *RECT)
    before = sorted(path.name for path in tmp_path.iterdir())
    assert [name for _said, name, _rect in faces(maker)] == ["Ann"]
    assert sorted(path.name for path in tmp_path.iterdir()) == before
    # without its log the file alone does not know her
    shutil.copy(maker.path, tmp_path / "alone.db")
    maker.close()
    with pytest.raises(UsageError, match="no table"):
        read_digikam(tmp_path / "alone.db")
