"""Names that stand in the XMP of photos and sidecars, from the scan to the views and the ledger."""

import io
import json
from dataclasses import astuple

import numpy as np
import photos
import pytest
import xmp_packets as xmp
from PIL import Image

from facedex.db.library import open_library
from facedex.geometry import box_to_mwg, box_to_rect64, box_to_stored, contains_center
from facedex.services.library import Library
from facedex.services.telling.ledger import make_ledger
from facedex.types import Box

pytestmark = [pytest.mark.model, pytest.mark.slow]

NEIL = "1a2b3c4d5e6f7081"
FACES = "SELECT path, person_name, state, source, origin FROM v1_faces ORDER BY path, person_name"
REGIONS = (
    "SELECT photo_name, person_name, frame, status FROM v1_regions"
    " ORDER BY source_path, person_name"
)
SETTLED = "SELECT * FROM assignment WHERE source != 'auto' ORDER BY id"


def item(box, name):
    return xmp.mwg_item(*box_to_mwg(box), name)


def regions_packet(*named, size, more="", attributes=""):
    return xmp.packet(
        xmp.mwg(*(item(box, name) for box, name in named), size=size) + more, attributes
    )


def eileen(who="Eileen Collins", more=""):
    """The packet of the astronaut's photo."""
    size = photos.astronaut().size
    return regions_packet((photos.ASTRONAUT_FACE, who), size=size, more=more)


def with_names(folder, name="a.jpg", **options):
    jpeg = photos.encoded(photos.astronaut())
    return photos.write(folder / name, xmp.in_jpeg(jpeg, eileen(**options)))


def people(library):
    return dict(photos.select(library, "SELECT name, n_confirmed FROM v1_people"))


def ledger_of(library):
    db = open_library(library)
    try:
        return make_ledger(db)
    finally:
        db.close()


@pytest.mark.parametrize("orientation", [1, 3, 6, 7, 8])
@pytest.mark.parametrize("place", ["embedded", "sidecar", "both"])
def test_regions_name_the_faces_they_lie_on(tmp_path, library, run_scan, orientation, place):
    folder = tmp_path / "p"
    image = photos.both()
    jpeg = photos.turned(image, orientation)
    packet = regions_packet(
        (box_to_stored(photos.ASTRONAUT_IN_BOTH, orientation), "Eileen Collins"),
        (box_to_stored(photos.HOPPER_IN_BOTH, orientation), "Grace Hopper"),
        size=photos.stored(image, orientation).size,
    )
    photos.write(folder / "a.jpg", jpeg if place == "sidecar" else xmp.in_jpeg(jpeg, packet))
    if place != "embedded":
        photos.write(folder / "a.jpg.xmp", packet)
    run_scan(folder, library)
    path = str(folder / "a.jpg")
    # each face once, and found by the detector: the regions added no box
    assert photos.select(library, FACES) == [
        (path, "Eileen Collins", "confirmed", "xmp", "cnn"),
        (path, "Grace Hopper", "confirmed", "xmp", "cnn"),
    ]
    x0s = photos.select(library, "SELECT x0 FROM v1_faces ORDER BY person_name")
    assert x0s[0] < (0.45,) < x0s[1]
    n_regions = 4 if place == "both" else 2
    assert [row[2:] for row in photos.select(library, REGIONS)] == [
        ("stored", "encoded")
    ] * n_regions
    tables = ("assignment", "face", "person", "region", "source", "cluster")
    before = photos.whole_tables(library, *tables)
    run_scan(None, library)
    assert photos.whole_tables(library, *tables) == before


def test_regions_of_real_photos_lie_on_their_faces(data_dir, library, run_scan):
    run_scan(data_dir / "album" / "face-regions", library)
    rows = photos.select(
        library,
        "SELECT g.rect, f.stored_x0, f.stored_y0, f.stored_x1, f.stored_y1, f.origin"
        " FROM v1_regions g JOIN v1_faces f USING (face_id) WHERE g.rect != ''",
    )
    assert len(rows) == 26
    for rect, *corners, origin in rows:
        region = Box(*map(float, rect.split()))
        assert origin == "cnn"
        assert contains_center(Box(*corners), region)


def test_names_without_a_place_are_people_of_the_photo(tmp_path, library, run_scan):
    folder = tmp_path / "p"
    more = xmp.listed("Iptc4xmpExt:PersonInImage", "Eileen Collins", "Mae Jemison") + xmp.listed(
        "digiKam:TagsList", "People/Sally Ride", "Places/Houston", array="Seq"
    )
    with_names(folder, more=more + xmp.listed("dc:subject", "shuttle"))
    run_scan(folder, library)
    assert people(library) == {"Eileen Collins": 1, "Mae Jemison": 0, "Sally Ride": 0}
    assert photos.select(library, REGIONS) == [
        ("", "Eileen Collins", "stored", "encoded"),
        ("", "Mae Jemison", None, "unplaced"),
        ("", "Sally Ride", None, "unplaced"),
    ]
    assert photos.select(library, "SELECT keywords FROM v1_photos") == [('["shuttle"]',)]
    opened = Library.open(library)
    photo = opened.look.photo(opened.look.find_faces(None, None, 1)[0].photo_id)
    opened.close()
    assert photo.notes.people == ("Mae Jemison", "Sally Ride")


def test_a_drawn_region_is_encoded_where_no_face_was_found(tmp_path, library, run_scan):
    folder = tmp_path / "p"
    sky = photos.astronaut().crop((0, 0, 120, 90)).resize((640, 480))
    packet = regions_packet((Box(0.2, 0.2, 0.5, 0.6), "Nobody There"), size=(640, 480))
    photos.write(folder / "sky.jpg", xmp.in_jpeg(photos.encoded(sky), packet))
    run_scan(folder, library)
    [row] = photos.select(library, FACES)
    assert row[1:] == ("Nobody There", "confirmed", "xmp", "xmp")
    assert photos.select(library, "SELECT detector FROM v1_faces") == [(None,)]


def write_ini(folder, name, contact_name):
    rect = box_to_rect64(photos.ASTRONAUT_FACE)
    text = f"[{name}]\r\nfaces=rect64({rect}),{NEIL}\r\n[Contacts2]\r\n{NEIL}={contact_name};;\r\n"
    photos.write(folder / ".picasa.ini", text.encode())


def test_picasas_ini_counts_more_than_xmp(tmp_path, library, run_scan, facedex):
    folder = tmp_path / "p"
    with_names(folder)
    write_ini(folder, "a.jpg", "Colonel Collins")
    run_scan(folder, library)
    assert [row[1] for row in photos.select(library, FACES)] == ["Colonel Collins"]
    [conflict] = ledger_of(library).conflicts
    assert (conflict.kind, conflict.says) == ("xmp", "Eileen Collins")
    text = facedex("--library", library, "picasa", "report").stdout.decode()
    assert "XMP tags says Eileen Collins" in text
    # without the ini's word, the tag's counts
    photos.write(folder / ".picasa.ini", b"[Picasa]\r\n", age_s=9)
    run_scan(None, library)
    assert [row[1] for row in photos.select(library, FACES)] == ["Eileen Collins"]
    assert ledger_of(library).conflicts == ()


def test_what_agrees_is_one_face(tmp_path, library, run_scan):
    folder = tmp_path / "p"
    with_names(folder)
    write_ini(folder, "a.jpg", "eileen  collins")
    run_scan(folder, library)
    assert [row[1] for row in photos.select(library, FACES)] == ["eileen collins"]
    assert {row[3] for row in photos.select(library, REGIONS)} == {"encoded"}


def test_what_the_user_decided_stands(tmp_path, library, run_scan):
    folder = tmp_path / "p"
    path = with_names(folder)
    run_scan(folder, library)
    [(face_id,)] = photos.select(library, "SELECT face_id FROM v1_faces")
    opened = Library.open(library)
    opened.decide.name_faces([face_id], "Somebody Else")
    opened.close()
    before = photos.select(library, SETTLED)
    photos.write(path, photos.with_comment(path.read_bytes(), "a tag"), age_s=7)
    run_scan(None, library)
    assert photos.select(library, SETTLED) == before
    [conflict] = ledger_of(library).conflicts
    assert (conflict.says, conflict.stands, conflict.by) == (
        "Eileen Collins", "Somebody Else", "user",
    )  # fmt: skip


def test_a_tag_that_goes_takes_no_name_away(tmp_path, library, run_scan):
    folder = tmp_path / "p"
    path = with_names(folder)
    run_scan(folder, library)
    before = photos.select(library, SETTLED)
    photos.write(path, photos.encoded(photos.astronaut()), age_s=7)
    run_scan(None, library)
    assert photos.select(library, SETTLED) == before
    assert photos.select(library, REGIONS) == []
    photos.write(path, xmp.in_jpeg(path.read_bytes(), eileen("E. Collins")), age_s=9)
    run_scan(None, library)
    assert [row[1] for row in photos.select(library, FACES)] == ["E. Collins"]


def test_a_renamed_person_is_meant_by_the_old_name(tmp_path, library, run_scan):
    folder = tmp_path / "p"
    with_names(folder)
    run_scan(folder, library)
    [(person_id,)] = photos.select(library, "SELECT person_id FROM v1_people")
    opened = Library.open(library)
    opened.decide.rename_person(person_id, "Colonel Collins")
    opened.close()
    more = photos.encoded(photos.variants(photos.astronaut(), 3)[2])
    packet = regions_packet((photos.ASTRONAUT_FACE, "Eileen Collins"), size=None)
    photos.write(folder / "b.jpg", xmp.in_jpeg(more, packet))
    run_scan(None, library)
    assert people(library) == {"Colonel Collins": 2}


def test_merged_and_split_again_people_keep_their_tags(tmp_path, library, run_scan):
    folder = tmp_path / "p"
    with_names(folder)
    hopper = regions_packet((photos.HOPPER_FACE, "Grace"), size=photos.hopper().size)
    photos.write(folder / "h.jpg", xmp.in_jpeg(photos.encoded(photos.hopper()), hopper))
    run_scan(folder, library)
    ids = dict(photos.select(library, "SELECT name, person_id FROM v1_people"))
    opened = Library.open(library)
    opened.decide.merge_people(ids["Grace"], ids["Eileen Collins"])
    run_scan(None, library)
    assert people(library) == {"Eileen Collins": 2}
    opened.decide.undo()
    opened.close()
    for path in folder.iterdir():
        photos.write(path, photos.with_comment(path.read_bytes(), "again"), age_s=5)
    run_scan(None, library)
    assert people(library) == {"Eileen Collins": 1, "Grace": 1}


def test_a_sidecar_of_a_raw_and_its_jpeg_is_read(tmp_path, library, run_scan):
    folder = tmp_path / "p"
    photos.write(folder / "IMG_1.JPG", photos.encoded(photos.astronaut()))
    photos.write(folder / "img_1.xmp", eileen())
    run_scan(folder, library)
    assert [row[1] for row in photos.select(library, FACES)] == ["Eileen Collins"]


def test_a_damaged_packet_is_reported_and_costs_nothing(tmp_path, library, run_scan):
    folder = tmp_path / "p"
    jpeg = photos.encoded(photos.astronaut())
    photos.write(folder / "a.jpg", xmp.in_jpeg(jpeg, eileen()[:-300]))
    photos.write(folder / "b.jpg.xmp", b"<x:xmpmeta xmlns:x='adobe:ns:meta/'>")
    assert run_scan(folder, library).exit_code == 0
    said = {path.rsplit("/")[-1]: lines for path, lines in ledger_of(library).problems}
    assert sorted(said) == ["a.jpg", "b.jpg.xmp"]
    assert all(said.values())


def test_exported_and_taken_over_again_the_names_are_the_same(tmp_path, library, run_scan, facedex):
    folder = tmp_path / "p"
    photos.write(folder / "a.jpg", photos.encoded(photos.astronaut()))
    photos.write(folder / "turned.jpg", photos.turned(photos.both(), 6))
    photos.write(folder / "mirrored.png", photos.encoded(photos.hopper(), "PNG"))
    run_scan(folder, library)
    opened = Library.open(library)
    for face in opened.look.find_faces(None, None, 10):
        opened.decide.name_faces([face.face_id], "Eileen" if face.box.x0 < 0.36 else "Grace")
    opened.close()
    run_scan(None, library)
    tables = ("face", "person", "cluster")
    own = photos.whole_tables(library, *tables), photos.select(library, SETTLED)
    assert facedex("--library", library, "export", "xmp").returncode == 0
    fresh = tmp_path / "fresh"
    run_scan(folder, fresh)
    sql = (
        "SELECT path, person_name, state, stored_x0, stored_y0, stored_x1, stored_y1 FROM v1_faces"
        " ORDER BY path, x0"
    )
    before, after = (photos.select(one, sql) for one in (library, fresh))
    assert [row[:3] for row in after] == [row[:3] for row in before]
    for old, new in zip(before, after, strict=True):
        assert new[3:] == pytest.approx(old[3:], abs=1e-4)
    assert people(fresh) == people(library)
    # and the library that wrote them learns nothing new from them
    run_scan(None, library)
    assert (photos.whole_tables(library, *tables), photos.select(library, SETTLED)) == own


def test_the_ledger_accounts_for_everything(tmp_path, library, run_scan, facedex):
    folder = tmp_path / "p"
    with_names(folder, more=xmp.listed("Iptc4xmpExt:PersonInImage", "Mae Jemison"))
    write_ini(folder, "gone.jpg", "Eileen Collins")
    run_scan(folder, library)
    ledger = ledger_of(library)
    assert {line.kind: line.outcomes.found for line in ledger.sources} == {"ini": 1, "xmp": 2}
    sums = [astuple(line.outcomes) for line in ledger.sources]
    for found, *parts in sums:
        assert found == sum(parts)
    names = [astuple(line.outcomes) for line in ledger.names]
    assert [sum(c) for c in zip(*names, strict=True)] == [sum(c) for c in zip(*sums, strict=True)]
    said = json.loads(facedex("--library", library, "picasa", "report", "--json").stdout)
    assert said["missing"][0][1] == "gone.jpg"


@pytest.mark.parametrize("orientation", [3, 6, 8])
def test_a_sidecar_turns_a_photo_whose_file_says_nothing(tmp_path, library, run_scan, orientation):
    folder = tmp_path / "p"
    lying = photos.stored(photos.astronaut(), orientation)
    photos.write(folder / "a.jpg", photos.encoded(lying))
    box = box_to_stored(photos.ASTRONAUT_FACE, orientation)
    packet = regions_packet(
        (box, "Eileen Collins"), size=lying.size, attributes=f' tiff:Orientation="{orientation}"'
    )
    photos.write(folder / "a.jpg.xmp", packet)
    counts = run_scan(folder, library).counts
    assert (counts.photos_searched, counts.faces_found) == (1, 1)  # though it was searched twice
    [row] = photos.select(library, FACES)
    assert row[1:] == ("Eileen Collins", "confirmed", "xmp", "cnn")
    shown = photos.select(library, "SELECT x0, y0, x1, y1 FROM v1_faces")[0]
    assert contains_center(photos.ASTRONAUT_FACE, Box(*shown))
    assert photos.select(library, "SELECT orientation FROM v1_photos") == [(orientation,)]
    opened = Library.open(library)
    jpeg = opened.look.preview(opened.look.find_faces(None, None, 1)[0].photo_id, 200)
    opened.close()
    with Image.open(io.BytesIO(jpeg)) as image:
        assert (
            np.abs(
                np.asarray(image.convert("L").resize((32, 32)), float)
                - np.asarray(photos.astronaut().convert("L").resize((32, 32)), float)
            ).mean()
            < 12
        )
    assert run_scan(None, library).counts.photos_searched == 0
    # the sidecar alone decides, and can be corrected
    photos.write(folder / "a.jpg.xmp", packet.replace(b'n="%d"' % orientation, b'n="1"'), age_s=7)
    assert run_scan(None, library).counts.photos_searched == 1
    assert photos.select(library, "SELECT orientation FROM v1_photos") == [(1,)]
    assert photos.select(library, FACES)[0][1:3] == ("Eileen Collins", "confirmed")


def test_a_name_taken_back_does_not_return_from_facedexs_own_sidecar(
    tmp_path, library, run_scan, facedex
):
    folder = tmp_path / "p"
    photos.write(folder / "a.jpg", photos.encoded(photos.astronaut()))
    run_scan(folder, library)
    opened = Library.open(library)
    opened.decide.name_faces([opened.look.find_faces(None, None, 1)[0].face_id], "Eileen")
    assert facedex("--library", library, "export", "xmp").returncode == 0
    opened.decide.undo()
    opened.close()
    run_scan(None, library)
    assert photos.select(library, FACES)[0][1:3] == (None, "unknown")
    # what another program adds to that sidecar is taken over
    sidecar = folder / "a.jpg.xmp"
    text = sidecar.read_bytes().replace(b"Eileen", b"Colonel Collins")
    photos.write(sidecar, text, age_s=5)
    run_scan(None, library)
    assert photos.select(library, FACES)[0][1:3] == ("Colonel Collins", "confirmed")
