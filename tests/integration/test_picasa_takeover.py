"""Names from generated Picasa files, from the scan to the views and the report."""

import json
import shutil
from dataclasses import astuple
from pathlib import Path

import photos
import pytest
from PIL import Image

from facedex.db.library import open_library
from facedex.geometry import box_to_rect64, box_to_stored
from facedex.picasa.ini import parse_ini
from facedex.services.library import Library
from facedex.services.telling.ledger import make_ledger
from facedex.types import Box

pytestmark = [pytest.mark.model, pytest.mark.slow]

NEIL, GRACE, MAE, GRACE_TWO, NOBODY = (
    "1a2b3c4d5e6f7081", "00000000000abcde", "2222222222222222", "3333333333333333",
    "ffffffffffffffff",
)  # fmt: skip
LOOSE = Box(0.28, 0.08, 0.57, 0.38)  # about the astronaut's head, as a person draws it


def section(name, *faces, rotate=None):
    """Return a photo's section; an id is written without leading zeros, as Picasa does."""
    items = ";".join(
        f"rect64({box_to_rect64(box)}),{contact.lstrip('0')}" for box, contact in faces
    )
    lines = [f"[{name}]", f"faces={items}"]
    return "\r\n".join(lines if rotate is None else [*lines, f"rotate=rotate({rotate})"]) + "\r\n"


def contacts(**names):
    lines = [f"{contact.removeprefix('_')}={name};;" for contact, name in names.items()]
    return "\r\n".join(["[Contacts2]", *lines]) + "\r\n"


@pytest.fixture
def family(tmp_path):
    """Photos in two folders with a .picasa.ini each, in every state that they come in."""
    folder = tmp_path / "p"
    astronaut, hopper, both = photos.astronaut(), photos.hopper(), photos.both()
    photos.write(folder / "space" / "astronaut.jpg", photos.encoded(astronaut))
    photos.write(folder / "space" / "Loose.JPG", photos.encoded(photos.variants(astronaut, 1)[0]))
    photos.write(folder / "space" / "turned.jpg", photos.turned(both, 6))
    photos.write(folder / "space" / "sky.jpg", photos.encoded(Image.new("RGB", (640, 480), "#9cf")))
    photos.write(folder / "space" / "broken.jpg", b"\xff\xd8\xff\xe0 no photo")
    photos.write(folder / "navy" / "hopper.png", photos.encoded(hopper, "PNG"))
    photos.write(folder / "navy" / "turned.jpg", photos.turned(hopper, 8))
    mirrored = Box(1 - LOOSE.x1, LOOSE.y0, 1 - LOOSE.x0, LOOSE.y1)
    space = (
        "[Picasa]\r\nname=space\r\n"
        + section("astronaut.jpg", (photos.ASTRONAUT_FACE, NEIL))
        + section("loose.jpg", (mirrored, NEIL))  # the case differs
        + section(
            "turned.jpg",
            (box_to_stored(photos.ASTRONAUT_IN_BOTH, 6), NEIL),
            (box_to_stored(photos.HOPPER_IN_BOTH, 6), GRACE),
        )
        + section("sky.jpg", (Box(0.2, 0.2, 0.5, 0.6), MAE), (Box(0.6, 0.6, 0.7, 0.7), NOBODY))
        + section("broken.jpg", (Box(0.2, 0.2, 0.5, 0.6), MAE))
        + section("missing.jpg", (photos.ASTRONAUT_FACE, NEIL))
        + contacts(_1a2b3c4d5e6f7081="Eileen Collins")
    )
    navy = (
        section("hopper.png", (photos.HOPPER_FACE, GRACE))
        + section("turned.jpg", (box_to_stored(photos.HOPPER_FACE, 8), GRACE_TWO))
        # her name stands in this folder only, and a second id of hers
        + contacts(_abcde="Grace Hopper", _3333333333333333="grace  hopper")
    )
    photos.write(folder / "space" / ".picasa.ini", space.encode())
    photos.write(folder / "navy" / ".picasa.ini", navy.encode())
    return folder


def people(library):
    rows = photos.select(library, "SELECT name, n_confirmed, n_suggested FROM v1_people")
    return {name: counts for name, *counts in rows}


def regions_of(library):
    return photos.select(
        library,
        "SELECT g.photo_name, g.contact_id, g.status, p.name FROM region g"
        " LEFT JOIN person p ON p.id = g.person_id ORDER BY g.photo_name, g.contact_id, g.rect",
    )


def test_every_rectangle_is_taken_over(family, library, run_scan):
    report = run_scan(family, library)
    assert report.exit_code == 3  # broken.jpg
    unknown = f"Unknown (Picasa {MAE})"
    assert regions_of(library) == [
        ("astronaut.jpg", NEIL, "encoded", "Eileen Collins"),
        ("broken.jpg", MAE, "unencodable", unknown),
        ("hopper.png", GRACE, "encoded", "Grace Hopper"),
        ("loose.jpg", NEIL, "encoded", "Eileen Collins"),
        ("missing.jpg", NEIL, "orphaned", "Eileen Collins"),
        ("sky.jpg", MAE, "unencodable", unknown),
        ("sky.jpg", NOBODY, "unnamed", None),
        ("turned.jpg", GRACE, "encoded", "Grace Hopper"),
        ("turned.jpg", NEIL, "encoded", "Eileen Collins"),
        ("turned.jpg", GRACE_TWO, "encoded", "Grace Hopper"),
    ]
    assert people(library) == {"Eileen Collins": [3, 0], "Grace Hopper": [3, 0], unknown: [1, 0]}
    assert photos.names_by_path(library) == {
        "astronaut.jpg": ["Eileen Collins"],
        "Loose.JPG": ["Eileen Collins"],
        "hopper.png": ["Grace Hopper"],
        "sky.jpg": [unknown],
        "turned.jpg": ["Grace Hopper", "Eileen Collins", "Grace Hopper"],
    }
    rows = photos.select(
        library,
        "SELECT origin, state, source, person_name FROM v1_faces ORDER BY origin, person_name",
    )
    # a rectangle on a face that was found names that face and adds none
    assert rows == [
        *[("cnn", "confirmed", "picasa", "Eileen Collins")] * 3,
        *[("cnn", "confirmed", "picasa", "Grace Hopper")] * 3,
        ("picasa", "confirmed", "picasa", unknown),
    ]
    qualities = photos.select(
        library, "SELECT origin, quality FROM v1_faces ORDER BY quality IS NOT NULL, quality"
    )
    assert qualities[0] == ("picasa", None)  # the sky is no face
    assert 0.5 < qualities[1][1] <= qualities[-1][1] < 1
    assert photos.select(library, "SELECT contact_id, name FROM contact ORDER BY 1") == [
        (GRACE, "Grace Hopper"), (NEIL, "Eileen Collins"), (MAE, unknown),
        (GRACE_TWO, "grace  hopper"),
    ]  # fmt: skip


def test_report_accounts_for_every_rectangle(family, library, run_scan, facedex):
    run_scan(family, library)
    db = open_library(library)
    ledger = make_ledger(db)
    db.close()
    (inis,) = ledger.sources
    assert (inis.kind, inis.n_sources, inis.outcomes.found) == ("ini", 2, 10)
    sums = [line.outcomes for line in (*ledger.sources, *ledger.names)]
    for found, *parts in map(astuple, sums):
        assert found == sum(parts)
    each = [astuple(line.outcomes) for line in ledger.names]
    assert astuple(inis.outcomes) == tuple(map(sum, zip(*each, strict=True)))
    assert [Path(photo).name for _ini, photo, _n in ledger.missing] == ["missing.jpg"]
    # of the sky, where there is no face, it finds none
    poses = [astuple(line) for line in ledger.recall_by_pose]
    assert poses == [("frontal", 6, 6), ("unclear", 1, 0)]
    said = json.loads(facedex("--library", library, "picasa", "report", "--json").stdout)
    assert [one["contact_id"] for one in said["names"]] == [
        line.contact_id for line in ledger.names
    ]
    text = facedex("--library", library, "picasa", "report").stdout.decode()
    assert "10 faces and names of 5 people or contacts in 2 files" in text


def test_scanning_again_changes_nothing(family, library, run_scan):
    run_scan(family, library)
    tables = ("assignment", "face", "person", "region", "contact", "cluster")
    before = photos.whole_tables(library, *tables)
    for _ in range(2):
        run_scan(None, library)
    assert photos.whole_tables(library, *tables) == before
    # nor does reading the same lines from inis that were touched
    for ini in family.rglob(".picasa.ini"):
        photos.write(ini, ini.read_bytes() + b"\r\n", age_s=7)
    run_scan(None, library)
    after = photos.whole_tables(library, *tables)
    for tables_then in (before, after):
        # but for settled_us, the last column but one
        tables_then["region"] = [(*row[:-2], row[-1]) for row in tables_then["region"]]
    assert after == before


def face_on(library, path):
    (face_id,) = photos.select(
        library, "SELECT face_id FROM v1_faces WHERE path LIKE '%' || ?", path
    )[0]
    return face_id


def test_what_the_user_decided_is_not_changed_by_a_scan(family, library, run_scan):
    run_scan(family, library)
    renamed, refused = face_on(library, "/astronaut.jpg"), face_on(library, "/hopper.png")
    aside = face_on(library, "/sky.jpg")
    opened = Library.open(library)
    opened.decide.name_faces([renamed], "Somebody else")
    opened.decide.reject([refused])
    opened.decide.ignore([aside])
    opened.close()
    before = photos.whole_tables(library, "assignment", "decision")
    for ini in family.rglob(".picasa.ini"):
        photos.write(ini, ini.read_bytes() + b"\r\n", age_s=7)
    photos.write(
        family / "space" / "astronaut.jpg",
        photos.with_comment(photos.encoded(photos.astronaut()), "a tag"),
        age_s=7,
    )
    run_scan(None, library)
    after = photos.whole_tables(library, "assignment", "decision")
    assert after["decision"] == before["decision"]
    settled = [row for row in after["assignment"] if "suggested" not in row]
    assert settled == [row for row in before["assignment"] if "suggested" not in row]
    states = dict(photos.select(library, "SELECT face_id, state FROM v1_faces"))
    assert (states[renamed], states[refused], states[aside]) == ("confirmed", "rejected", "ignored")
    suggested = photos.select(
        library, "SELECT person_name FROM v1_suggestions WHERE face_id = ?", refused
    )
    assert suggested == []


def test_photo_that_has_gone_keeps_its_names(family, library, run_scan):
    run_scan(family, library)
    before = photos.whole_tables(library, "assignment", "face", "person", "region")
    away = family.parent / "away.jpg"
    (family / "space" / "astronaut.jpg").rename(away)
    run_scan(None, library)
    assert photos.whole_tables(library, "assignment", "face", "person", "region") == before
    away.rename(family / "navy" / "elsewhere.jpg")
    assert run_scan(None, library).counts.photos_searched == 0
    assert photos.whole_tables(library, "assignment", "face", "person", "region") == before
    assert photos.names_by_path(library)["elsewhere.jpg"] == ["Eileen Collins"]


def test_deleted_ini_takes_no_name_away(family, library, run_scan):
    run_scan(family, library)
    before = photos.whole_tables(library, "assignment", "face", "person")
    (family / "navy" / ".picasa.ini").unlink()
    run_scan(None, library)
    (family / "space" / ".picasa.ini").write_bytes(b"[Picasa]\r\n")
    run_scan(None, library)
    assert photos.whole_tables(library, "assignment", "face", "person") == before


def test_renamed_folder_keeps_names_and_regions(family, library, run_scan):
    run_scan(family, library)
    before = photos.whole_tables(library, "assignment", "face", "person")
    regions_before = regions_of(library)
    (family / "space").rename(family / "outer space")
    assert run_scan(None, library).counts.photos_searched == 0
    assert photos.whole_tables(library, "assignment", "face", "person") == before
    assert regions_of(library) == regions_before


def test_photo_that_arrives_later_gets_its_name(family, library, run_scan):
    run_scan(family, library)
    photos.write(
        family / "space" / "missing.jpg", photos.encoded(photos.variants(photos.astronaut(), 4)[3])
    )
    run_scan(None, library)
    found = [row for row in regions_of(library) if row[0] == "missing.jpg"]
    assert found == [("missing.jpg", NEIL, "encoded", "Eileen Collins")]
    assert "Eileen Collins" in photos.names_by_path(library)["missing.jpg"]


def test_placeholder_gets_its_name_from_contacts_xml_given_later(
    family, library, run_scan, facedex
):
    run_scan(family, library)
    xml = family.parent / "contacts.xml"
    xml.write_text(
        f'<contacts><contact id="{MAE}" name="Mae Jemison" modified_time="2009-01-01T00:00:00Z"'
        ' local_contact="1"/></contacts>',
        encoding="utf-8",
    )
    before = photos.whole_tables(library, "assignment", "face")
    run_scan(None, library, contacts_xml=xml)
    assert photos.whole_tables(library, "assignment", "face") == before
    assert people(library)["Mae Jemison"] == [1, 0]
    assert not [name for name in people(library) if name.startswith("Unknown")]
    run_scan(None, library)  # and keeps it without the file
    assert people(library)["Mae Jemison"] == [1, 0]
    done = facedex(
        "--library", library, "scan", "--jobs", "0", "--contacts", xml.with_name("no.xml")
    )
    assert done.returncode == 2


def test_placeholder_that_turns_out_to_be_somebody_known_joins_them(family, library, run_scan):
    run_scan(family, library)
    xml = family.parent / "contacts.xml"
    xml.write_text(
        f'<contacts><contact id="{MAE}" name="Grace Hopper"/></contacts>', encoding="utf-8"
    )
    run_scan(None, library, contacts_xml=xml)
    assert people(library) == {"Eileen Collins": [3, 0], "Grace Hopper": [4, 0]}


def test_named_faces_suggest_the_others(family, library, run_scan):
    for number, image in enumerate(photos.variants(photos.hopper(), 5)):
        photos.write(family / "more" / f"h{number}.jpg", photos.encoded(image))
    for number, image in enumerate(photos.variants(photos.astronaut(), 5)[1:]):
        photos.write(family / "more" / f"a{number}.jpg", photos.encoded(image))
    report = run_scan(family, library)
    rows = photos.select(
        library,
        "SELECT path, person_name, source FROM v1_faces WHERE state = 'suggested' ORDER BY path",
    )
    assert report.n_suggested == len(rows)
    sure = photos.select(library, "SELECT count(*) FROM v1_suggestions WHERE probability >= 0.995")
    assert [(report.n_sure,)] == sure
    wrong = [
        (Path(path).name, name)
        for path, name, _source in rows
        if name != {"a": "Eileen Collins", "h": "Grace Hopper"}[Path(path).name[0]]
    ]
    assert wrong == []
    assert len(rows) >= 8
    assert {source for _path, _name, source in rows} == {"auto"}


def test_copy_of_a_named_photo_in_another_folder_shows_the_name(family, library, run_scan):
    shutil.copy(family / "space" / "astronaut.jpg", family / "navy" / "copy.jpg")
    run_scan(family, library)
    assert photos.names_by_path(library)["copy.jpg"] == ["Eileen Collins"]


@pytest.mark.data
def test_real_inis_are_accounted_for(data_dir, tmp_path, library, run_scan):
    """Every line, every item of a faces line and every contact of 154 real files."""
    inis = sorted((data_dir / "picasa-ini").glob("*.ini"))
    parsed = [parse_ini(path.read_bytes()) for path in inis]
    for number, path in enumerate(inis):
        photos.write(tmp_path / "p" / f"{number:03}" / ".picasa.ini", path.read_bytes())
    run_scan(tmp_path / "p", library)
    db = open_library(library)
    ledger = make_ledger(db)
    db.close()
    [inis_line] = ledger.sources
    assert inis_line.n_sources == len(inis) == 154
    lines = ledger.ini_lines
    assert sum(len(path.read_bytes().splitlines()) for path in inis) == sum(
        lines[kind]
        for kind in (
            "blank", "sections", "faces_lines", "known_keys", "unknown_keys", "contacts", "junk",
        )
    )  # fmt: skip
    assert lines["face_items"] == (
        lines["faces"] + lines["malformed_items"] + lines["repeated_items"]
    )
    assert inis_line.outcomes.found == lines["faces"] > 70
    assert inis_line.outcomes.orphaned + inis_line.outcomes.unnamed == lines["faces"]
    contacts = {contact_id for ini in parsed for contact_id in ini.contacts}
    assert contacts <= {line.contact_id for line in ledger.names}


def test_a_dry_run_says_what_a_scan_would_take_over(family, library, facedex, run_scan):
    before = {path: path.read_bytes() for path in family.rglob("*") if path.is_file()}
    done = facedex("--library", library, "picasa", "report", "--dry-run", family, "--json")
    assert done.returncode == 0, done.stderr
    assert not library.exists()
    assert {path: path.read_bytes() for path in family.rglob("*") if path.is_file()} == before
    said = json.loads(done.stdout)
    [inis] = said["sources"]
    wanted = {"found": 10, "pending": 7, "unencodable": 1, "orphaned": 1, "unnamed": 1}
    assert {kind: n for kind, n in inis["outcomes"].items() if n} == wanted
    assert sum(line["n_regions"] for line in said["frames"]) == 7
    run_scan(family, library)
    db = open_library(library)
    ledger = make_ledger(db)
    db.close()
    assert [line.name for line in ledger.names] == [line["name"] for line in said["names"]]
    none = facedex("--library", library, "picasa", "report", "--dry-run", family / "no")
    assert none.returncode == 2
